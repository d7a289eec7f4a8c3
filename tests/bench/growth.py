"""What a longer past costs: single scans and questions, with ever more entries in the log."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import asyncpg

from logistics.rules.codes import CodeType, random_code
from seed.load import COURIER, person_code, place_code
from tests.bench import client, custody, scans
from tests.bench.custody import Past
from tests.bench.measuring import Row, percentile
from tests.bench.setting import Stage, sequenced
from tests.bench.world import supervisor

SIZES = (100_000, 1_000_000, 10_000_000)
ASKED = 10
ENTRIES_PER_CARD = 7
AT_ONCE = 250_000

# Other cards, each with its own history, in places of their own; the entries of a card lie far from one another.
_CARDS = """
INSERT INTO card (code, kind, state, place, custodian, destination, box)
SELECT code, 'standard', 'received', place, place, place, (SELECT min(code) FROM box)
FROM unnest($1::text[]) WITH ORDINALITY AS made (code, n)
CROSS JOIN LATERAL (SELECT ($2::text[])[1 + n % 13] AS place) AS site
ORDER BY n
-- Of a million random codes two may be alike.
ON CONFLICT DO NOTHING
"""
# What each says is what the service would have written: its copies are compared with it while it serves.
_ENTRIES = """
WITH given AS MATERIALIZED (
    SELECT uuidv7() AS uuid, gen_random_uuid() AS scan, card.id AS card, card.code, ($4::text[])[1 + n % 13] AS place,
           timestamptz '2025-01-01' + n * (interval '450 days' / $1::bigint) AS at
    FROM generate_series($5::bigint, $6::bigint) AS n
    JOIN card ON card.id = $2::bigint + 1 + n % ($1::bigint / $7::int + 1)
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
    """Single scans, beside the bare ones, and questions at each size of the log; cards of all of it are also asked for
    in a log that stays as it was first.
    """
    rows: list[Row] = []
    before: int = await stage.superuser.fetchval("SELECT max(id) FROM card")
    small = await asyncpg.connect(**stage.beside)
    try:
        with stage.another("logistics"):
            await _grow(small, SIZES[0])
        for size in (size for size in SIZES if size <= stage.size.entries):
            await _grow(stage.superuser, size)
            measured = [*await scans.single(stage), *await custody.one_card(stage), await _auditors(stage)]
            with stage.another("logistics") as base:
                pasts = Past(stage.base, stage.superuser, before), Past(base, small, before)
                measured += await custody.any_card(*pasts, stage.sized(custody.QUESTIONS), stage.rounds)
            measured[-2] = replace(measured[-2], path=f"{measured[-2].path}; bare: with {SIZES[0]:,}")
            rows += [replace(row, path=f"{row.path}, {size:,} entries") for row in measured]
    finally:
        await small.close()
    return rows


async def _auditors(stage: Stage) -> Row:
    """The first page of an auditor's search by each filter, and by pairs of them."""
    device = await stage.superuser.fetchval("SELECT min(device) FROM entry WHERE device <> 'bench'")
    alone = (
        f"place={place_code(3)}",
        "act=receive",
        "act=dispatch",
        f"actor={person_code(0, 2)}",
        f"supervisor={supervisor(3)}",
        f"device={device}",
        f"courier={COURIER}",
        "outcome=received",
        "recorded_from=2025-06-01T00:00:00Z",
        "recorded_from=2025-06-01T00:00:00Z&recorded_to=2025-06-02T00:00:00Z",
        "occurred_from=2025-09-01T00:00:00Z&occurred_to=2025-09-02T00:00:00Z",
    )
    pairs = [f"{alone[0]}&{other}" for other in alone[1:]]
    times: list[float] = []
    async with client.connected(stage.base, 1) as http:
        for query in [*alone, *pairs] * ASKED:
            request = client.get(f"/api/v1/audit/entries?{query}", person_code(0, 99))
            started = time.perf_counter()
            await http[0].call(request)
            times.append((time.perf_counter() - started) * 1000)
    return Row("auditor's search by any filter, first page, p99", "ms", percentile(times, 0.99), bound=100)


async def _grow(superuser: asyncpg.Connection, size: int) -> None:
    """Fill the log up to `size` entries."""
    more = size - await superuser.fetchval("SELECT count(*) FROM entry")
    sites = [place_code(site) for site in range(1, 14)]
    last = await superuser.fetchval("SELECT max(id) FROM card")
    await superuser.execute("SET session_replication_role = replica")
    codes = [random_code(CodeType.CARD) for _ in range(more // ENTRIES_PER_CARD + 2)]
    await superuser.execute(_CARDS, codes, sites)
    # Some at a time, as a service is given them, so that each part is in the tree before the next comes.
    for first in range(1, more + 1, AT_ONCE):
        part = first, min(more, first + AT_ONCE - 1)
        await superuser.execute(_ENTRIES, more, last, person_code(0, 2), sites, *part, ENTRIES_PER_CARD)
        await sequenced(superuser)
    await superuser.execute("SET session_replication_role = origin")
    await superuser.execute("VACUUM (ANALYZE)")
    await superuser.execute("CHECKPOINT")
    _in_memory(Path(await superuser.fetchval("SHOW data_directory")))


def _in_memory(cluster: Path) -> None:
    """Read every file of the cluster: who just wrote 20 GB of past finds the last written in memory, not the asked for."""
    for path in sorted(cluster.glob("base/*/*")):
        with suppress(FileNotFoundError), path.open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
