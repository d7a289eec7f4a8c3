"""Pick lists: by hand or from the booking system, all or nothing, in walking order, on paper."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

from logistics.store.database import Database
from tests.http.day import Day, Site, new_card
from tests.http.rows import contents, everything, one
from tests.http.test_counter import issue, take_out
from tests.http.vault_day import slots_of, stored
from tests.pure.labels_paper import codes_in, texts

SESSION = {"day": "2026-04-01", "service": "counter_day"}


async def test_a_session_has_one_pick_list_that_shows_how_far_it_has_come(day: Day) -> None:
    site = day.site(1)
    first, second = await slots_of(site, 2)
    cards = await stored(day, 1, 3, second)
    await site.store(first, cards[2])

    code = await make(site)
    again = await make(site)
    await site.clerk.post(f"/pick-lists/{code}/picks", {"picks": [{"card": card} for card in cards]})
    listed = await site.clerk.get(f"/pick-lists/{code}")
    await take_out(site.clerk, cards[0], pick_list=code)
    (state,) = (await site.clerk.get("/pick-lists", day="2026-04-01"))["items"]

    assert again == code
    assert [line["slot"] for line in listed["lines"]] == [first, second, second]
    assert (state["cards"], state["in_vault"], state["in_hand"], state["elsewhere"]) == (3, 2, 1, 0)


async def test_a_list_of_bookings_is_imported_with_times_and_notices(day: Day, database: Database) -> None:
    site = day.site(1)
    cards = await stored(day, 1, 2)
    code = await make(site)

    done = await book(site, code, [f"{cards[0]},9:30,A1B-000123", f"{cards[1]},10:00,"])

    assert done.json() == {"pick_list": code, "cards": 2}
    lines = (await site.clerk.get(f"/pick-lists/{code}"))["lines"]
    assert {line["card"]: line["booked_for"] for line in lines} == {cards[0]: "09:30", cards[1]: "10:00"}
    kept = await everything(database)
    assert "A1B-000123" not in kept
    assert "A1B000123" not in kept
    await take_out(site.clerk, cards[0])
    assert await issue(site.clerk, cards[0], notice_number="A1B-000124") == ["notice_mismatch"]
    assert await issue(site.clerk, cards[0], notice_number="A1B-000123") == ["issued"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
async def test_every_fault_of_a_list_is_named_and_nothing_is_imported(
    day: Day, database: Database, encoding: str
) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    foreign = (await day.ready({2: 1}))[0]
    code = await make(site)
    await site.clerk.post(f"/pick-lists/{code}/picks", {"picks": [{"card": card}]})
    before = await contents(database)
    lines = [
        f"{card},09:30,",
        f"{new_card()},09:30,",
        f"{foreign},25:00,A1B",
        "C0,09:30,",
        f"{foreign},09:30,",
        f"{site.place},,",
        "a,b",
    ]

    said = await book(site, code, lines, encoding, heading="管理番号,予約時刻,交付通知書番号")

    assert said.status_code == 400
    assert [(p["line"], p["column"]) for p in said.json()["problems"]] == [
        (2, "control_number"),
        (3, "control_number"),
        (4, "booked_for"),
        (4, "notice_number"),
        (4, "control_number"),
        (5, "control_number"),
        (6, "control_number"),
        (7, "control_number"),
        (8, "-"),
    ]
    assert await contents(database) == before


async def test_what_is_not_in_the_vault_stands_last_and_is_said(day: Day) -> None:
    site = day.site(1)
    (card,) = await stored(day, 1, 1)
    coming = (await day.ready({1: 1}))[0]
    code = await make(site)

    await site.clerk.post(f"/pick-lists/{code}/picks", {"picks": [{"card": c} for c in (coming, card)]})
    lines = (await site.clerk.get(f"/pick-lists/{code}"))["lines"]
    made = await site.clerk.post(f"/pick-lists/{code}/papers")
    printed = await site.clerk.ask("GET", f"/documents/{made['number']}/paper.pdf")

    assert [(line["card"], line["state"]) for line in lines] == [(card, "stored"), (coming, "ready")]
    (page,) = texts(printed.content)
    assert "取出し予定表" in page
    assert "保管庫にないカード" in page
    assert "交付前設定済" in page
    assert sorted(codes_in(printed.content, 300)) == sorted([made["number"], code, card])


async def test_with_a_pick_list_only_what_is_on_it_comes_out(day: Day) -> None:
    site = day.site(1)
    listed, other = await stored(day, 1, 2)
    code = await make(site)
    await site.clerk.post(f"/pick-lists/{code}/picks", {"picks": [{"card": listed, "booked_for": "09:30"}]})

    assert await take_out(site.clerk, other, pick_list=code) == ["not_listed"]
    assert await take_out(site.clerk, listed, pick_list=code) == ["taken_out"]


async def test_cards_that_cannot_be_picked_are_each_refused_with_a_reason_and_none_is_added(
    day: Day, database: Database
) -> None:
    site = day.site(1)
    good, gone = await stored(day, 1, 2)
    await take_out(site.clerk, gone)
    await issue(site.clerk, gone)
    foreign = (await day.ready({2: 1}))[0]
    unknown = new_card()
    code = await make(site)

    picks = [{"card": card} for card in (good, gone, foreign, unknown)]
    problem = await site.clerk.refused(f"/pick-lists/{code}/picks", {"picks": picks})
    twice = await site.clerk.refused(f"/pick-lists/{code}/picks", {"picks": [{"card": good}] * 2})

    assert {one["card"] for one in problem["refused"]} == {gone, foreign, unknown}
    assert twice["errors"][0]["field"] == "cards"
    assert await one(database, "SELECT count(*) FROM pick_line") == 0


async def test_a_pick_list_is_its_own_sites(day: Day) -> None:
    code = await make(day.site(1))
    other = day.site(2)
    (card,) = await stored(day, 2, 1)

    assert (await other.clerk.ask("GET", f"/pick-lists/{code}")).status_code == 404
    for path, body in (
        (f"/pick-lists/{code}/picks", {"picks": [{"card": card}]}),
        (f"/pick-lists/{code}/papers", None),
        ("/take-outs", {"scans": [], "purpose": "issue", "pick_list": code}),
    ):
        assert (await other.clerk.ask("POST", path, json=body)).status_code in (400, 404)
    assert (await book(other, code, [card + ",,"])).status_code == 404


async def make(site: Site) -> str:
    code: str = (await site.clerk.post("/pick-lists", SESSION))["code"]
    return code


async def book(
    site: Site,
    code: str,
    lines: Sequence[str],
    encoding: str = "utf-8",
    heading: str = "control_number,booked_for,notice_number",
) -> httpx.Response:
    content = "\r\n".join([heading, *lines]).encode(encoding)
    return await site.clerk.ask("POST", f"/pick-lists/{code}/bookings", content=content)
