"""Registered stations and handhelds: each bound to a place and an area of it, let in by a one-time code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions, tokens
from logistics.rules.access_errors import CodeNotValid
from logistics.rules.codes import CodeType, random_code
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import people
from logistics.work.authenticating import record

# How long a one-time code is good: long enough to walk to the other end of the city.
CODE_LASTS = timedelta(hours=24)

_ADD = """
INSERT INTO device (code, name, place, area, created_at, created_by, enrol_code, enrol_until)
SELECT $1, $2, place.code, $4, $5, $6, $7, $8 FROM place WHERE place.code = $3
RETURNING code
"""
_ENROL = """
UPDATE device
SET enrol_code = NULL, enrol_until = NULL, secret = $2, enrolled_at = $3
WHERE enrol_code = $1 AND enrol_until > $3 AND revoked_at IS NULL
RETURNING code, name, place, area, created_by
"""
_REISSUE = """
UPDATE device SET enrol_code = $2, enrol_until = $3
WHERE code = $1 AND secret IS NULL AND revoked_at IS NULL
RETURNING place
"""
_REVOKE = """
UPDATE device
SET revoked_at = $2, revoked_by = $3, enrol_code = NULL, enrol_until = NULL, secret = NULL, enrolled_at = NULL
WHERE code = $1 AND revoked_at IS NULL
RETURNING place, name
"""
_END_SESSIONS = """
UPDATE session SET ended_at = $2, ended_why = 'device revoked' WHERE device = $1 AND ended_at IS NULL
RETURNING id
"""
_LIST = """
SELECT code, name, place, area, created_at, created_by, enrolled_at, revoked_at
FROM device
WHERE code > $1 AND ($2::text IS NULL OR place = $2)
ORDER BY code
LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A device that has just been let in, with its secret, shown once."""

    code: str
    name: str
    place: str
    area: str
    secret: str


async def add(
    session: AsyncSession, actor: Actor, name: str, place: str, area: str, now: datetime
) -> tuple[str, str]:
    """Register a device; its code, and the one-time code that lets it in. Raises NotAllowed, NotFound."""
    permissions.require(actor, "manage_devices")
    code, once = random_code(CodeType.DEVICE), tokens.new_code()
    row = (code, name, place, area, now, actor.code, tokens.digest(once), now + CODE_LASTS)
    if await (await driver(session)).fetchval(_ADD, *row) is None:
        raise NotFound("place", place)
    await record(session, "add_device", actor, now, {"device": code, "name": name, "area": area}, place)
    return code, once


async def reissue(session: AsyncSession, actor: Actor, code: str, now: datetime) -> str:
    """Another one-time code for a device that is not in yet; the one before is good no more. NotAllowed, NotFound."""
    permissions.require(actor, "manage_devices")
    once = tokens.new_code()
    connection = await driver(session)
    place = await connection.fetchval(_REISSUE, code, tokens.digest(once), now + CODE_LASTS)
    if place is None:
        raise NotFound("device", code)
    await record(session, "add_device", actor, now, {"device": code, "again": True}, place)
    return once


async def enrol(session: AsyncSession, once: str, now: datetime) -> Enrolled:
    """Let the device in that shows this one-time code, which is used up. CodeNotValid for any other."""
    secret = tokens.new_token()
    row = await (await driver(session)).fetchrow(_ENROL, tokens.digest(once), tokens.digest(secret), now)
    if row is None:
        raise CodeNotValid
    responsible = await people.actor(session, row["created_by"], row["code"])
    await record(session, "enrol_device", responsible, now, {"device": row["code"]}, row["place"])
    return Enrolled(row["code"], row["name"], row["place"], row["area"], secret)


async def revoke(session: AsyncSession, actor: Actor, code: str, now: datetime) -> None:
    """Shut a device out; sessions on it end in the same transaction. Raises NotAllowed, NotFound."""
    permissions.require(actor, "manage_devices")
    connection = await driver(session)
    row = await connection.fetchrow(_REVOKE, code, now, actor.code)
    if row is None:
        raise NotFound("device", code)
    ended = await connection.fetch(_END_SESSIONS, code, now)
    facts = {"device": code, "name": row["name"], "sessions": len(ended)}
    await record(session, "revoke_device", actor, now, facts, row["place"])


async def devices(
    session: AsyncSession, actor: Actor, place: str | None, after: str, limit: int
) -> list[dict[str, Any]]:
    """Devices in code order, of one place where given. Raises NotAllowed."""
    permissions.require(actor, "manage_devices")
    rows = await (await driver(session)).fetch(_LIST, after, place, limit)
    return [dict(row) for row in rows]
