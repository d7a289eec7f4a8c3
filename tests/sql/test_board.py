"""The figures of the run board, on a day that was really played."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import httpx
import pytest

from api.app import create_app
from logistics.rules.calendar import JST
from logistics.rules.codes import CodeType, random_code
from logistics.store.database import Database
from logistics.work import board
from logistics.work.board import Days, SiteDay, Stage
from seed.load import person_code
from tests.http.board_day import PlayedDay
from tests.sessions import BASE, headers_of

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=JST)
DAY = NOW.date()


@pytest.fixture
async def played(database: Database) -> AsyncIterator[PlayedDay]:
    app = create_app(database, lambda: NOW)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield PlayedDay(client, NOW)


async def _day(database: Database, day: date = DAY) -> dict[int, SiteDay]:
    async with database.read() as session:
        return {row.number: row for row in await board.day(session, day)}


async def test_a_day_without_a_run_shows_thirteen_sites_with_nothing(database: Database) -> None:
    rows = await _day(database)

    assert list(rows) == list(range(1, 14))
    assert {row.stage for row in rows.values()} == {Stage.NOTHING}
    assert {
        (r.batches, r.packed, r.dispatched, r.received, r.stored, r.differences) for r in rows.values()
    } == {(0, 0, 0, 0, 0, 0)}


async def test_cards_in_an_open_batch_are_packed_and_nothing_else(
    database: Database, played: PlayedDay
) -> None:
    await played.arrive({1: 3})
    await played.pack([1])

    row = (await _day(database))[1]
    assert (row.stage, row.batches, row.packed, row.dispatched, row.missing) == (Stage.PACKING, 1, 3, 0, None)


async def test_each_site_is_shown_as_far_as_it_is(database: Database, played: PlayedDay) -> None:
    await played.arrive({1: 2, 2: 2, 3: 2, 4: 2, 5: 2})
    await played.pack([1, 2, 3, 4, 5])
    await played.dispatch()
    await played.take_over([2, 3, 4, 5])
    await played.receive(3, played.cards[3][:1])
    for site in (4, 5):
        await played.receive(site, played.cards[site])
        await played.close(site, 0)
    await played.put_away(5, played.cards[5])

    rows = await _day(database)
    assert [rows[site].stage for site in range(1, 7)] == [
        Stage.RELEASED,
        Stage.ON_THE_WAY,
        Stage.COUNTING,
        Stage.STORING,
        Stage.DONE,
        Stage.NOTHING,
    ]
    assert rows[5] == SiteDay(
        site="L05" + rows[5].site[3:],
        number=5,
        name="東山",
        batches=1,
        packed=2,
        dispatched=2,
        dispatched_at=NOW,
        taken_over_at=NOW,
        arrived_at=NOW,
        closed_at=NOW,
        received=2,
        to_store=0,
        stored=2,
        differences=0,
    )


async def test_dispatched_is_received_and_missing_once_the_receipt_is_closed(
    database: Database, played: PlayedDay
) -> None:
    await played.arrive({1: 3})
    await played.pack([1])
    await played.dispatch()
    await played.take_over([1])
    await played.receive(1, played.cards[1][:1])
    await played.receive(1, played.cards[1][1:2], damaged=True)
    before = (await _day(database))[1]

    await played.close(1, 1)

    after = (await _day(database))[1]
    assert (before.received, before.missing, before.differences) == (2, None, 1)
    assert (after.received, after.missing, after.differences) == (2, 1, 2)
    assert after.dispatched == after.received + (after.missing or 0)
    assert not after.is_finished


async def test_a_difference_counts_where_it_was_found_until_it_is_settled(
    database: Database, played: PlayedDay
) -> None:
    await played.arrive({1: 1, 2: 1})
    await played.pack([1, 2])
    await played.dispatch()
    await played.take_over([1, 2])
    await played.receive(1, [*played.cards[1], random_code(CodeType.CARD)])

    found = await _day(database)
    assert (found[1].differences, found[2].differences) == (1, 0)

    leader = person_code(1, 1)
    listed = await played.client.get("/api/v1/discrepancies", headers=headers_of(leader))
    code = listed.json()["items"][0]["code"]
    why = "a spare sleeve"
    asked = await played.say(
        leader, "/approvals", {"act": "write_off", "subject": code, "details": {"reason": why}, "reason": why}
    )
    await played.say(person_code(1, 91), f"/approvals/{asked['code']}/approve", {"sha256": asked["sha256"]})
    ending = {"how": "explain", "reason": why, "approval": asked["code"]}
    await played.say(leader, f"/discrepancies/{code}/resolve", ending)

    assert (await _day(database))[1].differences == 0


async def test_the_board_knows_the_days_with_a_run_around_a_day(
    database: Database, played: PlayedDay
) -> None:
    await played.arrive({1: 1})
    await played.pack([1])

    async with database.read() as session:
        assert await board.days(session, DAY) == Days(None, DAY, None)
        assert await board.days(session, DAY + timedelta(days=1)) == Days(DAY, DAY, None)
        assert await board.days(session, DAY - timedelta(days=1)) == Days(None, None, DAY)
