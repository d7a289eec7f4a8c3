"""The pages people see: the run board, a card's way, and errors as sentences."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.pages.html import TEMPLATES
from logistics.rules.calendar import JST
from logistics.rules.codes import CodeType, random_code
from logistics.store.database import Database
from logistics.work.board import Stage
from seed.load import person_code
from tests.applications import application
from tests.http.board_day import CLERK, PlayedDay
from tests.sessions import BASE, headers_of

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=JST)
HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

# When the day of a counter is to be closed.
BY_FIVE = "〜17時00分"


class Desk:
    """A client whose clock can be moved."""

    def __init__(self, database: Database) -> None:
        self.now = NOW
        transport = httpx.ASGITransport(application(database, lambda: self.now))  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url=BASE)
        self.day = PlayedDay(self.client, NOW)

    async def see(self, path: str, status: int = 200, by: str = CLERK) -> str:
        """A page, after checking what is true of every page."""
        headers = HTML | headers_of(by)
        answer = await self.client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert_closed(answer)
        return answer.text


def assert_closed(answer: httpx.Response) -> None:
    """Nothing comes from another host, nothing is inline, and the headers say so."""
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert {"base-uri 'none'", "frame-ancestors 'none'", "script-src 'self'"} <= set(policy.split("; "))
    assert "object-src" not in policy, "default-src holds for it"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
    assert [a for a in addresses if not a.startswith(("/", "#")) or a.startswith("//")] == []
    # Modules of our own are the only scripts.
    assert not re.search(
        r'<script(?! type="module" src="/static/[0-9a-f]{12}/[a-z_]+\.js"></script>)|<style| style=| on[a-z]+="|javascript:',
        answer.text,
    )
    assert "<html lang=" in answer.text
    assert len(re.findall(r"<h1", answer.text)) == 1


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    desk = Desk(database)
    async with desk.client:
        yield desk


def _rows(page: str) -> list[list[str]]:
    """The text of each cell of the board's body."""
    seen = re.sub(r'<span class="unseen">.*?</span>', "", page)
    body = re.search(r"<tbody>(.*?)</tbody>", seen, re.S)
    assert body
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)
        ]
        for row in re.findall(r"<tr.*?</tr>", body[1], re.S)
    ]


async def test_before_the_first_run_the_board_says_what_to_do_next(desk: Desk) -> None:
    page = await desk.see("/board")

    assert "まだ便がありません" in page
    assert "logistics import-arrivals" in page
    assert "make run" in page


async def test_the_board_shows_each_site_with_the_unfinished_first(desk: Desk) -> None:
    day = desk.day
    await day.arrive({1: 2, 2: 2, 3: 2})
    await day.pack([1, 2, 3])
    await day.dispatch()
    await day.take_over([1, 2])
    await day.receive(1, day.cards[1])
    await day.close(1, 0)
    await day.put_away(1, day.cards[1])
    await day.receive(2, day.cards[2][:1])
    await day.close(2, 1)

    page = await desk.see("/board")

    rows = _rows(page)
    assert len(rows) == 13
    assert rows[0] == ["左京", "引受待ち", "2", "9時00分", "–", "–", "0 / 2", "–", "0", "0", BY_FIVE]
    assert rows[1] == [
        "上京",
        "格納待ち",
        "2",
        "9時00分",
        "9時00分",
        "9時00分",
        "1 / 2",
        "▲ 1",
        "0",
        "▲ 1",
        BY_FIVE,
    ]
    assert rows[2] == ["北", "完了", "2", "9時00分", "9時00分", "9時00分", "2 / 2", "0", "2", "0", BY_FIVE]
    assert {row[1] for row in rows[3:]} == {"便なし"}
    assert "令和8年4月1日（水）" in page


async def test_the_board_names_no_card_and_nobody_but_who_looks(desk: Desk) -> None:
    day = desk.day
    await day.arrive({1: 2})
    await day.pack([1])
    await day.dispatch()

    page = await desk.see("/board")

    # The lock over the page names who is signed in, as the head does.
    body = re.sub(r"(?s)<dialog.*?</dialog>", "", page.split("</header>")[1])
    for secret in (*day.cards[1], day.batches[1], day.manifests[1], CLERK, "業務従事者", "乗務員"):
        assert secret not in body


async def test_what_is_unfinished_after_its_day_is_late(desk: Desk) -> None:
    await desk.day.arrive({1: 1})
    await desk.day.pack([1])
    assert _rows(await desk.see("/board"))[0][:2] == ["北", "梱包中"]

    desk.now += timedelta(days=1)

    first, *others = _rows(await desk.see("/board?day=2026-04-01"))
    assert first[:2] == ["北", "梱包中 遅れ"]
    assert {row[-1] for row in (first, *others)} == {"▲ 未締め"}, "nobody closed the day by its time"


async def test_a_day_without_a_run_points_to_the_run_before_it(desk: Desk) -> None:
    await desk.day.arrive({1: 1})
    await desk.day.pack([1])

    page = await desk.see("/board?day=2026-04-02")

    assert "この日の便はありません" in page
    assert 'href="/board?day=2026-04-01"' in page


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "'"])
async def test_a_day_that_is_none_is_answered_with_a_sentence(desk: Desk, day: str) -> None:
    page = await desk.see(f"/board?day={day}", 400)

    assert "配送状況へ" in page


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(desk: Desk) -> None:
    page = await desk.see("/no/such/page", 404)
    answer = await desk.client.get("/no/such/page")
    posted = await desk.client.post("/board", headers=HTML)

    assert "ページが見つかりません" in page
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"
    assert posted.status_code == 405
    assert_closed(posted)


async def test_a_my_number_in_an_address_is_refused_and_not_repeated(desk: Desk) -> None:
    answer = await desk.client.get("/board?day=123456789018", headers=HTML)

    assert answer.status_code == 400
    assert "123456789018" not in answer.text


async def test_a_cards_page_tells_its_state_place_custodian_and_way(desk: Desk) -> None:
    day = desk.day
    await day.arrive({1: 1, 2: 1})
    await day.pack([1, 2])
    await day.dispatch()
    await day.take_over([1, 2])
    await day.receive(1, [*day.cards[1], *day.cards[2]])

    page = await desk.see(f"/cards/{day.cards[1][0]}", by=person_code(1, 2))

    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "状態 収受済" in words
    assert "場所 北区役所" in words
    assert "責任者（保管者） 北区役所" in words
    steps = re.findall(r"<p><strong>(.*?)</strong>", page)
    assert steps == [
        "入荷予定の登録",
        "検品",
        "交付前設定",
        "梱包",
        "発送",
        "配送業者の引受",
        "拠点への引渡し",
        "収受",
    ]


async def test_a_refused_scan_stands_in_the_cards_way(desk: Desk) -> None:
    day = desk.day
    await day.arrive({1: 1, 2: 1})
    await day.pack([1])
    await day.say(CLERK, f"/batches/{day.batches[1]}/scans", day.scans(day.cards[2]))

    page = await desk.see(f"/cards/{day.cards[2][0]}", by=CLERK)

    assert "読取り：別の拠点あてのカードです" in page


@pytest.mark.parametrize("accept", [HTML, {"Accept": "*/*"}])
async def test_pages_show_nothing_to_whoever_is_not_signed_in(desk: Desk, accept: dict[str, str]) -> None:
    await desk.day.arrive({1: 1})
    card = desk.day.cards[1][0]

    answers = [await desk.client.get(path, headers=accept) for path in (f"/cards/{card}?x=1", "/")]

    if accept is HTML:
        assert [answer.status_code for answer in answers] == [303, 303]
        assert answers[0].headers["location"] == f"/sign-in?next=%2Fcards%2F{card}%3Fx%3D1"
    else:
        assert [answer.status_code for answer in answers] == [401, 401]
        for answer in answers:
            assert_closed(answer)
            assert card not in answer.text
            assert 'href="/sign-in"' in answer.text


async def test_a_card_that_is_not_known_is_a_sentence(desk: Desk) -> None:
    page = await desk.see(f"/cards/{random_code(CodeType.CARD)}", 404, by=CLERK)

    assert "見つかりません。コードを確かめてください。" in page


async def test_the_stylesheet_is_kept_for_a_year_and_believed(desk: Desk) -> None:
    page = await desk.see("/board")
    address = re.search(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert address

    answer = await desk.client.get(address[1])

    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def test_every_template_escapes_and_refuses_what_is_not_given() -> None:
    names = TEMPLATES.list_templates()

    assert TEMPLATES.autoescape is True
    assert TEMPLATES.undefined.__name__ == "StrictUndefined"
    for name in names:
        text = (Path(str(TEMPLATES.loader.searchpath[0])) / name).read_text()  # type: ignore[union-attr]
        assert "|safe" not in text.replace(" ", ""), f"{name} switches escaping off"


def test_every_stage_has_a_word_and_a_look() -> None:
    from api.pages.board import _LOOKS, WORDS

    assert set(WORDS) == set(_LOOKS) == set(Stage)
    assert len(set(WORDS.values())) == len(WORDS)
