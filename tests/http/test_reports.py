"""The monthly undelivered-card report over HTTP: figures, files, paper, and the close of a month."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import httpx
import openpyxl
import pytest

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules.calendar import JST
from logistics.rules.lifecycle import CardStep
from logistics.store.database import Database
from tests.applications import application
from tests.http.day import ANNEX, Day
from tests.http.rows import one
from tests.http.test_papers import words
from tests.sql.gate_rows import CLERK

APRIL = datetime(2026, 4, 1, 9, 0, tzinfo=JST)
MAY = datetime(2026, 5, 1, 9, 0, tzinfo=JST)


class Watch:
    """A clock that a test sets; it ticks whenever it is read."""

    now = APRIL

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def day(database: Database, watch: Watch) -> AsyncIterator[Day]:
    transport = httpx.ASGITransport(application(database, watch))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Day(client)


async def lines(day: Day, month: str = "2026-04", **query: Any) -> dict[str, tuple[int, ...]]:
    found = await day.manager.get("/reports/undelivered", month=month, **query)
    columns = ("opening", "received", "issued", "returned", "corrections", "closing")
    return {line["place"]: tuple(line[name] for name in columns) for line in found["lines"]}


async def test_a_site_s_line_tells_what_came_and_what_lies_there(day: Day) -> None:
    await day.received(1, 3)
    await day.ready({2: 2})

    assert await lines(day) == {
        ANNEX: (0, 5, 0, 3, 0, 2),
        day.site(1).place: (0, 3, 0, 0, 0, 3),
    }


async def test_a_leader_sees_the_own_site_and_a_worker_none(day: Day) -> None:
    await day.received(1, 1)
    await day.ready({2: 2})

    found = await day.site(1).leader.get("/reports/undelivered", month="2026-04")
    refused = await day.site(1).clerk.ask("GET", "/reports/undelivered", params={"month": "2026-04"})

    assert {line["place"] for line in found["lines"]} == {day.site(1).place}
    assert {state["place"] for state in found["places"]} == {day.site(1).place}
    assert refused.status_code == 403


async def test_a_closed_month_is_frozen_numbered_and_printed_and_stays(day: Day, watch: Watch) -> None:
    await day.received(1, 3)
    april = await day.manager.get("/reports/undelivered", month="2026-04")
    watch.now = MAY
    closed = await day.manager.post("/reports/months", {"month": "2026-04"})

    again = await day.manager.post("/reports/months", {"month": "2026-04"})
    await day.arrived({1: 4})
    after = await day.manager.get("/reports/undelivered", month="2026-04")
    anew = await day.manager.get("/reports/undelivered", month="2026-04", as_of=watch.now.isoformat())
    paper = await day.manager.ask("GET", "/reports/months/2026-04/undelivered.pdf")
    listed = await day.manager.get("/reports/months")

    assert again == closed
    assert (closed["final"], closed["closing"]) == (True, 3)
    assert after == anew
    assert after["lines"] == april["lines"]
    assert (await lines(day, "2026-05"))[ANNEX] == (0, 4, 0, 0, 0, 4)
    assert [month["document"] for month in listed] == [closed["number"]]
    said = words(paper.content)
    assert "月次未交付カード報告" in said
    assert "確定" in said
    assert closed["number"][:4] in said


async def test_a_month_that_is_not_over_can_only_be_reported_provisionally(day: Day) -> None:
    await day.received(1, 1)

    refused = await day.manager.refused("/reports/months", {"month": "2026-04"})
    made = await day.manager.post("/reports/undelivered/provisional", {"month": "2026-04"})
    before = {"month": "2026-04", "as_of": "2026-04-01T08:00:00+09:00"}
    empty = await day.manager.post("/reports/undelivered/provisional", before)
    zoneless = {"month": "2026-04", "as_of": "2026-04-01T08:00:00"}
    naive = await day.manager.refused("/reports/undelivered/provisional", zoneless)
    asked = await day.manager.ask("GET", "/reports/undelivered", params=zoneless)
    unclosed = await day.manager.ask("GET", "/reports/months/2026-04/undelivered.pdf")

    assert refused["type"] == "/problems/month-not-over"
    assert (made["final"], made["closing"], empty["closing"]) == (False, 1, 0)
    assert (naive["status"], asked.status_code) == (400, 400)
    assert unclosed.status_code == 404


async def test_only_a_manager_closes_a_month(day: Day, watch: Watch) -> None:
    watch.now = MAY

    refused = await day.site(1).leader.refused("/reports/months", {"month": "2026-04"})

    assert refused["status"] == 403


async def test_a_month_whose_movements_leave_a_remainder_is_not_closed(
    day: Day, watch: Watch, database: Database
) -> None:
    sent = await day.received(1, 2)
    async with database.begin() as session:
        # No handler does this: a card that lies at one site leaves another's books.
        place, cards = day.site(2).place, sent.cards[:1]
        await take(session, [Act("miss", CLERK, place, APRIL, step=CardStep.MISS, cards=cards)], watch())
    watch.now = MAY

    refused = await day.manager.refused("/reports/months", {"month": "2026-04"})

    assert refused["type"] == "/problems/month-unexplained"
    assert refused["lines"] == ["北 個人番号カード -1", "上京 個人番号カード +1"]
    assert await one(database, "SELECT count(*) FROM month_close") == 0


@pytest.mark.parametrize("month", ["2026-13", "26-04", "2026-4", "abc"])
async def test_a_month_that_is_none_is_refused(day: Day, month: str) -> None:
    refused = await day.manager.ask("GET", "/reports/undelivered", params={"month": month})

    assert refused.status_code == 400


async def test_the_spreadsheet_holds_numbers_that_add_up_and_keeps_its_head(day: Day) -> None:
    await day.received(1, 3)
    answer = await day.manager.ask(
        "GET", "/reports/undelivered", params={"month": "2026-04", "format": "xlsx"}
    )

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["受払いと経過日数"]
    table = list(sheet.iter_rows(values_only=True))
    head = next(n for n, row in enumerate(table) if row[0] == "拠点コード")
    closing = table[head].index("当月末")
    total = str(table[head + 3][closing])
    assert [row[closing] for row in table[head + 1 : head + 3]] == [0, 3]
    assert total.startswith("=SUM(")
    assert sheet.freeze_panes == f"A{head + 2}"
    assert sheet.page_setup.orientation == "landscape"


async def test_the_csv_is_a_view_with_the_same_lines(day: Day) -> None:
    await day.received(1, 3)

    answer = await day.manager.ask(
        "GET", "/reports/undelivered", params={"month": "2026-04", "format": "csv"}
    )

    first, head, *body = answer.content.decode("utf-8-sig").splitlines()
    assert first.startswith("# 閲覧用")
    assert head.split(",")[:3] == ["place", "place_name", "kind"]
    assert len(body) == 2
    assert answer.headers["content-disposition"] == 'attachment; filename="P11-2026-04.csv"'


async def test_a_printed_table_is_imported_with_its_doubts_and_once(day: Day) -> None:
    city = files("seed").joinpath("monthly_city.csv").read_bytes()
    sites = files("seed").joinpath("monthly_sites.csv").read_bytes()
    center = files("seed").joinpath("monthly_center.csv").read_bytes()
    csv = {"headers": {"Content-Type": "text/csv"}}

    first = await day.manager.ask("POST", "/reports/summaries", content=city, **csv)
    again = await day.manager.ask("POST", "/reports/summaries", content=city, **csv)
    for content in (sites, center):
        assert (
            await day.manager.ask("POST", "/reports/summaries", content=content, **csv)
        ).status_code == 201
    found = await day.manager.get("/reports/history", measure="issued")

    assert first.status_code == 201, first.text
    assert [(d["printed"], d["added"]) for d in first.json()["doubts"]] == [(94_746, 109_207)]
    assert again.json()["type"] == "/problems/already-imported"
    assert [(total["places"], total["added"]) for total in found["totals"]] == [(13, 112_666)]
    assert len(found["lines"]) == 14


async def test_a_table_with_faults_is_not_imported(day: Day, database: Database) -> None:
    refused = await day.manager.ask(
        "POST",
        "/reports/summaries",
        content=b"measure,2025-04,source\nissued,x,y\n",
        headers={"Content-Type": "text/csv"},
    )

    (problem,) = refused.json()["problems"]
    assert (problem["line"], problem["column"]) == (2, "2025-04")
    assert problem["reason"] == "must be a whole number without separators"
    assert problem["reason_ja"]
    assert await one(database, "SELECT count(*) FROM summary_import") == 0


async def test_the_month_s_runs_are_graded_by_their_differences(day: Day) -> None:
    sent = await day.delivered(1, 3)
    await day.site(1).receive(*sent.cards[:2])
    await day.site(1).close(sent.manifest, missing=1)

    found = await day.manager.get("/reports/performance", month="2026-04")

    (run,) = found["runs"]
    assert (run["cards"], run["differences"], run["late"], run["not_arrived"]) == (3, 1, 0, 0)
    assert (run["grade"], found["grade"]) == ("alarm", "alarm")


async def test_the_month_report_is_numbered_paper_with_runs_stock_and_differences(day: Day) -> None:
    sent = await day.delivered(1, 3)
    await day.site(1).receive(*sent.cards[:2])
    await day.site(1).close(sent.manifest, missing=1)

    made = await day.manager.post("/reports/month-reports", {"month": "2026-04"})
    paper = await day.manager.ask("GET", f"/documents/{made['number']}/paper.pdf")

    said = words(paper.content)
    assert "月次報告書" in said
    assert "33.333" in said
    assert "不足" in said
    assert made["final"] is False
