"""What lies where: a vault as a map of its slots, and whose keys open it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.errors import AlreadyGoingOn, InvalidValue, NotFound, NothingGoingOn
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import people

_VAULT = """
SELECT vault.code, vault.place, vault.name, vault.lock_type, opened.opened_at, opened.opened_by
FROM vault
LEFT JOIN vault_access AS opened ON opened.vault = vault.code AND opened.closed_at IS NULL
WHERE vault.code = $1
"""

# Ages in days of the calendar in Japan; `unseen_days` is since the least recently seen of the slot's cards.
_MAP = """
SELECT slot.code, slot.shelf, slot.position, slot.capacity, slot.occupied,
       lying.kinds, lying.oldest_sighted_at, lying.oldest_notice_on, lying.to_destroy,
       ($2::date - (lying.oldest_sighted_at AT TIME ZONE 'Asia/Tokyo')::date) AS unseen_days,
       ($2::date - lying.oldest_notice_on) AS notice_days
FROM slot
LEFT JOIN (
    SELECT card.slot, array_agg(DISTINCT card.kind ORDER BY card.kind) AS kinds,
           min(card.sighted_at) AS oldest_sighted_at, min(card.first_notice_on) AS oldest_notice_on,
           count(*) FILTER (WHERE card.state <> 'stored') AS to_destroy
    FROM card
    JOIN slot ON slot.code = card.slot
    WHERE slot.vault = $1
    GROUP BY card.slot
) AS lying ON lying.slot = slot.code
WHERE slot.vault = $1
ORDER BY slot.code
"""

_KEYS = """
SELECT held.vault, held.holder, person.name AS holder_name, held.given_at, held.given_by
FROM vault_key AS held
JOIN person ON person.code = held.holder
WHERE held.vault = $1 AND held.returned_at IS NULL
ORDER BY held.holder
"""


async def place_of(session: AsyncSession, vault: str) -> str:
    """Where a vault stands. NotFound."""
    place: str | None = await (await driver(session)).fetchval(
        "SELECT place FROM vault WHERE code = $1", vault
    )
    if place is None:
        raise NotFound("vault", vault)
    return place


async def vault(session: AsyncSession, code: str) -> dict[str, Any]:
    """A vault, and who has it open now. NotFound."""
    row = await (await driver(session)).fetchrow(_VAULT, code)
    if row is None:
        raise NotFound("vault", code)
    return dict(row)


async def slots(session: AsyncSession, vault: str, today: Any) -> list[dict[str, Any]]:
    """Every slot of a vault in walking order: how full it is, of what, and since when nobody has seen it."""
    rows = await (await driver(session)).fetch(_MAP, vault, today)
    return [{**dict(row), "kinds": row["kinds"] or [], "to_destroy": row["to_destroy"] or 0} for row in rows]


async def keys(session: AsyncSession, vault: str) -> list[dict[str, Any]]:
    """Who has a key to a vault now."""
    return [dict(row) for row in await (await driver(session)).fetch(_KEYS, vault)]


async def give_key(session: AsyncSession, actor: Actor, vault: str, holder: str, now: datetime) -> None:
    """Give somebody of the vault's own place a key, or the right to its lock (appendix 1 article 10-4).

    Raises NotFound, InvalidValue for a person of another place, AlreadyGoingOn for one who has it.
    """
    permissions.require(actor, "give_key")
    place = await place_of(session, vault)
    permissions.require_over(actor, "give_key", "vault", vault, holder=place)
    person = (await people.actors(session, [holder])).get(holder)
    if person is None or person.place != place:
        raise InvalidValue("holder", "nobody of this place")
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", vault)
    if any(key["holder"] == holder for key in await keys(session, vault)):
        raise AlreadyGoingOn("a key of that person", vault)
    act = Act("give_key", actor, place, now, facts={"vault": vault, "holder": holder})
    (taken,) = await take(session, [act], now)
    await connection.execute(
        "INSERT INTO vault_key (vault, holder, given_at, given_by, entry) VALUES ($1, $2, $3, $4, $5)",
        vault,
        holder,
        now,
        actor.code,
        taken.entry,
    )


async def take_key_back(session: AsyncSession, actor: Actor, vault: str, holder: str, now: datetime) -> None:
    """Take a key back. Raises NotFound, NothingGoingOn for a person who has none."""
    permissions.require(actor, "give_key")
    place = await place_of(session, vault)
    permissions.require_over(actor, "give_key", "vault", vault, holder=place)
    connection = await driver(session)
    held = await connection.fetchval(
        "SELECT id FROM vault_key WHERE vault = $1 AND holder = $2 AND returned_at IS NULL FOR NO KEY UPDATE",
        vault,
        holder,
    )
    if held is None:
        raise NothingGoingOn("key of that person", vault)
    act = Act("take_key_back", actor, place, now, facts={"vault": vault, "holder": holder})
    (taken,) = await take(session, [act], now)
    await connection.execute(
        "UPDATE vault_key SET returned_at = $2, returned_entry = $3 WHERE id = $1", held, now, taken.entry
    )
