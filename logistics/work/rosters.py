"""Who is to work where on a day: rosters handed in two weeks ahead, held against 資料1 and the register (body 6(8), 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.calendar import PlaceKind
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import LEADERS, MANAGERS, Actor
from logistics.store.database import driver
from logistics.work import people, places

AHEAD = timedelta(weeks=2)

_SET = """
INSERT INTO roster (place, day, version, people, recorded_at, recorded_by)
SELECT $1, $2, COALESCE(max(version), 0) + 1, $3, $4, $5
FROM roster
WHERE place = $1 AND day = $2
RETURNING version
"""
_LAST = """
SELECT DISTINCT ON (place, day) place, day, version, people, recorded_at, recorded_by
FROM roster
WHERE day BETWEEN $1 AND $2 AND ($3::text IS NULL OR place = $3)
ORDER BY place, day, version DESC
"""


async def hand_in(
    session: AsyncSession, actor: Actor, place: str, day: date, names: Sequence[str], now: datetime
) -> int:
    """Hand in the roster of a site and day; the number of its version, the former ones stay.

    Raises NotFound for a place that is not the caller's, InvalidValue for people who are not registered there then.
    """
    permissions.require_over(actor, "hand_in_roster", "place", place, holder=place)
    await places.place(session, place)
    known = {row["code"]: row for row in await people.people(session, place, "", 10_000)}
    for n, code in enumerate(names):
        if code not in known or not known[code]["registered_from"] <= day <= known[code]["registered_to"]:
            raise InvalidValue(f"people[{n}]", "is not registered there on that day")
    if len(set(names)) != len(names):
        raise InvalidValue("people", "names somebody twice")
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 6))", f"{place} {day}")
    version: int = await connection.fetchval(_SET, place, day, list(names), now, actor.code)
    facts: dict[str, Json] = {
        "place": place,
        "roster_day": day.isoformat(),
        "version": version,
        "people": sorted(names),
    }
    await take(session, [Act("hand_in_roster", actor, str(actor.place), now, facts=facts)], now)
    return version


async def one(session: AsyncSession, reader: Actor, place: str, day: date) -> dict[str, Any]:
    """The roster that holds for a site and day. NotFound."""
    permissions.place(reader, place)
    row = await (await driver(session)).fetchrow(_LAST, day, day, place)
    if row is None:
        raise NotFound("roster", f"{place} {day.isoformat()}")
    return dict(row)


async def check(session: AsyncSession, reader: Actor, start: date, place: str | None) -> list[dict[str, Any]]:
    """For each site and open service of the two weeks from `start`: what the roster has, and what it lacks.

    `missing` says that none was handed in; else the counts are those of people who may act then, by 資料1's columns.
    """
    scope = permissions.place(reader, place)
    end = start + AHEAD - timedelta(days=1)
    connection, calendar = await driver(session), await places.calendar(session)
    rosters = {(row["place"], row["day"]): row for row in await connection.fetch(_LAST, start, end, scope)}
    needs = await connection.fetch("SELECT place, service, managers, leaders, staff FROM staffing")
    known = {row["code"]: row for row in await people.people(session, None, "", 10_000)}
    found = []
    for site in await places.all_places(session):
        if scope not in (None, site["code"]):
            continue
        for offset in range(AHEAD.days):
            day = start + timedelta(days=offset)
            open_services = {
                one.service for one in calendar.sessions(PlaceKind(site["kind"]), day, site["number"])
            }
            for need in needs:
                if need["place"] != site["code"] or need["service"] not in open_services:
                    continue
                found.append(_held_against(need, day, rosters.get((site["code"], day)), known))
    return found


def _held_against(need: Any, day: date, roster: Any, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    there = [known[code] for code in roster["people"] if code in known] if roster else []
    able = [
        person
        for person in there
        if person["registered_from"] <= day <= person["registered_to"]
        and (person["trained_to"] is None or day <= person["trained_to"])
        and person["fault"] is None
    ]
    managers = sum(person["role"] in MANAGERS for person in able)
    leaders = sum(person["role"] in LEADERS - MANAGERS for person in able)
    staff = len(able) - managers - leaders
    # Who leads may also do the work of those led.
    spare = max(0, managers - need["managers"]) + max(0, leaders - need["leaders"])
    short = (
        max(0, need["managers"] - managers)
        + max(0, need["leaders"] - leaders)
        + max(0, need["staff"] - staff - spare)
    )
    return {
        "place": need["place"],
        "day": day,
        "service": need["service"],
        "version": roster["version"] if roster else None,
        "missing": roster is None,
        "managers": managers,
        "leaders": leaders,
        "staff": staff,
        "needed_managers": need["managers"],
        "needed_leaders": need["leaders"],
        "needed_staff": need["staff"],
        "short": short,
        "not_able": sorted({person["code"] for person in there} - {person["code"] for person in able}),
    }
