"""The stock of every place at a past moment, and what changed it between two: from the log alone.

A moment is what was recorded before it: the same question about the same moment has the same answer for ever,
and what is recorded late belongs to the month in which it became known. What lies now is counted from the cards' rows
and what happened since to cards that there were is taken back, so the cost follows that, not the whole past.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.lifecycle import AT_A_DESK, IN_STOCK
from logistics.rules.undelivered import BAND_STARTS
from logistics.store.database import driver
from logistics.work.moments import Moment, unborn

# How far the notices of a card have come, from the days kept with it.
STAGE = """CASE WHEN notice_returned_on >= COALESCE(reminded_on, '-infinity') THEN 'returned'
            WHEN reminded_on IS NOT NULL THEN 'reminder'
            WHEN first_notice_on IS NOT NULL THEN 'first' ELSE 'not_yet' END"""

# What lies now; a past moment is told by what has been recorded since. Cards are counted by their days first, as their
# index has them in order, and only the counts put into bands. $1: states in stock; $2: the day; $3: the bands.
_COUNTED = """
SELECT place, kind, width_bucket($2::date - first_notice_on, $3::int[]) AS band, {stage} AS stage,
       state IN ('proposed', 'approved', 'picked') AS to_destroy, sum(cards)::int AS cards
FROM (
    SELECT place, state, kind, first_notice_on, reminded_on, notice_returned_on, count(*) AS cards
    FROM card
    WHERE state = ANY ($1::text[]){older}
    GROUP BY place, state, kind, first_notice_on, reminded_on, notice_returned_on
) AS lying
GROUP BY 1, 2, 3, 4, 5
"""
_NOW = _COUNTED.format(stage=STAGE, older="")
# $4: before which card.
_OLDER = _COUNTED.format(stage=STAGE, older=" AND id < $4")

# The cards that entries since the first moment ($1, $2) have touched: in which state each was at that moment and at
# the second ($3, $4), as the step that came next says, and where it was then. An entry and what its step says of the
# state before it are one number, so that a card costs no sorting. $5: desk steps; $6: states in stock; $9: before which
# card.
_SINCE = """
WITH since AS (
    SELECT card, min(next) AS next_a, min(next) FILTER (WHERE later) AS next_b,
           max(entry) FILTER (WHERE NOT later AND step <> ALL ($5::text[])) AS placed,
           bool_or(step <> ALL ($5::text[])) AS moves, bool_or(later AND step = 'post_notice') AS notice,
           bool_or(later AND step = 'post_reminder') AS reminder,
           bool_or(later AND step = 'return_notice') AS notice_return
    FROM (
        SELECT card, entry, step, entry >= $3 AND entry <> ALL ($4::bigint[]) AS later,
               entry * 4 + CASE WHEN from_state IN ('proposed', 'approved', 'picked') THEN 3
                                WHEN from_state = ANY ($6::text[]) THEN 1 ELSE 0 END AS next
        FROM entry_card
        WHERE entry >= $1 AND entry <> ALL ($2::bigint[]) AND card < $9
    ) AS moved
    GROUP BY card
), placed AS (
    SELECT since.*, next_a % 2 = 1 AS lay_a, next_b % 2 = 1 AS lay_b, next_b % 4 = 3 AS to_destroy_b,
           CASE WHEN NOT moves THEN card.place
                WHEN next_a % 2 = 1 THEN (
                    SELECT entry.site
                    FROM entry_card AS earlier
                    JOIN entry ON entry.id = earlier.entry
                    WHERE earlier.card = since.card AND earlier.entry < next_a / 4 AND earlier.step <> ALL ($5::text[])
                    ORDER BY earlier.entry DESC
                    LIMIT 1) END AS place_a,
           card.kind, card.place, card.state, card.first_notice_on, card.reminded_on, card.notice_returned_on
    FROM since
    -- Looked up one by one, like their places: they are few beside all cards, which the planner cannot know.
    CROSS JOIN LATERAL (SELECT * FROM card WHERE card.id = since.card OFFSET 0) AS card
)
"""
# $7: the day; $8: the bands; $10, $11: from which cards on none had been made known at the two moments. Days that were
# told later are read from the bodies told before.
_CHANGED = f"""{_SINCE}, lying AS (
    SELECT place, kind, first_notice_on, reminded_on, notice_returned_on,
           state IN ('proposed', 'approved', 'picked') AS to_destroy, -1 AS cards
    FROM placed
    WHERE next_b IS NOT NULL AND state = ANY ($6::text[])
    UNION ALL
    SELECT CASE WHEN placed IS NULL THEN place_a ELSE (SELECT site FROM entry WHERE entry.id = placed) END, kind,
           CASE WHEN notice THEN (
               SELECT min((entry.body::jsonb ->> 'day')::date) FROM entry_card AS said JOIN entry ON entry.id = said.entry
               WHERE said.card = placed.card AND said.step = 'post_notice' AND (said.entry < $3 OR said.entry = ANY ($4::bigint[])))
                ELSE first_notice_on END,
           CASE WHEN reminder THEN (
               SELECT (entry.body::jsonb ->> 'day')::date FROM entry_card AS said JOIN entry ON entry.id = said.entry
               WHERE said.card = placed.card AND said.step = 'post_reminder' AND (said.entry < $3 OR said.entry = ANY ($4::bigint[])) ORDER BY said.entry DESC LIMIT 1)
                ELSE reminded_on END,
           CASE WHEN notice_return THEN (
               SELECT (entry.body::jsonb ->> 'day')::date FROM entry_card AS said JOIN entry ON entry.id = said.entry
               WHERE said.card = placed.card AND said.step = 'return_notice' AND (said.entry < $3 OR said.entry = ANY ($4::bigint[])) ORDER BY said.entry DESC LIMIT 1)
                ELSE notice_returned_on END,
           to_destroy_b, 1
    FROM placed
    WHERE lay_b
)
SELECT place, kind, width_bucket($7::date - first_notice_on, $8::int[]) AS band, {STAGE} AS stage, to_destroy,
       sum(cards)::int AS cards, false AS at_start
FROM lying
GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT place, kind, NULL, NULL, false, -count(*)::int, true
FROM placed
WHERE card < $10 AND state = ANY ($6::text[])
GROUP BY 1, 2
UNION ALL
SELECT place, kind, NULL, NULL, false, -count(*)::int, true
FROM card
WHERE id >= $10 AND id < $11 AND state = ANY ($6::text[])
GROUP BY 1, 2
UNION ALL
SELECT place_a, kind, NULL, NULL, false, count(*)::int, true
FROM placed
WHERE card < $10 AND lay_a
GROUP BY 1, 2
"""  # noqa: S608

# $1, $2 and $3, $4: the moments; $5: states in stock; $6: the last id of all. The entries' index tells where they were.
_MOVED = """
SELECT entry.site AS place, card.kind, moved.from_state, moved.step, moved.to_state, count(*)::int AS cards
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry AND entry.id BETWEEN $1 AND $6
JOIN card ON card.id = moved.card
WHERE moved.entry >= $1 AND moved.entry <> ALL ($2::bigint[])
  AND (moved.entry < $3 OR moved.entry = ANY ($4::bigint[]))
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


async def lying(
    session: AsyncSession, start: Moment, end: Moment, day: date
) -> tuple[dict[tuple[str, str], int], list[Lying]]:
    """How many cards lay at `start`, by place and kind; what lay at `end`, by age on `day` and stage of notices too.

    What lies now, less what has come since, and what has left since added again.
    """
    connection = await driver(session)
    await connection.execute("SET LOCAL work_mem = '64MB'")
    new, newer = await unborn(session, start), await unborn(session, end)
    of_day = (sorted(IN_STOCK), day, list(BAND_STARTS))
    now = await (connection.fetch(_NOW, *of_day) if end.is_now else connection.fetch(_OLDER, *of_day, newer))
    opened: dict[tuple[str, str], int] = {}
    closed: dict[tuple[str, str, int | None, str, bool], int] = {}
    # Of what lies now nothing is taken back: then only what lay at the start is asked of the entries.
    changed = await connection.fetch(
        _CHANGED, *between(start, end), day, list(BAND_STARTS), new if end.is_now else newer, new, newer
    )
    for row in (*now, *(row for row in changed if row["at_start"])):
        key = (row["place"], row["kind"])
        opened[key] = opened.get(key, 0) + row["cards"]
    for row in (*now, *(row for row in changed if not row["at_start"])):
        where = (row["place"], row["kind"], row["band"], row["stage"], row["to_destroy"])
        closed[where] = closed.get(where, 0) + row["cards"]
    return (
        {key: cards for key, cards in opened.items() if cards},
        [Lying(*where, cards) for where, cards in closed.items() if cards],
    )


async def moved(session: AsyncSession, start: Moment, end: Moment) -> list[Moved]:
    """The steps recorded between the two moments that brought cards into a place's stock or out of it."""
    bounds = (start.first, list(start.early), end.first, list(end.early))
    last = max((end.first - 1, *end.early))
    rows = await (await driver(session)).fetch(_MOVED, *bounds, sorted(IN_STOCK), last)
    return [Moved(**row) for row in rows]


async def strayed(session: AsyncSession, start: Moment, end: Moment) -> list[Strayed]:
    """The cards that were found at another place than the books had them, between the two moments."""
    rows = await (await driver(session)).fetch(
        _STRAYED, *_span(start, end), sorted(IN_STOCK), sorted(AT_A_DESK)
    )
    return [Strayed(**row) for row in rows]


def between(start: Moment, end: Moment) -> tuple[Any, ...]:
    """Both moments as statements bind them, then the desk steps and the states in stock."""
    desk, lying_in = sorted(AT_A_DESK), sorted(IN_STOCK)
    return start.first, list(start.early), end.first, list(end.early), desk, lying_in


def _span(start: Moment, end: Moment) -> tuple[Any, ...]:
    last = max((end.first - 1, *end.early))
    return start.at, end.at, start.first, last
