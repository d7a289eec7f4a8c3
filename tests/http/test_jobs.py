"""Reports made beside the requests: once, with their progress told, whoever is killed meanwhile."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar import Litestar

from api.archive import drawing
from api.parts import parts_of
from labels.signing import UNSIGNED
from logistics.store.database import Database
from logistics.work import concluding, jobs
from logistics.work.job_making import Tools
from tests.http.counting import stored
from tests.http.day import NOW, Day
from tests.http.reader import Reader
from tests.http.rows import one
from tests.http.test_papers import words

TOOLS = Tools(drawing(UNSIGNED))
# Another process: it begins what is to be drawn, says so, and never gets on.
HANGS = """
import asyncio, sys, time
from datetime import datetime
from logistics.store.database import Database
from logistics.work import jobs
from logistics.work.job_making import Tools

def hangs(catalogue):
    print("drawing", flush=True)
    time.sleep(600)

async def main():
    at = datetime.fromisoformat(sys.argv[2])
    database = Database(sys.argv[1])
    database.tell_time(at)
    while True:
        await jobs.run_next(database, lambda: at, Tools(hangs))

asyncio.run(main())
"""


def clock() -> datetime:
    return datetime.fromisoformat(NOW).astimezone(UTC)


async def step(database: Database) -> bool:
    return await jobs.run_next(database, clock, TOOLS) is not None


async def test_a_report_is_made_beside_the_requests_step_by_step(day: Day, database: Database) -> None:
    await day.received(1, 3)
    site = day.site(1)
    asked = await site.leader.ask("POST", "/jobs", json={"kind": "undelivered_cards", "place": site.place})
    job = asked.json()

    async def look() -> Any:
        return await site.leader.get(f"/jobs/{job['id']}")

    assert asked.status_code == 202, asked.text
    assert (job["state"], job["done"], job["steps"]) == ("waiting", 0, 2)
    assert await step(database)
    counted = await look()
    assert await step(database)
    done = await look()
    assert not await step(database)

    original = await site.leader.ask("GET", f"/jobs/{job['id']}/original.pdf")
    reprint = await site.leader.ask("GET", f"/documents/{done['document']}/paper.pdf")
    others = await day.site(2).leader.ask("GET", f"/jobs/{job['id']}")

    assert (counted["state"], counted["done"], counted["document"]) == ("running", 1, done["document"])
    assert (done["state"], done["done"]) == ("done", 2)
    assert "原本" in words(original.content)
    assert "再発行" in words(reprint.content)
    assert others.status_code == 404
    assert [listed["id"] for listed in await site.leader.get("/jobs")] == [job["id"]]


async def test_what_is_refused_when_it_is_made_is_said(day: Day, database: Database) -> None:
    await day.received(1, 1)
    site = day.site(1)
    close = await day.manager.post("/jobs", {"kind": "close_month", "month": "2026-04"})
    listed = await site.leader.post("/jobs", {"kind": "undelivered_cards", "place": site.place})
    unsaid = await day.manager.refused("/jobs", {"kind": "undelivered_cards"})
    worker = await site.clerk.refused("/jobs", {"kind": "month_report", "month": "2026-04"})
    foreign = await day.site(2).leader.refused("/jobs", {"kind": "undelivered_cards", "place": site.place})

    assert await step(database)
    # By the time the other is made, the leader's registration has run out.
    later = Database(database.engine.url.render_as_string(hide_password=False))
    later.tell_time(datetime(2027, 6, 1, tzinfo=UTC))
    assert await step(later)
    assert not await step(later)
    await later.close()

    not_over = await day.manager.get(f"/jobs/{close['id']}")
    lost = await site.leader.get(f"/jobs/{listed['id']}")
    assert (not_over["state"], not_over["document"]) == ("failed", None)
    assert "まだ終わっていません" in not_over["fault_ja"]
    assert (lost["state"], lost["document"]) == ("failed", None)
    assert (unsaid["status"], worker["status"], foreign["status"]) == (400, 403, 404)
    assert await one(database, "SELECT count(*) FROM document WHERE catalogue IN ('P11', 'P24')") == 0


async def test_a_job_whose_process_is_killed_is_made_once_by_another(day: Day, database: Database) -> None:
    await day.received(1, 2)
    job = await day.manager.post("/jobs", {"kind": "month_report", "month": "2026-04"})
    url = database.engine.url.render_as_string(hide_password=False)
    program = [sys.executable, "-c", HANGS, url, clock().isoformat()]

    killed = await asyncio.create_subprocess_exec(*program, stdout=subprocess.PIPE)
    assert killed.stdout is not None
    await killed.stdout.readline()
    held = await step(database)
    killed.kill()
    await killed.wait()
    while (await day.manager.get(f"/jobs/{job['id']}"))["state"] != "done":
        await asyncio.gather(*(step(database) for _ in range(4)))

    done = await day.manager.get(f"/jobs/{job['id']}")
    assert not held, "while one draws it, nobody else does"
    assert await one(database, "SELECT count(*) FROM document WHERE catalogue = 'P13'") == 1
    assert (
        await one(database, "SELECT count(*) FROM document_print WHERE document = $1", done["document"]) == 1
    )


async def test_a_large_count_ends_and_the_log_is_exported_beside_the_requests_from_their_pages(
    day: Day, reader: Reader, app: Litestar, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concluding, "LARGE", 3)
    vault = await stored(day, 1, [3, 2])
    gone, leader, clerk = vault.cards[0], vault.site.leader.code, vault.site.clerk.code
    count = await vault.open("full")
    await vault.scan_all(count, without=[gone])
    await vault.site.clerk.post("/jobs", {"kind": "finish_count", "count": count})

    waiting = await reader.send(f"/counts/{count}/finish", clerk, back=f"/counts/{count}")
    assert await step(database)
    assert not await step(database), "what was under way was not begun again"
    ended = await vault.site.clerk.get("/jobs")
    await vault.scan(count, next(iter(vault.slots)), *vault.cards[1:3], by=vault.second)
    assert (await vault.finish(count, by=vault.second))["state"] == "to_conclude"
    await reader.send(f"/counts/{count}/conclude", leader, reason="探した", back=f"/counts/{count}")
    assert await step(database)
    (concluded,) = await vault.site.leader.get("/jobs")
    again = await vault.site.leader.refused("/jobs", {"kind": "conclude_count", "count": count})
    done = await reader.see(f"/reports/jobs/{concluded['id']}", leader)

    assert "順番を待っています" in waiting
    assert [(job["state"], job["done"], job["steps"], job["document"]) for job in ended] == [
        ("done", 3, 3, None)
    ]
    assert (concluded["state"], concluded["count"]) == ("done", count)
    assert concluded["document"] == (await vault.site.leader.get(f"/counts/{count}"))["report"]
    assert await day.state(gone) == "missing"
    assert (
        await one(database, "SELECT count(*) FROM entry WHERE act = 'conclude_count' AND device IS NOT NULL")
        == 1
    )
    assert again["type"] == "/problems/count-ended"
    assert f'href="/counts/{count}"' in done

    order = {"card": gone, "format": "csv", "charset": "utf-8", "purpose": "監査", "approval": "市監第1号"}
    manager = day.manager.code
    short = await reader.send("/audit/exports", manager, **order, password="short", back="/audit/exports")
    (drawn,) = re.findall(r'name="password" [^>]*value="([^"]+)"', short)
    ordered = await reader.send("/audit/exports", manager, **order, password=drawn, back="/audit/exports")
    tools = Tools(TOOLS.draw, None, parts_of(app).door.desk.sealer)
    assert await jobs.run_next(database, clock, tools)
    (export,) = await day.manager.get("/jobs")
    made = await reader.see(f"/reports/jobs/{export['id']}", manager)
    listed = await reader.see("/audit/exports", manager)

    assert 'class="said fault"' in short
    assert "監査" in short, "what was typed is still there"
    assert "short" not in re.findall(r'value="([^"]*)"', short), "but the password"
    assert "順番を待っています" in ordered
    assert export["done"] == export["steps"] > 5
    assert f"/api/v1/jobs/{export['id']}/archive.zip" in made
    assert f"/reports/jobs/{export['id']}" in listed
