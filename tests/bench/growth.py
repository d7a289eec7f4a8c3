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
_ENTRIES = """
WITH added AS (
    INSERT INTO entry (uuid, act, actor, site, from_party, to_party, occurred_at, recorded_at, body, hash)
    SELECT uuidv7(), 'receive', $3, place, place, place, at, at, body, sha256('\\x00'::bytea || body::bytea)
    FROM generate_series(1, $1::bigint) AS n
    CROSS JOIN LATERAL (
        SELECT ($4::text[])[1 + n % 13] AS place, '{"n":' || n || '}' AS body,
               timestamptz '2025-01-01' + n * (interval '450 days' / $1::bigint) AS at
    ) AS said
    RETURNING id
), numbered AS (
    SELECT id, $2::bigint + row_number() OVER (ORDER BY id) / $5::int AS card FROM added
), moved AS (
    INSERT INTO entry_card (card, entry, from_state, step, to_state)
    SELECT card, id, 'in_transit', 'receive', 'received' FROM numbered
)
INSERT INTO scan (id, entry, purpose, subject, code, card, outcome, accepted, content, occurred_at)
SELECT gen_random_uuid(), id, 'check_in', 'Z', 'Z', card, 'checked_in', true, '\\x00', now() FROM numbered
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
