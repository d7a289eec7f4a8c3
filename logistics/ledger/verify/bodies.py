"""What an entry says, judged: its text is canonical, its steps are legal, and each follows from the last."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import msgspec

from logistics.ledger.verify import layout
from logistics.rules.lifecycle import BATCH, CARD

VERSION = 1
LARGEST_INTEGER = 2**53 - 1

# What `canonical` forbids and JSON does not is looked for in the text first: a walk over every body is slow.
# 2^53 has 16 digits. Where a key is not ASCII, a character that is not stands in a string before a colon, or before a
# quote within that string.
_LONG_NUMBER = re.compile(r"[:,\[]-?[0-9]{16}")
_FOREIGN_KEY = re.compile(r'[^\x00-\x7f][^"]*"(?::|(?<=\\"))')
_CARD_STEPS = {(source.value, step.value): to.value for source, step, to in CARD.edges()}
_CARD_START, _BATCH_START = CARD.start.value, BATCH.start.value
_BATCH_STEPS = {(source.value, step.value): to.value for source, step, to in BATCH.edges()}


class BodyRefused(Exception):
    """Why an entry cannot have been written by the service."""


class Moves(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One step that the cards or batches of these codes took."""

    codes: list[str]
    source: str = msgspec.field(name="from")
    step: str
    to: str


class Body(msgspec.Struct, frozen=True, gc=False):
    """Of an entry's body, what is judged here."""

    v: int
    id: str
    act: str
    cards: list[Moves] = []
    batches: list[Moves] = []
    facts: dict[str, Any] = {}


def _no_float(_: str) -> None:
    raise ValueError("the log has no fractions")


_plain = msgspec.json.Decoder(float_hook=_no_float)
_typed = msgspec.json.Decoder(Body)


def read(text: str, raw: bytes) -> Body:
    """The body, if its text is canonical JSON (see `canonical`) and has the parts that every entry has.

    `raw` is the text in UTF-8.
    """
    try:
        value = _plain.decode(raw)
        same = layout.encoder.encode(value) == raw
        body = _typed.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BodyRefused("its body is not what the service writes") from None
    if not same:
        raise BodyRefused("its body is not canonical JSON")
    foreign = not text.isascii()
    if foreign and not unicodedata.is_normalized("NFC", text):
        raise BodyRefused("its body is not in Unicode's composed form")
    if _LONG_NUMBER.search(text) or (foreign and _FOREIGN_KEY.search(text)):
        _check_values(value)
    if body.v != VERSION:
        raise BodyRefused(f"its body is of version {body.v}, which this command does not know")
    return body


def _check_values(value: Any) -> None:
    """The rules of `canonical` that JSON itself does not have."""
    for item in _walk(value):
        if isinstance(item, int) and abs(item) > LARGEST_INTEGER:
            raise BodyRefused("its body has an integer beyond 2^53")
        if isinstance(item, dict) and not all(key.isascii() for key in item):
            raise BodyRefused("its body has a key that is not ASCII")


def _walk(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


class Custody:
    """The state of every card and batch, as the entries so far leave it.

    Of a selection only the legality of each step is known: what happened between two entries is not there.
    """

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self.cards: dict[str, str] = {}
        self._batches: dict[str, str] = {}

    def take(self, body: Body) -> None:
        """Go one entry on. BodyRefused if a step is not legal, or not from where the card or batch is."""
        if body.cards:
            self._move(body.cards, self.cards, _CARD_STEPS, _CARD_START)
        if body.batches:
            self._move(body.batches, self._batches, _BATCH_STEPS, _BATCH_START)

    def _move(
        self, moves: list[Moves], states: dict[str, str], legal: dict[tuple[str, str], str], start: str
    ) -> None:
        for move in moves:
            to = legal.get((move.source, move.step))
            if to is None or to != move.to:
                raise BodyRefused(f"no rule lets {move.step!r} lead from {move.source!r} to {move.to!r}")
            if not move.codes or len(set(move.codes)) != len(move.codes):
                raise BodyRefused(f"{move.step!r} names nothing, or something twice")
            if not self._whole:
                continue
            for code in move.codes:
                state = states.get(code, start)
                if state != move.source:
                    raise BodyRefused(
                        f"{code!r} takes {move.step!r} from {move.source!r}, but it is {state!r}"
                    )
                states[code] = to
