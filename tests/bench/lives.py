"""A made-up past of two years, set-wise by SQL: whole lives of cards, as reports and auditors' searches read them.

Four cards in five still lie at their sites. The rows are what the service would have written; they are inserted as a
superuser whose foreign-key triggers sleep, and secondary indexes are built at the end, as nothing else is quick enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from seed.load import COURIER, person_code, place_code
from tests.bench.world import supervisor

BEGINS = datetime(2024, 8, 1, tzinfo=UTC)
ENDS = datetime(2026, 7, 20, 3, 0, tzinfo=UTC)
WINDOW = timedelta(days=15)
ENTRIES_PER_CARD = 8.6


@dataclass(frozen=True, slots=True)
class _Step:
    """One entry of each life, so long after it began; of every `of_each`th card only. At the annex, or at its site."""

    after: timedelta
    act: str
    before: str
    to: str
    at_site: bool = False
    of_each: int = 1
    scanned: bool = False


_H, _D = timedelta(hours=1), timedelta(days=1)
LIFE = (
    _Step(0 * _H, "expect", "new", "expected"),
    _Step(2 * _H, "check_in", "expected", "arrived", scanned=True),
    _Step(26 * _H, "set_up", "arrived", "ready"),
    _Step(50 * _H, "post_notice", "ready", "ready"),
    _Step(10 * _D, "pack", "ready", "packed", scanned=True),
    _Step(10 * _D + 2 * _H, "dispatch", "packed", "dispatched"),
    _Step(10 * _D + 4 * _H, "receive", "dispatched", "received", at_site=True, scanned=True),
    _Step(10 * _D + 5 * _H, "put_away", "received", "stored", at_site=True, scanned=True),
    _Step(30 * _D, "take_out", "stored", "out", at_site=True, of_each=5),
    _Step(30 * _D + _H / 4, "issue", "out", "issued", at_site=True, of_each=5),
    _Step(120 * _D, "post_reminder", "stored", "stored", of_each=7),
)

# $1: cards; $2: the life's beginning; $3: seconds between two cards; $4: now; $5: sites; $6: annex; $7: their clerks.
_CARDS = """
INSERT INTO card (code, kind, state, place, custodian, destination, box, slot, batch, holder, sighted_at,
                  first_notice_on, reminded_on)
SELECT 'Y' || lpad(n::text, 8, '0'), CASE WHEN n % 20 = 0 THEN 'express' ELSE 'standard' END,
       state, CASE WHEN at_site THEN site ELSE $6 END, CASE WHEN at_site THEN site ELSE $6 END, site,
       (SELECT min(code) FROM box), CASE WHEN state = 'stored' THEN (SELECT min(code) FROM slot) END,
       CASE WHEN state IN ('packed', 'dispatched') THEN (SELECT min(code) FROM batch) END,
       CASE WHEN state = 'out' THEN ($7::text[])[1 + n % 13] END, $4,
       CASE WHEN age >= interval '50 hours' THEN (began + interval '50 hours')::date END,
       CASE WHEN age >= interval '120 days' AND n % 7 = 0 AND n % 5 <> 0 THEN (began + interval '120 days')::date END
FROM generate_series(0, $1::int - 1) AS n
CROSS JOIN LATERAL (SELECT $2::timestamptz + n * make_interval(secs => $3) AS began, ($5::text[])[1 + n % 13] AS site) AS a
CROSS JOIN LATERAL (SELECT $4::timestamptz - began AS age) AS b
CROSS JOIN LATERAL (
    SELECT CASE WHEN age < interval '2 hours' THEN 'expected' WHEN age < interval '26 hours' THEN 'arrived'
                WHEN age < interval '10 days' THEN 'ready' WHEN age < interval '242 hours' THEN 'packed'
                WHEN age < interval '244 hours' THEN 'dispatched' WHEN age < interval '245 hours' THEN 'received'
                WHEN n % 5 = 0 AND age >= interval '30 days 15 minutes' THEN 'issued'
                WHEN n % 5 = 0 AND age >= interval '30 days' THEN 'out' ELSE 'stored' END AS state,
           age >= interval '244 hours' AS at_site
) AS c
"""
# $1, $2: first and last card of each step in this window; $3: beginning; $4: seconds between two cards;
# $5: sites; $6: annex; $7 … $13: the steps; $14: the first card's id.
_ENTRIES = """
WITH given AS MATERIALIZED (
    SELECT $14::bigint + n AS card, 'Y' || lpad(n::text, 8, '0') AS code, step.*, uuidv7() AS uuid,
           gen_random_uuid() AS scan,
           $3::timestamptz + n * make_interval(secs => $4) + step.later AS at,
           CASE WHEN step.at_site THEN ($5::text[])[1 + n % 13] ELSE $6 END AS site, n % 13 + 1 AS number
    FROM unnest($1::int[], $2::int[], $7::interval[], $8::text[], $9::text[], $10::text[], $11::bool[], $12::int[],
                $13::bool[]) AS step (low, high, later, act, before, target, at_site, of_each, scanned)
    CROSS JOIN LATERAL generate_series(step.low, step.high) AS n
    WHERE n % step.of_each = 0 AND (step.act <> 'post_reminder' OR n % 5 <> 0)
), said AS MATERIALIZED (
    SELECT *, ($15::text[])[CASE WHEN at_site THEN number + 1 ELSE 1 END] AS actor,
           CASE WHEN at_site THEN ($16::text[])[number] END AS boss
    FROM given
), written AS MATERIALIZED (
    SELECT *, format(
        '{"act":"%s","actor":"%s","cards":[{"codes":["%s"],"from":"%s","step":"%s","to":"%s"}],"day":"%s","id":"%s",'
        '"occurred_at":"%s","recorded_at":"%s","site":"%s","v":1}', act, actor, code, before, act, target,
        (at AT TIME ZONE 'Asia/Tokyo')::date, uuid, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), site) AS body
    FROM said
), added AS (
    INSERT INTO entry (uuid, act, actor, device, site, supervisor, from_party, to_party, occurred_at, recorded_at, body,
                       hash)
    SELECT uuid, act, actor, 'bench', site, boss, site, CASE WHEN act = 'dispatch' THEN $17 ELSE site END, at, at, body,
           sha256('\\x00'::bytea || convert_to(body, 'UTF8'))
    FROM written
    ORDER BY at
    RETURNING id, uuid
), moved AS (
    INSERT INTO entry_card (card, entry, from_state, step, to_state)
    SELECT card, id, before, act, target FROM added JOIN written USING (uuid)
    ORDER BY id
)
INSERT INTO scan (id, entry, purpose, subject, code, card, outcome, accepted, content, occurred_at)
SELECT scan, id, act, NULL, code, card, CASE act WHEN 'receive' THEN 'received' WHEN 'check_in' THEN 'checked_in'
       WHEN 'pack' THEN 'packed' ELSE 'stored' END, true, '\\x00', at
FROM added JOIN written USING (uuid)
WHERE scanned
"""
_SECONDARY = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
FROM pg_index
WHERE indrelid IN ('entry'::regclass, 'entry_card'::regclass, 'scan'::regclass, 'card'::regclass)
  AND NOT indisunique
"""


async def fill(superuser: asyncpg.Connection, cards: int) -> None:
    """Add the lives of so many cards, about 8.6 entries each; only on a database whose service does not run."""
    indexes = await superuser.fetch(_SECONDARY)
    await superuser.execute("SET session_replication_role = replica")
    for index in indexes:
        await superuser.execute(f"DROP INDEX {index['name']}")
    sites, annex = [place_code(site) for site in range(1, 14)], place_code(0)
    apart = (ENDS - BEGINS).total_seconds() / cards
    first = (await superuser.fetchval("SELECT COALESCE(max(id), 0) FROM card")) + 1
    people = [person_code(0, 2), *(person_code(site, 2) for site in range(1, 14))]
    await superuser.execute(_CARDS, cards, BEGINS, apart, ENDS, sites, annex, people[1:])
    bosses = [supervisor(site) for site in range(1, 14)]
    start = BEGINS
    while start < ENDS:
        until = min(start + WINDOW, ENDS)
        lows, highs = [], []
        for step in LIFE:
            low, high = ((at - BEGINS - step.after).total_seconds() / apart for at in (start, until))
            lows.append(max(0, -int(-low // 1)))
            highs.append(min(cards - 1, -int(-high // 1) - 1))
        await superuser.execute(
            _ENTRIES,
            lows,
            highs,
            BEGINS,
            apart,
            sites,
            annex,
            *(
                [getattr(step, name) for step in LIFE]
                for name in ("after", "act", "before", "to", "at_site", "of_each", "scanned")
            ),
            first,
            people,
            bosses,
            COURIER,
        )
        start = until
    for index in indexes:
        await superuser.execute(index["made"])
    await superuser.execute("SET session_replication_role = origin")
    await superuser.execute("VACUUM (ANALYZE)")
    await superuser.execute("CHECKPOINT")
