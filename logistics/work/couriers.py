"""Who may carry: consents of the city to couriers and subcontractors (appendix 1 articles 9 and 10-10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.people_errors import CrewNotRegistered
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work.people import FAULT, TABLES

_CONSENTS = """
SELECT consent.number, consent.courier, party.name, consent.scope, consent.contract, consent.valid_from, consent.valid_to
FROM consent
JOIN party ON party.code = consent.courier
ORDER BY consent.courier, consent.valid_from, consent.number
"""
_CREW = f"""
SELECT person.code, held.name
FROM {TABLES}
WHERE held.courier = $1 AND {FAULT} IS NULL
ORDER BY person.code
"""  # noqa: S608 - constants
_IN_FORCE = """
SELECT number, valid_from, valid_to FROM consent
WHERE courier = $1 AND $2 BETWEEN valid_from AND valid_to
ORDER BY valid_from DESC, number
LIMIT 1
"""


async def consents(session: AsyncSession) -> list[dict[str, Any]]:
    """Every consent there ever was, by company and time."""
    return [dict(row) for row in await (await driver(session)).fetch(_CONSENTS)]


async def crew(session: AsyncSession, courier: str) -> list[dict[str, Any]]:
    """The people of a company who may carry today."""
    return [dict(row) for row in await (await driver(session)).fetch(_CREW, courier)]


async def in_force(session: AsyncSession, courier: str, day: date) -> dict[str, Any] | None:
    """The consent under which a company carries on a day; None if there is none."""
    row = await (await driver(session)).fetchrow(_IN_FORCE, courier, day)
    return dict(row) if row else None


async def require_crew(session: AsyncSession, courier: str, names: Sequence[str]) -> None:
    """Return if all of the crew are registered for the company today. CrewNotRegistered names the first who is not."""
    known = {person[key] for person in await crew(session, courier) for key in ("code", "name")}
    for n, name in enumerate(names):
        if name not in known:
            raise CrewNotRegistered(f"crew[{n}]", courier)


async def register(
    session: AsyncSession,
    actor: Actor,
    number: str,
    courier: str,
    scope: str,
    contract: str,
    valid_from: date,
    valid_to: date,
    now: datetime,
) -> None:
    """Record a consent that the city gave in writing. NotFound, InvalidValue for a number that is recorded already."""
    permissions.require(actor, "register_consent")
    if valid_to < valid_from:
        raise InvalidValue("valid_to", "lies before its beginning")
    connection = await driver(session)
    try:
        await connection.execute(
            "INSERT INTO consent (number, courier, scope, contract, valid_from, valid_to, recorded_at, recorded_by)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            number,
            courier,
            scope,
            contract,
            valid_from,
            valid_to,
            now,
            actor.code,
        )
    except asyncpg.UniqueViolationError:
        raise InvalidValue("number", "is recorded already") from None
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("courier", courier) from None
    facts: dict[str, Json] = {
        "consent": number,
        "courier": courier,
        "scope": scope,
        "contract": contract,
        "valid_from": valid_from.isoformat(),
        "valid_to": valid_to.isoformat(),
    }
    await take(session, [Act("register_consent", actor, str(actor.place), now, facts=facts)], now)
