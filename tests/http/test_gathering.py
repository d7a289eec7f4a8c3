"""The gatherer: many clerks' scans in one transaction, each with an answer of its own after the commit."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from api.gathering import Gatherer
from logistics.ledger.log import new_uuid
from logistics.rules.errors import DomainError, InvalidValue, SupervisorNeeded
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.work.receiving import Receipt
from logistics.work.scans import Answer, Scan
from tests.http.day import Day, Sent, new_card
from tests.http.rows import one
from tests.sessions import credential_of


@pytest.fixture
def gatherer(database: Database, clock: Clock) -> Gatherer:
    """The gatherer as a server has it: one for all requests."""
    return Gatherer(database, clock)


def receipt(day: Day, clock: Clock, *codes: str, site: int = 1, actor: str = "", boss: str = "") -> Receipt:
    at = day.site(site)
    scans = [Scan(new_uuid(), code, clock()) for code in codes]
    return Receipt(credential_of(actor or at.clerk.code), boss or at.supervisor, scans)


async def test_one_bad_call_among_many_does_not_harm_the_others(
    day: Day, gatherer: Gatherer, clock: Clock, database: Database
) -> None:
    sent = await day.delivered(1, 4)
    good = [receipt(day, clock, card) for card in sent.cards]
    bad = [
        receipt(day, clock, sent.cards[0], actor=day.annex.code),
        receipt(day, clock, sent.cards[1], boss=day.site(1).leader.code),
    ]

    answers = await asyncio.gather(
        *(gatherer.record(call) for call in (good[0], bad[0], good[1], bad[1], *good[2:])),
        return_exceptions=True,
    )

    kinds = [type(a) if isinstance(a, BaseException) else a[0].outcome.value for a in answers]
    assert kinds == ["received", InvalidValue, "received", SupervisorNeeded, "received", "received"]
    assert await one(database, "SELECT count(*) FROM card WHERE state = 'received'") == 4


async def test_a_call_that_breaks_the_transaction_breaks_its_own_alone(
    day: Day, gatherer: Gatherer, clock: Clock
) -> None:
    sent = await day.delivered(1, 3)
    broken = Receipt(credential_of(day.site(1).clerk.code), "a\x00b", [Scan(new_uuid(), new_card(), clock())])
    calls = [receipt(day, clock, card) for card in sent.cards]

    answers = await asyncio.gather(
        *(gatherer.record(call) for call in (calls[0], broken, *calls[1:])), return_exceptions=True
    )

    assert isinstance(answers[1], Exception)
    assert not isinstance(answers[1], DomainError)
    assert [a[0].outcome.value for a in answers if isinstance(a, list)] == ["received"] * 3


async def test_an_answer_comes_after_the_commit_that_holds_it(
    day: Day, gatherer: Gatherer, clock: Clock, database: Database
) -> None:
    sent = await day.delivered(1, 10)

    async def scan_then_look(card: str) -> object:
        await gatherer.record(receipt(day, clock, card))
        return await one(database, "SELECT state FROM card WHERE code = $1", card)

    assert await asyncio.gather(*(scan_then_look(card) for card in sent.cards)) == ["received"] * 10


async def test_a_client_that_leaves_takes_nobody_else_with_it(
    day: Day, gatherer: Gatherer, clock: Clock, database: Database
) -> None:
    sent = await day.delivered(1, 6)
    tasks = [asyncio.create_task(gatherer.record(receipt(day, clock, card))) for card in sent.cards]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()

    given = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(a) for a in given] == [asyncio.CancelledError, list] * 3
    after = await gatherer.record(receipt(day, clock, *sent.cards))
    assert {answer.outcome.value for answer in after} == {"already_received"}


async def test_many_scans_share_few_transactions(
    day: Day, gatherer: Gatherer, clock: Clock, database: Database
) -> None:
    sent = await day.delivered(1, 30)
    transactions = "SELECT count(DISTINCT recorded_at) FROM entry WHERE act = 'receive'"

    await asyncio.gather(*(gatherer.record(receipt(day, clock, card)) for card in sent.cards))

    assert await one(database, transactions) in (1, 2)


async def test_the_same_scan_through_two_servers_is_settled_once(
    day: Day, database: Database, clock: Clock
) -> None:
    """Two processes know nothing of each other but the database."""
    sent = await day.delivered(1, 1)
    servers = [Gatherer(database, clock) for _ in range(4)]
    call = receipt(day, clock, sent.cards[0])

    given = await asyncio.gather(*(server.record(call) for server in servers))

    assert Counter((a.outcome.value, a.repeated) for (a,) in given) == {
        ("received", False): 1,
        ("received", True): 3,
    }


async def test_no_mixture_of_work_at_once_deadlocks_or_loses_a_card(
    day: Day, database: Database, clock: Clock
) -> None:
    sent = await day.in_transit({1: 12, 2: 12})
    servers = [Gatherer(database, clock) for _ in range(3)]
    chance = random.Random(20260401)  # noqa: S311 - the same mixture every time
    stored = await _some_stored(day, sent)
    work = [job for n in (1, 2) for job in _jobs(day, clock, servers, n, sent, stored, chance)]
    chance.shuffle(work)

    given = await asyncio.gather(*(job() for job in work), return_exceptions=True)

    assert [repr(a) for a in given if isinstance(a, BaseException) and not isinstance(a, DomainError)] == []
    assert await one(database, "SELECT sum(occupied) FROM slot") == await one(
        database, "SELECT count(*) FROM card WHERE slot IS NOT NULL"
    )
    assert await one(database, "SELECT count(*) FROM card") == 24


async def _some_stored(day: Day, sent: dict[int, Sent]) -> dict[int, list[str]]:
    stored = {}
    for n in (1, 2):
        site = day.site(n)
        stored[n] = sent[n].cards[:4]
        await site.receive(*stored[n])
        await site.store(await site.first_slot(), *stored[n])
    return stored


def _jobs(
    day: Day,
    clock: Clock,
    servers: list[Gatherer],
    n: int,
    sent: dict[int, Sent],
    stored: dict[int, list[str]],
    chance: random.Random,
) -> list[Callable[[], Awaitable[object]]]:
    """What goes on at one site: containers, cards of both sites, damage, put-away to and fro, the close."""
    site = day.site(n)
    cards = [*sent[1].cards, *sent[2].cards, new_card()]

    def scanning(codes: list[str], damaged: bool) -> Callable[[], Awaitable[object]]:
        scans = [Scan(new_uuid(), code, clock(), damaged=damaged) for code in codes]
        return lambda: chance.choice(servers).record(
            Receipt(credential_of(site.clerk.code), site.supervisor, scans)
        )

    def container(batch: str) -> Callable[[], Awaitable[list[Answer]]]:
        scans = [
            Scan(new_uuid(), batch, clock(), seal_number="KS-999999"),
            *(Scan(new_uuid(), card, clock()) for card in chance.sample(cards, 5)),
        ]
        return lambda: chance.choice(servers).record(
            Receipt(credential_of(site.clerk.code), site.supervisor, scans)
        )

    async def storing() -> object:
        page = await site.clerk.get("/places/" + site.place + "/vaults")
        slots = (await site.clerk.get(f"/vaults/{page[0]['code']}/slots", limit=4))["items"]
        return await site.store(chance.choice(slots)["code"], *chance.sample(stored[n], 2))

    async def closing() -> object:
        body = {"supervisor": site.supervisor, "missing": chance.randrange(12)}
        answer = await site.clerk.ask("POST", f"/manifests/{sent[n].manifest}/close", json=body)
        assert answer.status_code in (200, 409), answer.text
        return answer

    async def notice() -> object:
        body = {"cards": chance.sample(stored[n], 3), "day": "2026-04-01"}
        answer = await day.annex.ask("POST", "/notices", json=body)
        assert answer.status_code in (200, 409), answer.text
        return answer

    return [
        container(sent[1].batches[0].code),
        container(sent[2].batches[0].code),
        *(scanning(chance.sample(cards, 6), damaged=False) for _ in range(6)),
        *(scanning(chance.sample(stored[n], 2), damaged=True) for _ in range(2)),
        *([storing] * 8),
        *([notice] * 3),
        *([closing] * 4),
    ]
