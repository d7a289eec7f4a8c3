"""Supplies and loans of the city: nothing comes without its receipt, nothing goes that is not there."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from logistics.store.database import Database, driver
from tests.http.day import ANNEX, RUN_DAY, Day
from tests.pure.labels_paper import codes_in, texts
from tests.sessions import headers_of


def lines(**pieces: int) -> list[dict[str, Any]]:
    return [{"item": item, "pieces": count} for item, count in pieces.items()]


async def received(day: Day, **pieces: int) -> str:
    """The number of the receipt of what the city handed to the annex."""
    body = {"lines": lines(**pieces), "day": RUN_DAY, "city": day.city.code}
    number: str = (await day.annex.post("/supplies/receipts", body))["number"]
    return number


async def balances(day: Day, place: str = ANNEX) -> dict[str, int]:
    return {
        one["item"]: one["balance"]
        for one in await day.manager.get("/supplies", place=place)
        if one["place"] == place
    }


async def test_what_the_city_lends_is_received_used_moved_lost_and_given_back_and_adds_up(day: Day) -> None:
    site = day.site(1)
    receipt = await received(day, seal=500, box=20, key=2)
    today = {"day": RUN_DAY}

    await day.annex.post("/supplies/uses", {"lines": lines(seal=120)} | today)
    await day.annex.post("/supplies/moves", {"lines": lines(seal=100, box=4), "to": site.place} | today)
    await site.clerk.post("/supplies/losses", {"lines": lines(box=1), "reason": "落下により破損した"} | today)
    back = {"lines": lines(seal=280, box=16, key=2), "city": day.city.code} | today
    statement = (await day.annex.post("/supplies/returns", back))["number"]

    assert await balances(day) == {"seal": 0, "box": 0, "key": 0}
    assert await balances(day, site.place) == {"seal": 100, "box": 3}
    (slip,) = texts((await day.annex.ask("GET", f"/documents/{receipt}/paper.pdf")).content)
    printed = await day.annex.ask("GET", f"/documents/{statement}/paper.pdf")
    (page,) = texts(printed.content)
    assert "支給品受領書・借用書" in slip
    assert "使用明細書" in page
    assert statement in codes_in(printed.content, 300)
    moves = await day.manager.get("/supplies/moves")
    assert [(one["item"], one["move"], one["pieces"]) for one in moves][:3] == [
        ("seal", "returned", 280),
        ("key", "returned", 2),
        ("box", "returned", 16),
    ]
    assert {one["document"] for one in moves if one["move"] == "received"} == {receipt}


async def test_what_is_not_there_cannot_go_and_nothing_is_half_written(day: Day, database: Database) -> None:
    await received(day, seal=10, box=2)
    before = await balances(day)
    today = {"day": RUN_DAY}
    site = day.site(1)

    refused = [
        await day.annex.refused("/supplies/uses", {"lines": lines(seal=11)} | today),
        await day.annex.refused("/supplies/uses", {"lines": lines(box=1)} | today),
        await day.annex.refused("/supplies/uses", {"lines": lines(envelope=1)} | today),
        await day.annex.refused("/supplies/uses", {"lines": lines(nothing=1)} | today),
        await day.annex.refused("/supplies/uses", {"lines": lines(seal=1) * 2} | today),
        await day.annex.refused("/supplies/moves", {"lines": lines(seal=1), "to": ANNEX} | today),
        await day.annex.refused(
            "/supplies/receipts", {"lines": lines(seal=1), "city": day.manager.code} | today
        ),
        await day.annex.refused("/supplies/uses", {"lines": lines(seal=1), "day": "2026-04-02"}),
        await site.clerk.refused("/supplies/uses", {"lines": lines(seal=1)} | today),
    ]

    assert [one["errors"][0]["field"] for one in refused] == [
        *["lines"] * 5,
        "to",
        "city",
        "day",
        "lines",
    ]
    assert await balances(day) == before
    assert len(await day.manager.get("/supplies/moves")) == 2
    async with database.begin() as session:
        with pytest.raises(asyncpg.CheckViolationError):
            await (await driver(session)).execute("UPDATE supply_stock SET balance = balance - 11")


async def test_a_site_sees_its_own_and_the_annex_states_all_of_it(day: Day) -> None:
    await received(day, seal=100)
    body = {"lines": lines(seal=40), "to": day.site(2).place, "day": RUN_DAY}
    await day.annex.post("/supplies/moves", body)
    period = {"first": RUN_DAY, "last": RUN_DAY}

    own = await day.site(2).clerk.get("/supplies")
    none = await day.site(1).clerk.get("/supplies")
    foreign = await day.site(1).clerk.ask("GET", "/supplies", params={"place": day.site(2).place})
    worker = await day.site(2).clerk.refused("/supplies/statements", period | {"everywhere": True})
    made = await day.manager.post("/supplies/statements", period | {"everywhere": True})
    (page,) = texts((await day.manager.ask("GET", f"/documents/{made['number']}/paper.pdf")).content)

    assert [(one["item"], one["balance"]) for one in own] == [("seal", 40)]
    assert none == []
    assert foreign.status_code == 404
    assert worker["type"] == "/problems/not-allowed"
    assert "返還なし（報告のみ）" in page


async def test_the_page_records_what_a_form_says_and_hands_a_refused_one_back(day: Day) -> None:
    async def sent(**said: str) -> Any:
        headers = headers_of(day.annex.code)
        form = {"back": "/supplies", "day": RUN_DAY, "csrf": headers["X-CSRF-Token"]} | said
        return await day.client.post("/supplies", data=form, headers=headers)

    came = await sent(move="received", item="seal", pieces="300", city=day.city.code)
    used = await sent(move="used", item="seal", pieces="20")
    refused = await sent(move="lost", item="seal", pieces="20")
    shown = await day.client.get("/supplies", headers=headers_of(day.annex.code))

    assert [one.status_code for one in (came, used, refused)] == [303, 303, 303]
    assert await balances(day) == {"seal": 280}
    assert shown.text.count("封印シール（連番）") == 4, "a balance, two moves, a choice"
    assert "280" in shown.text
