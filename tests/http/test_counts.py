"""Counting a vault: blind, by several people, against what was frozen; what differs is counted by somebody else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules.lifecycle import CardStep
from logistics.store.database import Database
from tests.http.conftest import OPENING
from tests.http.counting import MovingClock, acting, stored
from tests.http.day import Day, new_card, scan_of
from tests.http.rows import one

NOON = OPENING + timedelta(hours=3)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(OPENING)


async def test_a_clean_count_is_concluded_when_it_is_finished(day: Day) -> None:
    vault = await stored(day, 1, [3, 2])
    count = await vault.open("full")

    await vault.scan_all(count)
    ended = await vault.finish(count)

    assert (ended["state"], ended["matched"], ended["missing"]) == ("concluded", 5, 0)
    assert ended["counters"] == [vault.site.clerk.code]
    assert await vault.findings(count) == []


async def test_no_answer_to_a_counter_tells_what_is_expected(day: Day) -> None:
    vault = await stored(day, 1, [3, 2])
    first, second = vault.slots
    opened = await vault.site.clerk.post(
        f"/vaults/{vault.vault}/counts",
        {"kind": "closing", "witness": vault.second.code, "supervisor": vault.site.supervisor},
    )
    count = opened["code"]
    card = vault.slots[first][0]

    right = await vault.site.clerk.post(f"/counts/{count}/scans", {"slot": first, "scans": [scan_of(card)]})
    wrong = await vault.site.clerk.post(
        f"/counts/{count}/scans", {"slot": first, "scans": [scan_of(vault.slots[second][0])]}
    )
    numbers = [await vault.tally(count, {second: n}) for n in (2, 7)]

    said = [{k: v for k, v in a["outcomes"][0].items() if k not in ("id", "code")} for a in (right, wrong)]
    assert said[0] == said[1]
    assert numbers[0] == numbers[1] == ["counted"]
    assert '"expected"' not in msgspec.json.encode(opened).decode()
    assert {opened[k] for k in ("matched", "missing", "unexpected")} == {None}
    problem = (await vault.site.leader.ask("GET", f"/counts/{count}/findings")).json()
    assert problem["type"] == "/problems/count-under-way"
    entries = await vault.site.leader.get(f"/places/{vault.site.place}/custody/2026-04-01", limit=500)
    assert '"expected"' not in msgspec.json.encode(entries).decode()


async def test_a_missing_card_is_counted_again_by_somebody_else_and_gets_a_case(day: Day) -> None:
    vault = await stored(day, 1, [3, 2])
    first, _ = vault.slots
    gone = vault.slots[first][0]
    count = await vault.open("full")

    await vault.scan_all(count, without=[gone])
    after_first = await vault.finish(count)
    own = await vault.site.clerk.refused(
        f"/counts/{count}/scans", {"slot": first, "scans": [scan_of(vault.slots[first][1])]}
    )
    await vault.scan(count, first, *vault.slots[first][1:], by=vault.second)
    after_second = await vault.finish(count, by=vault.second)
    ended = await vault.conclude(count)

    assert (after_first["state"], after_first["recount_slots"]) == ("recounting", [first])
    assert own["type"] == "/problems/other-counter-needed"
    assert after_second["state"] == "to_conclude"
    assert (ended["matched"], ended["missing"], ended["recounted_by"]) == (4, 1, vault.second.code)
    assert await day.state(gone) == "missing"
    (case,) = (await vault.site.leader.get("/cases", place=vault.site.place))["items"]
    assert (case["card"], case["cause"], case["subject"], case["last_slot"]) == (gone, "count", count, first)
    assert await day.differences() == [("short", None)]


async def test_the_second_counter_may_find_what_the_first_overlooked(day: Day) -> None:
    vault = await stored(day, 1, [3])
    (slot,) = vault.slots
    count = await vault.open("full")

    await vault.scan_all(count, without=vault.slots[slot][:1])
    await vault.finish(count)
    assert set(await vault.scan(count, slot, *vault.slots[slot], by=vault.second)) == {"counted"}
    ended = await vault.finish(count, by=vault.second)

    assert (ended["state"], ended["matched"], ended["missing"]) == ("concluded", 3, 0)


async def test_findings_are_paged_by_card_before_and_after_a_count_is_concluded(day: Day) -> None:
    vault = await stored(day, 1, [4])
    (slot,) = vault.slots
    gone, left = sorted(vault.slots[slot][1:]), vault.slots[slot][:1]
    count = await vault.open("full")

    async def paged() -> list[str]:
        first = await vault.site.leader.get(f"/counts/{count}/findings", limit=2)
        rest = await vault.site.leader.get(f"/counts/{count}/findings", limit=2, after=first["next"])
        assert rest["next"] is None
        return [found["card"] for found in (*first["items"], *rest["items"])]

    await vault.scan_all(count, without=gone)
    await vault.finish(count)
    await vault.scan(count, slot, *left, by=vault.second)
    await vault.finish(count, by=vault.second)

    assert await paged() == gone
    await vault.conclude(count)
    assert await paged() == gone


async def test_a_card_in_another_slot_is_moved_there_and_nothing_else(day: Day, database: Database) -> None:
    vault = await stored(day, 1, [2, 2])
    first, second = vault.slots
    astray = vault.slots[first][0]
    count = await vault.open("full")

    await vault.scan_all(count, without=[astray])
    assert await vault.scan(count, second, astray) == ["counted"]
    assert (await vault.finish(count))["state"] == "to_conclude"
    (found,) = await vault.findings(count)
    still = (await day.annex.get(f"/cards/{astray}"))["slot"]
    ended = await vault.conclude(count)

    assert (found["finding"], found["expected_in"], found["found_in"]) == ("misplaced", first, second)
    assert found["hint"] == second
    assert still == first, "nothing moves before the leader concludes"
    assert (await day.annex.get(f"/cards/{astray}"))["slot"] == second
    assert (ended["matched"], ended["misplaced"], ended["missing"]) == (3, 1, 0)
    assert await one(database, "SELECT occupied FROM slot WHERE code = $1", second) == 3
    contents = await day.manager.get("/audit/contents", slot=second, at="2026-04-01T23:00:00+09:00")
    assert astray in {item["card"] for item in contents["items"]}


async def test_what_moves_while_it_is_counted_is_explained_by_the_log(day: Day, database: Database) -> None:
    vault = await stored(day, 1, [3, 2, 0])
    first, second, third = vault.slots
    count = await vault.open("full")
    taken, moved = vault.slots[first][0], vault.slots[second][0]

    clerk = await acting(database, 1, 2)
    async with database.begin() as session:
        act = Act(
            "take_out",
            clerk,
            vault.site.place,
            NOON,
            step=CardStep.TAKE_OUT,
            cards=[taken],
            holder=clerk.code,
        )
        await take(session, [act], NOON)
    assert await vault.site.store(third, moved) == ["moved"]
    await vault.scan_all(count, without=[taken, moved])
    assert await vault.scan(count, third, moved) == ["counted"]
    ended = await vault.finish(count)

    assert (ended["state"], ended["matched"], ended["explained"], ended["missing"]) == ("concluded", 3, 2, 0)
    assert {f["card"]: f["finding"] for f in await vault.findings(count)} == {
        taken: "explained",
        moved: "explained",
    }


async def test_a_number_for_each_slot_is_enough_as_long_as_it_agrees(day: Day) -> None:
    vault = await stored(day, 1, [3, 2])
    first, second = vault.slots
    count = await vault.open("closing")

    assert await vault.tally(count, {first: 3, second: 2}) == ["counted", "counted"]
    ended = await vault.finish(count)

    assert (ended["state"], ended["matched"]) == ("concluded", 5)


async def test_a_number_that_differs_is_scanned_by_a_second_person_until_the_card_has_a_name(
    day: Day,
) -> None:
    vault = await stored(day, 1, [3, 2])
    first, second = vault.slots
    gone = vault.slots[first][2]
    count = await vault.open("closing")

    await vault.tally(count, {first: 2, second: 2})
    recount = await vault.finish(count)
    await vault.tally(count, {first: 2}, by=vault.second)
    unnamed = await vault.second.refused(f"/counts/{count}/finish")
    await vault.scan(count, first, *vault.slots[first][:2], by=vault.second)
    await vault.finish(count, by=vault.second)
    ended = await vault.conclude(count)

    assert (recount["state"], recount["recount_slots"]) == ("recounting", [first])
    assert (unnamed["type"], unnamed["slots"]) == ("/problems/count-not-done", [first])
    assert (ended["missing"], await day.state(gone)) == (1, "missing")


async def test_a_number_takes_no_card_of_a_full_count_for_seen(day: Day) -> None:
    vault = await stored(day, 1, [1])
    (slot,) = vault.slots
    count = await vault.open("full")
    tally = {"id": scan_of("x")["id"], "slot": slot, "occurred_at": "2026-04-01T09:00:00+09:00"}

    refused = await vault.site.clerk.refused(f"/counts/{count}/tallies", {"tallies": [tally | {"cards": 1}]})
    assert await vault.tally(count, {slot: 0}) == ["counted"]
    recount = await vault.finish(count)

    assert refused["errors"][0]["field"] == "tallies[0].cards"
    assert recount["recount_slots"] == [slot]


async def test_a_slot_nobody_counted_keeps_the_count_open(day: Day) -> None:
    vault = await stored(day, 1, [1, 1])
    first, second = vault.slots
    count = await vault.open("closing")

    await vault.scan(count, first, *vault.slots[first])
    problem = await vault.site.clerk.refused(f"/counts/{count}/finish")

    assert (problem["type"], problem["slots"]) == ("/problems/count-not-done", [second])


async def test_a_card_of_another_place_is_set_aside_where_it_is_found(day: Day) -> None:
    vault = await stored(day, 1, [1])
    (slot,) = vault.slots
    sent = await day.ready({2: 1})
    count = await vault.open("full")

    stray, nobody = sent[0], new_card()
    outcomes = await vault.scan(count, slot, *vault.slots[slot], stray, nobody)
    await vault.finish(count)
    ended = await vault.conclude(count)

    assert outcomes == ["counted", "not_of_this_place", "unknown"]
    assert (await day.annex.get(f"/cards/{stray}"))["state"] == "held"
    assert (await day.annex.get(f"/cards/{stray}"))["place"] == vault.site.place
    assert (ended["matched"], ended["unexpected"], ended["missing"]) == (1, 2, 0)
    assert sorted(await day.differences()) == [("misrouted", None), ("unknown", None)]


async def test_several_people_count_one_vault_at_once_and_each_card_once(
    day: Day, database: Database
) -> None:
    vault = await stored(day, 1, [8, 8, 8])
    count = await vault.open("full")
    people = [vault.site.clerk, vault.second, vault.site.leader]

    async def everything(by: Any) -> list[str]:
        outcomes = []
        for slot, cards in vault.slots.items():
            for card in cards:
                outcomes += await vault.scan(count, slot, card, by=by)
        return outcomes

    answers = [a for given in await asyncio.gather(*map(everything, people)) for a in given]
    ended = await vault.finish(count)

    assert sorted(answers) == ["already_counted"] * 48 + ["counted"] * 24
    assert await one(database, "SELECT count(*) FROM stock_count_sighting WHERE count = $1", count) == 24
    assert (ended["state"], ended["matched"]) == ("concluded", 24)


async def test_a_card_that_one_counts_while_another_takes_it_out_is_seen_once_and_not_missing(
    day: Day, database: Database
) -> None:
    vault = await stored(day, 1, [6])
    (slot,), cards = vault.slots, vault.cards
    count = await vault.open("full")

    answers = await asyncio.gather(
        *(vault.scan(count, slot, card) for card in cards),
        vault.second.scan("/take-outs", [cards[0]], purpose="issue"),
        vault.site.leader.scan("/take-outs", [cards[0]], purpose="issue"),
    )
    ended = await vault.finish(count)

    assert [answer for (answer,) in answers[:6]] == ["counted"] * 6
    assert sorted(answer for (answer,) in answers[6:]) == ["already_out", "taken_out"]
    assert (ended["state"], ended["matched"], ended["missing"]) == ("concluded", 6, 0)
    assert await one(database, "SELECT occupied FROM slot WHERE code = $1", slot) == 5


async def test_scans_made_offline_count_when_they_were_made_and_only_once(
    day: Day, database: Database
) -> None:
    vault = await stored(day, 1, [2])
    (slot,) = vault.slots
    count = await vault.open("full")
    made = "2026-04-01T08:30:00+09:00"
    body = {"slot": slot, "scans": [scan_of(card, occurred_at=made) for card in vault.slots[slot]]}

    first = await vault.site.clerk.post(f"/counts/{count}/scans", body)
    again = await vault.site.clerk.post(f"/counts/{count}/scans", body)
    other = await vault.site.clerk.ask("POST", f"/counts/{count}/scans", json={"scans": [body["scans"][0]]})

    assert [o["outcome"] for o in first["outcomes"]] == ["counted", "counted"]
    assert [(o["outcome"], o["repeated"]) for o in again["outcomes"]] == [("counted", True)] * 2
    assert [o["outcome"] for o in other.json()["outcomes"]] == ["conflict"], (
        "in another slot it is another scan"
    )
    at = await one(database, "SELECT min(occurred_at) FROM stock_count_sighting WHERE count = $1", count)
    assert str(at) == "2026-03-31 23:30:00+00:00"


async def test_a_scan_that_comes_after_the_end_is_kept_and_changes_nothing(day: Day) -> None:
    vault = await stored(day, 1, [1])
    (slot,) = vault.slots
    count = await vault.open("full")
    await vault.scan_all(count)
    await vault.finish(count)

    assert await vault.scan(count, slot, *vault.cards) == ["count_over"]
    assert (await vault.site.clerk.get(f"/counts/{count}"))["matched"] == 1


async def test_a_vault_is_counted_once_at_a_time_and_a_count_can_be_given_up(day: Day) -> None:
    vault = await stored(day, 1, [1])
    count = await vault.open("full")
    body = {"kind": "spot", "slots": list(vault.slots), "supervisor": vault.site.supervisor}

    problem = await vault.site.clerk.refused(f"/vaults/{vault.vault}/counts", body)
    by_worker = await vault.site.clerk.refused(f"/counts/{count}/cancel", {"reason": "wrong vault"})
    await vault.site.leader.post(f"/counts/{count}/cancel", {"reason": "wrong vault"})
    spot = await vault.site.clerk.post(f"/vaults/{vault.vault}/counts", body)

    assert (problem["type"], problem["count"]) == ("/problems/count-open", count)
    assert by_worker["type"] == "/problems/not-allowed"
    assert (spot["state"], spot["slots"]) == ("counting", list(vault.slots))


async def test_an_opening_or_closing_count_names_two_people_of_the_place(day: Day) -> None:
    vault = await stored(day, 1, [1])
    body = {"kind": "opening", "supervisor": vault.site.supervisor}
    elsewhere = day.site(2).clerk.code

    for witness in ({}, {"witness": vault.site.clerk.code}, {"witness": elsewhere}):
        problem = await vault.site.clerk.refused(f"/vaults/{vault.vault}/counts", body | witness)
        assert problem["type"] == "/problems/second-person-needed"
    undirected = await vault.site.clerk.refused(
        f"/vaults/{vault.vault}/counts", {"kind": "opening", "witness": vault.second.code}
    )
    assert undirected["type"] == "/problems/supervisor-needed"


async def test_what_lies_outside_slots_is_counted_with_the_first_vault(day: Day) -> None:
    vault = await stored(day, 1, [1], aside=2)
    here, gone = vault.aside
    count = await vault.open("full")

    await vault.scan_all(count)
    assert await vault.scan(count, None, here) == ["counted"]
    recount = await vault.finish(count)
    await vault.finish(count, by=vault.second)
    await vault.conclude(count)

    assert (recount["state"], recount["recount_slots"], recount["recount_aside"]) == ("recounting", [], True)
    assert await day.state(gone) == "missing"


async def test_another_site_neither_counts_here_nor_sees_the_count(day: Day) -> None:
    vault = await stored(day, 1, [1])
    count = await vault.open("full")
    stranger = day.site(2).clerk

    for problem in (
        await stranger.refused(f"/counts/{count}/scans", {"scans": [scan_of(vault.cards[0])]}),
        await stranger.refused(f"/counts/{count}/finish"),
        (await stranger.ask("GET", f"/counts/{count}")).json(),
        (await stranger.ask("GET", f"/counts/{count}/findings")).json(),
        (await stranger.ask("GET", "/counts", params={"place": vault.site.place})).json(),
        (await stranger.ask("GET", "/cases", params={"place": vault.site.place})).json(),
        (await stranger.ask("GET", f"/places/{vault.site.place}/due-sightings")).json(),
        (await stranger.ask("GET", f"/counts/{count}/sheet.pdf")).json(),
    ):
        assert problem["type"] == "/problems/not-found"
    assert (await stranger.get("/counts"))["items"] == []
    assert (await stranger.get("/cases"))["items"] == []


async def test_a_cyclic_count_takes_the_slots_that_are_due(day: Day, clock: MovingClock) -> None:
    vault = await stored(day, 1, [2, 2])
    first, second = vault.slots
    count = await vault.open("spot", slots=[first])
    clock.days(21)
    await vault.scan(count, first, *vault.slots[first], occurred_at="2026-04-22T09:00:00+09:00")
    await vault.finish(count)

    opened = await vault.site.clerk.post(
        f"/vaults/{vault.vault}/counts", {"kind": "cyclic", "supervisor": vault.site.supervisor}
    )
    clock.days(10)
    due = await vault.site.leader.get(f"/places/{vault.site.place}/due-sightings")

    assert opened["slots"] == [second]
    assert sorted(item["code"] for item in due["items"]) == sorted(vault.slots[second])


async def test_how_often_every_card_is_to_be_seen_is_a_managers_to_set(day: Day, clock: MovingClock) -> None:
    vault = await stored(day, 1, [1])
    clock.days(8)
    site = vault.site.place
    before = await vault.site.leader.get(f"/places/{site}/due-sightings")

    weekly = {
        "kind": "unsighted",
        "minutes": 7 * 24 * 60,
        "place": site,
        "reason": "the city wants it weekly",
    }
    refused = await vault.site.leader.refused("/alarm-limits", weekly)
    await day.manager.post("/alarm-limits", weekly)

    after = await vault.site.leader.get(f"/places/{site}/due-sightings")
    (alarm,) = [one for one in await vault.site.leader.get("/alarms") if one["kind"] == "unsighted"]
    opened = await vault.site.clerk.post(
        f"/vaults/{vault.vault}/counts", {"kind": "cyclic", "supervisor": vault.site.supervisor}
    )
    assert (before["items"], refused["type"]) == ([], "/problems/not-allowed")
    assert [item["code"] for item in after["items"]] == alarm["cards"] == vault.cards
    assert opened["slots"] == [next(iter(vault.slots))]
    limits = await day.manager.get("/alarm-limits")
    set_by = {(one["kind"], one["place"]): one["set_by"] for one in limits}
    assert set_by["unsighted", site] == day.manager.code
    assert set_by["unsighted", None] is None


async def test_both_papers_of_a_count_are_printed(day: Day) -> None:
    vault = await stored(day, 1, [3, 2])
    first, _ = vault.slots
    count = await vault.open("full")
    early = await vault.site.clerk.ask("GET", f"/counts/{count}/report.pdf")
    await vault.scan_all(count, without=vault.slots[first][:1])
    await vault.finish(count)
    await vault.scan(count, first, *vault.slots[first][1:], by=vault.second)
    await vault.finish(count, by=vault.second)
    await vault.conclude(count)

    papers = [
        await vault.site.clerk.ask("GET", f"/counts/{count}/{name}.pdf") for name in ("sheet", "report")
    ]

    assert early.status_code == 404
    assert [paper.content[:5] for paper in papers] == [b"%PDF-"] * 2
