"""Control numbers: what is written reads back, and what is misread is found."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api.pages.html import STATIC
from logistics.rules.codes import (
    ALPHABET,
    LONGEST,
    CodeType,
    fault,
    random_code,
    require,
    seal_with_check,
    sequenced_code,
    slot_code,
    type_of,
)
from logistics.rules.errors import MalformedCode

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHELVES = st.sampled_from(CHARACTERS[10:])

random_codes = st.builds(
    lambda kind, body: seal_with_check(kind + body),
    st.sampled_from(CodeType),
    st.text(ALPHABET, min_size=8, max_size=8),
)
sequenced_codes = st.builds(
    sequenced_code,
    st.sampled_from(CodeType),
    st.integers(0, 999_999),
    fiscal_year=st.none() | st.integers(0, 99),
)
slot_codes = st.builds(slot_code, st.integers(0, 99), st.integers(0, 9), SHELVES, st.integers(0, 999))
codes = st.one_of(random_codes, sequenced_codes, slot_codes)


@given(codes)
def test_every_code_is_accepted_as_what_its_prefix_says(code: str) -> None:
    assert fault(code) is None
    assert type_of(code) is CodeType(code[0])
    assert require(code, CodeType(code[0]), "card") == code


@pytest.mark.parametrize("kind", CodeType)
def test_a_random_code_is_well_formed_and_without_letters_that_confuse(kind: CodeType) -> None:
    drawn = {random_code(kind) for _ in range(200)}

    assert len(drawn) == 200
    assert {type_of(code) for code in drawn} == {kind}
    assert all(set(code[1:-1]) <= set(ALPHABET) for code in drawn)


@given(codes, st.data())
def test_any_single_wrong_character_is_found(code: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from(CHARACTERS.replace(code[position], "")))

    assert fault(code[:position] + wrong + code[position + 1 :])


@given(codes, st.data())
def test_a_swap_of_neighbours_is_found_unless_they_follow_one_another_in_the_alphabet(
    code: str, data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, len(code) - 2))
    first, second = code[n], code[n + 1]
    apart = abs(CHARACTERS.index(first) - CHARACTERS.index(second))
    assume(apart not in (0, 1, len(CHARACTERS) - 1))

    assert fault(code[:n] + second + first + code[n + 2 :])


def test_one_swap_of_neighbours_in_630_goes_unseen() -> None:
    # The 36 starts leave the check in each of its 36 states once.
    unseen = [
        (start, a, b)
        for start, a, b in product(CHARACTERS, repeat=3)
        if a != b and seal_with_check(start + a + b)[-1] == seal_with_check(start + b + a)[-1]
    ]

    assert len(unseen) * 630 == 36 * 36 * 35
    assert {(CHARACTERS.index(a) - CHARACTERS.index(b)) % 36 for _, a, b in unseen} == {1, 35}


@given(codes)
def test_a_missing_or_lower_case_character_is_found(code: str) -> None:
    assert fault(code.lower())
    assert fault(f"{code}\n")
    assert fault(f" {code}")


@given(st.text(CHARACTERS, max_size=LONGEST + 2) | codes)
def test_nothing_that_passes_holds_twelve_digits_or_begins_with_one(text: str) -> None:
    if fault(text) is None:
        assert not text[0].isdigit()
        assert not re.search(r"[0-9]{12}", text)


@given(st.text())
def test_any_text_is_judged_without_raising(text: str) -> None:
    assert (fault(text) is None) == (type_of(text) is not None)


@given(codes, st.sampled_from(CodeType))
def test_a_code_of_another_type_is_refused_without_repeating_it(code: str, wanted: CodeType) -> None:
    assume(code[0] != wanted)

    with pytest.raises(MalformedCode) as refused:
        require(code, wanted, "The second scan")

    assert "The second scan" in refused.value.message
    assert code not in refused.value.message + refused.value.ja + repr(refused.value.facts())


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 9), SHELVES, st.integers(0, 999)), min_size=2))
def test_slots_sort_in_walking_order(slots: list[tuple[int, int, str, int]]) -> None:
    assert sorted(slot_code(*slot) for slot in slots) == [slot_code(*slot) for slot in sorted(slots)]


@given(st.integers(0, 999_998), st.integers(0, 99))
def test_papers_sort_by_fiscal_year_and_number(number: int, year: int) -> None:
    earlier = sequenced_code(CodeType.MANIFEST, number, fiscal_year=year)
    later = sequenced_code(CodeType.MANIFEST, number + 1, fiscal_year=year)

    assert earlier < later
    assert earlier[:3] == f"M{year:02d}"


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_a_number_that_does_not_fit_gets_no_code(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        sequenced_code(CodeType.BATCH, number)


@pytest.mark.parametrize(
    "slot",
    [(100, 1, "A", 1), (-1, 1, "A", 1), (1, 10, "A", 1), (1, 1, "A", 1000), (1, 1, "a", 1), (1, 1, "AB", 1)],
)
def test_a_slot_that_would_read_as_another_gets_no_code(slot: tuple[int, int, str, int]) -> None:
    with pytest.raises(ValueError, match=r"slot code|shelf"):
        slot_code(*slot)


def test_browsers_know_the_letter_of_every_kind_of_code() -> None:
    script = (STATIC / "codes.js").read_text(encoding="utf-8")
    letters = re.search(r'PREFIXES = "([A-Z]+)"', script)

    assert letters is not None
    assert sorted(letters[1]) == sorted(kind.value for kind in CodeType)
