"""The same request again changes nothing: a scan's id makes every repeat harmless, alone or in a crowd."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from logistics.store.database import Database
from tests.http.day import NOW, Day, new_card, scan_of
from tests.http.rows import contents, one


def body_of(day: Day, *scans: dict[str, Any]) -> dict[str, Any]:
    return {"supervisor": day.site(1).supervisor, "scans": list(scans)}


def settled(answer: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(scan["outcome"], scan.get("repeated", False)) for scan in answer["outcomes"]]


async def test_a_request_sent_again_gets_the_first_answers_and_writes_nothing(
    day: Day, database: Database
) -> None:
    sent = (await day.in_transit({1: 2}))[1]
    (batch,) = sent.batches
    body = body_of(
        day,
        scan_of(sent.manifest),
        scan_of(batch.code, seal_number=batch.seal),
        scan_of(sent.cards[0]),
        scan_of(sent.cards[1], damaged=True),
        scan_of(new_card()),
        scan_of("words"),
    )
    outcomes = ["arrived", "arrived", "received", "damaged", "unknown", "malformed"]

    first = await day.site(1).clerk.post("/scans", body)
    after_first = await contents(database)
    again = await day.site(1).clerk.post("/scans", body)

    assert settled(first) == [(outcome, False) for outcome in outcomes]
    assert settled(again) == [(outcome, True) for outcome in outcomes]
    assert await contents(database) == after_first


async def test_fifty_retries_at_once_record_one_scan(day: Day, database: Database) -> None:
    sent = await day.delivered(1, 1)
    body = body_of(day, scan_of(sent.cards[0]))

    given = await asyncio.gather(*(day.site(1).clerk.post("/scans", body) for _ in range(50)))

    assert Counter(pair for answer in given for pair in settled(answer)) == {
        ("received", False): 1,
        ("received", True): 49,
    }
    assert await one(database, "SELECT count(*) FROM scan WHERE id = $1", body["scans"][0]["id"]) == 1


async def test_every_way_to_scan_is_idempotent_in_a_crowd(day: Day, database: Database) -> None:
    box, (card,) = await day.announce({1: 1})
    await day.annex.post(f"/boxes/{box}/open")
    (ready,) = await day.ready({1: 1})
    batch = await day.open_batch(1)
    loaded = await day.sealed(1, await day.ready({1: 1}))
    paths = {
        f"/boxes/{box}/scans": (card, "checked_in"),
        f"/batches/{batch['code']}/scans": (ready, "packed"),
        f"/runs/{loaded.run}/loads": (loaded.code, "loaded"),
    }
    for path, (code, outcome) in paths.items():
        body = {"scans": [scan_of(code)]}

        given = await asyncio.gather(*(day.annex.post(path, body) for _ in range(6)))

        assert Counter(pair for answer in given for pair in settled(answer)) == {
            (outcome, False): 1,
            (outcome, True): 5,
        }


async def test_a_retry_of_a_put_away_finds_the_card_where_it_was_put(day: Day, database: Database) -> None:
    sent = await day.received(1, 1)
    site, slot = day.site(1), await day.site(1).first_slot()
    body = body_of(day, scan_of(sent.cards[0]))

    given = await asyncio.gather(*(site.clerk.post(f"/slots/{slot}/scans", body) for _ in range(6)))

    assert Counter(pair for answer in given for pair in settled(answer)) == {
        ("stored", False): 1,
        ("stored", True): 5,
    }
    assert await one(database, "SELECT occupied FROM slot WHERE code = $1", slot) == 1


async def test_an_id_that_comes_back_with_other_content_is_a_conflict(day: Day, database: Database) -> None:
    sent = await day.delivered(1, 2)
    site, first = day.site(1), scan_of(sent.cards[0])
    await site.scan(first)
    before = await contents(database)

    answers = await site.scan(
        first | {"code": sent.cards[1]},
        first | {"code": "words"},
        first | {"occurred_at": "2026-04-01T08:59:00+09:00"},
    )
    (elsewhere,) = await day.site(2).scan(first)

    assert [a["outcome"] for a in answers] == ["conflict"] * 3
    assert elsewhere["outcome"] == "conflict"
    assert await contents(database) == before
    assert await day.state(sent.cards[1]) == "delivered"


async def test_a_time_in_another_zone_is_the_same_time(day: Day) -> None:
    sent = await day.delivered(1, 1)
    first = scan_of(sent.cards[0])
    await day.site(1).scan(first)

    (answer,) = await day.site(1).scan(first | {"occurred_at": "2026-04-01T00:00:00Z"})

    assert first["occurred_at"] == NOW
    assert (answer["outcome"], answer["repeated"]) == ("received", True)


async def test_one_id_for_a_container_and_a_card_is_a_conflict(day: Day) -> None:
    sent = (await day.in_transit({1: 1}))[1]
    (batch,) = sent.batches
    first = scan_of(batch.code, seal_number=batch.seal)

    answers = await day.site(1).scan(first, first | {"code": sent.cards[0]})

    assert [a["outcome"] for a in answers] == ["arrived", "conflict"]


async def test_the_same_card_twice_in_one_request_is_received_once(day: Day) -> None:
    sent = await day.delivered(1, 1)

    assert await day.site(1).receive(sent.cards[0], sent.cards[0]) == ["received", "already_received"]


async def test_five_hundred_scans_of_one_request_are_answered_in_order(day: Day) -> None:
    sent = await day.delivered(1, 40)
    codes = [*sent.cards, *(new_card() for _ in range(420)), *sent.cards]

    given = await day.site(1).receive(*codes)

    assert given == ["received"] * 40 + ["unknown"] * 420 + ["already_received"] * 40


async def test_opening_a_box_and_planning_a_run_again_change_nothing(day: Day, database: Database) -> None:
    box, _ = await day.announce({1: 1})
    await day.annex.post(f"/boxes/{box}/open")
    opened = await one(database, "SELECT opened_at FROM box")

    await asyncio.gather(*(day.annex.post(f"/boxes/{box}/open") for _ in range(5)))
    runs = await asyncio.gather(*(day.plan() for _ in range(5)))

    assert await one(database, "SELECT opened_at FROM box") == opened
    assert await one(database, "SELECT count(*) FROM entry WHERE act = 'open_box'") == 1
    assert {run["code"] for run in runs} == {await one(database, "SELECT code FROM run")}
