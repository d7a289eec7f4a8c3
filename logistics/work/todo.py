"""What waits for somebody at a place: counts only, cheap enough for the first page of a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.permissions import Actor, Where
from logistics.store.database import driver

_ANNEX = """
SELECT (SELECT count(*) FROM box WHERE opened_at IS NULL) AS boxes_waiting,
       (SELECT count(*) FROM box WHERE opened_at IS NOT NULL AND closed_at IS NULL) AS boxes_open,
       (SELECT count(*) FROM card WHERE place = $1 AND state = 'arrived') AS to_set_up,
       (SELECT count(*) FROM card WHERE place = $1 AND state = 'ready') AS to_pack,
       (SELECT count(*) FROM batch WHERE place = $1 AND state = 'open') AS batches_open,
       (SELECT count(*) FROM batch WHERE place = $1 AND state = 'sealed') AS batches_sealed,
       (SELECT count(*) FROM batch JOIN run ON run.code = batch.run
        WHERE batch.place = $1 AND batch.state = 'loaded' AND run.day = $2) AS batches_loaded
"""

_SITE = """
SELECT (SELECT count(*) FROM manifest
        WHERE destination = $1 AND arrived_at IS NULL AND closed_at IS NULL) AS coming,
       (SELECT count(*) FROM manifest
        WHERE destination = $1 AND arrived_at IS NOT NULL AND closed_at IS NULL) AS counting,
       (SELECT count(*) FROM card WHERE place = $1 AND state = 'received') AS to_store,
       (SELECT count(*) FROM card WHERE place = $1 AND state IN ('out', 'with_city')) AS out
"""

_ROAD = """
SELECT count(*) AS waiting
FROM batch
JOIN run ON run.code = batch.run
WHERE run.courier = $1 AND batch.state = 'dispatched'
"""

_DIFFERENCES = """
SELECT count(*) AS differences,
       (SELECT count(*) FROM missing_case
        WHERE place = $1 AND NOT EXISTS (
            SELECT FROM missing_case_end AS over WHERE over.case_code = missing_case.code)) AS cases,
       (SELECT count(*) FROM stock_count
        WHERE place = $1 AND NOT EXISTS (
            SELECT FROM stock_count_end AS over WHERE over.count = stock_count.code)) AS counts
FROM discrepancy
LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
WHERE ended.discrepancy IS NULL AND discrepancy.place = $1
"""

_AWAITING_COURIER = """
SELECT run.code, run.day, count(batch.code) AS batches, sum(batch.sealed_cards)::int AS cards
FROM batch
JOIN run ON run.code = batch.run
WHERE run.courier = $1 AND batch.state = 'dispatched'
GROUP BY run.code, run.day
ORDER BY run.day
"""

_WAITING_BATCHES = """
SELECT batch.code, batch.seal_number, batch.sealed_cards, batch.state, place.name AS destination
FROM batch
JOIN place ON place.code = batch.destination
WHERE batch.run = $1 AND batch.state IN ('dispatched', 'in_transit')
ORDER BY place.number, batch.code
"""

_READY = """
SELECT place.code, place.number, place.name, count(card.id) AS ready,
       (SELECT count(*) FROM batch WHERE batch.place = $1 AND batch.destination = place.code AND batch.state = 'open')
       AS open_batches
FROM place
LEFT JOIN card ON card.destination = place.code AND card.place = $1 AND card.state = 'ready'
WHERE place.kind IN ('counter', 'center')
GROUP BY place.code, place.number, place.name
ORDER BY place.number
"""


async def waiting(session: AsyncSession, actor: Actor, today: date) -> dict[str, int]:
    """How much of what waits where the actor works, by name."""
    connection = await driver(session)
    if actor.where is Where.COURIER:
        return dict(await connection.fetchrow(_ROAD, actor.courier))
    found = dict(await connection.fetchrow(_DIFFERENCES, actor.place))
    if actor.where is Where.ANNEX:
        return found | dict(await connection.fetchrow(_ANNEX, actor.place, today))
    return found | dict(await connection.fetchrow(_SITE, actor.place))


async def runs_to_take_over(session: AsyncSession, courier: str) -> list[dict[str, Any]]:
    """The runs of a courier with batches that wait for its acknowledgement."""
    return [dict(row) for row in await (await driver(session)).fetch(_AWAITING_COURIER, courier)]


async def batches_to_take_over(session: AsyncSession, run: str) -> list[dict[str, Any]]:
    """The batches of a run that left and have not arrived, in the order of the sites."""
    return [dict(row) for row in await (await driver(session)).fetch(_WAITING_BATCHES, run)]


async def ready_by_site(session: AsyncSession, place: str) -> list[dict[str, Any]]:
    """How many cards are ready to be packed for each site, and its open batches."""
    return [dict(row) for row in await (await driver(session)).fetch(_READY, place)]


async def box(session: AsyncSession, code: str) -> dict[str, Any] | None:
    """A small box with its arrival."""
    row = await (await driver(session)).fetchrow("SELECT * FROM box WHERE code = $1", code)
    return dict(row) if row else None
