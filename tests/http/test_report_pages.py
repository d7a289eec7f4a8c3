"""The reports page through a month: open, closable, closed; and what the home page announces."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from api.app import create_app
from logistics.store.database import Database
from logistics.work import schedule
from tests.http.day import API, Clerk, Day
from tests.http.test_reports import MAY, Watch
from tests.sessions import headers_of


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def day(database: Database, watch: Watch) -> AsyncIterator[Day]:
    transport = httpx.ASGITransport(create_app(database, watch))  # type: ignore[arg-type]
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
