"""The register of what the city supplies and lends: another kind of it, from the day on which the city brings one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor
from logistics.store.database import driver

_ADD = """
INSERT INTO supply_item (code, name, unit, lent) VALUES ($1, $2, $3, $4)
ON CONFLICT (code) DO NOTHING
RETURNING true
"""
_CALLED = "SELECT code FROM supply_item WHERE name = $1"


async def add(
    session: AsyncSession, actor: Actor, code: str, name: str, unit: str, *, lent: bool, now: datetime
) -> None:
    """Add a kind of thing; what is `lent` goes back, anything else is used up. Written once: nothing takes it away.

    InvalidValue for a code or a name that is on the register already.
    """
    permissions.require(actor, "add_supply_item")
    connection = await driver(session)
    if other := await connection.fetchval(_CALLED, name):
        raise InvalidValue("name", f"is that of {other} already")
    facts: dict[str, Json] = {"item": code, "name": name, "unit": unit, "lent": lent}
    await take(session, [Act("add_supply_item", actor, actor.home, now, facts=facts)], now)
    if not await connection.fetchval(_ADD, code, name, unit, lent):
        raise InvalidValue("code", "is on the register already")
