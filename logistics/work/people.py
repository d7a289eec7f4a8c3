"""People as registered, and the actor a request is made by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import InvalidValue, NotFound, SupervisorNeeded
from logistics.rules.permissions import Actor, Role, Where
from logistics.store.database import driver

# What an actor is made of; a session's row is read together with it.
COLUMNS = "person.code, person.name, person.role, person.place, person.courier, place.kind"
TABLES = "person LEFT JOIN place ON place.code = person.place"

_ACTORS = f"SELECT {COLUMNS} FROM {TABLES} WHERE person.code = ANY ($1::text[])"  # noqa: S608 - constants

_SERVICE = "SELECT code FROM person WHERE role = 'service' ORDER BY code LIMIT 1"

_PEOPLE = """
SELECT code, name, role, place, courier
FROM person
WHERE code > $1 AND ($2::text IS NULL OR place = $2) AND ($4::text IS NULL OR $4 IN (place, courier))
ORDER BY code
LIMIT $3
"""


async def actors(session: AsyncSession, codes: Collection[str]) -> dict[str, Actor]:
    """The registered people among `codes`, by code."""
    rows = await (await driver(session)).fetch(_ACTORS, sorted(set(codes)))
    return {row["code"]: actor_of(row) for row in rows}


async def actor(session: AsyncSession, code: str, device: str | None = None) -> Actor:
    """The person with this code; NotFound if nobody is registered under it."""
    found = await actors(session, [code])
    if code not in found:
        raise NotFound("person", code)
    return found[code].on(device)


async def service(session: AsyncSession) -> Actor:
    """The service itself, as it makes what nobody has to ask for; it does nothing else."""
    row = await (await driver(session)).fetchrow(_SERVICE)
    if row is None:
        raise NotFound("person", Role.SERVICE.value)
    return await actor(session, row["code"])


async def people(
    session: AsyncSession, place: str | None, after: str, limit: int, scope: str | None = None
) -> list[dict[str, Any]]:
    """People in code order, of one place where given; of the site or courier `scope` alone."""
    rows = await (await driver(session)).fetch(_PEOPLE, after, place, limit, scope)
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


def require_supervisor(known: Mapping[str, Actor], code: str, field: str) -> Actor:
    """The city employee `code` among the people looked up; SupervisorNeeded for anybody else."""
    supervisor = known.get(code)
    if supervisor is None or supervisor.role is not Role.CITY:
        raise SupervisorNeeded(field)
    return supervisor


def actor_of(row: Mapping[str, Any]) -> Actor:
    """The actor of a row of COLUMNS."""
    ours = Where.ANNEX if row["kind"] == "annex" else Where.SITE
    where = Where.COURIER if row["courier"] else ours
    return Actor(row["code"], row["name"], Role(row["role"]), where, row["place"], row["courier"])
