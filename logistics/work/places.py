"""Places, kinds, couriers and the calendar, as registered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import Calendar, Override
from logistics.rules.errors import NotFound
from logistics.rules.records import NamedPlace
from logistics.store.database import driver

_PLACES = """
SELECT code, number, slug, name, short_name, kind, address, windows
FROM place
WHERE kind <> 'vehicle'
ORDER BY number
"""


async def calendar(session: AsyncSession) -> Calendar:
    """The calendar with every recorded override."""
    rows = await (await driver(session)).fetch("SELECT record FROM calendar_override ORDER BY day, id")
    return Calendar(tuple(msgspec.json.decode(row["record"], type=Override) for row in rows))


async def all_places(session: AsyncSession) -> list[dict[str, Any]]:
    """The annex and the 13 sites in the order of the contract."""
    return [dict(row) for row in await (await driver(session)).fetch(_PLACES)]


async def place(session: AsyncSession, code: str) -> dict[str, Any]:
    """The place with this code; NotFound."""
    for known in await all_places(session):
        if known["code"] == code:
            return known
    raise NotFound("place", code)


async def named(session: AsyncSession, codes: Sequence[str]) -> dict[str, NamedPlace]:
    """Places as papers call them, by code."""
    rows = await (await driver(session)).fetch(
        "SELECT code, name, address FROM place WHERE code = ANY ($1::text[])", list(codes)
    )
    return {row["code"]: NamedPlace(row["code"], row["name"], row["address"]) for row in rows}


async def annex(session: AsyncSession) -> str:
    """The code of the annex, of which there is one."""
    code: str = await (await driver(session)).fetchval("SELECT code FROM place WHERE kind = 'annex'")
    return code


async def vehicle(session: AsyncSession, courier: str) -> str:
    """The place that stands for a courier's vehicle."""
    code: str = await (await driver(session)).fetchval(
        "SELECT code FROM place WHERE kind = 'vehicle' AND party = $1 ORDER BY code LIMIT 1", courier
    )
    return code


async def kinds(session: AsyncSession) -> list[dict[str, Any]]:
    """Item kinds by code, with the days between which they are handled."""
    rows = await (await driver(session)).fetch(
        "SELECT code, name, starts_on, ends_on FROM kind ORDER BY code"
    )
    return [dict(row) for row in rows]


async def couriers(session: AsyncSession) -> list[dict[str, Any]]:
    """Couriers by code, with the consent that lets them carry."""
    rows = await (await driver(session)).fetch(
        "SELECT code, name, consent_number, valid_from, valid_to FROM courier ORDER BY code"
    )
    return [dict(row) for row in rows]
