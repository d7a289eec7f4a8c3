"""Every state and step has a Japanese word of its own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest

from logistics.rules import words
from logistics.rules.lifecycle import BatchState, BatchStep, CardState, CardStep

TABLES: list[tuple[type[StrEnum], Mapping[StrEnum, str]]] = [
    (CardState, words.CARD_STATES),  # type: ignore[list-item]
    (CardStep, words.CARD_STEPS),  # type: ignore[list-item]
    (BatchState, words.BATCH_STATES),  # type: ignore[list-item]
    (BatchStep, words.BATCH_STEPS),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("kind", "table"), TABLES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_state_and_step_has_a_word_that_no_other_has(
    kind: type[StrEnum], table: Mapping[StrEnum, str]
) -> None:
    assert set(table) == set(kind)
    assert len(set(table.values())) == len(table)
    assert all(word and not word.isascii() for word in table.values())
