"""The undelivered-card report over a million cards and ten million entries, now and as of past months; auditors' searches.

On a database of its own, without the work of a service beside it: `lives` makes two years' past in a quarter of an hour.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx

from api.app import create_app
from logistics.rules.lifecycle import IN_STOCK
from logistics.store.database import Database
from logistics.store.server import SUPERUSER, running
from seed.load import COURIER, person_code, place_code
from tests.bench import lives
from tests.bench.measuring import Row, in_turn, percentile
from tests.bench.setting import DATABASE, Stage, fill
from tests.bench.world import World, supervisor
from tests.sessions import headers_of

MONTHS = (("now", "2026-07", 1.0), ("as of the last month's end", "2026-06", 3.0))
YEAR_AGO = ("as of a month's end a year ago", "2025-07")
ASKED = 5
_BARE = """
SELECT place, kind, CURRENT_DATE - first_notice_on > 90, count(*) FROM card WHERE state = ANY ($1::text[]) GROUP BY 1, 2, 3
"""
ALONE = (
    f"place={place_code(3)}",
    "act=receive",
    "act=post_reminder",
    f"actor={person_code(3, 2)}",
    f"supervisor={supervisor(3)}",
    f"courier={COURIER}",
    "outcome=received",
    "recorded_from=2025-06-01T00:00:00Z",
    "occurred_from=2025-09-01T00:00:00Z&occurred_to=2025-09-02T00:00:00Z",
)


async def of_months(stage: Stage) -> list[Row]:
    """The report of this month, of the last one and of one a year ago; and every search, alone and in pairs."""
    async with _past(int(stage.size.entries / lives.ENTRIES_PER_CARD)) as (http, superuser):
        cards = await superuser.fetchval(
            "SELECT count(*) FROM card WHERE state = ANY ($1::text[])", sorted(IN_STOCK)
        )
        entries = await superuser.fetchval("SELECT max(id) FROM entry")
        size = f"{cards:,} cards in stock, {entries:,} entries"

        async def bare() -> float:
            started = time.perf_counter()
            await superuser.fetch(_BARE, sorted(IN_STOCK))
            return time.perf_counter() - started

        rows = []
        for words, month, bound in MONTHS:

            async def ours(month: str = month) -> float:
                return await _asked(http, f"/reports/undelivered?month={month}", person_code(0, 1))

            median, beside = await in_turn(ours, bare, stage.rounds)
            rows.append(Row(f"undelivered report {words}, {size}", "s", median, beside, bound=bound))
        words, month = YEAR_AGO
        old = [await _asked(http, f"/reports/undelivered?month={month}", person_code(0, 1)) for _ in range(3)]
        rows.append(Row(f"undelivered report {words}", "s", statistics.median(old), bound=3.0))
        times = [
            1000 * await _asked(http, f"/audit/entries?{query}", person_code(0, 99))
            for query in [*ALONE, *("&".join(pair) for pair in itertools.combinations(ALONE, 2))] * ASKED
        ]
        rows.append(
            Row(f"auditor's search, {entries:,} entries, p99", "ms", percentile(times, 0.99), bound=100)
        )
    return rows


@asynccontextmanager
async def _past(cards: int) -> AsyncIterator[tuple[httpx.AsyncClient, asyncpg.Connection]]:
    """The application on a database with the lives of so many cards."""
    with tempfile.TemporaryDirectory(prefix="logistics-bench-") as home, running(Path(home)) as server:
        server.create_database(DATABASE)
        world = World()
        world.add_waiting(13, 13)
        superuser = await asyncpg.connect(
            host=str(server.socket_dir), user=SUPERUSER, database=DATABASE, command_timeout=3_600
        )
        database = Database(server.url(DATABASE))
        try:
            await fill(server, world, superuser)
            await lives.fill(superuser, cards)
            transport = httpx.ASGITransport(create_app(database, lambda: lives.ENDS))  # type: ignore[arg-type]
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1", timeout=120
            ) as http:
                yield http, superuser
        finally:
            await database.close()
            await superuser.close()


async def _asked(http: httpx.AsyncClient, path: str, person: str) -> float:
    started = time.perf_counter()
    answer = await http.get(f"/api/v1{path}", headers=headers_of(person))
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - started
