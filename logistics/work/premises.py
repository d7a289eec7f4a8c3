"""Where cards may lie: rooms and vaults as registered with the city (appendix 1 article 10-2, appendix 2 article 5)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import driver

_REGISTERED = """
SELECT premises.number, premises.place, place.name AS place_name, premises.room, premises.vault,
       vault.name AS vault_name, premises.lock_type, premises.key_holder, person.name AS key_holder_name,
       premises.registered_on,
       (SELECT count(*) FROM slot WHERE slot.registration = premises.number) AS slots
FROM premises
JOIN place ON place.code = premises.place
JOIN person ON person.code = premises.key_holder
LEFT JOIN vault ON vault.code = premises.vault
WHERE $1::text IS NULL OR premises.place = $1
ORDER BY premises.place, premises.vault NULLS FIRST, premises.registered_on, premises.number
"""


async def registered(session: AsyncSession, scope: str | None = None) -> list[dict[str, Any]]:
    """Every registration there ever was, by place and vault; `slots` counts those that it holds for now."""
    return [dict(row) for row in await (await driver(session)).fetch(_REGISTERED, scope)]


async def register(
    session: AsyncSession,
    actor: Actor,
    number: str,
    place: str,
    room: str,
    vault: str | None,
    lock_type: str,
    key_holder: str,
    registered_on: date,
    now: datetime,
) -> None:
    """Record a room or a vault as registered with the city; the vault's slots may be used from now on under this number.

    Also when the key gets another holder or the lock is changed. Raises NotFound, InvalidValue.
    """
    permissions.require(actor, "register_premises")
    connection = await driver(session)
    if vault is not None and not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM vault WHERE code = $1 AND place = $2)", vault, place
    ):
        raise NotFound("vault", vault)
    try:
        await connection.execute(
            "INSERT INTO premises (number, place, room, vault, lock_type, key_holder, registered_on, recorded_at,"
            " recorded_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            number,
            place,
            room,
            vault,
            lock_type,
            key_holder,
            registered_on,
            now,
            actor.code,
        )
    except asyncpg.UniqueViolationError:
        raise InvalidValue("number", "is recorded already") from None
    except asyncpg.ForeignKeyViolationError as refusal:
        field = "key_holder" if "key_holder" in str(refusal.constraint_name) else "place"
        raise InvalidValue(field, "is not in the register") from None
    if vault is not None:
        await connection.execute("UPDATE slot SET registration = $2 WHERE vault = $1", vault, number)
    facts: dict[str, Json] = {
        "premises": number,
        "place": place,
        "room": room,
        "vault": vault,
        "lock_type": lock_type,
        "key_holder": key_holder,
        "registered_on": registered_on.isoformat(),
    }
    await take(session, [Act("register_premises", actor, str(actor.place), now, facts=facts)], now)
