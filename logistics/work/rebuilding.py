"""The present recomputed from the custody log alone, and compared with what is stored, row by row."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.log import timestamp
from logistics.rules.lifecycle import IN_BATCH, IN_HAND, IN_SLOT, SIGHTINGS, BatchStep, CardState, CardStep
from logistics.store.database import driver

_CHUNK = 5_000

_CARD_COLUMNS = (
    "kind",
    "state",
    "place",
    "custodian",
    "destination",
    "box",
    "batch",
    "slot",
    "set_up_on",
    "first_notice_on",
    "reminded_on",
    "notice_returned_on",
    "holder",
    "sighted_at",
)
_BATCH_COLUMNS = ("state", "place", "custodian", "manifest", "run")


@dataclass(frozen=True, slots=True)
class Differing:
    """A row that the log tells otherwise; `stored` or `told` is None where one of them does not know it."""

    table: str
    code: str
    stored: Mapping[str, Any] | None
    told: Mapping[str, Any] | None


@dataclass(slots=True)
class Present:
    """Cards and batches as the entries so far have left them, by code."""

    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, body: Mapping[str, Any]) -> None:
        """Apply one entry's body."""
        for listed in body.get("facts", {}).get("contents", ()):
            for code in listed["codes"]:
                self.cards[code] = dict.fromkeys(_CARD_COLUMNS) | {
                    "kind": listed["kind"],
                    "destination": listed["destination"],
                    "box": body["facts"].get("box"),
                }
        for moved in body.get("cards", ()):
            for code in moved["codes"]:
                self._move_card(self.cards[code], moved["step"], moved["to"], body)
        for moved in body.get("batches", ()):
            for code in moved["codes"]:
                row = self.batches.setdefault(code, dict.fromkeys(_BATCH_COLUMNS))
                row["state"] = moved["to"]
                row["place"] = body.get("place") or row["place"] or body["site"]
                row["custodian"] = body.get("to") or row["custodian"] or body["site"]
                if moved["step"] == BatchStep.RECALL:
                    row["run"], row["manifest"] = body.get("run") or row["run"], None
                    continue
                row["run"] = row["run"] or body.get("run")
                row["manifest"] = body.get("manifest") or row["manifest"]

    @staticmethod
    def _move_card(row: dict[str, Any], step: str, state: str, body: Mapping[str, Any]) -> None:
        row["state"] = state
        row["place"] = body.get("place") or row["place"]
        row["custodian"] = body.get("to") or row["custodian"]
        keeps = state in IN_BATCH or state == CardState.MISSING
        row["batch"] = (body.get("batch") or row["batch"]) if keeps else None
        row["slot"] = (body.get("slot") or row["slot"]) if state in IN_SLOT else None
        row["holder"] = (body.get("holder") or row["holder"]) if state in IN_HAND else None
        if step in SIGHTINGS:
            row["sighted_at"] = max(row["sighted_at"] or "", body["occurred_at"])
        if step == CardStep.SET_UP:
            row["set_up_on"] = body["day"]
        if step == CardStep.POST_NOTICE:
            row["first_notice_on"] = min(filter(None, (row["first_notice_on"], body["day"])))
        if step == CardStep.POST_REMINDER:
            row["reminded_on"] = body["day"]
        if step == CardStep.RETURN_NOTICE:
            row["notice_returned_on"] = body["day"]


async def differing(session: AsyncSession) -> tuple[int, list[Differing]]:
    """How many entries were replayed, and every row that differs from what they tell; none is as it should be."""
    present, entries = Present(), 0
    async for text in _bodies(session):
        present.take(json.loads(text))
        entries += 1
    found = [
        *_compared("card", present.cards, await _stored(session, "card", _CARD_COLUMNS)),
        *_compared("batch", present.batches, await _stored(session, "batch", _BATCH_COLUMNS)),
    ]
    return entries, found


async def _bodies(session: AsyncSession) -> AsyncIterator[str]:
    connection, last = await driver(session), 0
    while rows := await connection.fetch(
        "SELECT id, body FROM entry WHERE id > $1 ORDER BY id LIMIT $2", last, _CHUNK
    ):
        for row in rows:
            yield row["body"]
        last = rows[-1]["id"]


async def _stored(session: AsyncSession, table: str, columns: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    rows = await (await driver(session)).fetch(f"SELECT code, {', '.join(columns)} FROM {table}")  # noqa: S608
    return {row["code"]: {name: _plain(row[name]) for name in columns} for row in rows}


def _compared(
    table: str, told: Mapping[str, Mapping[str, Any]], stored: Mapping[str, Mapping[str, Any]]
) -> Iterator[Differing]:
    for code in sorted(told.keys() | stored.keys()):
        if told.get(code) != stored.get(code):
            yield Differing(table, code, stored.get(code), told.get(code))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return timestamp(value)
    return value.isoformat() if isinstance(value, date) else value
