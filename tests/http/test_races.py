"""Races, run as races: many clerks at once, real commits, and only one of them can be first."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx

from logistics.settings import Clock
from logistics.store.database import Database
from logistics.work import dispatching, people
from tests.http.day import HEADER, RUN_DAY, Day, new_card, scan_of
from tests.http.rows import one

# Whether any session waits for a lock that another holds.
WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


async def capacity_left(day: Day, slot: str, leave: int) -> list[str]:
    """Fill a slot but for `leave` places; the received cards that are left over."""
    sent = await day.received(1, 25 - leave + 2)
    site = day.site(1)
    await site.store(slot, *sent.cards[: 25 - leave])
    return sent.cards[25 - leave :]


async def test_twenty_clerks_scan_one_card_and_it_is_received_once(day: Day, database: Database) -> None:
    sent = await day.delivered(1, 1)
    site, (card,) = day.site(1), sent.cards

    given = await asyncio.gather(*(site.receive(card) for _ in range(20)))

    assert Counter(outcome for (outcome,) in given) == {"received": 1, "already_received": 19}
    steps = await one(database, "SELECT count(*) FROM entry_card WHERE step = 'receive'")
    assert (steps, await one(database, "SELECT count(*) FROM scan WHERE code = $1 AND accepted", card)) == (
        1,
        3,
    )


async def test_two_sites_scan_one_container_and_one_of_them_has_it(day: Day) -> None:
    sent = (await day.in_transit({1: 2}))[1]
    (batch,) = sent.batches

    given = await asyncio.gather(
        *(day.site(n).scan(scan_of(batch.code, seal_number=batch.seal)) for n in (1, 2, 3, 1, 2))
    )

    found = Counter(answer["outcome"] for (answer,) in given)
    assert found["arrived"] == 1, "its own site has it in the end, once"
    assert found["unexpected"] <= 1
    now = await day.annex.get(f"/batches/{batch.code}")
    cards = [await day.annex.get(f"/cards/{card}") for card in sent.cards]
    assert {(c["state"], c["place"], c["custodian"]) for c in cards} == {
        ("delivered", now["place"], now["custodian"])
    }


async def test_two_sites_scan_one_card_and_one_of_them_has_it(day: Day) -> None:
    sent = await day.delivered(1, 1)
    (card,) = sent.cards

    given = await asyncio.gather(*(day.site(n).receive(card) for n in (2, 1, 3, 1)))

    kept = Counter(outcome for (outcome,) in given)
    assert kept["received"] + kept["unexpected"] >= 1
    found = await day.annex.get(f"/cards/{card}")
    assert (found["state"], found["place"]) in [("received", day.site(1).place)] + [
        ("held", day.site(n).place) for n in (1, 2, 3)
    ]
    assert found["custodian"] == found["place"]


async def test_two_clerks_fill_the_last_place_of_a_slot_and_one_succeeds(
    day: Day, database: Database
) -> None:
    site, slot = day.site(1), await day.site(1).first_slot()
    cards = await capacity_left(day, slot, leave=1)

    given = await asyncio.gather(*(site.store(slot, card) for card in cards))

    assert Counter(outcome for (outcome,) in given) == {"stored": 1, "slot_full": 1}
    occupied = await one(database, "SELECT occupied FROM slot WHERE code = $1", slot)
    assert occupied == 25 == await one(database, "SELECT count(*) FROM card WHERE slot = $1", slot)


async def test_a_card_put_into_two_slots_at_once_lies_in_one(day: Day, database: Database) -> None:
    sent = await day.received(1, 1)
    site = day.site(1)
    slots = [
        s["code"] for s in (await site.clerk.get("/vaults/" + await vault(day) + "/slots", limit=6))["items"]
    ]

    given = await asyncio.gather(*(site.store(slot, *sent.cards) for slot in slots))

    assert Counter(outcome for (outcome,) in given)["stored"] == 1
    assert await one(database, "SELECT sum(occupied) FROM slot") == 1
    lies = await one(database, "SELECT slot FROM card")
    assert await one(database, "SELECT occupied FROM slot WHERE code = $1", lies) == 1


async def vault(day: Day) -> str:
    code: str = (await day.annex.get(f"/places/{day.site(1).place}/vaults"))[0]["code"]
    return code


async def test_a_card_is_in_the_container_or_was_refused_when_it_was_sealed(
    day: Day, database: Database
) -> None:
    cards = await day.ready({1: 6})
    batch = await day.packed(1, cards[:1])

    packs = [
        day.annex.ask("POST", f"/batches/{batch.code}/scans", json={"scans": [scan_of(c)]}) for c in cards[1:]
    ]
    seals = [
        day.annex.ask("POST", f"/batches/{batch.code}/seal", json={"seal_number": f"KS-{n}000", "counted": n})
        for n in range(1, 7)
    ]
    await asyncio.gather(
        *(request for pair in zip(packs, seals, strict=False) for request in pair), seals[-1]
    )

    inside = await one(database, "SELECT count(*) FROM card WHERE batch = $1", batch.code)
    sealed = await one(
        database, "SELECT sealed_cards FROM batch WHERE code = $1 AND state = 'sealed'", batch.code
    )
    assert sealed in (None, inside)


async def test_a_late_scan_and_the_close_of_a_receipt_agree(day: Day, database: Database) -> None:
    sent = await day.delivered(1, 4)
    site = day.site(1)
    await site.receive(*sent.cards[:3])
    late = sent.cards[3]

    closes = [
        site.clerk.ask(
            "POST", f"/manifests/{sent.manifest}/close", json={"supervisor": site.supervisor, "missing": n}
        )
        for n in (1, 0)
    ]
    answers, scanned = await asyncio.gather(asyncio.gather(*closes), site.receive(late))

    assert scanned == ["received"]
    assert statuses(answers) == {200: 1, 409: 1}
    (closed,) = [a.json() for a in answers if a.status_code == 200]
    assert closed["accepted"] + closed["missing"] == 4
    assert await day.differences() == [("short", "found")] * closed["missing"]
    assert await day.state(late) == "received"


async def test_a_run_is_dispatched_once(day: Day, database: Database) -> None:
    batches = await day.loaded({1: 2, 2: 2})
    run = batches[1].run

    answers = await asyncio.gather(*(day.annex.ask("POST", f"/runs/{run}/dispatch") for _ in range(5)))

    assert statuses(answers) == {200: 1, 409: 4}
    assert await one(database, "SELECT count(*) FROM manifest") == 2
    assert await one(database, "SELECT count(*) FROM document") == 4


async def test_no_container_is_opened_for_a_run_while_it_leaves(
    day: Day, database: Database, clock: Clock
) -> None:
    batches = await day.loaded({1: 1})

    async with database.begin() as session:
        clerk = await people.actor(session, day.annex.code)
        await dispatching.dispatch(session, clerk, batches[1].run, clock())
        opening = asyncio.create_task(
            day.annex.ask("POST", "/batches", json={"destination": day.site(2).place, "run_day": RUN_DAY})
        )
        while not opening.done() and not await one(database, WAITING):
            continue

    assert (await opening).json()["type"] == "/problems/run-departed"


async def test_the_same_list_sent_twice_at_once_is_imported_once(day: Day, database: Database) -> None:
    content = f"{HEADER}\n{new_card()},standard,{day.site(1).place},A-1\n".encode()

    answers = await asyncio.gather(*(day.annex.ask("POST", "/arrivals", content=content) for _ in range(5)))

    assert statuses(answers) == {201: 1, 409: 4}
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"/problems/already-imported"}
    assert await one(database, "SELECT count(*) FROM arrival") == 1


async def test_two_lists_that_name_one_card_at_once_do_not_both_come_in(day: Day, database: Database) -> None:
    line = f"{new_card()},standard,{day.site(1).place}"
    lists = [f"{HEADER}\n{line},A-{n}\n".encode() for n in range(4)]

    answers = await asyncio.gather(*(day.annex.ask("POST", "/arrivals", content=c) for c in lists))

    assert statuses(answers) == {201: 1, 400: 3}
    assert await one(database, "SELECT count(*) FROM card") == 1


async def test_a_seal_is_put_on_one_container(day: Day) -> None:
    first, second = [await day.packed(1, await day.ready({1: 1})) for _ in range(2)]
    body = {"seal_number": "KS-7777", "counted": 1}

    answers = await asyncio.gather(
        *(day.annex.ask("POST", f"/batches/{batch.code}/seal", json=body) for batch in (first, second))
    )

    assert statuses(answers) == {200: 1, 409: 1}
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"/problems/seal-used"}


async def test_a_difference_is_settled_once_by_two_leaders(day: Day) -> None:
    sent = await day.delivered(1, 1)
    site = day.site(1)
    (answer,) = await site.scan(scan_of(sent.cards[0], damaged=True))
    body = {"how": "accept", "reason": "scratch only"}

    answers = await asyncio.gather(
        *(
            site.leader.ask("POST", f"/discrepancies/{answer['discrepancy']}/resolve", json=body)
            for _ in range(4)
        )
    )

    assert statuses(answers) == {200: 1, 409: 3}


async def test_prints_at_once_are_numbered_without_gap_or_repeat(day: Day, database: Database) -> None:
    sent = (await day.dispatched({1: 1}))[1]
    site = day.site(1)

    answers = await asyncio.gather(
        *(site.clerk.ask("GET", f"/manifests/{sent.manifest}/manifest.pdf") for _ in range(4))
    )

    assert sorted(answer.headers["X-Document-Copy"] for answer in answers) == ["0", "1", "2", "3"]
    assert await one(database, "SELECT count(*) FROM document_print") == 4


async def test_numbers_of_papers_have_no_gaps_after_refusals(day: Day, database: Database) -> None:
    batches = await day.loaded({1: 1})
    run = batches[1].run
    tries: list[Any] = [day.annex.ask("POST", f"/runs/{run}/dispatch") for _ in range(3)]
    await asyncio.gather(*tries)

    numbers = await one(database, "SELECT array_agg(code ORDER BY code) FROM manifest")
    last = await one(database, "SELECT last FROM numbering WHERE series = 'M08'")
    assert (len(list(numbers or [])), last) == (1, 1)  # type: ignore[call-overload]
