"""What labels say, for containers and for sleeves; new control numbers for sleeves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor
from logistics.rules.records import BatchLabel, NamedPlace, SleeveLabel
from logistics.store.database import driver

# Containers are counted in the order in which they were opened; one that was cancelled does not travel.
_BATCHES = """
SELECT batch.code, batch.seal_number, run.day, run.sequence, place.code AS place, place.name, place.address,
       (SELECT count(*) FILTER (WHERE (beside.opened_at, beside.code) <= (batch.opened_at, batch.code))
        FROM batch AS beside
        WHERE beside.run = batch.run AND beside.origin = batch.origin AND beside.destination = batch.destination
          AND beside.state <> 'cancelled') AS number,
       (SELECT count(*)
        FROM batch AS beside
        WHERE beside.run = batch.run AND beside.origin = batch.origin AND beside.destination = batch.destination
          AND beside.state <> 'cancelled') AS among
FROM batch
JOIN run ON run.code = batch.run
JOIN place ON place.code = batch.destination
WHERE batch.code = ANY ($1::text[])
  AND ($2::text IS NULL OR $2 IN (batch.place, batch.custodian, batch.origin, batch.destination, run.courier))
"""

_CARDS = """
SELECT card.code, kind.name
FROM card
JOIN kind ON kind.code = card.kind
WHERE card.code = ANY ($1::text[]) AND ($2::text IS NULL OR $2 IN (card.place, card.custodian, card.destination))
"""


async def batch_labels(session: AsyncSession, codes: Sequence[str], scope: str | None) -> list[BatchLabel]:
    """A label per batch, in the order asked. NotFound, also for a batch that is not of the site `scope`."""
    rows = await (await driver(session)).fetch(_BATCHES, list(codes), scope)
    known = {
        row["code"]: BatchLabel(
            row["code"],
            NamedPlace(row["place"], row["name"], row["address"]),
            row["day"],
            row["sequence"],
            row["seal_number"],
            row["number"],
            row["among"],
        )
        for row in rows
    }
    return [_found(known, "batch", code) for code in codes]


async def sleeve_labels(session: AsyncSession, codes: Sequence[str], scope: str | None) -> list[SleeveLabel]:
    """A label per control number, in the order asked; one that `scope` does not know names no kind."""
    rows = await (await driver(session)).fetch(_CARDS, list(codes), scope)
    kinds = {row["code"]: row["name"] for row in rows}
    return [SleeveLabel(code, kinds.get(code, "")) for code in codes]


async def control_numbers(session: AsyncSession, actor: Actor, count: int) -> list[str]:
    """New control numbers, none of them known; they belong to cards once an arrival list names them."""
    permissions.require(actor, "import_arrival")
    made: set[str] = set()
    while len(made) < count:
        made.update(random_code(CodeType.CARD) for _ in range(count - len(made)))
        rows = await (await driver(session)).fetch(_CARDS, sorted(made), None)
        made -= {row["code"] for row in rows}
    return sorted(made)


def _found(known: dict[str, BatchLabel], what: str, code: str) -> BatchLabel:
    if code not in known:
        raise NotFound(what, code)
    return known[code]
