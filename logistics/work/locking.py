"""Locking what scans name, in the one order that never deadlocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.codes import CodeType, fault
from logistics.store.database import driver
from logistics.work.scans import Call, Row

_LOCK_CARDS = """
SELECT card.id, card.code, card.kind, card.state, card.place, card.destination, card.box, card.batch, card.slot,
       card.holder, batch.manifest, manifest.destination AS manifest_destination, manifest.closed_at AS manifest_closed_at
FROM card
LEFT JOIN batch ON batch.code = card.batch
LEFT JOIN manifest ON manifest.code = batch.manifest
WHERE card.code = ANY ($1::text[])
ORDER BY card.id
FOR NO KEY UPDATE OF card
"""


_PACKED_FROM = """
SELECT DISTINCT ON (moved.card) card.code, moved.from_state
FROM entry_card AS moved
JOIN card ON card.id = moved.card
WHERE moved.card = ANY ($1::bigint[]) AND moved.step = 'pack'
ORDER BY moved.card, moved.entry DESC
"""


async def lock_cards(session: AsyncSession, calls: Sequence[Call]) -> dict[str, Row]:
    """The cards that the calls' scans name, locked, by code, with the manifest they travel on."""
    cards = [code for code in codes(calls) if code.startswith(CodeType.CARD)]
    rows = await (await driver(session)).fetch(_LOCK_CARDS, cards)
    return {row["code"]: dict(row) for row in rows}


def codes(calls: Sequence[Call]) -> list[str]:
    """The codes of ours among the texts scanned, sorted; what is no code is not shown to the database either."""
    texts = {scan.text.strip() for call in calls for scan in call.scans}
    return sorted(text for text in texts if fault(text) is None)


async def mark_packed_from(session: AsyncSession, rows: Mapping[str, Row]) -> None:
    """Tell of each card in which state it was packed, the last time it was."""
    found = await (await driver(session)).fetch(_PACKED_FROM, [row["id"] for row in rows.values()])
    states = {row["code"]: row["from_state"] for row in found}
    for code, row in rows.items():
        row["packed_from"] = states.get(code)
