"""What a longer past costs: single scans and questions, with ever more entries in the log."""

from __future__ import annotations

from seed.load import person_code, place_code
from tests.bench import custody, scans
from tests.bench.measuring import Row
from tests.bench.setting import Stage, sequenced

SIZES = (100_000, 1_000_000)
ENTRIES_PER_CARD = 7

# Other cards, each with its own history, in places of their own; their entries in the order of their times.
_CARDS = """
INSERT INTO card (code, kind, state, place, custodian, destination, box)
SELECT 'Z' || $1::bigint + n, 'standard', 'received', place, place, place, (SELECT min(code) FROM box)
FROM generate_series(1, $2::bigint) AS n
CROSS JOIN LATERAL (SELECT ($3::text[])[1 + n % 13] AS place) AS site
RETURNING id
"""
# What each says is what the service would have written: its copies are compared with it while it serves.
_ENTRIES = """
WITH given AS MATERIALIZED (
    SELECT uuidv7() AS uuid, gen_random_uuid() AS scan, card.id AS card, card.code, ($4::text[])[1 + n % 13] AS place,
           timestamptz '2025-01-01' + n * (interval '450 days' / $1::bigint) AS at
    FROM generate_series(1, $1::bigint) AS n
    JOIN card ON card.id = $2::bigint + 1 + n / $5::int
), said AS MATERIALIZED (
    SELECT *, format(
        '{"act":"receive","actor":"%1$s","cards":[{"codes":["%2$s"],"from":"in_transit","step":"receive","to":"received"}],'
        '"from":"%3$s","id":"%4$s","occurred_at":"%5$s","recorded_at":"%5$s",'
        '"scans":[{"at":"%5$s","code":"%2$s","id":"%6$s","outcome":"received"}],"site":"%3$s","to":"%3$s","v":1}',
        $3::text, code, place, uuid, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), scan) AS body
    FROM given
), added AS (
    INSERT INTO entry (uuid, act, actor, site, from_party, to_party, occurred_at, recorded_at, body, hash)
    SELECT uuid, 'receive', $3, place, place, place, at, at, body, sha256('\\x00'::bytea || convert_to(body, 'UTF8'))
    FROM said
    ORDER BY at
    RETURNING id, uuid
), moved AS (
    INSERT INTO entry_card (card, entry, from_state, step, to_state)
    SELECT card, id, 'in_transit', 'receive', 'received' FROM added JOIN said USING (uuid)
)
INSERT INTO scan (id, entry, purpose, code, card, outcome, accepted, content, occurred_at)
SELECT scan, id, 'receive', code, card, 'received', true, '\\x00', at FROM added JOIN said USING (uuid)
"""


async def curve(stage: Stage) -> list[Row]:
    """Single scans, beside the bare ones, and questions at each size of the log."""
    rows: list[Row] = []
    for size in SIZES:
        await _grow(stage, size)
        for row in [*await scans.single(stage), *await custody.one_card(stage)]:
            rows.append(Row(f"{row.path}, {size:,} entries", row.unit, row.ours, row.bare, row.best))
    return rows


async def _grow(stage: Stage, size: int) -> None:
    """Fill the log up to `size` entries."""
    more = size - await stage.superuser.fetchval("SELECT count(*) FROM entry")
    sites = [place_code(site) for site in range(1, 14)]
    last = await stage.superuser.fetchval("SELECT max(id) FROM card")
    await stage.superuser.execute("SET session_replication_role = replica")
    await stage.superuser.execute(_CARDS, last, more // ENTRIES_PER_CARD + 2, sites)
    await stage.superuser.execute(_ENTRIES, more, last, person_code(0, 2), sites, ENTRIES_PER_CARD)
    await stage.superuser.execute("SET session_replication_role = origin")
    await stage.superuser.execute("VACUUM (ANALYZE)")
    await stage.superuser.execute("CHECKPOINT")
    await sequenced(stage.superuser)
