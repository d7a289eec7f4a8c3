"""The day close (日次締め) of a place: refused while something is open, then added up from the log and frozen.

Not to be mixed up with the closing sheet of the log, P0, which is in `closing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import Calendar, PlaceKind, business_date
from logistics.rules.day_records import DayProblem
from logistics.rules.errors import DayClosed, DayNotDone, InvalidValue, NotFound, SecondPersonNeeded
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import day_flows, people, places
from logistics.work.day_problems import problems

_CLOSES = """
SELECT place, day, closed_at, closed_by, second, reason, problems, last_entry, entry
FROM site_day
WHERE day = $1
"""
_ONE = """
SELECT place, day, closed_at, closed_by, second, reason, problems, last_entry, entry
FROM site_day
WHERE place = $1 AND day = $2
"""
_LINES = """
SELECT line.kind, kind.name, line.opening, line.incoming, line.found, line.issued, line.returned, line.transferred,
       line.destroyed, line.lost, line.undone, line.closing
FROM site_day_line AS line
JOIN kind ON kind.code = line.kind
WHERE line.place = $1 AND line.day = $2
ORDER BY line.kind
"""
_CLOSE = """
INSERT INTO site_day (place, day, closed_at, closed_by, second, reason, problems, last_entry, holes, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_LINE = """
INSERT INTO site_day_line (place, day, kind, opening, incoming, found, issued, returned, transferred, destroyed,
                           lost, undone, closing)
SELECT $1, $2, * FROM unnest($3::text[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[],
                             $10::int[], $11::int[], $12::int[], $13::int[])
"""
_LAST = "SELECT max(day) FROM site_day WHERE place = $1"


class DayState(StrEnum):
    """How far a place's day is."""

    NO_SESSION = "no_session"
    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Closing:
    """Who else looked through waste and packaging, and why the day is closed though something is open."""

    second: str
    reason: str | None = None


async def close(
    session: AsyncSession, actor: Actor, place: str, day: date, closing: Closing, now: datetime
) -> dict[str, Any]:
    """Close a day: nothing is out, unslotted, uncounted or untouched; or a leader says why it is closed all the same.

    What came and went since the last close is added up per kind and frozen. Raises DayNotDone with the lists,
    DayClosed, NotFound for another place, SecondPersonNeeded, InvalidValue for a day that cannot be closed any more.
    """
    permissions.require(actor, "close_day")
    known = await places.place(session, place)
    if place != actor.place:
        raise NotFound("place", place)
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 4))", place)
    await _require_next(session, place, day, now)
    await _require_second(session, actor, closing.second)
    found = await problems(session, place, day)
    if found and closing.reason is None:
        raise DayNotDone(place, day.isoformat(), [msgspec.to_builtins(one) for one in found])
    if found:
        permissions.require(actor, "close_day_anyway")
    party: str = await connection.fetchval("SELECT party FROM place WHERE code = $1", known["code"])
    flows = await day_flows.since_last_close(session, place, party)
    act = Act(
        "close_site_day",
        actor,
        place,
        now,
        day=day,
        reason=closing.reason,
        facts={
            "second": closing.second,
            "lines": flows.lines,
            "up_to_entry": flows.last_entry,
            "open": [{"what": one.what, "codes": list(one.codes)} for one in found],
        },
    )
    (taken,) = await take(session, [act], now)
    said = msgspec.json.encode(found).decode()
    about = (place, day, now, actor.code, closing.second, closing.reason, said)
    await connection.execute(_CLOSE, *about, flows.last_entry, flows.holes, taken.entry)
    columns = ([line[name] for line in flows.lines] for name in ("kind", *day_flows.COLUMNS))
    await connection.execute(_LINE, place, day, *columns)
    return await one(session, place, day, now)


async def one(session: AsyncSession, place: str, day: date, now: datetime) -> dict[str, Any]:
    """A place's day: closed with its lines, or open with what keeps it so. NotFound for no such place."""
    known = await places.place(session, place)
    connection = await driver(session)
    row = await connection.fetchrow(_ONE, place, day)
    said = _said(known, day, dict(row) if row else None, await places.calendar(session), now)
    if row is None:
        return said | {"problems": await problems(session, place, day), "lines": []}
    kept = msgspec.json.decode(row["problems"], type=list[DayProblem])
    lines = [dict(line) for line in await connection.fetch(_LINES, place, day)]
    return said | {"problems": kept, "lines": lines}


async def of_day(session: AsyncSession, day: date, now: datetime) -> list[dict[str, Any]]:
    """Every place on a day, in the order of the contract: closed, open, or not closed by its time."""
    connection = await driver(session)
    closed = {row["place"]: dict(row) for row in await connection.fetch(_CLOSES, day)}
    calendar = await places.calendar(session)
    return [
        _said(known, day, closed.get(known["code"]), calendar, now)
        for known in await places.all_places(session)
    ]


def due_at(known: dict[str, Any], day: date, calendar: Calendar) -> datetime | None:
    """When a place's last session of a day ends; None where it has none."""
    sessions = calendar.sessions(PlaceKind(known["kind"]), day, known["number"])
    return max((one.closes_at for one in sessions), default=None)


def _said(
    known: dict[str, Any], day: date, closed: dict[str, Any] | None, calendar: Calendar, now: datetime
) -> dict[str, Any]:
    due = due_at(known, day, calendar)
    if closed:
        state = DayState.CLOSED
    elif due is None:
        state = DayState.NO_SESSION
    else:
        state = DayState.OVERDUE if now > due else DayState.OPEN
    names = ("closed_at", "closed_by", "second", "reason", "entry")
    return {
        "place": known["code"],
        "name": known["short_name"],
        "day": day,
        "state": state,
        "due_at": due,
        **{name: closed[name] if closed else None for name in names},
    }


async def _require_next(session: AsyncSession, place: str, day: date, now: datetime) -> None:
    if day > business_date(now):
        raise InvalidValue("day", "it has not begun yet")
    last = await (await driver(session)).fetchval(_LAST, place)
    if last == day:
        raise DayClosed(place, day.isoformat())
    if last is not None and day < last:
        raise InvalidValue("day", f"{last.isoformat()} was closed already, and what it added up with it")


async def _require_second(session: AsyncSession, actor: Actor, code: str) -> None:
    second = (await people.actors(session, [code])).get(code)
    if second is None or second.code == actor.code or second.place != actor.place:
        raise SecondPersonNeeded("second")
