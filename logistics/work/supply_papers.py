"""P15 as frozen records: the receipt of a hand-over, and the statement of use over some days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import fiscal_year
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson, NamedPlace
from logistics.rules.supply_records import Form, SupplyLine, SupplyRecord
from logistics.store.database import driver
from logistics.work import documents, places
from logistics.work.documents import Paper

CATALOGUE = "P15"

# $1 place or everywhere, $2 first day, $3 last day.
_LINES = """
SELECT move.item, item.name, item.unit, item.lent, place.short_name AS place,
       COALESCE(sum(move.pieces * CASE WHEN move.move IN ('received', 'moved_in') THEN 1 ELSE -1 END)
           FILTER (WHERE move.day < $2), 0)::int AS opening,
       COALESCE(sum(move.pieces) FILTER (WHERE move.day >= $2 AND move.move = 'received'), 0)::int AS received,
       COALESCE(sum(move.pieces) FILTER (WHERE move.day >= $2 AND move.move = 'moved_in'), 0)::int AS moved_in,
       COALESCE(sum(move.pieces) FILTER (WHERE move.day >= $2 AND move.move = 'used'), 0)::int AS used,
       COALESCE(sum(move.pieces) FILTER (WHERE move.day >= $2 AND move.move = 'returned'), 0)::int AS returned,
       COALESCE(sum(move.pieces) FILTER (WHERE move.day >= $2 AND move.move = 'lost'), 0)::int AS lost,
       COALESCE(sum(move.pieces) FILTER (WHERE move.day >= $2 AND move.move = 'moved_out'), 0)::int AS moved_out,
       sum(move.pieces * CASE WHEN move.move IN ('received', 'moved_in') THEN 1 ELSE -1 END)::int AS closing
FROM supply_move AS move
JOIN supply_item AS item ON item.code = move.item
JOIN place ON place.code = move.place
WHERE move.day <= $3 AND ($1::text IS NULL OR move.place = $1)
GROUP BY move.item, item.name, item.unit, item.lent, place.number, place.short_name
ORDER BY item.lent, move.item, place.number
"""
_OF_ITEMS = """
SELECT item.code AS item, item.name, item.unit, item.lent, place.short_name AS place, stock.balance
FROM supply_item AS item
JOIN supply_stock AS stock ON stock.item = item.code AND stock.place = $2
JOIN place ON place.code = $2
WHERE item.code = ANY ($1::text[])
ORDER BY item.lent, item.code
"""


async def made(session: AsyncSession, place: str, limit: int) -> list[dict[str, Any]]:
    """Numbers of the papers of a place, the latest first."""
    rows = await (await driver(session)).fetch(
        "SELECT number, created_at FROM document WHERE catalogue = 'P15' AND subject = $1"
        " ORDER BY number DESC LIMIT $2",
        place,
        limit,
    )
    return [dict(row) for row in rows]


def year_of(day: date) -> date:
    """The first day of the contract year of a day."""
    return date(fiscal_year(day), 4, 1)


async def lines(session: AsyncSession, place: str | None, first: date, last: date) -> tuple[SupplyLine, ...]:
    """Every item of a place, or of all of them, from one day through another."""
    rows = await (await driver(session)).fetch(_LINES, place, first, last)
    return tuple(SupplyLine(**row) for row in rows)


async def freeze(
    session: AsyncSession,
    actor: Actor,
    number: str,
    form: Form,
    place: str | None,
    city: NamedPerson | None,
    first: date,
    last: date,
    now: datetime,
) -> None:
    """Freeze the statement of a place, or of all of them, from one day through another."""
    told = await lines(session, place, first, last)
    await _freeze(session, actor, number, form, place, city, first, last, told, now)


async def freeze_receipt(
    session: AsyncSession,
    actor: Actor,
    number: str,
    pieces: Mapping[str, int],
    city: NamedPerson | None,
    day: date,
    now: datetime,
) -> None:
    """Freeze the receipt of pieces that were just added to the place's balance."""
    place = str(actor.place)
    rows = await (await driver(session)).fetch(_OF_ITEMS, list(pieces), place)
    told = tuple(
        SupplyLine(
            item=row["item"],
            name=row["name"],
            unit=row["unit"],
            lent=row["lent"],
            place=row["place"],
            opening=row["balance"] - pieces[row["item"]],
            received=pieces[row["item"]],
            moved_in=0,
            used=0,
            returned=0,
            lost=0,
            moved_out=0,
            closing=row["balance"],
        )
        for row in rows
    )
    await _freeze(session, actor, number, "receipt", place, city, day, day, told, now)


async def _freeze(
    session: AsyncSession,
    actor: Actor,
    number: str,
    form: Form,
    place: str | None,
    city: NamedPerson | None,
    first: date,
    last: date,
    told: tuple[SupplyLine, ...],
    now: datetime,
) -> None:
    here = await places.place(session, place or str(actor.place))
    record = SupplyRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        form=form,
        place=NamedPlace(here["code"], here["name"], here["address"]),
        city=city,
        first=first,
        last=last,
        lines=told,
    )
    await documents.freeze(session, [Paper(number, CATALOGUE, place or "all", record)], now)
