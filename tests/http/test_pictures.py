"""Pictures: drawn by the server, said again as a table, for whoever does not see them."""

from __future__ import annotations

import re

from api.pages.drawing import way
from seed.load import person_code
from tests.http.board_day import PlayedDay
from tests.http.conftest import OPENING
from tests.http.reader import Reader, words

AUDITOR, CLERK = person_code(0, 99), person_code(1, 2)


async def test_the_stock_and_the_runs_are_drawn_and_stand_in_a_table(reader: Reader) -> None:
    empty = await reader.see("/pictures", AUDITOR)
    day = PlayedDay(reader.client, OPENING)
    await day.arrive({1: 4, 2: 2})
    await day.say(person_code(0, 2), "/notices", {"cards": day.cards[2], "day": "2026-04-01"})
    await day.pack([1, 2])
    await day.dispatch()
    await day.take_over([1, 2])
    await day.receive(1, day.cards[1][:3])
    await day.receive(2, day.cards[2])

    page = await reader.see("/pictures", AUDITOR)
    own = await reader.see("/pictures", CLERK)

    assert "在庫はありません" in empty
    assert page.count('<svg class="picture"') == 2
    assert len(re.findall(r"<title id=", page)) == len(re.findall(r"<desc id=", page)) == 2
    assert re.search(r'class="p-to_30"[^>]*/>\s*<text[^>]*>2</text>', page), "two cards since their notice"
    table = words(page)
    assert "北 3 0 0 0 0 0 3" in table
    assert "上京 0 2 0 0 0 0 2" in table
    assert "令和8年4月1日（水） 6 5 1" in table
    assert not re.search(r"<script(?! type=\"module\" src=)", page)
    assert "上京" not in words(own).partition("在庫：拠点と経過日数")[2].partition("この 1 週間の便")[0]


async def test_a_cards_way_is_drawn_beside_its_timeline(reader: Reader) -> None:
    day = PlayedDay(reader.client, OPENING)
    await day.arrive({1: 1})
    await day.pack([1])
    await day.dispatch()
    await day.take_over([1])
    await day.receive(1, day.cards[1])

    page = await reader.see(f"/cards/{day.cards[1][0]}", CLERK)

    lanes = re.findall(r'class="w-name"[^>]*>([^<]+)<', page)
    assert lanes == ["地域自治推進室（分室）", "配送業者（市契約）", "北区役所"]
    assert page.count('class="w-stop"') == len(re.findall(r"<time ", page.partition('class="timeline"')[2]))
    assert way([("a", "x", False)]) is None
    long = way([("a", str(n), n % 7 == 0) for n in range(100)])
    assert long is not None
    assert (long.stops[0].number, long.stops[-1].number) == (41, 100)
