"""People as registered, and the actor a request is made by.

Nobody is an actor without a row of the register that holds on the service's day, and, for the contractor's and the
courier's people, a pledge and a training in force (appendix 1 articles 6, 7): that is asked in the very statement that
reads the person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import InvalidValue, NotFound, SupervisorNeeded
from logistics.rules.people_errors import NotInForce
from logistics.rules.permissions import LEADERS, OF_THE_CITY, Actor, Role, Where
from logistics.store.database import TODAY, driver

_CITY = ", ".join(f"'{role}'" for role in sorted(OF_THE_CITY))
_LEADERS = ", ".join(f"'{role}'" for role in sorted(LEADERS))

# A person as registered on the service's day; a session's row is read together with it. `fault` is what is missing.
TABLES = f"""person
CROSS JOIN (SELECT {TODAY} AS day) AS today
JOIN LATERAL (
    SELECT name, role, place, courier, registered_from, registered_to, employer, employment, deputises
    FROM registration
    WHERE registration.person = person.code AND effective_from <= today.day
      AND (effective_to IS NULL OR effective_to >= today.day)
    ORDER BY effective_from DESC, id DESC
    LIMIT 1
) AS held ON TRUE
LEFT JOIN place ON place.code = held.place"""  # noqa: S608 - constants
FAULT = f"""CASE
    WHEN today.day NOT BETWEEN held.registered_from AND held.registered_to THEN 'registration'
    WHEN held.role IN ({_CITY}) THEN NULL
    WHEN NOT EXISTS (SELECT FROM pledge WHERE pledge.person = person.code AND pledge.received_on <= today.day)
        THEN 'pledge'
    WHEN NOT EXISTS (SELECT FROM training
                     WHERE training.person = person.code AND today.day BETWEEN training.held_on AND training.valid_to)
        THEN 'training'
END"""  # noqa: S608 - constants
COLUMNS = f"person.code, held.name, held.role, held.place, held.courier, place.kind, {FAULT} AS fault"

_ACTORS = f"SELECT {COLUMNS} FROM {TABLES} WHERE person.code = ANY ($1::text[])"  # noqa: S608 - constants

_SERVICE = "SELECT code FROM person WHERE role = 'service' ORDER BY code LIMIT 1"

_PEOPLE = f"""
SELECT {COLUMNS}, held.employer, held.employment, held.registered_from, held.registered_to, held.deputises,
       (SELECT max(received_on) FROM pledge WHERE pledge.person = person.code) AS pledged_on,
       (SELECT max(held_on) FROM training WHERE training.person = person.code) AS trained_on,
       (SELECT max(valid_to) FROM training WHERE training.person = person.code) AS trained_to
FROM {TABLES}
WHERE person.code > $1 AND ($2::text IS NULL OR held.place = $2)
  AND ($4::text IS NULL OR $4 IN (held.place, held.courier))
  AND ($5::text IS NULL OR person.code = $5)
ORDER BY person.code
LIMIT $3
"""  # noqa: S608 - constants

_LED = f"""
SELECT DISTINCT held.place
FROM {TABLES}
WHERE person.code IN (SELECT person FROM registration WHERE place = ANY ($1::text[]) AND role IN ({_LEADERS}))
  AND held.place = ANY ($1::text[]) AND held.role IN ({_LEADERS}) AND {FAULT} IS NULL
"""  # noqa: S608 - constants


async def actors(session: AsyncSession, codes: Collection[str]) -> dict[str, Actor]:
    """Those among `codes` who may act on the service's day, by code."""
    rows = await (await driver(session)).fetch(_ACTORS, sorted(set(codes)))
    return {row["code"]: actor_of(row) for row in rows if row["fault"] is None}


async def actor(session: AsyncSession, code: str, device: str | None = None) -> Actor:
    """The person with this code. NotFound if nobody is registered under it, NotInForce for who may not act today."""
    row = await (await driver(session)).fetchrow(_ACTORS, [code])
    if row is None:
        raise NotFound("person", code)
    return actor_of(row).on(device)


async def service(session: AsyncSession) -> Actor:
    """The service itself, as it makes what nobody has to ask for; it does nothing else."""
    row = await (await driver(session)).fetchrow(_SERVICE)
    if row is None:
        raise NotFound("person", Role.SERVICE.value)
    return await actor(session, row["code"])


async def people(
    session: AsyncSession,
    place: str | None,
    after: str,
    limit: int,
    scope: str | None = None,
    code: str | None = None,
) -> list[dict[str, Any]]:
    """People in code order as registered today, of one place where given; of the site or courier `scope` alone."""
    rows = await (await driver(session)).fetch(_PEOPLE, after, place, limit, scope, code)
    return [dict(row) for row in rows]


async def directing(session: AsyncSession, actor: Actor, code: str | None) -> str | None:
    """The city employee who directs the work of `actor`: needed at a site, where it is one of that place.

    Raises SupervisorNeeded, InvalidValue for somebody who works elsewhere.
    """
    if code is None and actor.where is Where.ANNEX:
        return None
    known = await actors(session, [code] if code else [])
    boss = require_supervisor(known, code or "", "supervisor")
    if boss.place != actor.place:
        raise InvalidValue("supervisor", "works at another place")
    return boss.code


async def led(session: AsyncSession, places: Collection[str]) -> frozenset[str]:
    """Those of the places that have somebody today who may lead them (body 6(4))."""
    rows = await (await driver(session)).fetch(_LED, sorted(set(places)))
    return frozenset(row["place"] for row in rows)


def require_supervisor(known: Mapping[str, Actor], code: str, field: str) -> Actor:
    """The city employee `code` among the people looked up; SupervisorNeeded for anybody else."""
    supervisor = known.get(code)
    if supervisor is None or supervisor.role is not Role.CITY:
        raise SupervisorNeeded(field)
    return supervisor


def actor_of(row: Mapping[str, Any]) -> Actor:
    """The actor of a row of COLUMNS. NotInForce if a paper is missing or has run out."""
    if row["fault"] is not None:
        raise NotInForce(row["code"], row["fault"])
    ours = Where.ANNEX if row["kind"] == "annex" else Where.SITE
    where = Where.COURIER if row["courier"] else ours
    return Actor(row["code"], row["name"], Role(row["role"]), where, row["place"], row["courier"])
