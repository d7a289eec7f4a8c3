"""Steps and states in Japanese where only their codes are known, as in a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from logistics.rules.words import BATCH_STATES, BATCH_STEPS, CARD_STATES, CARD_STEPS

# What the code of a batch begins with. The types of codes stand above: a wrong code is a refusal itself.
_BATCH = "B"
_STEPS = {str(step): word for words in (BATCH_STEPS, CARD_STEPS) for step, word in words.items()}
_OF_BATCHES = {str(state): word for state, word in BATCH_STATES.items()}
_OF_CARDS = {str(state): word for state, word in CARD_STATES.items()}


def in_japanese(step: str, state: str, codes: Sequence[str]) -> dict[str, str]:
    """Words for a step and the state of the things with these codes; what has none stays as it is."""
    states = _OF_BATCHES if codes and codes[0].startswith(_BATCH) else _OF_CARDS
    return {"step": _STEPS.get(step, step), "state": states.get(state, state)}
