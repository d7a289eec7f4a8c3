"""A company, a site or a vault that was not there before: what exists before anything moves, added by a manager.

Nothing can be done with any of them yet: a company carries once the city's consent is registered (`couriers`), a vault
stores once it is registered with the city (`premises`), a site receives once it has an active leader.
"""

from __future__ import annotations

from datetime import date, datetime

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.codes import CodeType, sequenced_code, slot_code
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import couriers

# Sites of a municipality, and vehicles, count up to here; vaults of a site; shelves A to Z.
LAST_SITE, FIRST_VEHICLE, LAST_VEHICLE = 49, 50, 99
MOST_VAULTS, MOST_SHELVES, MOST_POSITIONS, MOST_CARDS = 9, 26, 999, 10_000
SITE_KINDS = ("counter", "center")
PURPOSES = ("stock", "disposal")

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('founding', 7))"
_LAST = "SELECT max(number) FROM place WHERE number BETWEEN $1 AND $2"
_PLACE = """
INSERT INTO place (code, number, slug, name, short_name, kind, address, windows, party)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_SLOTS = """
INSERT INTO slot (code, vault, place, shelf, position, capacity, occupied)
SELECT code, $1, $2, shelf, position, $3, 0
FROM unnest($4::text[], $5::text[], $6::int[]) AS made (code, shelf, position)
"""


async def add_courier(
    session: AsyncSession,
    actor: Actor,
    name: str,
    consent: str,
    scope: str,
    contract: str,
    valid_from: date,
    valid_to: date,
    now: datetime,
) -> str:
    """A company with a vehicle of its own and the city's consent; its code. InvalidValue."""
    permissions.require(actor, "register_consent")
    connection = await driver(session)
    await connection.execute(_LOCK)
    last = await connection.fetchval("SELECT count(*) FROM courier")
    code = sequenced_code(CodeType.COURIER, int(last) + 1, width=2)
    number = 1 + (await connection.fetchval(_LAST, FIRST_VEHICLE, LAST_VEHICLE) or FIRST_VEHICLE - 1)
    if number > LAST_VEHICLE:
        raise InvalidValue("name", "would be one company too many")
    await connection.execute("INSERT INTO party (code, name) VALUES ($1, $2)", code, name)
    await connection.execute(
        "INSERT INTO courier (code, name, consent_number, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5)",
        code,
        name,
        consent,
        valid_from,
        valid_to,
    )
    vehicle = sequenced_code(CodeType.PLACE, number, width=2)
    row = (vehicle, number, f"vehicle-{number}", f"{name} 車両", "車両", "vehicle", "", 0, code)
    await connection.execute(_PLACE, *row)
    await _note(session, actor, "add_courier", {"courier": code, "name": name, "vehicle": vehicle}, now)
    await couriers.register(session, actor, consent, code, scope, contract, valid_from, valid_to, now)
    return code


async def add_place(
    session: AsyncSession,
    actor: Actor,
    name: str,
    short_name: str,
    kind: str,
    address: str,
    windows: int,
    now: datetime,
) -> str:
    """Another site; its code. InvalidValue."""
    permissions.require(actor, "register_premises")
    if kind not in SITE_KINDS:
        raise InvalidValue("kind", f"must be one of {', '.join(SITE_KINDS)}")
    connection = await driver(session)
    await connection.execute(_LOCK)
    number = 1 + int(await connection.fetchval(_LAST, 0, LAST_SITE))
    if number > LAST_SITE:
        raise InvalidValue("name", "would be one site too many")
    code = sequenced_code(CodeType.PLACE, number, width=2)
    await connection.execute("INSERT INTO party (code, name) VALUES ($1, $2)", code, name)
    row = (code, number, f"site-{number}", name, short_name, kind, address, windows, code)
    await connection.execute(_PLACE, *row)
    facts: dict[str, Json] = {"place": code, "name": name, "kind": kind, "address": address}
    await _note(session, actor, "add_place", facts, now)
    return code


async def add_vault(
    session: AsyncSession,
    actor: Actor,
    place: str,
    name: str,
    lock_type: str,
    purpose: str,
    shelves: int,
    positions: int,
    capacity: int,
    now: datetime,
) -> str:
    """Another vault of a site with its slots, in which nothing can be stored until it is registered; its code.

    Raises NotFound for no site of ours, InvalidValue.
    """
    permissions.require(actor, "register_premises")
    _require_within("shelves", shelves, MOST_SHELVES)
    _require_within("positions", positions, MOST_POSITIONS)
    _require_within("capacity", capacity, MOST_CARDS)
    if purpose not in PURPOSES:
        raise InvalidValue("purpose", f"must be one of {', '.join(PURPOSES)}")
    connection = await driver(session)
    await connection.execute(_LOCK)
    site = await connection.fetchval("SELECT number FROM place WHERE code = $1 AND kind <> 'vehicle'", place)
    if site is None:
        raise NotFound("place", place)
    number = 1 + int(await connection.fetchval("SELECT count(*) FROM vault WHERE place = $1", place))
    if number > MOST_VAULTS:
        raise InvalidValue("place", "has as many vaults as can be numbered")
    code = sequenced_code(CodeType.VAULT, site * 10 + number, width=3)
    made = [(chr(ord("A") + n), position) for n in range(shelves) for position in range(1, positions + 1)]
    try:
        await connection.execute(
            "INSERT INTO vault (code, place, name, lock_type, purpose) VALUES ($1, $2, $3, $4, $5)",
            code,
            place,
            name,
            lock_type,
            purpose,
        )
    except asyncpg.UniqueViolationError:
        raise InvalidValue("place", "numbers its vaults otherwise; ask who keeps the system") from None
    codes = [slot_code(site, number, shelf, position) for shelf, position in made]
    await connection.execute(
        _SLOTS, code, place, capacity, codes, [shelf for shelf, _ in made], [position for _, position in made]
    )
    facts: dict[str, Json] = {"vault": code, "place": place, "name": name, "slots": len(codes)}
    await _note(session, actor, "add_vault", facts, now)
    return code


def _require_within(field: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise InvalidValue(field, f"must be a whole number from 1 to {most}")


async def _note(session: AsyncSession, actor: Actor, act: str, facts: dict[str, Json], now: datetime) -> None:
    await take(session, [Act(act, actor, str(actor.place), now, facts=facts)], now)
