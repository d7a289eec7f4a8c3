"""The day of a place: refused while something is open, added up from the log, reported the next morning."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules.lifecycle import CardStep
from logistics.store.database import Database
from tests.http.conftest import OPENING
from tests.http.counting import Counted, MovingClock, acting, stored
from tests.http.day import Day
from tests.http.rows import one
from tests.pure.labels_paper import texts

TODAY = "2026-04-01"


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(OPENING)


async def counted(vault: Counted) -> None:
    """A clean closing count by number."""
    count = await vault.open("closing")
    await vault.tally(count, {slot: len(cards) for slot, cards in vault.slots.items()})
    assert (await vault.finish(count))["state"] == "concluded"


def close_of(vault: Counted, day: str = TODAY) -> str:
    return f"/places/{vault.site.place}/day-closes/{day}"


async def close(vault: Counted, day: str = TODAY, **more: Any) -> Any:
    return await vault.site.leader.post(close_of(vault, day), {"second": vault.second.code} | more)


async def issue(vault: Counted, card: str) -> None:
    assert await vault.site.clerk.scan("/take-outs", [card], purpose="issue") == ["taken_out"]
    assert await vault.site.clerk.scan("/issues", [card]) == ["issued"]


async def test_a_day_with_nothing_open_is_closed_and_adds_up(day: Day) -> None:
    vault = await stored(day, 1, [3, 2])
    slot, cards = next(iter(vault.slots.items()))
    await issue(vault, cards[0])
    vault.slots[slot] = cards[1:]
    await counted(vault)

    closed = await close(vault)

    assert (closed["state"], closed["problems"], closed["closed_by"]) == (
        "closed",
        [],
        vault.site.leader.code,
    )
    (line,) = closed["lines"]
    assert {k: v for k, v in line.items() if v} == {
        "kind": "standard",
        "incoming": 5,
        "issued": 1,
        "closing": 4,
    }


async def test_what_is_open_is_listed_with_what_to_do_and_keeps_the_day_open(day: Day) -> None:
    vault = await stored(day, 1, [3], aside=2)
    (slot,) = vault.slots
    out, gone = vault.cards[:2]
    await vault.site.clerk.scan("/take-outs", [out], purpose="issue")
    await vault.site.clerk.post(f"/cards/{gone}/missing", {"reason": "not in its slot"})
    count = await vault.open("spot", slots=[slot])

    problem = await vault.site.leader.refused(close_of(vault), {"second": vault.second.code})
    shown = await vault.site.leader.get(f"/places/{vault.site.place}/day-closes/{TODAY}")

    assert problem["type"] == "/problems/day-not-done"
    (difference,) = (await vault.site.leader.get("/discrepancies"))["items"]
    assert {one["what"]: one["codes"] for one in problem["problems"]} == {
        "out": [out],
        "unslotted": sorted(vault.aside),
        "count_open": [count],
        "uncounted": [vault.vault],
        "difference_untouched": [difference["code"]],
    }
    assert (shown["state"], len(shown["problems"])) == ("open", 5)
    assert all(one["todo"] and one["todo_ja"] for one in shown["problems"])


async def test_a_difference_somebody_works_on_does_not_keep_the_day_open(day: Day) -> None:
    vault = await stored(day, 1, [3, 0])
    (slot, _), gone = vault.slots, vault.cards[0]
    case = await vault.site.clerk.post(f"/cards/{gone}/missing", {"reason": "not in its slot"})
    vault.slots[slot] = vault.slots[slot][1:]
    await counted(vault)
    untouched = await vault.site.leader.refused(close_of(vault), {"second": vault.second.code})

    await vault.site.clerk.post(f"/cases/{case['code']}/marks", {"item": "waste", "note": "なし"})
    closed = await close(vault)

    assert [one["what"] for one in untouched["problems"]] == ["difference_untouched"]
    (line,) = closed["lines"]
    assert (line["incoming"], line["lost"], line["closing"]) == (3, 1, 2)


async def test_a_leader_closes_over_what_is_open_with_a_reason_that_is_kept(day: Day) -> None:
    vault = await stored(day, 1, [2])

    by_worker = await vault.site.clerk.refused(close_of(vault), {"second": vault.second.code})
    closed = await close(vault, reason="停電のため数えられない")

    assert by_worker["type"] == "/problems/not-allowed"
    assert (closed["reason"], [one["what"] for one in closed["problems"]]) == (
        "停電のため数えられない",
        ["uncounted"],
    )


async def test_a_day_is_closed_once_by_two_people_of_the_place(day: Day) -> None:
    vault = await stored(day, 1, [1])
    await counted(vault)
    body = {"second": vault.second.code}

    alone = await vault.site.leader.refused(close_of(vault), {"second": vault.site.leader.code})
    elsewhere = await day.site(2).leader.refused(close_of(vault), {"second": day.site(2).clerk.code})
    answers = await asyncio.gather(
        *(vault.site.leader.ask("POST", close_of(vault), json=body) for _ in range(2))
    )
    tomorrow = await vault.site.leader.refused(close_of(vault, "2026-04-02"), body)

    assert alone["type"] == "/problems/second-person-needed"
    assert elsewhere["type"] == "/problems/not-found"
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert tomorrow["errors"][0]["field"] == "day"


async def test_one_days_closing_is_the_next_ones_opening_and_only_new_entries_are_read(
    day: Day, clock: MovingClock, database: Database
) -> None:
    vault = await stored(day, 1, [3])
    await counted(vault)
    await close(vault)
    read = await one(database, "SELECT last_entry FROM site_day")
    await issue(vault, vault.cards[0])
    clock.days(1)
    (slot,) = vault.slots
    vault.slots[slot] = vault.cards[1:]
    await counted(vault)

    closed = await close(vault, "2026-04-02")

    (line,) = closed["lines"]
    assert (line["opening"], line["incoming"], line["issued"], line["closing"]) == (3, 0, 1, 2)
    last = await one(database, "SELECT max(last_entry) FROM site_day")
    assert isinstance(read, int)
    assert isinstance(last, int)
    assert last > read
    earlier = await vault.site.leader.refused(close_of(vault, "2026-03-31"), {"second": vault.second.code})
    assert earlier["errors"][0]["field"] == "day"


async def test_an_entry_that_commits_after_the_close_belongs_to_the_next_day(
    day: Day, clock: MovingClock, database: Database
) -> None:
    """Its id was given out before those that the close read, and nobody could see it then."""
    vault = await stored(day, 1, [2])
    await counted(vault)
    clerk, (slot,) = await acting(database, 1, 2), vault.slots
    gone = vault.cards[0]
    act = Act("miss", clerk, vault.site.place, OPENING, step=CardStep.MISS, cards=[gone])
    async with database.begin() as session:
        await take(session, [act], OPENING)
        await day.annex.post("/control-numbers", {"count": 1})
        await vault.site.clerk.ask("POST", "/labels/sleeves", json={"cards": [vault.cards[1]]})
        closed = await close(vault)
    clock.days(1)
    vault.slots[slot] = vault.cards[1:]
    await counted(vault)

    following = await close(vault, "2026-04-02")

    assert [line["closing"] for line in closed["lines"]] == [2]
    (line,) = following["lines"]
    assert (line["opening"], line["lost"], line["closing"]) == (2, 1, 1)


async def test_who_has_not_closed_by_the_end_of_the_last_session_is_on_the_list(
    day: Day, clock: MovingClock
) -> None:
    vault = await stored(day, 1, [1])
    await counted(vault)
    await close(vault)
    states = {one["place"]: one for one in await day.manager.get("/day-closes")}
    clock.days(9 / 24)

    late = {one["place"]: one["state"] for one in await day.manager.get("/day-closes")}
    sunday = {one["state"] for one in await day.manager.get("/day-closes", day="2026-04-05")}
    own = [one["place"] for one in await day.site(2).leader.get("/day-closes")]

    assert states[vault.site.place]["state"] == "closed"
    assert states[day.site(2).place]["state"] == "open"
    assert states[day.site(2).place]["due_at"] == "2026-04-01T17:00:00+09:00"
    assert (late[vault.site.place], late[day.site(2).place]) == ("closed", "overdue")
    # A Wednesday: the Center works until seven in the evening.
    assert late[day.site(13).place] == "open"
    assert "no_session" in sunday
    assert own == [day.site(2).place]


async def test_the_day_report_is_made_the_next_morning_from_a_frozen_day(
    day: Day, clock: MovingClock
) -> None:
    vault = await stored(day, 1, [3, 2])
    count = await vault.open("opening")
    await vault.tally(count, {slot: len(cards) for slot, cards in vault.slots.items()})
    await vault.finish(count)
    path = f"/places/{vault.site.place}/day-closes/{TODAY}/report.pdf"
    await counted(vault)
    same_day = (await vault.site.leader.ask("GET", path)).json()
    clock.days(1)
    unclosed = (await vault.site.leader.ask("GET", path)).json()
    await close(vault)

    first = await vault.site.leader.ask("GET", path)
    again = await vault.site.leader.ask("GET", path)

    assert same_day["errors"][0]["field"] == "day"
    assert unclosed["type"] == "/problems/day-not-closed"
    assert (first.headers["X-Document-Copy"], again.headers["X-Document-Copy"]) == ("0", "1")
    said = "".join(texts(first.content)).replace(" ", "")
    assert "始業時棚卸し" in said
    assert "閉所の時刻より後に締めました" in said
    assert "差異はありません" in said
