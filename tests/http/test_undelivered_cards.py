"""The undelivered cards of a place, one by one, and what lies there without being undelivered."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import openpyxl
import pytest

from api.app import create_app
from logistics.rules.calendar import JST
from logistics.store.database import Database
from logistics.work import schedule
from tests.http.day import Day, new_card
from tests.http.rows import one
from tests.http.test_papers import words
from tests.http.test_reports import MAY, Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def day(database: Database, watch: Watch) -> AsyncIterator[Day]:
    transport = httpx.ASGITransport(create_app(database, watch))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Day(client)


async def test_the_list_of_a_place_is_what_its_report_counts_then_and_later(day: Day, watch: Watch) -> None:
    sent = await day.received(1, 3)
    site = day.site(1)
    slot = await site.first_slot()
    await site.store(slot, *sent.cards)
    watch.now = MAY
    assert await site.clerk.scan("/take-outs", sent.cards[:1], purpose="issue") == ["taken_out"]

    april = await site.leader.get("/reports/undelivered/cards", month="2026-04")
    first = await site.leader.get("/reports/undelivered/cards", limit=2)
    second = await site.leader.get("/reports/undelivered/cards", after=first["next"])
    report = await site.leader.get("/reports/undelivered", month="2026-04")

    assert [item["card"] for item in april["items"]] == sorted(sent.cards)
    assert {item["card"]: (item["state"], item["slot"]) for item in april["items"]} == {
        card: ("stored", None if card == sent.cards[0] else slot) for card in sent.cards
    }
    assert len(april["items"]) == sum(line["closing"] for line in report["lines"])
    assert [item["card"] for item in (*first["items"], *second["items"])] == sorted(sent.cards)
    assert {item["state"] for item in second["items"]} | {item["state"] for item in first["items"]} == {
        "stored",
        "out",
    }


async def test_a_leader_gets_files_and_paper_of_the_own_site_and_no_other(day: Day) -> None:
    sent = await day.received(1, 2)
    mine, theirs = day.site(1), day.site(2)

    made = await mine.leader.post("/reports/undelivered/cards", {})
    paper = await mine.leader.ask("GET", f"/documents/{made['number']}/paper.pdf")
    sheet = await mine.leader.ask("GET", "/reports/undelivered/cards", params={"format": "xlsx"})
    csv = await mine.leader.ask("GET", "/reports/undelivered/cards", params={"format": "csv"})
    foreign = await theirs.leader.ask("GET", "/reports/undelivered/cards", params={"place": mine.place})
    refused = await theirs.leader.refused("/reports/undelivered/cards", {"place": mine.place})
    printed = await theirs.leader.ask("GET", f"/documents/{made['number']}/paper.pdf")
    worker = await mine.clerk.ask("GET", "/reports/undelivered/cards")
    unsaid = await day.manager.ask("GET", "/reports/undelivered/cards")

    said = words(paper.content)
    assert "未交付カード一覧" in said
    assert all(card[:4] in said for card in sent.cards)
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet.content)).active.iter_rows(values_only=True))
    assert {row[0] for row in rows} >= set(sent.cards)
    assert len(csv.content.decode("utf-8-sig").splitlines()) == 4
    assert (made["cards"], foreign.status_code, refused["status"], printed.status_code) == (2, 404, 404, 404)
    assert (worker.status_code, unsaid.status_code) == (403, 400)


async def test_what_nobody_waits_for_is_counted_beside_the_undelivered(day: Day, watch: Watch) -> None:
    await day.received(1, 1)
    site = day.site(1)
    body = {"supervisor": site.supervisor, "reason": "翌日受取り", "cards": [new_card()]}
    await site.clerk.post("/deposits", body)

    found = await site.leader.get("/reports/undelivered", month="2026-04")
    listed = await site.leader.get("/reports/undelivered/cards")
    watch.now = MAY
    closed = await day.manager.post("/reports/months", {"month": "2026-04"})
    paper = await day.manager.ask("GET", "/reports/months/2026-04/undelivered.pdf")

    assert [(line["kind"], line["closing"]) for line in found["lines"]] == [("standard", 1)]
    assert [(line["kind"], line["closing"]) for line in found["beside"]] == [("deposited", 1)]
    assert len(listed["items"]) == 1
    assert closed["closing"] == 1
    assert "未交付に数えない保管物" in words(paper.content)


async def test_a_closed_day_is_reported_the_next_morning_once(day: Day, database: Database) -> None:
    await day.received(1, 1)
    site = day.site(1)
    body = {"second": site.clerk.code, "reason": "棚卸しは翌朝"}
    closed = await site.leader.ask("POST", f"/places/{site.place}/day-closes/2026-04-01", json=body)
    assert closed.status_code == 200, closed.text
    morning = datetime(2026, 4, 2, 8, 30, tzinfo=JST)

    early = await schedule.run_due(database, datetime(2026, 4, 2, 8, 29, tzinfo=JST))
    made = await schedule.run_due(database, morning)
    again = await schedule.run_due(database, morning)

    assert (early, again) == ([], [])
    assert [(due.task.name, f"{due.period}") for due in made] == [(f"day_report {site.place}", "2026-04-01")]
    assert await one(database, "SELECT count(*) FROM document WHERE catalogue = 'P12'") == 1
