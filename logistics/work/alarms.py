"""What lasts too long: cards without a slot, in hand or with the city, or seen by nobody; vaults left open; counts that
do not agree.

Alarms are computed when they are asked for; only the limits are kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import ALARMS, DEFAULT_LIMITS, AlarmKind
from logistics.store.database import driver
from logistics.work import disposal_alarms, office_alarms, openings, places, sightings

MOST_CARDS = 100
# An opening that nothing explains is an alarm for so long; after that it is history, and on the register.
UNEXPLAINED_DAYS = 7
MOST_OPENINGS = 500

# A card is where it is since the last entry that changed its state; a sighting there does not start the clock again.
_CARDS = """
WITH resting AS (
    SELECT card.code, card.place, card.holder, since.occurred_at AS since,
           CASE card.state WHEN 'out' THEN 'out' WHEN 'with_city' THEN 'with_city' ELSE 'unslotted' END AS kind
    FROM card
    CROSS JOIN LATERAL (
        SELECT entry.occurred_at
        FROM entry_card AS moved
        JOIN entry ON entry.id = moved.entry
        WHERE moved.card = card.id AND moved.from_state <> moved.to_state
        ORDER BY moved.entry DESC
        LIMIT 1
    ) AS since
    WHERE card.state IN ('arrived', 'ready', 'received', 'out', 'with_city')
      AND ($1::text IS NULL OR card.place = $1)
)
SELECT resting.kind, resting.place, resting.holder, min(resting.since) AS since, count(*) AS count,
       (array_agg(resting.code ORDER BY resting.since, resting.code))[:$3::int] AS cards
FROM resting
JOIN unnest($4::text[], $5::text[], $6::int[]) AS allowed (kind, place, minutes)
  ON allowed.kind = resting.kind AND allowed.place = resting.place
WHERE resting.since < $2::timestamptz - make_interval(mins => allowed.minutes)
GROUP BY resting.kind, resting.place, resting.holder
"""

_VAULTS = """
SELECT 'vault_open' AS kind, access.place, access.vault, access.opened_by AS holder, access.opened_at AS since
FROM vault_access AS access
WHERE access.closed_at IS NULL AND access.vault IS NOT NULL AND ($1::text IS NULL OR access.place = $1)
UNION ALL
SELECT 'rearranging', vault.place, vault.code, rearrangement.started_by, rearrangement.started_at
FROM rearrangement
JOIN vault ON vault.code = rearrangement.vault
WHERE rearrangement.ended_at IS NULL AND ($1::text IS NULL OR vault.place = $1)
"""

_COUNTS = """
SELECT slot.place, slot.vault, latest.slot, latest.counted_by AS holder, latest.counted_at AS since,
       ARRAY(SELECT card.code FROM card WHERE card.slot = latest.slot ORDER BY card.code LIMIT $2) AS cards
FROM (
    SELECT DISTINCT ON (slot) slot, counted, recorded, counted_by, counted_at
    FROM slot_count
    ORDER BY slot, id DESC
) AS latest
JOIN slot ON slot.code = latest.slot
WHERE latest.counted <> latest.recorded AND ($1::text IS NULL OR slot.place = $1)
"""

# The latest limit in force for each kind, a place's own before the general one.
_LIMITS = """
SELECT DISTINCT ON (kind, place) kind, place, minutes, valid_from, set_by, reason
FROM alarm_limit
WHERE valid_from <= $1
ORDER BY kind, place, valid_from DESC, id DESC
"""


async def limits(session: AsyncSession, now: datetime) -> list[dict[str, Any]]:
    """The limits in force: for each kind the general one, and those of single places. Minutes."""
    rows = await (await driver(session)).fetch(_LIMITS, now)
    general = {row["kind"] for row in rows if row["place"] is None}
    ours = [
        {"kind": kind.value, "place": None, "minutes": m, "valid_from": None, "set_by": None, "reason": None}
        for kind, m in DEFAULT_LIMITS.items()
        if kind.value not in general
    ]
    return sorted((*ours, *map(dict, rows)), key=lambda row: (row["kind"], row["place"] or ""))


async def set_limit(
    session: AsyncSession,
    actor: Actor,
    kind: AlarmKind,
    place: str | None,
    minutes: int,
    reason: str,
    now: datetime,
) -> None:
    """Set how long something may last from now on, everywhere or at one place. NotFound for no place of ours."""
    permissions.require(actor, "set_limit")
    if place is not None and not await places.named(session, [place]):
        raise NotFound("place", place)
    facts = {"kind": kind.value, "place": place, "minutes": minutes}
    act = Act("set_limit", actor, str(actor.place), now, reason=reason, facts=facts)
    (taken,) = await take(session, [act], now)
    await (await driver(session)).execute(
        "INSERT INTO alarm_limit (kind, place, minutes, valid_from, set_by, reason, entry)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        kind.value,
        place,
        minutes,
        now,
        actor.code,
        reason,
        taken.entry,
    )


async def alarms(session: AsyncSession, place: str | None, now: datetime) -> list[dict[str, Any]]:
    """Everything that lasts longer than its limit, the oldest first, at one place or everywhere."""
    allowed = await _allowed(session, now)
    connection = await driver(session)
    pairs = list(allowed)
    found: list[dict[str, Any]] = [
        dict(row)
        for row in await connection.fetch(
            _CARDS,
            place,
            now,
            MOST_CARDS,
            [kind for kind, _ in pairs],
            [where for _, where in pairs],
            [allowed[pair] for pair in pairs],
        )
    ]
    found += [dict(row) for row in await connection.fetch(_VAULTS, place)]
    for row in await connection.fetch(_COUNTS, place, MOST_CARDS):
        found.append({**dict(row), "kind": AlarmKind.SLOT_COUNT.value, "count": len(row["cards"])})
    for where in [place] if place else sorted({where for _, where in pairs}):
        found += await _unexplained(session, where, now)
    found += await disposal_alarms.overdue(session, place, now)
    found += await office_alarms.waiting(session, place, now)
    terms = {
        where: minutes
        for (kind, where), minutes in allowed.items()
        if kind == AlarmKind.UNSIGHTED and place in (None, where)
    }
    for row in await sightings.unseen(session, terms, now, MOST_CARDS):
        found.append({**row, "kind": AlarmKind.UNSIGHTED.value, "holder": None})
    told = [_told(alarm, allowed, now) for alarm in found]
    return sorted(
        (one for one in told if one["minutes"] >= one["limit_minutes"]),
        key=lambda one: (one["since"], one["kind"], one["place"]),
    )


async def limit(session: AsyncSession, kind: AlarmKind, place: str, at: datetime) -> timedelta:
    """How long this could last at a place at a moment before it was an alarm."""
    return timedelta(minutes=(await _allowed(session, at))[kind.value, place])


async def _allowed(session: AsyncSession, now: datetime) -> dict[tuple[str, str], int]:
    """Minutes by kind and place."""
    known = {(row["kind"], row["place"]): row["minutes"] for row in await limits(session, now)}
    return {
        (kind.value, place["code"]): known.get((kind.value, place["code"]), known[kind.value, None])
        for place in await places.all_places(session)
        for kind in AlarmKind
    }


async def _unexplained(session: AsyncSession, place: str, now: datetime) -> list[dict[str, Any]]:
    today = business_date(now)
    rows = await openings.accesses(
        session, place, today - timedelta(days=UNEXPLAINED_DAYS), today, 0, MOST_OPENINGS, now
    )
    return [
        {
            "kind": AlarmKind.UNEXPLAINED_OPENING.value,
            "place": place,
            "vault": row["vault"],
            "holder": row["opened_by"],
            "since": row["opened_at"],
        }
        for row in rows
        if row["unexplained"]
    ]


def _told(alarm: dict[str, Any], allowed: dict[tuple[str, str], int], now: datetime) -> dict[str, Any]:
    absent: dict[str, Any] = {"vault": None, "slot": None, "cards": [], "count": 0}
    return {
        **absent,
        **alarm,
        "message_ja": ALARMS[AlarmKind(alarm["kind"])],
        "limit_minutes": allowed[alarm["kind"], alarm["place"]],
        "minutes": int((now - alarm["since"]).total_seconds() // 60),
    }
