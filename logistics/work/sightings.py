"""Who saw a card last, what happened to it since, and who was at work where it lay."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.lifecycle import SIGHTINGS
from logistics.store.database import driver

# A search does not read a month of everybody's work.
MOST_SINCE = 200

_LAST = """
SELECT card.code AS card, seen.*
FROM card
CROSS JOIN LATERAL (
    SELECT entry.id AS entry, entry.act, entry.actor, person.name AS actor_name, entry.device, entry.supervisor,
           entry.site, place.name AS site_name, entry.occurred_at, entry.recorded_at, leaf.leaf_index,
           COALESCE(entry.body::json ->> 'slot', entry.body::json -> 'facts' ->> 'found_in') AS slot
    FROM entry_card AS moved
    JOIN entry ON entry.id = moved.entry
    JOIN person ON person.code = entry.actor
    JOIN place ON place.code = entry.site
    LEFT JOIN leaf ON leaf.entry = entry.id
    WHERE moved.card = card.id AND moved.step = ANY ($2::text[])
    ORDER BY entry.occurred_at DESC, entry.id DESC
    LIMIT 1
) AS seen
WHERE card.code = ANY ($1::text[])
"""

# Everything the log says of the card after that: moves without a look at it, and scans that were refused.
_SINCE = """
SELECT entry.id AS entry, entry.act, entry.actor, person.name AS actor_name, entry.site, entry.occurred_at,
       moved.to_state AS state, NULL AS outcome
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry
JOIN person ON person.code = entry.actor
WHERE moved.card = (SELECT id FROM card WHERE code = $1) AND moved.entry > $2
UNION ALL
SELECT entry.id, entry.act, entry.actor, person.name, entry.site, scan.occurred_at, NULL, scan.outcome
FROM scan
JOIN entry ON entry.id = scan.entry
JOIN person ON person.code = entry.actor
WHERE scan.code = $1 AND NOT scan.accepted AND scan.entry > $2
ORDER BY entry
LIMIT $3
"""

_PEOPLE = """
SELECT near.actor AS person, person.name, person.role, count(*) AS acts, min(near.occurred_at) AS first_at,
       max(near.occurred_at) AS last_at
FROM (
    SELECT actor, occurred_at FROM entry WHERE site = $1 AND id >= $2 AND id <= $3 ORDER BY id LIMIT $4
) AS near
JOIN person ON person.code = near.actor
GROUP BY near.actor, person.name, person.role
ORDER BY acts DESC, near.actor
"""

# Cards that left the slot it lay in after it was seen there: taken out with it, or filed where it now is.
_NEIGHBOURS = """
SELECT DISTINCT ON (card.code) card.code AS card, card.state, card.slot, entry.id AS entry, entry.act, entry.actor,
       entry.occurred_at
FROM entry
CROSS JOIN LATERAL json_array_elements(entry.body::json -> 'facts' -> 'left') AS gone (of_slot)
CROSS JOIN LATERAL json_array_elements_text(gone.of_slot -> 'codes') AS moved (code)
JOIN card ON card.code = moved.code
WHERE entry.site = $1 AND entry.id >= $2 AND entry.id <= $3 AND entry.act IN ('move', 'take_out', 'pack', 'pick')
  AND gone.of_slot ->> 'slot' = $4
ORDER BY card.code, entry.id DESC
LIMIT $5
"""


# The number of a slot that was right says that every card in it was there.
_COUNTED = """
SELECT tally.count, tally.slot, tally.cards, tally.counter, person.name AS counter_name, tally.occurred_at
FROM stock_count_tally AS tally
JOIN person ON person.code = tally.counter
WHERE tally.slot = $1 AND tally.agrees AND tally.occurred_at > $2 AND tally.entry < $3
ORDER BY tally.occurred_at DESC
LIMIT 1
"""


async def last_counted(
    session: AsyncSession, slot: str, after: datetime, before: int
) -> dict[str, Any] | None:
    """The last time after a moment, and before an entry, when the number of a slot was counted and was right."""
    row = await (await driver(session)).fetchrow(_COUNTED, slot, after, before)
    return dict(row) if row else None


async def last(session: AsyncSession, cards: Collection[str]) -> dict[str, dict[str, Any]]:
    """The last sighting of each card, by card: who, where, when, by which entry of the log."""
    rows = await (await driver(session)).fetch(_LAST, sorted(cards), sorted(SIGHTINGS))
    return {row["card"]: dict(row) for row in rows}


async def since(session: AsyncSession, card: str, entry: int) -> list[dict[str, Any]]:
    """What the log says of a card after an entry, refused scans among it."""
    return [dict(row) for row in await (await driver(session)).fetch(_SINCE, card, entry, MOST_SINCE)]


async def people(session: AsyncSession, place: str, first: int, until: int) -> list[dict[str, Any]]:
    """Who acted at a place between two entries, the busiest first; the first 5,000 acts are looked at."""
    rows = await (await driver(session)).fetch(_PEOPLE, place, first, until, 5_000)
    return [dict(row) for row in rows]


async def neighbours(
    session: AsyncSession, place: str, slot: str, first: int, until: int
) -> list[dict[str, Any]]:
    """Cards that left a slot between two entries: what is gone may have gone with one of them."""
    rows = await (await driver(session)).fetch(_NEIGHBOURS, place, first, until, slot, MOST_SINCE)
    return [dict(row) for row in rows]


async def unseen(
    session: AsyncSession, terms: Mapping[str, int], now: datetime, most: int
) -> list[dict[str, Any]]:
    """For each of these places with its term in minutes: how many cards at rest were not seen within it, and which."""
    rows = await (await driver(session)).fetch(_UNSEEN, list(terms), list(terms.values()), now, most)
    return [dict(row) for row in rows]


async def overdue(
    session: AsyncSession, place: str, before: datetime, after: str, limit: int
) -> list[dict[str, Any]]:
    """Cards at rest at a place that nobody has seen since a moment, in code order."""
    rows = await (await driver(session)).fetch(_OVERDUE, place, before, after, limit)
    return [dict(row) for row in rows]


_OVERDUE = """
SELECT card.code, card.kind, card.state, card.slot, card.sighted_at
FROM card
WHERE card.place = $1 AND card.code > $3
  AND card.state IN ('arrived', 'ready', 'received', 'held', 'stored', 'proposed', 'approved', 'picked', 'out', 'with_city')
  AND (card.sighted_at IS NULL OR card.sighted_at < $2)
ORDER BY card.code
LIMIT $4
"""

_UNSEEN = """
SELECT card.place, min(card.sighted_at) AS since, count(*) AS count,
       (array_agg(card.code ORDER BY card.sighted_at, card.code))[:$4::int] AS cards
FROM unnest($1::text[], $2::int[]) AS allowed (place, minutes)
JOIN card ON card.place = allowed.place
WHERE card.state IN ('arrived', 'ready', 'received', 'held', 'stored', 'proposed', 'approved', 'picked', 'out', 'with_city')
  AND card.sighted_at < $3::timestamptz - make_interval(mins => allowed.minutes)
GROUP BY card.place
"""
