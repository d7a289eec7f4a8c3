"""Putting a vault in another order: it ends when every slot that was touched has been counted.

A published loss fell between a full count and an irregular rearrangement that nobody had written down.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.errors import AlreadyGoingOn, InvalidValue, NotFound, NothingGoingOn, RecountNeeded
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import vault_map

# Held until the end of the transaction, so that a rearrangement ends before a move or after it, and never during.
_SHARE = """
SELECT rearrangement.id, rearrangement.vault
FROM rearrangement
WHERE ended_at IS NULL AND vault IN (SELECT code FROM vault WHERE place = $1)
ORDER BY id
FOR SHARE
"""

_TOUCH = """
INSERT INTO rearrangement_slot (rearrangement, slot)
SELECT going_on.id, slot.code
FROM unnest($1::bigint[], $2::text[]) AS going_on (id, vault)
JOIN slot USING (vault)
WHERE slot.code = ANY ($3::text[])
ON CONFLICT DO NOTHING
"""

_OPEN = "SELECT * FROM rearrangement WHERE vault = $1 AND ended_at IS NULL FOR NO KEY UPDATE"

_TOUCHED = """
SELECT slot.code, slot.occupied
FROM rearrangement_slot AS touched
JOIN slot ON slot.code = touched.slot
WHERE touched.rearrangement = $1
ORDER BY slot.code
FOR NO KEY UPDATE OF slot
"""

_COUNT = """
INSERT INTO slot_count (slot, counted, recorded, counted_by, counted_at, rearrangement, entry)
SELECT slot, counted, recorded, $4, $5, $6, $7
FROM unnest($1::text[], $2::int[], $3::int[]) AS c (slot, counted, recorded)
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Cards counted in a slot by hand."""

    slot: str
    cards: int


async def share(session: AsyncSession, actor: Actor) -> Sequence[Any]:
    """The rearrangements under way at the actor's place; they cannot end before this transaction does."""
    rows: Sequence[Any] = await (await driver(session)).fetch(_SHARE, actor.place)
    return rows


async def touch(session: AsyncSession, going_on: Sequence[Any], slots: Collection[str]) -> None:
    """Note the slots that rearrangements have touched: they are to be counted."""
    if slots:
        ids, vaults = [row["id"] for row in going_on], [row["vault"] for row in going_on]
        await (await driver(session)).execute(_TOUCH, ids, vaults, sorted(slots))


async def start(session: AsyncSession, actor: Actor, vault: str, reason: str, now: datetime) -> None:
    """Begin to rearrange a vault. NotFound, AlreadyGoingOn."""
    permissions.require(actor, "rearrange")
    place = await vault_map.place_of(session, vault)
    permissions.require_over(actor, "rearrange", "vault", vault, holder=place)
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", vault)
    if await connection.fetchrow(_OPEN, vault):
        raise AlreadyGoingOn("a rearrangement", vault)
    act = Act("start_rearranging", actor, place, now, reason=reason, facts={"vault": vault})
    (taken,) = await take(session, [act], now)
    await connection.execute(
        "INSERT INTO rearrangement (vault, started_at, started_by, reason, entry) VALUES ($1, $2, $3, $4, $5)",
        vault,
        now,
        actor.code,
        reason,
        taken.entry,
    )


async def end(
    session: AsyncSession,
    actor: Actor,
    vault: str,
    counts: Sequence[Counted],
    differing: str | None,
    now: datetime,
) -> int:
    """End a rearrangement with a count of every slot it touched; how many slots.

    The expected numbers are not told. RecountNeeded names slots whose count is not what is recorded; where it stays
    so, a leader ends it with `differing`, a reason, and the slot is an alarm until it has been counted again.
    """
    permissions.require(actor, "rearrange")
    place = await vault_map.place_of(session, vault)
    permissions.require_over(actor, "rearrange", "vault", vault, holder=place)
    connection = await driver(session)
    going_on = await connection.fetchrow(_OPEN, vault)
    if going_on is None:
        raise NothingGoingOn("rearrangement", vault)
    recorded = {row["code"]: row["occupied"] for row in await connection.fetch(_TOUCHED, going_on["id"])}
    counted = _each_once(counts, recorded)
    wrong = [slot for slot, cards in counted.items() if cards != recorded[slot]]
    if wrong and differing is None:
        raise RecountNeeded("counts", wrong)
    if wrong:
        permissions.require(actor, "end_differing")
    facts: dict[str, Json] = {"vault": vault, "counts": _told(counted, recorded)}
    act = Act("end_rearranging", actor, place, now, reason=differing if wrong else None, facts=facts)
    (taken,) = await take(session, [act], now)
    await _record(session, actor, counted, recorded, going_on["id"], taken.entry, now)
    await connection.execute(
        "UPDATE rearrangement SET ended_at = $2, ended_by = $3 WHERE id = $1", going_on["id"], now, actor.code
    )
    return len(counted)


async def count(session: AsyncSession, actor: Actor, slot: str, cards: int, now: datetime) -> bool:
    """Count one slot by hand; whether it agrees with what is recorded, which is not told. NotFound."""
    permissions.require(actor, "rearrange")
    connection = await driver(session)
    row = await connection.fetchrow(
        "SELECT place, vault, occupied FROM slot WHERE code = $1 FOR NO KEY UPDATE", slot
    )
    if row is None:
        raise NotFound("slot", slot)
    permissions.require_over(actor, "rearrange", "slot", slot, holder=row["place"])
    counted, recorded = {slot: cards}, {slot: row["occupied"]}
    facts: dict[str, Json] = {"vault": row["vault"], "counts": _told(counted, recorded)}
    (taken,) = await take(session, [Act("count_slot", actor, row["place"], now, facts=facts)], now)
    await _record(session, actor, counted, recorded, None, taken.entry, now)
    return cards == int(row["occupied"])


async def under_way(session: AsyncSession, vault: str) -> dict[str, Any] | None:
    """The rearrangement of a vault that has not ended, with the slots it has touched so far."""
    connection = await driver(session)
    row = await connection.fetchrow(
        "SELECT id, vault, started_at, started_by, reason FROM rearrangement"
        " WHERE vault = $1 AND ended_at IS NULL",
        vault,
    )
    if row is None:
        return None
    touched = await connection.fetch(
        "SELECT slot FROM rearrangement_slot WHERE rearrangement = $1 ORDER BY slot", row["id"]
    )
    return {**dict(row), "slots": [one["slot"] for one in touched]}


def _each_once(counts: Sequence[Counted], touched: Mapping[str, int]) -> dict[str, int]:
    for n, one in enumerate(counts):
        if one.slot not in touched:
            raise InvalidValue(f"counts[{n}].slot", "was not touched; count it on its own")
    counted = {one.slot: one.cards for one in counts}
    if len(counted) != len(counts):
        raise InvalidValue("counts", "names a slot twice")
    if missing := sorted(set(touched) - set(counted)):
        raise RecountNeeded("counts", missing)
    return dict(sorted(counted.items()))


def _told(counted: Mapping[str, int], recorded: Mapping[str, int]) -> Json:
    return [{"slot": slot, "counted": cards, "recorded": recorded[slot]} for slot, cards in counted.items()]


async def _record(
    session: AsyncSession,
    actor: Actor,
    counted: Mapping[str, int],
    recorded: Mapping[str, int],
    rearrangement: int | None,
    entry: int,
    now: datetime,
) -> None:
    await (await driver(session)).execute(
        _COUNT,
        list(counted),
        list(counted.values()),
        [recorded[slot] for slot in counted],
        actor.code,
        now,
        rearrangement,
        entry,
    )
