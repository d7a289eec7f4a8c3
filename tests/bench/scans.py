"""Receiving by scan: one at a time from 16 connections, in bulk, steadily; and what the custody log costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from logistics.ledger.log import timestamp
from tests.bench import bare, client, custody
from tests.bench.measuring import Row, Side, in_turn, percentile
from tests.bench.setting import Stage, processor_seconds, resident_mb, sequenced
from tests.bench.world import NOW, Card, World, site_clerk, supervisor

CONNECTIONS = 16
SINGLES, FIFTIES, FIVE_HUNDREDS = 1_200, 30, 8
PER_SECOND, STEADY_SECONDS = 300, 10
IDLE_SECONDS = 2.0
SIDES = 2


def furnish(world: World, rounds: int) -> None:
    """Cards for every scan, and for every question."""
    turns = (rounds + 1) * SIDES
    each_turn = SINGLES * 7 + 50 * FIFTIES + 500 * FIVE_HUNDREDS * 2 + custody.QUESTIONS
    # Sites do not come out even; a tenth more is enough for all.
    world.add_under_way((turns * each_turn + PER_SECOND * (STEADY_SECONDS + 1) + 2_000) * 11 // 10)


async def single(stage: Stage) -> list[Row]:
    """One scan in a request, 16 requests at a time; on the bare side a transaction each, one at a time.

    Once more beside 16 bare connections at a time, which share the disk's flushes as the service's requests do.
    """
    count = stage.sized(SINGLES)

    async with (
        client.connected(stage.base, CONNECTIONS) as http,
        bare.connected(stage.dsn, CONNECTIONS) as sql,
    ):

        async def ours() -> float:
            requests = _singles(stage, count)
            return count / await client.drain(http, requests, all_received)

        def theirs(connections: int) -> Side:
            async def alone() -> float:
                calls = [bare.single(card) for card in stage.world.scans(count)]
                return count / await bare.drain(sql[:connections], bare.SINGLE, calls, rows=1)

            return alone

        one = await in_turn(ours, theirs(1), stage.rounds)
        many = await in_turn(ours, theirs(CONNECTIONS), stage.rounds)
    return [
        Row("single scan, 16 connections; bare one at a time", "scans/s", *one, "high", ratio_bound=0.6),
        Row("the same; bare from 16 connections too", "scans/s", *many, "high"),
    ]


async def fifty(stage: Stage) -> list[Row]:
    """50 scans in a request."""
    return [await _bulk(stage, "50 scans in a request", 50, stage.sized(FIFTIES), 1)]


async def five_hundred(stage: Stage) -> list[Row]:
    """500 scans in a request, from one connection and from four."""
    requests = stage.sized(FIVE_HUNDREDS)
    one = await _bulk(stage, "500 scans in a request", 500, requests, 1, ratio_bound=0.5, bound=5_000)
    four = await _bulk(stage, "500 scans in a request, 4 connections", 500, requests, 4)
    return [one, four]


async def steady(stage: Stage) -> list[Row]:
    """How long one scan takes while 300 a second come in, after a second of them, and the service's memory then."""
    idle = resident_mb()
    count = PER_SECOND * stage.sized(STEADY_SECONDS)
    async with client.connected(stage.base, 64) as http:
        await client.steadily(http, _singles(stage, PER_SECOND), PER_SECOND)
        times = await client.steadily(http, _singles(stage, count), PER_SECOND)
    return [
        Row("single scan at 300 scans/s, p50", "ms", percentile(times, 0.5)),
        Row("single scan at 300 scans/s, p99", "ms", percentile(times, 0.99), bound=50),
        Row("memory before, resident", "MB", idle, bound=200),
        Row("memory at 300 scans/s, resident", "MB", resident_mb(), bound=300),
    ]


async def log_cost(stage: Stage) -> list[Row]:
    """Single scans over HTTP with the custody log, beside the same service without; and both transactions bare.

    By the clock and by processor time, in which sequencing and signing what was appended are counted too. What both
    services use while nobody scans, watching the old log among it, is taken out of both sides: it is no scan's cost, and
    the side that waits for a signature would pay more of it.
    """
    count = stage.sized(SINGLES)
    with stage.another("tests.bench.unlogged") as unlogged:
        async with (
            client.connected(stage.base, CONNECTIONS) as with_log,
            client.connected(unlogged, CONNECTIONS) as without,
        ):
            logged, not_logged = _served(stage, with_log, count), _served(stage, without, count)
            served = await in_turn(logged, not_logged, stage.rounds)
            spent = await in_turn(
                _spent(stage, logged, count), _spent(stage, not_logged, count), stage.rounds
            )
    async with bare.connected(stage.dsn, CONNECTIONS) as sql:

        async def bare_logged() -> float:
            calls = [bare.single(card) for card in stage.world.scans(count)]
            return await bare.drain(sql, bare.SINGLE, calls, rows=1) / count * 1000

        async def bare_not_logged() -> float:
            calls = [bare.without_log(card) for card in stage.world.scans(count)]
            return await bare.drain(sql, bare.WITHOUT_LOG, calls, rows=1) / count * 1000

        alone = await in_turn(bare_logged, bare_not_logged, stage.rounds)
    return [
        Row("single scan with the log, beside one without", "ms/scan", *served, ratio_bound=1.25),
        Row("the same in processor time, with sequencing and signing", "ms/scan", *spent, ratio_bound=1.25),
        Row("the same two transactions, each alone", "ms/scan", *alone),
    ]


def _singles(stage: Stage, count: int) -> list[bytes]:
    return [request([card], stage.now()) for card in stage.world.scans(count)]


def _served(stage: Stage, http: Sequence[client.Connection], count: int) -> Side:
    async def measured() -> float:
        requests = _singles(stage, count)
        return await client.drain(http, requests, all_received) / count * 1000

    return measured


def _spent(stage: Stage, side: Side, count: int) -> Side:
    async def measured() -> float:
        idle = await _used(stage, asyncio.sleep(IDLE_SECONDS)) / IDLE_SECONDS
        started = time.monotonic()

        async def scanned() -> None:
            await side()
            await sequenced(stage.superuser)

        used = await _used(stage, scanned())
        return (used - idle * (time.monotonic() - started)) / count * 1000

    return measured


async def _used(stage: Stage, work: Awaitable[None]) -> float:
    """Processor seconds that go by while `work` is done."""
    before = await processor_seconds(stage)
    await work
    return await processor_seconds(stage) - before


def request(cards: Sequence[Card], at: datetime = NOW) -> bytes:
    """A request that receives the cards, all at the site of the first."""
    scans = [{"id": str(uuid4()), "code": card.code, "occurred_at": timestamp(at)} for card in cards]
    site = cards[0].site
    body = {"supervisor": supervisor(site), "scans": scans}
    return client.post("/api/v1/scans", site_clerk(site), body)


def all_received(body: bytes) -> None:
    """Refuse an answer in which a scan was not received: it would not be the same work."""
    outcomes: list[dict[str, Any]] = msgspec.json.decode(body)["outcomes"]
    assert {outcome["outcome"] for outcome in outcomes} == {"received"}, outcomes[:3]


async def _bulk(stage: Stage, path: str, size: int, requests: int, connections: int, **bounds: float) -> Row:
    async with (
        client.connected(stage.base, connections) as http,
        bare.connected(stage.dsn, connections) as sql,
    ):

        def groups() -> list[list[Card]]:
            return [stage.world.to_one_site(size) for _ in range(requests)]

        async def ours() -> float:
            made = [request(cards, stage.now()) for cards in groups()]
            return requests * size / await client.drain(http, made, all_received)

        async def theirs() -> float:
            calls = [bare.bulk(cards) for cards in groups()]
            return requests * size / await bare.drain(sql, bare.BULK, calls, rows=size)

        rate, bare_rate = await in_turn(ours, theirs, stage.rounds)
    return Row(path, "cards/s", rate, bare_rate, "high", **bounds)
