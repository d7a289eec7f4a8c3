"""The reports page through a month: open, closable, closed; and what the home page announces."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pypdfium2
import pytest
from litestar import Litestar

from api.app import create_app
from api.archive import drawing
from labels.signing import UNSIGNED
from logistics.store.database import Database
from logistics.work import jobs, schedule
from logistics.work.job_making import Tools
from tests.http.day import API, Clerk, Day
from tests.http.reader import Reader, words
from tests.http.test_reports import MAY, Watch
from tests.sessions import headers_of


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def app(database: Database, watch: Watch) -> Litestar:
    return create_app(database, watch)


@pytest.fixture
async def day(app: Litestar) -> AsyncIterator[Day]:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Day(client)


async def seen(who: Clerk, path: str) -> str:
    answer = await who.client.get(path, headers=headers_of(who.code))
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_month_is_shown_as_it_can_be_closed_and_then_with_its_digest(
    day: Day, watch: Watch, database: Database
) -> None:
    sent = await day.received(1, 2)
    early = await seen(day.manager, "/reports?month=2026-04")
    watch.now = MAY
    await schedule.run_due(database, MAY)
    site = day.site(1)
    await site.leader.post(f"/cards/{sent.cards[0]}/missing", {"reason": "棚にない"})

    ready = await seen(day.manager, "/reports?month=2026-04")
    closed = await day.manager.post("/reports/months", {"month": "2026-04"})
    after = await seen(day.manager, "/reports?month=2026-04")
    may = await seen(day.manager, "/reports?month=2026-05")
    home = await seen(day.manager, "/")
    leader_home = await seen(site.leader, "/")
    leader = await seen(site.leader, "/reports?month=2026-04&place=" + day.site(2).place)
    worker = await day.client.get("/reports", headers=headers_of(site.clerk.code))
    (listed,) = await day.manager.get("/reports/months")

    assert "この月を締める" in ready
    assert "この月を締める" not in early + after + leader
    assert closed["number"] in after
    assert listed["digest"] in after
    assert f"{API}/reports/months/2026-04/undelivered.pdf" in after
    assert "当月の訂正" in may
    assert "-1" in may
    assert "P11 月次未交付カード報告" in home
    assert "新しい報告書" not in leader_home
    assert "上京" not in leader
    assert worker.status_code == 403


async def test_a_month_s_end_is_printed_from_its_page(
    day: Day, reader: Reader, watch: Watch, database: Database
) -> None:
    """P11 of all places, and P24 of one: made by a button, fetched where the page says, the cards on it."""
    sent = await day.received(1, 2)
    watch.now = MAY
    form = {"month": "2026-04", "back": "/reports"}
    manager, site = day.manager.code, day.site(1)
    shut = await reader.post("/reports", manager, kind="close_month", place="", **form)
    listed = await reader.post(
        "/reports", site.leader.code, kind="undelivered_cards", place=site.place, **form
    )
    while await jobs.run_next(database, watch, Tools(drawing(UNSIGNED))):
        pass

    papers = []
    for who, answer in ((manager, shut), (site.leader.code, listed)):
        page = await reader.see(answer.headers["location"], who)
        paper = re.search(r'href="(/api/v1/jobs/[\w-]+/original\.pdf)"', page)
        assert paper is not None, words(page)
        got = await reader.client.get(paper[1], headers=headers_of(who))
        assert got.headers["content-type"] == "application/pdf"
        papers.append("".join(pypdfium2.PdfDocument(got.content)[0].get_textpage().get_text_range().split()))

    assert "月次未交付カード報告" in papers[0]
    assert "未交付カード一覧" in papers[1]
    assert all(card in papers[1] for card in sent.cards)
    link = "/api/v1/reports/months/2026-04/undelivered.pdf"
    assert link in await reader.see("/reports?month=2026-04", manager)
    again = await reader.client.get(link, headers=headers_of(manager))
    assert "再発行" in pypdfium2.PdfDocument(again.content)[0].get_textpage().get_text_range()
