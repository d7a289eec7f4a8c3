"""Supplies and loans of the city: receipt, use, return, loss, moves between places, and what is left (article 14).

Each act is one entry of the log; a place's balance is checked by the database and never falls below nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor, Role
from logistics.rules.records import NamedPerson
from logistics.rules.supplying import Move, sign
from logistics.store.database import driver
from logistics.work import people, supply_papers
from logistics.work.numbering import next_codes

_ITEMS = "SELECT code, name, unit, lent FROM supply_item ORDER BY lent, code"
_BALANCES = """
SELECT place.code AS place, place.short_name AS place_name, item.code AS item, item.name, item.unit, item.lent,
       stock.balance
FROM supply_stock AS stock
JOIN supply_item AS item ON item.code = stock.item
JOIN place ON place.code = stock.place
WHERE $1::text IS NULL OR stock.place = $1
ORDER BY place.number, item.lent, item.code
"""
_MOVES = """
SELECT move.id, move.item, item.name, item.unit, move.place, place.short_name AS place_name, move.move, move.pieces,
       move.day, move.city, move.other_place, move.reason, move.document, move.incident, move.recorded_by,
       move.recorded_at
FROM supply_move AS move
JOIN supply_item AS item ON item.code = move.item
JOIN place ON place.code = move.place
WHERE move.id < $1 AND ($2::text IS NULL OR move.place = $2) AND ($3::text IS NULL OR move.item = $3)
ORDER BY move.id DESC
LIMIT $4
"""
_KEEP = """
INSERT INTO supply_move (item, place, move, pieces, day, city, other_place, reason, document, recorded_by,
                         recorded_at, entry, incident)
SELECT item, $3, $4, pieces, $5, $6, $7, $8, $9, $10, $11, $12, $13
FROM unnest($1::text[], $2::int[]) AS said (item, pieces)
ORDER BY item
"""
# Rows are locked in the order of their items, so that two who record at once do not wait for each other.
_ADD = """
INSERT INTO supply_stock AS stock (item, place, balance)
SELECT item, $3, pieces * $4
FROM unnest($1::text[], $2::int[]) AS said (item, pieces)
ORDER BY item
ON CONFLICT (item, place) DO UPDATE SET balance = stock.balance + excluded.balance
"""
_TAKE = """
WITH said AS (
    SELECT stock.item, said.pieces
    FROM unnest($1::text[], $2::int[]) AS said (item, pieces)
    JOIN supply_stock AS stock ON stock.item = said.item AND stock.place = $3
    ORDER BY stock.item
    FOR NO KEY UPDATE OF stock
)
UPDATE supply_stock AS stock
SET balance = stock.balance - said.pieces
FROM said
WHERE stock.item = said.item AND stock.place = $3
RETURNING stock.item
"""


ACTS = {
    Move.RECEIVED: "receive_supplies",
    Move.USED: "use_supplies",
    Move.LOST: "lose_supplies",
    Move.RETURNED: "return_supplies",
    Move.MOVED_OUT: "move_supplies",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody records: pieces of each item, on which day, with whom and why; which incident a loss belongs to."""

    pieces: Mapping[str, int]
    day: date
    city: str | None = None
    other_place: str | None = None
    reason: str | None = None
    incident: str | None = None


async def items(session: AsyncSession) -> list[dict[str, Any]]:
    """Everything that is supplied or lent."""
    return [dict(row) for row in await (await driver(session)).fetch(_ITEMS)]


async def balances(session: AsyncSession, place: str | None) -> list[dict[str, Any]]:
    """What is left at each place, or at one."""
    return [dict(row) for row in await (await driver(session)).fetch(_BALANCES, place)]


async def moves(
    session: AsyncSession, before: int, limit: int, place: str | None = None, item: str | None = None
) -> list[dict[str, Any]]:
    """What happened, the latest first, before the row numbered `before`."""
    return [dict(row) for row in await (await driver(session)).fetch(_MOVES, before, place, item, limit)]


async def receive(session: AsyncSession, actor: Actor, said: Said, now: datetime) -> str:
    """Take over what a city employee supplies or lends; the number of its receipt P15, which is due without delay.

    InvalidValue for an item that is in no register, a day to come, or somebody who is not of the city.
    """
    return str(await _record(session, actor, Move.RECEIVED, said, now, form="receipt"))


async def use(session: AsyncSession, actor: Actor, said: Said, now: datetime) -> None:
    """Record what was used up. InvalidValue for more than there is, and for what is only lent."""
    lent = [row["code"] for row in await items(session) if row["lent"] and row["code"] in said.pieces]
    if lent:
        raise InvalidValue("lines", f"{lent[0]} is lent, and goes back")
    await _record(session, actor, Move.USED, said, now)


async def lose(session: AsyncSession, actor: Actor, said: Said, now: datetime) -> None:
    """Record what was lost or broken, and how; the city says what follows (article 14(5)). InvalidValue.

    See `supply_losses` for one that is an incident, or belongs to one.
    """
    await _record(session, actor, Move.LOST, said, now)


async def give_back(session: AsyncSession, actor: Actor, said: Said, now: datetime) -> str:
    """Return what is left to a city employee; the number of the statement of use P15 that goes with it. InvalidValue."""
    return str(await _record(session, actor, Move.RETURNED, said, now, form="statement"))


async def move(session: AsyncSession, actor: Actor, said: Said, now: datetime) -> None:
    """Hand pieces on to another place. InvalidValue for more than there is; NotFound for no such place."""
    connection = await driver(session)
    other = str(said.other_place)
    if other == actor.place:
        raise InvalidValue("to", "is the place itself")
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM place WHERE code = $1)", other):
        raise NotFound("place", other)
    await _record(session, actor, Move.MOVED_OUT, said, now)


async def statement(
    session: AsyncSession, actor: Actor, first: date, last: date, now: datetime, everywhere: bool = False
) -> str:
    """Freeze a statement of use P15 of the actor's place, or of every place, over some days; its number.

    InvalidValue for days that end before they begin, or are to come.
    """
    permissions.require(actor, "supplies")
    if last < first:
        raise InvalidValue("last", "lies before the first day")
    if last > business_date(now):
        raise InvalidValue("last", "lies in the future")
    if everywhere:
        permissions.require(actor, "make_report", frozenset({permissions.Relation.NONE}))
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    facts: dict[str, Json] = {
        "document": number,
        "catalogue": supply_papers.CATALOGUE,
        "first": first.isoformat(),
        "last": last.isoformat(),
    }
    await take(session, [Act("make_report", actor, actor.home, now, facts=facts)], now)
    place = None if everywhere else str(actor.place)
    await supply_papers.freeze(session, actor, number, "statement", place, None, first, last, now)
    return number


async def _record(
    session: AsyncSession, actor: Actor, what: Move, said: Said, now: datetime, form: str | None = None
) -> str | None:
    permissions.require(actor, "supplies")
    if said.day > business_date(now):
        raise InvalidValue("day", "lies in the future")
    known = {row["code"] for row in await items(session)}
    if strangers := sorted(set(said.pieces) - known):
        raise InvalidValue("lines", f"{strangers[0]} is neither supplied nor lent")
    city = await _of_the_city(session, said.city) if what in (Move.RECEIVED, Move.RETURNED) else None
    number = (await next_codes(session, CodeType.DOCUMENT, 1, now))[0] if form else None
    place = str(actor.place)
    facts: dict[str, Json] = {
        "pieces": {item: said.pieces[item] for item in sorted(said.pieces)},
        "city": city.code if city else None,
        "to": said.other_place,
        "document": number,
    }
    if said.incident:
        facts["incident"] = said.incident
    act = Act(ACTS[what], actor, place, now, day=said.day, reason=said.reason, facts=facts)
    (taken,) = await take(session, [act], now)
    await _change(session, what, place, said.pieces)
    if form == "receipt":
        # The receipt is of this hand-over alone: its lines are what came now.
        await supply_papers.freeze_receipt(session, actor, str(number), said.pieces, city, said.day, now)
    await _keep(
        session, actor, what, place, said, city, number if form == "receipt" else None, taken.entry, now
    )
    if what is Move.MOVED_OUT:
        other = str(said.other_place)
        await _change(session, Move.MOVED_IN, other, said.pieces)
        back = Said(said.pieces, said.day, other_place=place, reason=said.reason)
        await _keep(session, actor, Move.MOVED_IN, other, back, None, None, taken.entry, now)
    if form == "statement":
        first = supply_papers.year_of(said.day)
        await supply_papers.freeze(
            session, actor, str(number), "statement", place, city, first, said.day, now
        )
    return number


async def _change(session: AsyncSession, what: Move, place: str, pieces: Mapping[str, int]) -> None:
    connection = await driver(session)
    said = list(pieces), list(pieces.values())
    if sign(what) > 0:
        await connection.execute(_ADD, *said, place, 1)
        return
    try:
        found = await connection.fetch(_TAKE, *said, place)
    except asyncpg.CheckViolationError:
        raise InvalidValue("lines", "there are not so many pieces here") from None
    if missing := sorted(set(pieces) - {row["item"] for row in found}):
        raise InvalidValue("lines", f"there is no {missing[0]} here")


async def _keep(
    session: AsyncSession,
    actor: Actor,
    what: Move,
    place: str,
    said: Said,
    city: NamedPerson | None,
    document: str | None,
    entry: int,
    now: datetime,
) -> None:
    await (await driver(session)).execute(
        _KEEP,
        list(said.pieces),
        list(said.pieces.values()),
        place,
        what.value,
        said.day,
        city.code if city else None,
        said.other_place if what in (Move.MOVED_IN, Move.MOVED_OUT) else None,
        said.reason,
        document,
        actor.code,
        now,
        entry,
        said.incident,
    )


async def _of_the_city(session: AsyncSession, code: str | None) -> NamedPerson:
    known = (await people.actors(session, [str(code)])).get(str(code))
    if known is None or known.role is not Role.CITY:
        raise InvalidValue("city", "must name a city employee")
    return NamedPerson(known.code, known.name)


def pieces_of(lines: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Lines as pieces by item. InvalidValue for an item that is named twice."""
    said = dict(lines)
    if len(said) != len(lines):
        raise InvalidValue("lines", "names one item twice")
    return said
