"""The contract year at a five-hundredth of its size, three of its months: what `make year` plays and adds up."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import asyncpg

from logistics.store.database import Database
from logistics.store.server import OWNER, Server
from tests.conftest import as_superuser
from tests.year.plan import Plan
from tests.year.playing import Year
from tests.year.recount import recount, recount_month
from tests.year.stage import staged

# A reminder is due in the second of them; in the last what was reminded goes back, is destroyed, and all is handed on.
MONTHS = (date(2026, 4, 1), date(2026, 8, 1), date(2027, 3, 1))


async def test_a_year_of_every_journey_adds_up_by_sql_of_its_own_and_is_reported_alike_for_ever(
    server: Server, database: Database
) -> None:
    plan = Plan(Fraction("0.002"), MONTHS, wrong=MONTHS[:1])

    name = database.engine.url.database
    # What a power cut would lose here can be played again.
    await as_superuser(server, f"ALTER DATABASE {name} SET synchronous_commit = off")
    async with staged(database, plan, None) as stage:
        played = await Year(stage, lambda _: None, every_day=False).play()
    connection = await asyncpg.connect(host=str(server.socket_dir), user=OWNER, database=name)
    try:
        found = await recount(connection, plan, played)
        # A recount that cannot fail shows nothing: one card more issued in that month, and it does.
        (month, figures), *_ = played.reports.items()
        await connection.execute(
            """
            INSERT INTO recount_step
            SELECT * FROM recount_step WHERE step = 'issue' AND date_trunc('month', day)::date = $1 LIMIT 1
            """,
            month,
        )
        wrong = await recount_month(connection, month, figures)
    finally:
        await connection.close()

    assert found.faults == []
    assert min(check.compared for check in found.checks) > 0
    assert set(found.ends) == {"issued", "destroyed", "transferred", "lost"}
    assert sum(found.ends.values()) > plan.cards
    assert played.returned >= played.destroyed > 3
    assert played.handed_on["opening"] == played.handed_on["transferred"] == found.ends["transferred"]
    assert played.handed_on["left"] == 0
    assert len(wrong.faults) == 1
