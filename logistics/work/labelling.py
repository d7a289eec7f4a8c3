"""What labels say: for containers, and for sleeves of known cards or with new control numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import NotFound
from logistics.rules.records import BatchLabel, NamedPlace, SleeveLabel
from logistics.store.database import driver

L = TypeVar("L", BatchLabel, SleeveLabel)

_BATCHES = """
SELECT batch.code, batch.seal_number, run.day, run.sequence, place.code AS place, place.name, place.address
FROM batch
JOIN run ON run.code = batch.run
JOIN place ON place.code = batch.destination
WHERE batch.code = ANY ($1::text[])
"""

_CARDS = """
SELECT card.code, kind.name
FROM card
JOIN kind ON kind.code = card.kind
WHERE card.code = ANY ($1::text[])
"""


async def batch_labels(session: AsyncSession, codes: Sequence[str]) -> list[BatchLabel]:
    """A label per batch, in the order asked. NotFound."""
    rows = await (await driver(session)).fetch(_BATCHES, list(codes))
    known = {
        row["code"]: BatchLabel(
            row["code"],
            NamedPlace(row["place"], row["name"], row["address"]),
            row["day"],
            row["sequence"],
            row["seal_number"],
        )
        for row in rows
    }
    return [_found(known, "batch", code) for code in codes]


async def sleeve_labels(session: AsyncSession, codes: Sequence[str], new: int) -> list[SleeveLabel]:
    """A label per card, in the order asked, then `new` labels with control numbers made now. NotFound."""
    rows = await (await driver(session)).fetch(_CARDS, list(codes))
    known = {row["code"]: SleeveLabel(row["code"], row["name"]) for row in rows}
    fresh = [SleeveLabel(random_code(CodeType.CARD), "") for _ in range(new)]
    return [*(_found(known, "card", code) for code in codes), *fresh]


def _found(known: dict[str, L], what: str, code: str) -> L:
    if code not in known:
        raise NotFound(what, code)
    return known[code]
