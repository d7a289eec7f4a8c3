"""The bench's made-up past fits the schema: nobody else would notice before the next `make bench`."""

from __future__ import annotations

from datetime import date

import asyncpg

from logistics.store.database import Database
from logistics.store.server import SUPERUSER, Server
from logistics.work import undelivered
from tests.bench import lives
from tests.bench.world import World


async def test_the_made_up_past_of_the_bench_can_be_stored(server: Server, database: Database) -> None:
    world = World()
    world.add_under_way(100)
    world.add_waiting(30, 13)
    kept = {table: len(rows) for table, rows in world.rows.items()}
    superuser = await asyncpg.connect(
        host=str(server.socket_dir), user=SUPERUSER, database=database.engine.url.database
    )

    try:
        await world.store(superuser)
        stored = {
            table: await superuser.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            for table in kept
        }
    finally:
        await superuser.close()

    assert stored == kept


async def test_the_made_up_lives_add_up_in_a_report(server: Server, database: Database) -> None:
    world = World()
    world.add_waiting(13, 13)
    superuser = await asyncpg.connect(
        host=str(server.socket_dir), user=SUPERUSER, database=database.engine.url.database
    )
    try:
        await world.store(superuser)
        await lives.fill(superuser, 300)
    finally:
        await superuser.close()

    async with database.read() as session:
        made = await undelivered.report(session, date(2026, 6, 1), lives.ENDS)

    assert made.unexplained == ()
    assert sum(line.closing for line in made.lines) > 200
