"""Who opened a vault or entered its room, when and why (appendix 1 article 10-4), and which openings nothing explains."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.calendar import JST
from logistics.rules.errors import AlreadyGoingOn, InvalidValue, NothingGoingOn
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import Source
from logistics.store.database import driver
from logistics.work import people, vault_map

# Recorded by a site that was offline, an act may be later in the log than it was done.
LATEST_RECORD = timedelta(days=1)

# What explains an opening: a reason, or an act of the log that touched that vault while it was open. A room is
# explained by what the person did at the place meanwhile. Acts name slots, slots they left, or the vault itself.
_PAGE = """
SELECT access.id, access.place, access.vault, vault.name AS vault_name, access.opened_at, access.opened_by,
       opener.name AS opened_by_name, access.reason, access.source, access.holds_key, access.closed_at,
       access.closed_by, closer.name AS closed_by_name,
       CASE WHEN access.reason IS NULL THEN (
           SELECT entry.act
           FROM entry
           WHERE entry.recorded_at >= access.opened_at
             AND entry.recorded_at <= COALESCE(access.closed_at, $5) + $6::interval
             AND (entry.recorded_at <= COALESCE(access.closed_at, $5::timestamptz)
                  OR entry.occurred_at BETWEEN access.opened_at AND COALESCE(access.closed_at, $5::timestamptz))
             AND entry.site = access.place
             AND entry.act <> ALL ($7::text[])
             AND CASE WHEN access.vault IS NULL THEN entry.actor = access.opened_by ELSE EXISTS (
                 SELECT FROM slot
                 WHERE slot.vault = access.vault
                   AND slot.code IN (
                       SELECT entry.body::json ->> 'slot'
                       UNION ALL
                       SELECT left_slot ->> 'slot'
                       FROM json_array_elements(entry.body::json -> 'facts' -> 'left') AS left_slot
                   )
             ) OR entry.body::json -> 'facts' ->> 'vault' = access.vault
               OR EXISTS (
                 SELECT FROM stock_count
                 WHERE stock_count.vault = access.vault
                   AND stock_count.code = entry.body::json -> 'facts' ->> 'count'
             ) END
           ORDER BY entry.recorded_at
           LIMIT 1
       ) END AS explained_by
FROM vault_access AS access
JOIN person AS opener ON opener.code = access.opened_by
LEFT JOIN person AS closer ON closer.code = access.closed_by
LEFT JOIN vault ON vault.code = access.vault
WHERE access.place = $1 AND access.opened_at >= $2 AND access.opened_at < $3 AND access.id > $4
ORDER BY access.id
LIMIT $8
"""

# The record of an opening is not what it was for.
NO_EXPLANATION = (
    "open_vault",
    "close_vault",
    "enter_room",
    "leave_room",
    "import_accesses",
    "give_key",
    "take_key_back",
    "print",
    "ask",
)

_OPEN = """
SELECT id, opened_by, opened_at
FROM vault_access
WHERE closed_at IS NULL AND place = $1 AND vault IS NOT DISTINCT FROM $2
  AND ($2::text IS NOT NULL OR opened_by = $3)
FOR NO KEY UPDATE
"""

_INSERT = """
INSERT INTO vault_access (place, vault, opened_at, opened_by, reason, source, holds_key, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_HOLDS_KEY = """
SELECT CASE WHEN count(*) > 0 THEN bool_or(holder = $2) END
FROM vault_key
WHERE vault = $1 AND given_at <= $3 AND (returned_at IS NULL OR returned_at > $3)
"""


async def open_vault(
    session: AsyncSession, actor: Actor, vault: str, reason: str | None, now: datetime
) -> bool | None:
    """Record that a vault was opened; whether the person holds its key, None where none is given out.

    An opening by somebody who does not hold the key is recorded, and marked. Raises NotFound, AlreadyGoingOn.
    """
    permissions.require(actor, "open_vault")
    place = await vault_map.place_of(session, vault)
    permissions.require_over(actor, "open_vault", "vault", vault, holder=place)
    await _lock(session, vault)
    if await _open_now(session, place, vault, actor.code):
        raise AlreadyGoingOn("an opening", vault)
    holds: bool | None = await (await driver(session)).fetchval(_HOLDS_KEY, vault, actor.code, now)
    await _begin(session, actor, place, vault, actor.code, reason, holds, now)
    return holds


async def close_vault(session: AsyncSession, actor: Actor, vault: str, now: datetime) -> None:
    """Record that a vault was closed and locked, by whoever did it. Raises NotFound, NothingGoingOn."""
    permissions.require(actor, "close_vault")
    place = await vault_map.place_of(session, vault)
    permissions.require_over(actor, "close_vault", "vault", vault, holder=place)
    await _end(session, actor, place, vault, actor.code, now)


async def enter_room(
    session: AsyncSession, actor: Actor, person: str | None, reason: str | None, now: datetime
) -> None:
    """Record that the actor, or the registered person named, entered the room of the actor's place.

    Raises InvalidValue for nobody registered, AlreadyGoingOn for somebody who is inside.
    """
    permissions.require(actor, "open_vault")
    place, who = str(actor.place), await _registered(session, actor, person)
    await _lock(session, place)
    if await _open_now(session, place, None, who):
        raise AlreadyGoingOn("a stay", who)
    await _begin(session, actor, place, None, who, reason, None, now)


async def leave_room(session: AsyncSession, actor: Actor, person: str | None, now: datetime) -> None:
    """Record that the actor, or the person named, left the room. Raises NothingGoingOn."""
    permissions.require(actor, "close_vault")
    await _end(session, actor, str(actor.place), None, await _registered(session, actor, person), now)


async def accesses(
    session: AsyncSession, place: str, first: date, last: date, after: int, limit: int, now: datetime
) -> list[dict[str, Any]]:
    """Openings and stays that began on days from `first` to `last` in Japan, in the order of their records.

    `explained_by` is the first act that tells what it was for; with neither that nor a reason it is `unexplained`
    once it has ended.
    """
    start = datetime.combine(first, time(), JST)
    end = datetime.combine(last + timedelta(days=1), time(), JST)
    rows = await (await driver(session)).fetch(
        _PAGE, place, start, end, after, now, LATEST_RECORD, list(NO_EXPLANATION), limit
    )
    return [{**dict(row), "unexplained": _unexplained(row)} for row in rows]


def _unexplained(row: Mapping[str, Any]) -> bool:
    return row["closed_at"] is not None and row["reason"] is None and row["explained_by"] is None


async def _registered(session: AsyncSession, actor: Actor, person: str | None) -> str:
    if person is None:
        return actor.code
    if person not in await people.actors(session, [person]):
        raise InvalidValue("person", "nobody is registered under this code")
    return person


async def _lock(session: AsyncSession, what: str) -> None:
    await (await driver(session)).execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 4))", what)


async def _open_now(session: AsyncSession, place: str, vault: str | None, person: str) -> Any:
    return await (await driver(session)).fetchrow(_OPEN, place, vault, person)


async def _begin(
    session: AsyncSession,
    actor: Actor,
    place: str,
    vault: str | None,
    person: str,
    reason: str | None,
    holds_key: bool | None,
    now: datetime,
) -> None:
    facts: dict[str, Json] = {"vault": vault} if vault else {"person": person}
    if holds_key is False:
        facts["holds_key"] = False
    name = "open_vault" if vault else "enter_room"
    (taken,) = await take(session, [Act(name, actor, place, now, reason=reason, facts=facts)], now)
    await (await driver(session)).execute(
        _INSERT, place, vault, now, person, reason, Source.MANUAL.value, holds_key, taken.entry
    )


async def _end(
    session: AsyncSession, actor: Actor, place: str, vault: str | None, person: str, now: datetime
) -> None:
    found = await _open_now(session, place, vault, person)
    if found is None:
        raise NothingGoingOn("opening" if vault else "stay", vault or person)
    facts: dict[str, Json] = {"vault": vault} if vault else {"person": person}
    name = "close_vault" if vault else "leave_room"
    (taken,) = await take(session, [Act(name, actor, place, now, facts=facts)], now)
    await (await driver(session)).execute(
        "UPDATE vault_access SET closed_at = $2, closed_by = $3, closed_entry = $4 WHERE id = $1",
        found["id"],
        now,
        actor.code if vault else person,
        taken.entry,
    )
