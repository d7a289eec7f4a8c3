"""The stock of every place at a past moment, and what changed it between two: from the log alone.

A moment is what was recorded before it: the same question about the same moment has the same answer for ever,
and what is recorded late belongs to the month in which it became known. Cards that no entry has touched since
are read from their rows, so the cost follows what happened since the first moment, not the whole past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.lifecycle import AT_A_DESK, IN_STOCK
from logistics.rules.undelivered import BAND_STARTS
from logistics.store.database import driver
from logistics.work.audit_sources import SLACK

# Row ids follow recording but for SLACK, so the first id after a moment is near the first time after it.
_FIRST_AFTER = """
SELECT min(entry.id)
FROM (SELECT recorded_at FROM entry WHERE recorded_at >= $1 ORDER BY recorded_at LIMIT 1) AS first
JOIN entry ON entry.recorded_at BETWEEN first.recorded_at AND first.recorded_at + $2::interval
"""
_EARLY = """
SELECT id
FROM entry
WHERE id >= $3 AND recorded_at < $1 AND recorded_at >= $1 - $2::interval
ORDER BY id
"""

# How far the notices of a card have come, from the days kept with it.
STAGE = """CASE WHEN notice_returned_on >= COALESCE(reminded_on, '-infinity') THEN 'returned'
            WHEN reminded_on IS NOT NULL THEN 'reminder'
            WHEN first_notice_on IS NOT NULL THEN 'first' ELSE 'not_yet' END"""

# $1, $2: the first moment; $3, $4: the second; $5: desk steps; $6: states in stock.
TOUCHED = """
touched AS MATERIALIZED (
    SELECT DISTINCT card
    FROM entry_card
    WHERE entry >= $1
), told AS MATERIALIZED (
    SELECT touched.card, moved.*
    FROM touched
    CROSS JOIN LATERAL (
        SELECT (array_agg(at.to_state ORDER BY at.entry DESC) FILTER (WHERE at.opens))[1] AS opening_state,
               (array_agg(at.to_state ORDER BY at.entry DESC) FILTER (WHERE at.closes))[1] AS closing_state,
               max(at.entry) FILTER (WHERE at.opens AND at.step <> ALL ($5::text[])) AS opening_entry,
               max(at.entry) FILTER (WHERE at.closes AND at.step <> ALL ($5::text[])) AS closing_entry,
               array_agg(at.entry) FILTER (WHERE at.closes AND at.step = 'post_notice') AS notices,
               max(at.entry) FILTER (WHERE at.closes AND at.step = 'post_reminder') AS reminder,
               max(at.entry) FILTER (WHERE at.closes AND at.step = 'return_notice') AS notice_return
        FROM (
            SELECT entry, step, to_state, entry < $1 OR entry = ANY ($2::bigint[]) AS opens,
                   entry < $3 OR entry = ANY ($4::bigint[]) AS closes
            FROM entry_card
            WHERE entry_card.card = touched.card
        ) AS at
    ) AS moved
)
"""

_OPENING = f"""
WITH {TOUCHED}
SELECT place, kind, sum(cards)::int AS cards
FROM (
    SELECT entry.site AS place, card.kind, count(*) AS cards
    FROM told
    JOIN card ON card.id = told.card
    JOIN entry ON entry.id = told.opening_entry
    WHERE told.opening_state = ANY ($6::text[])
    GROUP BY 1, 2
    UNION ALL
    SELECT card.place, card.kind, count(*)
    FROM card
    WHERE card.state = ANY ($6::text[]) AND NOT EXISTS (SELECT FROM touched WHERE touched.card = card.id)
    GROUP BY 1, 2
) AS lying
GROUP BY 1, 2
"""  # noqa: S608

_CLOSING = f"""
WITH {TOUCHED}, lying AS (
    SELECT entry.site AS place, card.kind, told.closing_state AS state,
           (SELECT min((notice.body::jsonb ->> 'day')::date) FROM entry AS notice
            WHERE notice.id = ANY (told.notices)) AS first_notice_on,
           (SELECT (said.body::jsonb ->> 'day')::date FROM entry AS said WHERE said.id = told.reminder) AS reminded_on,
           (SELECT (said.body::jsonb ->> 'day')::date FROM entry AS said
            WHERE said.id = told.notice_return) AS notice_returned_on
    FROM told
    JOIN card ON card.id = told.card
    JOIN entry ON entry.id = told.closing_entry
    WHERE told.closing_state = ANY ($6::text[])
    UNION ALL
    SELECT card.place, card.kind, card.state, card.first_notice_on, card.reminded_on, card.notice_returned_on
    FROM card
    WHERE card.state = ANY ($6::text[]) AND NOT EXISTS (SELECT FROM touched WHERE touched.card = card.id)
)
SELECT place, kind, width_bucket($7::date - first_notice_on, $8::int[]) AS band,
       {STAGE} AS stage,
       state IN ('proposed', 'approved', 'picked') AS to_destroy, count(*)::int AS cards
FROM lying
GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608

# $1, $2: times; $3, $4: between which ids they lie.
_MOVED = """
SELECT entry.site AS place, card.kind, moved.from_state, moved.step, moved.to_state, count(*)::int AS cards
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry
JOIN card ON card.id = moved.card
WHERE moved.entry >= $3 AND moved.entry <= $4 AND entry.recorded_at >= $1 AND entry.recorded_at < $2
  AND (moved.from_state = ANY ($5::text[])) <> (moved.to_state = ANY ($5::text[]))
GROUP BY 1, 2, 3, 4, 5
"""

# A card that the books have at one place, and that is found and set aside at another, changes places.
_STRAYED = """
SELECT before.site AS lost_by, entry.site AS found_at, card.kind, count(*)::int AS cards
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry
JOIN card ON card.id = moved.card
CROSS JOIN LATERAL (
    SELECT earlier.site
    FROM entry_card AS step
    JOIN entry AS earlier ON earlier.id = step.entry
    WHERE step.card = moved.card AND step.entry < moved.entry AND step.step <> ALL ($6::text[])
    ORDER BY step.entry DESC
    LIMIT 1
) AS before
WHERE moved.entry >= $3 AND moved.entry <= $4 AND entry.recorded_at >= $1 AND entry.recorded_at < $2
  AND moved.step = 'hold' AND moved.from_state = ANY ($5::text[]) AND before.site <> entry.site
GROUP BY 1, 2, 3
"""

# Beyond every id there will ever be.
_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and where it lies in the log: entries before row id `first`, and `early`, were recorded before it."""

    at: datetime
    first: int
    early: Sequence[int]


@dataclass(frozen=True, slots=True)
class Moved:
    """How many cards of a kind took one step at a place."""

    place: str
    kind: str
    from_state: str
    step: str
    to_state: str
    cards: int


@dataclass(frozen=True, slots=True)
class Strayed:
    """How many cards of a kind the books had at one place when they were found at another."""

    lost_by: str
    found_at: str
    kind: str
    cards: int


@dataclass(frozen=True, slots=True)
class Lying:
    """How many cards of a kind lie at a place; `band` counts from 0, None before the first notice.

    `to_destroy`: they are on a proposal for disposal, approved, or picked.
    """

    place: str
    kind: str
    band: int | None
    stage: str
    to_destroy: bool
    cards: int


async def moment(session: AsyncSession, at: datetime) -> Moment:
    """Where `at` lies in the log."""
    connection = await driver(session)
    first = await connection.fetchval(_FIRST_AFTER, at, SLACK)
    if first is None:
        return Moment(at, _NEVER, ())
    return Moment(at, first, [row["id"] for row in await connection.fetch(_EARLY, at, SLACK, first)])


async def opening(session: AsyncSession, start: Moment, end: Moment) -> dict[tuple[str, str], int]:
    """How many cards of each kind lay at each place at `start`, by place and kind."""
    rows = await (await driver(session)).fetch(_OPENING, *between(start, end))
    return {(row["place"], row["kind"]): row["cards"] for row in rows}


async def closing(session: AsyncSession, start: Moment, end: Moment, day: date) -> list[Lying]:
    """What lay at each place at `end`, by kind, by age on `day` and by stage of the notices."""
    rows = await (await driver(session)).fetch(_CLOSING, *between(start, end), day, list(BAND_STARTS))
    return [Lying(**row) for row in rows]


async def moved(session: AsyncSession, start: Moment, end: Moment) -> list[Moved]:
    """The steps recorded between the two moments that brought cards into a place's stock or out of it."""
    rows = await (await driver(session)).fetch(_MOVED, *_span(start, end), sorted(IN_STOCK))
    return [Moved(**row) for row in rows]


async def strayed(session: AsyncSession, start: Moment, end: Moment) -> list[Strayed]:
    """The cards that were found at another place than the books had them, between the two moments."""
    rows = await (await driver(session)).fetch(
        _STRAYED, *_span(start, end), sorted(IN_STOCK), sorted(AT_A_DESK)
    )
    return [Strayed(**row) for row in rows]


def between(start: Moment, end: Moment) -> tuple[Any, ...]:
    """What TOUCHED is bound to, and the states in stock."""
    return (
        start.first,
        list(start.early),
        end.first,
        list(end.early),
        sorted(AT_A_DESK),
        sorted(IN_STOCK),
    )


def _span(start: Moment, end: Moment) -> tuple[Any, ...]:
    last = max((end.first - 1, *end.early))
    return start.at, end.at, start.first, last
