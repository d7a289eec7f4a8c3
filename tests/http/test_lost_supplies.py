"""What is lent and lost: a new kind of it, a key that is an incident, and how long that may wait for its reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from tests.http.conftest import OPENING
from tests.http.counting import MovingClock
from tests.http.day import RUN_DAY, Day
from tests.http.reader import Reader, words
from tests.http.test_supplies import balances, lines


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(OPENING)


async def standing(day: Day) -> dict[str, int]:
    """What the alarms of a site say of incidents."""
    told = await day.site(1).clerk.get("/alarms")
    return {one["kind"]: one["count"] for one in told if one["kind"].startswith("incident")}


async def test_a_lost_key_is_an_incident_that_stands_on_the_first_page_until_it_is_dealt_with(
    day: Day, app: Litestar, clock: MovingClock
) -> None:
    # A kind of thing that the register did not know: a manager's to add, once.
    site, today = day.site(1), {"day": RUN_DAY}
    card_key = {"code": "room_key", "name": "保管室の鍵", "unit": "本", "lent": True}
    assert (await day.annex.refused("/supplies/items", card_key))["status"] == 403
    await day.manager.post("/supplies/items", card_key)
    again = await day.manager.refused("/supplies/items", card_key | {"name": "別の鍵"})
    alike = await day.manager.refused("/supplies/items", card_key | {"code": "other_key"})
    assert [one["errors"][0]["field"] for one in (again, alike)] == ["code", "name"]
    came = {"lines": lines(room_key=3, box=2), "city": day.city.code} | today
    await day.annex.post("/supplies/receipts", came)
    await day.annex.post("/supplies/moves", {"lines": lines(room_key=2, box=2), "to": site.place} | today)

    # Whoever misses it records it, and the city hears of it; a leader adds what belongs to it.
    lost = {"lines": lines(room_key=1), "reason": "巡回の後、所定の場所に無かった"} | today
    code: Any = (await site.clerk.post("/supplies/losses", lost | {"opens_incident": True}))["incident"]
    more = {"lines": lines(box=1), "reason": "鍵とともに無くなった", "incident": code} | today
    assert (await site.clerk.refused("/supplies/losses", more))["status"] == 403
    assert (await day.site(2).leader.refused("/supplies/losses", more))["status"] == 404
    both = await site.leader.refused("/supplies/losses", more | {"opens_incident": True})
    assert both["errors"][0]["field"] == "incident"
    assert (await site.leader.post("/supplies/losses", more)) == {"incident": code}
    assert await balances(day, site.place) == {"room_key": 1, "box": 1}
    file = await site.leader.get(f"/incidents/{code}")
    assert (file["incident"]["kind"], file["incident"]["grade"]) == ("loss", "B")
    assert "保管室の鍵 1本" in file["incident"]["happened"]
    assert [event["words"] for event in file["course"] if event["kind"] == "item"] == [
        "支給品・貸与品　搬送箱 1個：鍵とともに無くなった"
    ]
    moves = await site.leader.get("/supplies/moves")
    assert {(one["item"], one["incident"]) for one in moves if one["move"] == "lost"} == {
        ("room_key", code),
        ("box", code),
    }

    # It stands where those look whom it concerns: at the site, and with whoever watches over all.
    reader = Reader(app)
    assert await standing(day) == {"incident_open": 1}
    clock.now += timedelta(days=6)
    assert await standing(day) == {"incident_open": 1, "incident_overdue": 1}
    for who in (site.leader, day.manager, day.city):
        home = words(await reader.see("/", who.code))
        assert "1 期限を過ぎた事故" in home
        assert "1 終結していない事故" in home
    elsewhere = words(await reader.see("/", day.site(2).leader.code))
    assert "終結していない事故" not in elsewhere
    page = words(await reader.see("/supplies", site.leader.code))
    assert code in page
    assert "品目を追加する" not in page
    assert "品目を追加する" in words(await reader.see("/supplies", day.manager.code))
    form = {"code": "sleeve", "name": "スリーブ", "unit": "枚", "lent": "supplied", "back": "/supplies"}
    assert "品目「スリーブ」を追加しました" in words(
        await reader.send("/supplies/items", day.manager.code, **form)
    )
    form = {
        "move": "lost",
        "item": "room_key",
        "pieces": "1",
        "day": RUN_DAY,
        "reason": "二本目も無い",
        "opens_incident": "yes",
        "back": "/supplies",
    }
    assert "事故 " in words(await reader.send("/supplies", site.clerk.code, **form))
    assert (await standing(day))["incident_open"] == 2
