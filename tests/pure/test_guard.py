"""The My Number guard. Numbers here are drawn at random and given their check digit; none is anyone's."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.jp import in_ as individual_number

from logistics.rules.codes import ALPHABET, CodeType, seal_with_check, sequenced_code, slot_code
from logistics.rules.guard import holds_my_number

ASCII = "0123456789"
FULL_WIDTH = "０１２３４５６７８９"
KANJI = "〇一二三四五六七八九"
CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
NEGATIVE_CIRCLED = "⓿❶❷❸❹❺❻❼❽❾"
ARABIC = "٠١٢٣٤٥٦٧٨٩"
SEPARATORS = [
    " ",
    "　",
    "-",
    "－",
    "‐",
    "–",
    "—",
    "−",
    "ー",
    "・",
    ".",
    "_",
    "/",
    "|",
    " - ",
    "\t",
    "\n",
    "\u00a0",
]
INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\u20e3", "\x00", "\x08"]


def with_check(first_eleven: str) -> str:
    return first_eleven + str(individual_number.calc_check_digit(first_eleven))


def written(number: str, digits: str) -> str:
    return number.translate(str.maketrans(ASCII, digits))


def in_fours(number: str, separator: str) -> str:
    return separator.join((number[:4], number[4:8], number[8:]))


my_numbers = st.text(ASCII, min_size=11, max_size=11).map(with_check)
scripts = st.sampled_from([ASCII, FULL_WIDTH, KANJI, CIRCLED, NEGATIVE_CIRCLED, ARABIC])
words = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Po"], exclude_characters="零" + KANJI + "._/"))
codes = st.one_of(
    st.builds(
        lambda kind, body: seal_with_check(kind + body),
        st.sampled_from(CodeType),
        st.text(ALPHABET, min_size=8, max_size=8),
    ),
    st.builds(
        sequenced_code,
        st.sampled_from(CodeType),
        st.integers(0, 999_999),
        fiscal_year=st.none() | st.integers(0, 99),
    ),
    st.builds(
        slot_code,
        st.integers(0, 99),
        st.integers(0, 9),
        st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        st.integers(0, 999),
    ),
)


def has_no_digit(text: str) -> bool:
    return not any(c.isnumeric() for c in text + unicodedata.normalize("NFKC", text))


@given(my_numbers, scripts)
def test_a_my_number_is_found_in_any_digits(number: str, digits: str) -> None:
    assert holds_my_number(written(number, digits))


@given(my_numbers, scripts, st.sampled_from(SEPARATORS))
def test_a_my_number_is_found_in_fours(number: str, digits: str, separator: str) -> None:
    assert holds_my_number(in_fours(written(number, digits), separator))


@given(my_numbers, st.lists(st.sampled_from(["", "", " ", "-", "・"]), min_size=11, max_size=11))
def test_a_my_number_is_found_however_it_is_grouped(number: str, gaps: list[str]) -> None:
    text = "".join(digit + gap for digit, gap in zip(number, [*gaps, ""], strict=True))
    # Grouped 4-2-2-4 with a valid month and day it cannot be told from a date beside four digits.
    assume(not holds_date_grouping(text))

    assert holds_my_number(text)


def holds_date_grouping(text: str) -> bool:
    groups = text.replace(" ", "-").replace("・", "-").split("-")
    return any(a.startswith("20") and len(a) == 4 and len(b) <= 2 for a, b in pairwise(groups))


@given(my_numbers, st.sampled_from([",", ":", ";", ", ", "：", "，"]))
def test_commas_and_colons_join_groups_of_four_and_no_others(number: str, separator: str) -> None:
    in_threes = separator.join(number[at : at + 3] for at in range(0, 12, 3))
    in_twos = separator.join(number[at : at + 2] for at in range(0, 12, 2))

    assert holds_my_number(in_fours(number, separator))
    assert not holds_my_number(in_threes)
    assert not holds_my_number(in_twos)


@given(my_numbers, st.sampled_from(INVISIBLE))
def test_invisible_characters_hide_no_my_number(number: str, invisible: str) -> None:
    assert holds_my_number(invisible.join(number))
    assert holds_my_number(invisible.join(written(number, FULL_WIDTH)))


@given(my_numbers, words, words, scripts)
def test_a_my_number_is_found_inside_any_words(number: str, before: str, after: str, digits: str) -> None:
    assume(has_no_digit(before + after))

    assert holds_my_number(before + written(number, digits) + after)


@given(
    my_numbers,
    st.sampled_from(["075-222-0000", "0752220000", "090-0000-0000", "2026-04-01", "2026/4/1 9:00"]),
)
def test_a_my_number_is_found_next_to_a_phone_number_or_a_date(number: str, neighbour: str) -> None:
    for mine in (number, in_fours(number, "-"), in_fours(number, " ")):
        assert holds_my_number(f"{neighbour} {mine}")
        assert holds_my_number(f"{mine} {neighbour}")


@given(my_numbers, st.sampled_from(["①", "❷", "²", "⑴", "その一", "二"]))
def test_the_number_of_a_list_item_hides_no_my_number_behind_it(number: str, item: str) -> None:
    assert holds_my_number(item + number)
    assert holds_my_number(item + in_fours(number, "-"))


def test_circled_numbers_of_two_digits_are_read_as_two_digits() -> None:
    circled = {unicodedata.normalize("NFKC", c): c for c in map(chr, range(0x2460, 0x32C0))}
    number = next(n for n in (with_check(f"101112131{x}") for x in range(10, 51)) if n[10:] in circled)

    assert holds_my_number("".join(circled[number[i : i + 2]] for i in range(0, 12, 2)))


@given(my_numbers, st.integers(1, 9))
def test_a_wrong_check_digit_is_not_a_my_number(number: str, by: int) -> None:
    wrong = number[:-1] + str((int(number[-1]) + by) % 10)

    assert not holds_my_number(wrong)
    assert not holds_my_number(in_fours(wrong, " "))


@given(my_numbers, st.sampled_from(ASCII), scripts)
def test_a_row_of_eleven_or_thirteen_digits_is_not_a_my_number(
    number: str, one_more: str, digits: str
) -> None:
    assert not holds_my_number(written(number[:-1], digits))
    assert not holds_my_number(written(number + one_more, digits))
    assert not holds_my_number(written(one_more + number, digits))


@given(st.lists(codes, min_size=1, max_size=50), st.text(max_size=5).filter(has_no_digit))
def test_no_list_of_codes_looks_like_a_my_number(listed: list[str], separator: str) -> None:
    assert not holds_my_number(separator.join(listed))


@given(
    st.lists(codes, min_size=1, max_size=50), st.sampled_from(["", *SEPARATORS, *INVISIBLE, ",", ";", "\r\n"])
)
def test_no_list_of_codes_with_a_usual_separator_looks_like_a_my_number(
    listed: list[str], separator: str
) -> None:
    assert not holds_my_number(separator.join(listed))


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - as a person writes it
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - as a person writes it
    st.sampled_from("-/."),
)
def test_dates_with_times_and_other_dates_are_not_my_numbers(
    first: datetime, last: datetime, mark: str
) -> None:
    form = f"%Y{mark}%m{mark}%d"

    assert not holds_my_number(f"{first:{form}} - {last:{form}}")
    assert not holds_my_number(f"{first:{form}} {last:%H%M}")
    assert not holds_my_number(f"{first.isoformat()}/{last.isoformat()}")


@given(st.text())
def test_any_text_is_judged_without_raising(text: str) -> None:
    assert holds_my_number(text) in (True, False)


@given(st.text(st.characters(codec=None), max_size=40))
def test_text_with_broken_characters_is_judged_without_raising(text: str) -> None:
    assert holds_my_number(text) in (True, False)


def test_a_long_row_of_separate_digits_is_judged_without_trying_every_pair() -> None:
    assert not holds_my_number("1 " * 200_000)
