"""Arrival lists as they really come: every encoding and line end read, every fault named by line and column."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.jp import in_ as individual_number

from logistics.rules.arrival_list import Line, Names, parse
from logistics.rules.codes import CodeType, random_code, sequenced_code
from logistics.rules.csv_list import MOST_FAULTS, MOST_LINES, Fault

DAY = date(2026, 4, 1)
CARDS = [sequenced_code(CodeType.CARD, n) for n in range(10)]
KITA, SAKYO = "L01F", "L03B"
NAMES = Names(
    kinds={
        "standard": "standard",
        "個人番号カード": "standard",
        "residence_card": "residence_card",
        "notice": "notice",
    },
    terms={
        "standard": (date(2016, 1, 1), None),
        "residence_card": (date(2026, 6, 14), None),
        "notice": (date(2016, 1, 1), date(2026, 3, 31)),
    },
    places={"L01F": KITA, "北区役所": KITA, "kita": KITA, "L03B": SAKYO},
)
ENGLISH = "control_number,kind,destination,box"
JAPANESE = "管理番号,種別,拠点,小箱"
MY_NUMBER = "12345678901" + individual_number.calc_check_digit("12345678901")


def text(*lines: str, heading: str = ENGLISH, end: str = "\n") -> str:
    return end.join([heading, *lines]) + end


def good(card: int = 0, box: str = "A-1") -> str:
    return f"{CARDS[card]},standard,L01F,{box}"


def read(content: str | bytes, day: date = DAY) -> tuple[list[Line], list[Fault]]:
    return parse(content.encode() if isinstance(content, str) else content, NAMES, day)


def faults(content: str | bytes, day: date = DAY) -> list[tuple[str | int, str | int, str | int]]:
    return [(f["line"], f["column"], f["reason"]) for f in read(content, day)[1]]


def line(number: int, card: int, box: str = "A-1") -> Line:
    return Line(number, CARDS[card], "standard", KITA, box)


@pytest.mark.parametrize(
    ("encoding", "end", "heading"),
    list(product(("utf-8", "utf-8-sig", "cp932", "shift_jis"), ("\n", "\r\n", "\r"), (ENGLISH, JAPANESE))),
)
def test_a_list_is_read_however_it_was_saved(encoding: str, end: str, heading: str) -> None:
    rows = [good(0), f"{CARDS[1]},個人番号カード,北区役所,B-2"]

    content = text(*rows, heading=heading, end=end).encode(encoding)

    assert read(content) == ([line(2, 0), line(3, 1, "B-2")], [])


def test_the_last_line_needs_no_end_and_empty_lines_mean_nothing() -> None:
    assert read(f"{ENGLISH}\n{good(0)}\n\n,,,\n  \n{good(1)}") == ([line(2, 0), line(6, 1)], [])


def test_columns_may_stand_in_any_order_beside_others() -> None:
    content = text(f"x,A-1,L01F,{CARDS[0]},standard", heading="備考,小箱番号,配送先,管理番号,種別")

    assert read(content) == ([line(2, 0)], [])


def test_quotes_hold_commas_and_cells_are_trimmed() -> None:
    content = text(f'"{CARDS[0]}"," standard ",L01F , A-1,"a, b"', heading=f"{ENGLISH},note")

    assert read(content) == ([line(2, 0)], [])


def test_every_missing_column_is_named() -> None:
    assert faults("kind,destination\nstandard,L01F\n") == [
        (1, "control_number", "this column is missing"),
        (1, "box", "this column is missing"),
    ]


def test_a_column_that_stands_twice_is_refused() -> None:
    assert faults(text(f"{good()},A-2", heading=f"{ENGLISH},box")) == [
        (1, "-", "a column stands twice in the heading")
    ]


def test_two_names_for_one_column_are_a_column_that_stands_twice() -> None:
    found = faults(text(f"{good()},A-2", heading=f"{ENGLISH},小箱"))

    assert found == [(1, "-", "a column stands twice in the heading")]


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert faults(content) == [(1, "-", "the file is empty")]


def test_a_list_without_cards_is_refused() -> None:
    assert faults(text()) == [(2, "-", "the list names no card")]


def test_a_file_that_is_no_text_is_refused_by_its_line() -> None:
    content = f"{ENGLISH}\n{good()}\n".encode() + b"\x81\x20\n"

    assert faults(content) == [(3, "-", "neither UTF-8 nor Shift_JIS; save the list in one of them")]


def test_a_nul_is_refused_by_its_line() -> None:
    assert faults(f"{ENGLISH}\n{good()}\n\x00") == [(3, "-", "holds a NUL character")]


@pytest.mark.parametrize("broken", [f'{CARDS[0]},"standard,L01F,A-1\n', f'{CARDS[0]},"a"b,L01F,A-1\n'])
def test_a_broken_quote_is_refused_as_no_csv(broken: str) -> None:
    ((_, column, reason),) = faults(f"{ENGLISH}\n{broken}")

    assert column == "-"
    assert str(reason).startswith("not CSV")


def test_a_row_with_too_few_or_too_many_columns_is_named() -> None:
    assert faults(text(good(0), "a,b", f"{good(1)},x,y")) == [
        (3, "-", "2 columns where the heading has 4"),
        (4, "-", "6 columns where the heading has 4"),
    ]


def test_all_faults_are_named_at_once_with_line_and_column() -> None:
    wrong = CARDS[1][:-1] + ("A" if CARDS[1][-1] != "A" else "B")
    content = text(
        good(0),
        f"{wrong},gold,L99Z,",
        good(0, "B-1"),
        f",standard,L01F,{'x' * 21}",
        f"{random_code(CodeType.BATCH)},standard,L01F,A-1",
    )

    lines, _ = read(content)

    assert faults(content) == [
        (3, "control_number", "its check character is wrong"),
        (3, "kind", "no such kind"),
        (3, "destination", "no such site; write its name or its code"),
        (3, "box", "write 1 to 20 letters, digits and hyphens"),
        (4, "control_number", "stands in line 2 already"),
        (5, "control_number", "is empty"),
        (5, "box", "write 1 to 20 letters, digits and hyphens"),
        (6, "control_number", "is not the control number of a card"),
    ]
    assert len(lines) == 5


def test_a_kind_is_refused_before_it_starts_and_after_it_ends() -> None:
    content = text(f"{CARDS[0]},residence_card,L01F,A-1")

    assert faults(content, date(2026, 6, 13)) == [(2, "kind", "this kind is handled from 2026-06-14")]
    assert faults(content, date(2026, 6, 14)) == []
    old = text(f"{CARDS[0]},notice,L01F,A-1")
    assert faults(old, date(2026, 3, 31)) == []
    assert faults(old, DAY) == [(2, "kind", "this kind was handled until 2026-03-31")]


def test_what_is_handed_in_at_a_counter_comes_on_no_list() -> None:
    unlisted = ("collected", "deposited", "documents")
    names = Names({kind: kind for kind in unlisted}, dict.fromkeys(unlisted, (DAY, None)), NAMES.places)
    content = text(*(f"{CARDS[n]},{kind},L01F,A-1" for n, kind in enumerate(unlisted)))

    said = [(fault["line"], fault["column"]) for fault in parse(content.encode(), names, DAY)[1]]

    assert said == [(2, "kind"), (3, "kind"), (4, "kind")]


def test_a_list_in_utf_16_is_told_so() -> None:
    content = text(f"{CARDS[0]},standard,L01F,A-1").encode("utf-16")

    assert faults(content) == [(1, "-", "neither UTF-8 nor Shift_JIS; save the list in one of them")]


@pytest.mark.parametrize("cell", [MY_NUMBER, f"{MY_NUMBER[:4]}-{MY_NUMBER[4:8]}-{MY_NUMBER[8:]}"])
def test_a_my_number_is_named_by_its_place_and_never_quoted(cell: str) -> None:
    content = text(
        f"{CARDS[0]},{cell},L01F,A-1,", f"{CARDS[1]},standard,L01F,A-1,{cell}", heading=f"{ENGLISH},備考"
    )

    found = faults(content)

    assert (2, "kind", "holds a My Number; remove it") in found
    assert (3, "column 5", "holds a My Number; remove it") in found
    assert cell not in str(found)


def test_a_my_number_in_the_heading_is_refused_unsaid() -> None:
    found = faults(text(f"{good()},x", heading=f"{ENGLISH},{MY_NUMBER}"))

    assert found == [(1, "-", "the heading holds a My Number; remove it")]


def test_a_list_holds_at_most_twenty_thousand_cards() -> None:
    rows = [f"{sequenced_code(CodeType.CARD, n)},standard,L01F,A-1" for n in range(MOST_LINES + 1)]

    assert faults(text(*rows)) == [(20_002, "-", "a list holds at most 20000 cards; split it")]
    assert read(text(*rows[:-1]))[1] == []


def test_a_hopeless_list_names_a_thousand_faults_and_stops() -> None:
    found = faults(text(*["x,y,z,!"] * 2_000))

    assert MOST_FAULTS <= len(found) < MOST_FAULTS + 10


@given(st.binary(max_size=400))
def test_no_bytes_at_all_make_it_raise(content: bytes) -> None:
    lines, found = read(content)

    assert lines or found


@given(st.binary(max_size=100), st.integers(0, 120))
def test_a_good_list_with_bytes_spliced_in_never_raises(noise: bytes, at: int) -> None:
    content = text(good(0), good(1)).encode()

    lines, found = read(content[:at] + noise + content[at:])

    assert lines or found


@given(st.lists(st.sampled_from(CARDS), min_size=1, max_size=10))
def test_each_repeat_is_named_with_the_line_that_was_first(cards: list[str]) -> None:
    found = faults(text(*(f"{card},standard,L01F,A-1" for card in cards)))

    assert found == [
        (n + 2, "control_number", f"stands in line {cards.index(card) + 2} already")
        for n, card in enumerate(cards)
        if cards.index(card) < n
    ]
