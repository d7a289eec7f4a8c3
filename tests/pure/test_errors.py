"""Every error says what is wrong and what to do next, in two languages, from its facts alone."""

from __future__ import annotations

import string
from dataclasses import fields
from typing import Any

import pytest

from api.problems import slug
from api.statuses import STATUS
from logistics.rules.errors import MOST_LISTED, DomainError, StepRefused

FACTS: dict[str, Any] = {
    "codes": ["C1", "C2"],
    "possible": ["pack"],
    "batches": ["B1"],
    "missing": ["C1"],
    "unaccounted": ["C1"],
    "refused": [{"card": "C1", "state": "held"}],
    "problems": [{"line": 2, "column": "kind", "reason": "no such kind"}],
    "counted": 3,
    "recorded": 4,
    "expected": "card",
}


def kinds(base: type[DomainError] = DomainError) -> list[type[DomainError]]:
    found = [kind for sub in base.__subclasses__() for kind in (sub, *kinds(sub))]
    return sorted(found, key=lambda kind: kind.__name__)


def built(kind: type[DomainError]) -> DomainError:
    return kind(**{fact.name: FACTS.get(fact.name, f"the {fact.name}") for fact in fields(kind)})


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_an_error_is_told_in_english_and_japanese_from_its_facts(kind: type[DomainError]) -> None:
    error = built(kind)

    assert {"en", "ja"} <= set(vars(kind))
    for template, said in ((kind.en, error.message), (kind.ja, error.message_ja)):
        names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
        assert names <= set(error.facts())
        assert said.strip()
        assert "{" not in said.replace("{'", "")
    assert any("\u3040" <= character <= "\u30ff" for character in error.message_ja)
    assert str(error) == error.message


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_an_errors_docstring_is_its_title(kind: type[DomainError]) -> None:
    title = (kind.__doc__ or "").split("\n", 1)[0]

    assert title.endswith(".")
    assert not title.startswith(kind.__name__)


def test_every_error_has_a_status_and_a_type_of_its_own() -> None:
    assert set(STATUS) == set(kinds())
    assert len({slug(kind) for kind in kinds()}) == len(kinds())
    assert {status for status in STATUS.values() if not 400 <= status < 500} == set()


def test_a_long_list_is_shortened_and_says_by_how_much() -> None:
    error = StepRefused("pack", [f"C{n}" for n in range(MOST_LISTED + 3)], "held", [])

    assert "C9 …(+3)" in error.message
    assert "C10" not in error.message
    assert len(error.facts()["codes"]) == MOST_LISTED + 3


def test_a_step_that_is_refused_is_told_in_words_and_not_in_codes() -> None:
    bag = StepRefused("pack", ["BS955ZFXEK"], "closed", [])
    card = StepRefused("put_away", ["C0XK3WYPMU"], "delivered", ["receive"])

    assert bag.message_ja == "BS955ZFXEK は現在の状態（検数完了）では、この操作（梱包）を行えません。"
    assert "Possible now: nothing." in bag.message
    assert card.message_ja == "C0XK3WYPMU は現在の状態（到着（未検数））では、この操作（格納）を行えません。"
    assert "Possible now: receive." in card.message
