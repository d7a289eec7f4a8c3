"""The year added up again by plain SQL over the custody entries. Nothing of the service's own counting is used here.

States and rules are written out a second time on purpose: a mistake in one place does not hide in the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import asyncpg
import msgspec

from logistics.rules.calendar import JST, month_days
from seed.load import place_code
from tests.year import checks
from tests.year.checks import Check
from tests.year.plan import Plan
from tests.year.playing import Played

# A place of ours answers for a card in one of these states.
_HERE = (
    "('arrived','ready','packed','received','stored','out','with_city','held','proposed','approved','picked')"
)
_ENDS = ("issued", "destroyed", "transferred", "lost")
# Written at a desk, wherever the card lies.
_DESK = "('post_notice','post_reminder','return_notice')"
COUNTED_KINDS = ("standard", "overseas", "residence_card")
_FIGURES = ("opening", "received", "issued", "returned", "destroyed", "corrections", "closing")

# One row for every step of a card: where it was written, when, and what the step led to.
_STEPS = """
CREATE TEMPORARY TABLE recount_step AS
SELECT moved.card, moved.entry, entry.site, card.kind, moved.step, moved.from_state, moved.to_state,
       entry.recorded_at AS at, (entry.recorded_at AT TIME ZONE 'Asia/Tokyo')::date AS day,
       CASE WHEN moved.step IN ('post_notice', 'post_reminder', 'return_notice')
            THEN (entry.body::jsonb ->> 'day')::date END AS said_day
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry
JOIN card ON card.id = moved.card
"""
_BROKEN = """
SELECT count(*) FROM (
    SELECT from_state, lag(to_state, 1, 'new') OVER (PARTITION BY card ORDER BY entry) AS before FROM recount_step
) AS step
WHERE from_state <> before
"""
_UNLIKE = """
SELECT count(*) FROM card
LEFT JOIN (SELECT DISTINCT ON (card) card, to_state FROM recount_step ORDER BY card, entry DESC) AS last
  ON last.card = card.id
WHERE last.to_state IS DISTINCT FROM card.state
"""
_ENDED = "SELECT state, count(*)::int AS cards FROM card GROUP BY state ORDER BY state"

# What crossed each place's door on each day; and what lay there in the evening, from how long each card stayed.
_FLOWS = f"""
CREATE TEMPORARY TABLE recount_flow AS
SELECT site, kind, day,
       count(*) FILTER (WHERE NOT from_state IN {_HERE} AND to_state IN {_HERE})::int AS came,
       count(*) FILTER (WHERE from_state IN {_HERE} AND to_state = 'issued')::int AS issued,
       count(*) FILTER (WHERE from_state IN {_HERE} AND to_state = 'destroyed')::int AS destroyed,
       count(*) FILTER (WHERE from_state IN {_HERE} AND to_state IN ('dispatched', 'transferred'))::int AS sent,
       count(*) FILTER (WHERE from_state IN {_HERE} AND to_state IN ('missing', 'lost', 'expected', 'delivered'))::int
           AS lost
FROM recount_step
GROUP BY site, kind, day
"""  # noqa: S608 - constants only
_STAYS = f"""
CREATE TEMPORARY TABLE recount_evening AS
WITH stay AS (
    SELECT site, kind, to_state, day, lead(day) OVER (PARTITION BY card ORDER BY entry) AS until
    FROM recount_step
    WHERE step NOT IN {_DESK}
), change AS (
    SELECT site, kind, day, 1 AS cards FROM stay WHERE to_state IN {_HERE}
    UNION ALL
    SELECT site, kind, until, -1 FROM stay WHERE to_state IN {_HERE} AND until IS NOT NULL
)
SELECT site, kind, day, (sum(sum(cards)) OVER (PARTITION BY site, kind ORDER BY day))::int AS lying
FROM change
GROUP BY site, kind, day
"""  # noqa: S608
_UNBALANCED = """
WITH flow AS (
    SELECT site, kind, day,
           sum(came - issued - destroyed - sent - lost) OVER (PARTITION BY site, kind ORDER BY day) AS closing
    FROM recount_flow
), known AS (
    SELECT site, kind, day FROM recount_flow UNION SELECT site, kind, day FROM recount_evening
)
SELECT count(*) AS compared, count(*) FILTER (WHERE flow.closing <> evening.lying OR flow.closing < 0) AS faults
FROM known
CROSS JOIN LATERAL (SELECT COALESCE((
    SELECT closing FROM flow WHERE (flow.site, flow.kind) = (known.site, known.kind) AND flow.day <= known.day
    ORDER BY flow.day DESC LIMIT 1), 0) AS closing) AS flow
CROSS JOIN LATERAL (SELECT COALESCE((
    SELECT lying FROM recount_evening AS one
    WHERE (one.site, one.kind) = (known.site, known.kind) AND one.day <= known.day
    ORDER BY one.day DESC LIMIT 1), 0) AS lying) AS evening
"""
_CLOSES = """
SELECT count(*) AS compared,
       count(*) FILTER (WHERE line.closing IS DISTINCT FROM COALESCE(evening.lying, 0)) AS faults
FROM site_day_line AS line
LEFT JOIN LATERAL (
    SELECT lying FROM recount_evening AS one
    WHERE one.site = line.place AND one.kind = line.kind AND one.day <= line.day
    ORDER BY one.day DESC LIMIT 1
) AS evening ON true
"""
_SLOTS = """
SELECT count(*) AS compared,
       count(*) FILTER (WHERE slot.occupied <> (SELECT count(*) FROM card WHERE card.slot = slot.code)) AS faults
FROM slot
"""
_SUPPLIES = """
SELECT count(*) AS compared, count(*) FILTER (WHERE stock.balance IS DISTINCT FROM told.pieces) AS faults
FROM supply_stock AS stock
FULL JOIN (
    SELECT item, place, sum(CASE WHEN move IN ('received', 'moved_in') THEN pieces ELSE -pieces END) AS pieces
    FROM supply_move GROUP BY item, place
) AS told USING (item, place)
"""

# $1 the first moment of a month, $2 the first after it, $3 its last day.
_MONTH = f"""
WITH began AS (
    SELECT DISTINCT ON (card) card, site, kind, to_state FROM recount_step
    WHERE at < $1 AND step NOT IN {_DESK} ORDER BY card, entry DESC
), ended AS (
    SELECT DISTINCT ON (card) card, site, kind, to_state FROM recount_step
    WHERE at < $2 AND step NOT IN {_DESK} ORDER BY card, entry DESC
), notice AS (
    SELECT card, min(said_day) FILTER (WHERE step = 'post_notice') AS first_on,
           max(said_day) FILTER (WHERE step = 'post_reminder') AS reminded_on,
           max(said_day) FILTER (WHERE step = 'return_notice') AS returned_on
    FROM recount_step WHERE at < $2 AND step IN {_DESK} GROUP BY card
), line AS (
    SELECT site, kind, 'opening' AS what, count(*) AS cards FROM began WHERE to_state IN {_HERE} GROUP BY 1, 2
    UNION ALL
    SELECT site, kind, 'closing', count(*) FROM ended WHERE to_state IN {_HERE} GROUP BY 1, 2
    UNION ALL
    SELECT site, kind,
           CASE WHEN to_state IN {_HERE} AND step IN ('expect', 'collect', 'check_in', 'receive', 'hold') THEN 'received'
                WHEN to_state IN {_HERE} THEN 'corrections'
                WHEN to_state = 'issued' THEN 'issued'
                WHEN to_state = 'destroyed' THEN 'destroyed'
                WHEN to_state IN ('dispatched', 'transferred') THEN 'returned'
                ELSE 'corrections' END,
           sum(CASE WHEN to_state IN {_HERE} OR to_state IN ('issued', 'destroyed', 'dispatched', 'transferred')
                    THEN 1 ELSE -1 END)
    FROM recount_step
    WHERE at >= $1 AND at < $2 AND (from_state IN {_HERE}) <> (to_state IN {_HERE})
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT ended.site, ended.kind,
           'age ' || CASE WHEN notice.first_on IS NULL THEN 0 WHEN $3::date - notice.first_on <= 30 THEN 1
                          WHEN $3::date - notice.first_on <= 90 THEN 2 WHEN $3::date - notice.first_on <= 180 THEN 3
                          WHEN $3::date - notice.first_on <= 365 THEN 4 ELSE 5 END, count(*)
    FROM ended LEFT JOIN notice USING (card) WHERE to_state IN {_HERE} GROUP BY 1, 2, 3
    UNION ALL
    SELECT ended.site, ended.kind,
           'stage ' || CASE WHEN notice.returned_on >= COALESCE(notice.reminded_on, '-infinity') THEN 3
                            WHEN notice.reminded_on IS NOT NULL THEN 2
                            WHEN notice.first_on IS NOT NULL THEN 1 ELSE 0 END, count(*)
    FROM ended LEFT JOIN notice USING (card) WHERE to_state IN {_HERE} GROUP BY 1, 2, 3
)
SELECT site, kind, what, sum(cards)::int AS cards FROM line GROUP BY 1, 2, 3 HAVING sum(cards) <> 0
"""  # noqa: S608
_ISSUED = """
SELECT site, date_trunc('month', day)::date AS month,
       (count(*) FILTER (WHERE step = 'issue') - count(*) FILTER (WHERE step = 'undo_issue'))::int AS cards
FROM recount_step
WHERE step IN ('issue', 'undo_issue') AND kind = ANY ($1::text[])
GROUP BY 1, 2
"""


@dataclass
class Recount:
    """All comparisons, and how the cards ended."""

    checks: list[Check] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    issued: int = 0

    @property
    def faults(self) -> list[str]:
        return [f"{check.name}: {fault}" for check in self.checks for fault in check.faults]


async def recount(
    connection: asyncpg.Connection[Any],
    plan: Plan,
    played: Played,
) -> Recount:
    """Compare everything with what was played."""
    reports = played.reports
    found = Recount()
    # Whoever adds up alone may have the memory to do so: at the contract's size these are two million steps.
    await connection.execute("SET work_mem = '128MB'")
    await connection.execute(_STEPS)
    await connection.execute("CREATE INDEX ON recount_step (card, entry)")
    await connection.execute(_FLOWS)
    await connection.execute(_STAYS)
    await connection.execute("CREATE INDEX ON recount_evening (site, kind, day)")
    await connection.execute("ANALYZE recount_step; ANALYZE recount_flow; ANALYZE recount_evening")
    found.steps = await connection.fetchval("SELECT count(*) FROM recount_step")
    found.ends = {row["state"]: row["cards"] for row in await connection.fetch(_ENDED)}
    found.checks = [
        await _ends(connection, found.ends),
        await _balance(connection, "every site, kind and day balances", _UNBALANCED),
        await _balance(connection, "every closed day ends as the entries say", _CLOSES),
        await _balance(connection, "every slot holds the cards that are in it", _SLOTS),
        await _balance(connection, "supplies are what their moves come to", _SUPPLIES),
        *[await recount_month(connection, month, reports[month]) for month in sorted(reports)],
        _as_of(reports, played.later),
        await checks.lost(connection, played.lost),
        await checks.attempts(connection, played.attempted),
        await _seed(connection, plan, found),
    ]
    return found


async def _ends(connection: asyncpg.Connection[Any], ends: Mapping[str, int]) -> Check:
    check = Check("every card has one unbroken custody and an end", sum(ends.values()))
    if broken := await connection.fetchval(_BROKEN):
        check.faults.append(f"{broken} steps do not begin where the one before ended")
    if unlike := await connection.fetchval(_UNLIKE):
        check.faults.append(f"{unlike} cards are not in the state that their last entry says")
    stray = {state: cards for state, cards in ends.items() if state not in _ENDS and state not in _HERE}
    check.faults += [f"{cards} cards ended {state}" for state, cards in stray.items()]
    return check


async def _balance(connection: asyncpg.Connection[Any], name: str, query: str) -> Check:
    row = await connection.fetchrow(query)
    assert row is not None
    return Check(name, row["compared"], [f"{row['faults']} differ"] if row["faults"] else [])


async def recount_month(connection: asyncpg.Connection[Any], month: date, figures: bytes) -> Check:
    """P11's figures of a month beside those of the steps."""
    last = month_days(month.year, month.month)[-1]
    start = datetime.combine(month, time(), JST)
    end = datetime.combine(last + timedelta(days=1), time(), JST)
    rows = await connection.fetch(_MONTH, start, end, last)
    counted = {(row["site"], row["kind"], row["what"]): row["cards"] for row in rows}
    said = {key: cards for key, cards in _said(figures) if cards}
    check = Check(f"P11 of {month:%Y-%m} is what the entries say", len(said))
    for key in sorted(counted.keys() | said.keys()):
        if counted.get(key) != said.get(key):
            check.faults.append(f"{key}: P11 says {said.get(key, 0)}, the entries {counted.get(key, 0)}")
    return check


def _said(figures: bytes) -> Iterator[tuple[tuple[str, str, str], int]]:
    said = msgspec.json.decode(figures)
    for line in (*said["lines"], *said["beside"]):
        at = line["place"], line["kind"]
        for name in _FIGURES:
            yield (*at, name), line[name]
        for name, values in (("age", line["ages"]), ("stage", line["stages"])):
            for n, cards in enumerate(values):
                yield (*at, f"{name} {n}"), cards


def _as_of(reports: Mapping[date, bytes], later: Mapping[date, bytes]) -> Check:
    changed = [f"{month:%Y-%m}" for month in reports if reports[month] != later.get(month)]
    return Check("P11 made at once is P11 made at the end, byte for byte", len(reports), changed)


async def _seed(connection: asyncpg.Connection[Any], plan: Plan, found: Recount) -> Check:
    rows = await connection.fetch(_ISSUED, list(COUNTED_KINDS))
    issued = {(row["site"], row["month"]): row["cards"] for row in rows}
    found.issued = sum(issued.values())
    wanted = {
        (place_code(site), month): plan.volume(site, month)
        for site in {site for site, _ in plan.comes}
        for month in plan.months
    }
    check = Check("the cards issued are those of the contract's counts", len(wanted))
    for key, cards in wanted.items():
        if issued.get(key, 0) != cards:
            check.faults.append(f"{key[0]} {key[1]:%Y-%m}: {issued.get(key, 0)} issued, {cards} wanted")
    return check
