"""Tokens of scanners and machines: for one person, on one registered device, within scopes, for a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions, tokens
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import people
from logistics.work.authenticating import record

LONGEST = timedelta(days=90)

_ADD = """
INSERT INTO api_token (token, name, person, device, scopes, created_at, created_by, expires_at)
SELECT $1, $2, $3, device.code, $5, $6, $7, $8
FROM device
WHERE device.code = $4 AND device.secret IS NOT NULL AND device.revoked_at IS NULL
RETURNING id
"""
_REVOKE = """
UPDATE api_token SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL RETURNING person
"""
_LIST = """
SELECT id, name, person, device, scopes, created_at, created_by, expires_at, revoked_at
FROM api_token
WHERE id > $1
ORDER BY id
LIMIT $2
"""


async def add(
    session: AsyncSession,
    actor: Actor,
    name: str,
    person: str,
    device: str,
    scopes: Sequence[str],
    until: datetime,
    now: datetime,
) -> tuple[int, str]:
    """A new token and its number. Raises NotAllowed, NotFound for person or device, InvalidValue for its time."""
    permissions.require(actor, "manage_tokens")
    if not now < until <= now + LONGEST:
        raise InvalidValue("expires_at", f"must lie within the next {LONGEST.days} days")
    await people.actor(session, person)
    token = tokens.new_token()
    row = (tokens.digest(token), name, person, device, sorted(set(scopes)), now, actor.code, until)
    number = await (await driver(session)).fetchval(_ADD, *row)
    if number is None:
        raise NotFound("registered device", device)
    facts = {"token": number, "name": name, "person": person, "device": device, "scopes": sorted(set(scopes))}
    await record(session, "add_token", actor, now, facts)
    return int(number), token


async def revoke(session: AsyncSession, actor: Actor, number: int, now: datetime) -> None:
    """Make a token worthless from this commit on. Raises NotAllowed, NotFound."""
    permissions.require(actor, "manage_tokens")
    person = await (await driver(session)).fetchval(_REVOKE, number, now, actor.code)
    if person is None:
        raise NotFound("token", str(number))
    await record(session, "revoke_token", actor, now, {"token": number, "person": person})


async def listed(session: AsyncSession, actor: Actor, after: int, limit: int) -> list[dict[str, Any]]:
    """Tokens by number; none of them can be read back. Raises NotAllowed."""
    permissions.require(actor, "manage_tokens")
    return [dict(row) for row in await (await driver(session)).fetch(_LIST, after, limit)]
