"""Whatever is killed under load, nothing that was acknowledged is lost, and nothing is there twice.

The clients keep books of their own: each request ends acknowledged, or with an outcome nobody knows. Then the log is
asked. Reports that are being made when the service is killed are made by the next one, each once. `--kills 10` does it ten times each; a kill is no power cut, so fsync is what it always is.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from logistics.ledger import live
from logistics.rules.calendar import business_date
from logistics.settings import SIGNER_DIRECTORY
from logistics.store.database import Database, driver
from logistics.store.server import Server
from logistics.work.exports import until_signed
from tests.http.day import Day, new_card, scan_of
from tests.sessions import admit_everybody

CLIENTS = 6
# What a client waits for an answer; one that comes later counts as unknown.
PATIENCE_SECONDS = 10
LOAD_SECONDS = 0.7
READY_SECONDS = 90
REPORTS = ("undelivered", "month_report", "management_report")
_OPEN = "SELECT count(*) FROM job WHERE ended_at IS NULL"
_BEGUN = "SELECT count(*) FROM job JOIN job_progress ON job = id WHERE ended_at IS NULL"


@dataclass
class Books:
    """What the clients know: scans that were acknowledged with their outcome, and those sent without an answer."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    changed: list[str] = field(default_factory=list)

    def acknowledge(self, scan: str, outcome: str) -> None:
        self.unknown.discard(scan)
        if self.acknowledged.setdefault(scan, outcome) != outcome:
            self.changed.append(scan)


class Service:
    """`logistics serve` with a PostgreSQL of its own, as the operator starts it; killed whole, and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = str(free.getsockname()[1])
        self.base = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        own = {"DATA_DIR": str(self.home), "PORT": self._port, "WORKERS": "2", "LOG_LEVEL": "CRITICAL"}
        with (self.home / "said").open("ab") as said:
            # A session of its own, so that a kill reaches the parent and its workers and nobody else.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "logistics", "serve", "--no-demo"],
                env={**os.environ, **own}, stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip
        self.wait()

    def wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.base}/health/ready", timeout=5, trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready: {(self.home / 'said').read_text()[-2000:]}")

    def kill(self) -> None:
        """The parent and every worker, at once, between any two of their steps."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_database(self) -> None:
        """The postmaster and every process of it; whoever keeps it alive starts it again."""
        postmaster = Server(self.home).pid()
        assert postmaster is not None
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)
        Server(self.home).stop()


@pytest.fixture
def service() -> Iterator[Service]:
    with TemporaryDirectory(prefix="logistics-kills-") as name:
        service = Service(Path(name))
        try:
            service.start()
            database = Database(Server(service.home).url())
            asyncio.run(_admit(database))
            yield service
        finally:
            service.stop()


async def _admit(database: Database) -> None:
    await admit_everybody(database)
    await database.close()


@asynccontextmanager
async def load(service: Service, books: Books) -> AsyncIterator[None]:
    """Clients that scan without a pause; half of them repeat a scan until it is answered, the others go on."""
    ended = asyncio.Event()
    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(
        base_url=service.base, timeout=PATIENCE_SECONDS, trust_env=False, limits=limits
    ) as http:
        site = Day(http).site(1)

        async def send(scan: dict[str, Any]) -> bool:
            body = {"supervisor": site.supervisor, "scans": [scan]}
            try:
                response = await site.clerk.ask("POST", "/scans", json=body)
            except httpx.TransportError:
                return False
            if response.status_code != 200:
                return False
            (answer,) = response.json()["outcomes"]
            books.acknowledge(scan["id"], answer["outcome"])
            return True

        async def work(patient: bool) -> None:
            while not ended.is_set():
                scan = scan_of(new_card())
                books.unknown.add(scan["id"])
                while not await send(scan) and not ended.is_set():
                    await asyncio.sleep(0.05)
                    if not patient:
                        break

        workers = [asyncio.create_task(work(patient=n % 2 == 0)) for n in range(CLIENTS)]
        try:
            yield
        finally:
            ended.set()
            await asyncio.gather(*workers)


async def kill_at_work(service: Service, database: Database) -> None:
    """Kill the service while it makes reports, start it again and let it make them; until it was found at one."""
    under_way = 0
    while not under_way:
        async with httpx.AsyncClient(base_url=service.base, timeout=60, trust_env=False) as http:
            manager = Day(http).manager
            month = f"{business_date(datetime.now(UTC)):%Y-%m}"
            for kind in REPORTS:
                await manager.post("/jobs", {"kind": kind, "month": month})
        while await _one(database, _OPEN) and not await _one(database, _BEGUN):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.01)
        await asyncio.to_thread(service.kill)
        under_way = await _one(database, _BEGUN)
        await asyncio.to_thread(service.start)
        while await _one(database, _OPEN):  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.1)


async def test_kills_of_service_and_database_under_load_lose_and_double_nothing(
    service: Service, request: pytest.FixtureRequest
) -> None:
    kills: int = request.config.getoption("--kills")
    books, chance = Books(), random.Random(7)  # noqa: S311 - when to kill
    database = Database(Server(service.home).url())
    async with load(service, books):
        for _ in range(kills):
            await asyncio.sleep(LOAD_SECONDS + chance.random() / 2)
            await kill_at_work(service, database)
            await asyncio.sleep(LOAD_SECONDS + chance.random() / 2)
            await asyncio.to_thread(service.kill_database)
            await asyncio.to_thread(service.wait)
        await asyncio.sleep(LOAD_SECONDS)

    try:
        jobs, papers, originals = await _papers(database)
        assert await until_signed(database, 60)
        found = await _outcomes(database)
        verdict = await live.verify(database, service.home / SIGNER_DIRECTORY)
        gaps = await _one(database, "SELECT max(leaf_index) + 1 - count(*) FROM leaf")
        unsequenced = await _one(
            database,
            "SELECT count(*) FROM entry WHERE NOT EXISTS (SELECT FROM leaf WHERE leaf.entry = entry.id)",
        )
        differences = await _one(database, "SELECT count(*) - count(DISTINCT card) FROM discrepancy")
    finally:
        await database.close()

    assert len(books.acknowledged) > 20 * kills, "there was a load"
    assert books.changed == [], "a repeated scan got another answer"
    lost = {scan for scan, outcome in books.acknowledged.items() if found.get(scan) != [outcome]}
    assert lost == set(), "acknowledged, and not there once as acknowledged"
    assert [scan for scan, outcomes in found.items() if len(outcomes) > 1] == [], "doubled"
    assert set(found) <= set(books.acknowledged) | books.unknown, "there and never sent"
    assert verdict.verified, str(verdict)
    assert (gaps, unsequenced, differences) == (0, 0, 0)
    assert len(jobs) >= len(REPORTS) * kills
    assert sorted(jobs) == papers, (
        "each report that was asked for is in the archive once, and none beside them"
    )
    assert originals == papers, "and was drawn once"


async def _papers(database: Database) -> tuple[list[str], list[str], list[str]]:
    """What each job made; the reports in the archive; and those of which there is a print, all by number."""
    made = "SELECT document FROM job"
    kept = "SELECT number FROM document WHERE catalogue IN ('P11', 'P13', 'P14') ORDER BY number"
    drawn = "SELECT document FROM document_print ORDER BY document"
    async with database.read() as session:
        connection = await driver(session)
        jobs, papers, prints = [[row[0] for row in await connection.fetch(q)] for q in (made, kept, drawn)]
    return jobs, papers, prints


async def _outcomes(database: Database) -> dict[str, list[str]]:
    """Every scan that the log's own texts tell of, with its outcomes."""
    found: dict[str, list[str]] = {}
    async with database.read() as session:
        for row in await (await driver(session)).fetch("SELECT body FROM entry ORDER BY id"):
            for scan in json.loads(row["body"]).get("scans", ()):
                found.setdefault(scan["id"], []).append(scan["outcome"])
    return found


async def _one(database: Database, query: str) -> Any:
    async with database.read() as session:
        return await (await driver(session)).fetchval(query)
