"""Reports made beside the requests: once, with their progress told, whoever is killed meanwhile."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from api.archive import drawing
from labels.signing import UNSIGNED
from logistics.store.database import Database
from logistics.work import jobs
from tests.http.day import NOW, Day
from tests.http.rows import one
from tests.http.test_papers import words

DRAW = drawing(UNSIGNED)
# Another process: it begins what is to be drawn, says so, and never gets on.
HANGS = """
import asyncio, sys, time
from datetime import datetime
from logistics.store.database import Database
from logistics.work import jobs

def hangs(catalogue):
    print("drawing", flush=True)
    time.sleep(600)

async def main():
    at = datetime.fromisoformat(sys.argv[2])
    database = Database(sys.argv[1])
    database.tell_time(at)
    while True:
        await jobs.run_next(database, lambda: at, hangs)

asyncio.run(main())
"""


def clock() -> datetime:
    return datetime.fromisoformat(NOW).astimezone(UTC)


async def step(database: Database) -> bool:
    return await jobs.run_next(database, clock, DRAW) is not None


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
