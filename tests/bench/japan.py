"""All of Japan in its busiest hour: 120,000 cards between nine and ten, some clerk by clerk, some from sites that were offline."""

from __future__ import annotations

import asyncio
import time

from tests.bench import client, scans
from tests.bench.measuring import Row, percentile
from tests.bench.setting import Stage, resident_mb
from tests.bench.world import SITES, World

# 120,000 cards an hour are 33 a second; a site that comes back sends what it scanned meanwhile at once.
PER_SECOND = 35
BURST, BURST_SECONDS = 500, 20
CONNECTIONS = 64


def furnish(world: World, minutes: int) -> None:
    """Cards for so many minutes."""
    singles = PER_SECOND * minutes * 60
    bursts = BURST * (minutes * 60 // BURST_SECONDS + 1)
    # A burst goes to one site, which has to have them all.
    world.add_under_way((singles + bursts) * 11 // 10 + BURST * len(SITES))


async def busiest_hour(stage: Stage) -> list[Row]:
    """Single scans at a steady rate, from when each was due, while bursts of 500 come in; memory at the end."""
    seconds = stage.minutes * 60
    requests = [scans.request([card]) for card in stage.world.scans(PER_SECOND * seconds)]
    started = time.perf_counter()
    async with client.connected(stage.base, CONNECTIONS) as singles, client.connected(stage.base, 1) as bulk:
        bursts = asyncio.create_task(_bursts(stage, bulk[0], seconds))
        times = await client.steadily(singles, requests, PER_SECOND)
        spent = await bursts
    took = time.perf_counter() - started
    cards = len(times) + BURST * len(spent)
    said = f"all of Japan, {stage.minutes} min, {cards / took:,.0f} cards/s"
    return [
        Row(f"{said}: single scan, p50", "ms", percentile(times, 0.5)),
        Row(f"{said}: single scan, p99", "ms", percentile(times, 0.99), bound=100),
        Row(f"{said}: 500 scans at once, median", "ms", percentile(spent, 0.5)),
        Row(f"{said}: 500 scans at once, longest", "ms", max(spent)),
        Row(f"{said}: memory at the end, per process", "MB", resident_mb(), bound=300),
    ]


async def _bursts(stage: Stage, http: client.Connection, seconds: int) -> list[float]:
    spent = []
    for number in range(max(1, seconds // BURST_SECONDS)):
        await asyncio.sleep(BURST_SECONDS if number else BURST_SECONDS / 2)
        request = scans.request(stage.world.to_one_site(BURST))
        started = time.perf_counter()
        scans.all_received(await http.call(request))
        spent.append((time.perf_counter() - started) * 1000)
    return spent
