"""The custody of one card, asked for over HTTP."""

from __future__ import annotations

import time
from dataclasses import dataclass

import asyncpg

from logistics.work import custody
from seed.load import place_code
from tests.bench import bare, client
from tests.bench.measuring import Row, in_turn, percentile
from tests.bench.setting import Stage
from tests.bench.world import SITES, Card, site_clerk

QUESTIONS, SEVERAL = 200, 4
CLERKS = {place_code(site): site_clerk(site) for site in SITES}


async def one_card(stage: Stage) -> list[Row]:
    """State and whole history of a card, one question after the other; bare: the two statements alone."""
    count = stage.sized(QUESTIONS)
    times: list[float] = []
    async with client.connected(stage.base, 1) as http, bare.connected(stage.dsn, 1) as sql:

        async def ours() -> float:
            taken = [
                await _asked(http[0], card.code, site_clerk(card.site)) for card in stage.world.scans(count)
            ]
            times.extend(taken)
            return percentile(taken, 0.5)

        async def theirs() -> float:
            return percentile([await _bare(sql[0], card) for card in stage.world.scans(count)], 0.5)

        median, bare_median = await in_turn(ours, theirs, stage.rounds)
    return [
        Row("custody of one card, median", "ms", median, bare_median),
        Row("custody of one card, p99", "ms", percentile(times, 0.99), bound=10),
    ]


@dataclass(frozen=True, slots=True)
class Past:
    """A service at `base` whose database has made-up cards, with ids above `after`; `superuser` is connected to it."""

    base: str
    superuser: asyncpg.Connection
    after: int


async def any_card(ours: Past, beside: Past, count: int, rounds: int) -> tuple[Row, Row]:
    """The whole history of cards drawn from all of the past, asked of both services in turn, of every worker of theirs."""
    times: list[float] = []
    async with client.connected(ours.base, SEVERAL) as here, client.connected(beside.base, SEVERAL) as there:

        async def asked(past: Past, http: list[client.Connection]) -> list[float]:
            drawn = await past.superuser.fetch(
                "SELECT code, place FROM card WHERE id > $1 ORDER BY random() LIMIT $2", past.after, count
            )
            return [
                await _asked(http[number % SEVERAL], row["code"], CLERKS[row["place"]])
                for number, row in enumerate(drawn)
            ]

        async def of_ours() -> float:
            taken = await asked(ours, here)
            times.extend(taken)
            return percentile(taken, 0.5)

        async def of_the_other() -> float:
            return percentile(await asked(beside, there), 0.5)

        median, median_beside = await in_turn(of_ours, of_the_other, rounds)
    return (
        Row("custody of any card, median", "ms", median, median_beside, ratio_bound=1.5),
        Row("custody of any card, p99", "ms", percentile(times, 0.99), bound=10),
    )


async def _asked(http: client.Connection, card: str, person: str) -> float:
    started = time.perf_counter()
    await http.call(client.get(f"/api/v1/cards/{card}/custody", person))
    return (time.perf_counter() - started) * 1000


async def _bare(sql: asyncpg.Connection, card: Card) -> float:
    started = time.perf_counter()
    await sql.fetchrow(custody._ONE, card.code)
    await sql.fetch(custody._OF_CARD, card.id, card.code, 0, 500)
    return (time.perf_counter() - started) * 1000
