"""The custody log by itself: sequencing, exports and verification in entries a second, and how soon a commit is signed.

Its entries are whole lives of cards, as long and as many-sided as real ones. Each export and verification is a process
of its own, so that its memory is its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg

from logistics.ledger.canonical import leaf_hash
from logistics.ledger.sequencer import Worker
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.store.migrate import migrate
from logistics.store.server import SUPERUSER, Server, running
from seed.load import load, person_code, place_code
from tests.bench import client, scans
from tests.bench.measuring import Row
from tests.bench.setting import Stage
from tests.pure.verify_exports import body, move

DATABASE = "ledger"
ENTRIES, MILLION = 100_000, 1_000_000
CHUNK = 20_000
PER_SECOND, STEADY_SECONDS = 100, 20
LIFE = (
    ("expect", "new", "expected"),
    ("check_in", "expected", "arrived"),
    ("set_up", "arrived", "ready"),
    ("pack", "ready", "packed"),
    ("dispatch", "packed", "dispatched"),
    ("take_over", "dispatched", "in_transit"),
    ("hand_over", "in_transit", "delivered"),
    ("receive", "delivered", "received"),
    ("put_away", "received", "stored"),
)
COLUMNS = ["uuid", "act", "actor", "device", "site", "occurred_at", "recorded_at", "body", "hash"]

_SIGNED = """
SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY signed.at - entry.recorded_at)
FROM entry
JOIN leaf ON leaf.entry = entry.id
CROSS JOIN LATERAL (SELECT min(signed_at) AS at FROM checkpoint WHERE size > leaf.leaf_index) AS signed
WHERE entry.recorded_at > $1
"""


async def log(stage: Stage) -> list[Row]:
    """The log of a hundred thousand entries; a part of it where the bench has to be quick."""
    return await _of(stage.sized(ENTRIES))


async def million(_: Stage) -> list[Row]:
    """The log of a million entries: what it takes must not grow with it."""
    return await _of(MILLION)


async def signed(stage: Stage) -> list[Row]:
    """How long after its commit an entry is under a signed checkpoint, while scans come in."""
    count = PER_SECOND * stage.sized(STEADY_SECONDS)
    started = await stage.superuser.fetchval("SELECT max(recorded_at) FROM entry")
    async with client.connected(stage.base, 32) as http:
        requests = [scans.request([card]) for card in stage.world.scans(count)]
        await client.steadily(http, requests, PER_SECOND)
    await asyncio.sleep(3)
    late = await stage.superuser.fetchval(_SIGNED, started)
    return [Row("commit to signed checkpoint at 100 scans/s, p99", "s", late.total_seconds(), bound=2)]


async def _of(size: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="logistics-ledger-") as name, running(Path(name)) as server:
        home = Path(name)
        await _fill(server, size)
        rows = [await _sequenced(server, home, size)]
        url = server.url(DATABASE)
        for what, bound in (("evidence", 20_000), ("epcis", None), ("csv", None)):
            out = home / f"out-{what}"
            seconds, peak = await _process("export", url, str(home / "signer"), str(out), what)
            rows.append(
                Row(
                    f"export as {what}, {size:,} entries",
                    "entries/s",
                    size / seconds,
                    best="high",
                    bound=bound,
                )
            )
            rows.append(Row(f"export as {what}, {size:,} entries: memory", "MB", peak, bound=200))
        seconds, peak = await _process("verify", str(home / "out-evidence"))
        rows.append(
            Row(
                f"offline verification, {size:,} entries, of CPU time",
                "entries/s",
                size / seconds,
                best="high",
                bound=50_000,
            )
        )
        rows.append(Row(f"offline verification, {size:,} entries: memory", "MB", peak))
        seconds, peak = await _process("live", url, str(home / "signer"))
        rows.append(Row(f"live verification, {size:,} entries", "entries/s", size / seconds, best="high"))
        return rows


async def _fill(server: Server, size: int) -> None:
    """Entries by COPY, with foreign keys asleep; hashes, keys and indexes are those of every entry."""
    server.create_database(DATABASE)
    await migrate(server.url(DATABASE))
    database = Database(server.url(DATABASE))
    async with database.begin() as session:
        await load(session)
    await database.close()
    superuser = await asyncpg.connect(host=str(server.socket_dir), user=SUPERUSER, database=DATABASE)
    try:
        await superuser.execute("SET session_replication_role = replica")
        made = _entries()
        for first in range(0, size, CHUNK):
            rows = list(islice(made, min(CHUNK, size - first)))
            await superuser.copy_records_to_table("entry", columns=COLUMNS, records=rows)
        await superuser.execute("VACUUM (ANALYZE) entry")
    finally:
        await superuser.close()


def _entries() -> Iterator[tuple[Any, ...]]:
    """Lives of cards, one after the other, two cards at a time."""
    number, clerk, place = 0, person_code(0, 2), place_code(0)
    for pair in range(10**9):
        cards = (f"C26-{pair:06}A", f"C26-{pair:06}B")
        for step, before, after in LIFE:
            said: dict[str, Any] = {"cards": [move(step, before, after, *cards)], "reason": "引渡し"}
            said |= {"batch": "B7Q2M4ZK97"} if step == "pack" else {}
            text = body(number, step, actor=clerk, site=place, **said)
            told = json.loads(text)
            at = datetime.fromisoformat(told["occurred_at"])
            yield told["id"], step, clerk, told["device"], place, at, at, text, leaf_hash(text)
            number += 1


async def _sequenced(server: Server, home: Path, size: int) -> Row:
    connection = await asyncpg.connect(host=str(server.socket_dir), user=SUPERUSER, database=DATABASE)
    try:
        worker = await Worker.start(connection, home / "signer", Clock.system())
        started = time.perf_counter()
        await worker.reconcile()
        await worker.round()
        seconds = time.perf_counter() - started
        assert await connection.fetchval("SELECT max(size) FROM checkpoint") == size
    finally:
        await connection.close()
    return Row(f"sequencing, {size:,} entries", "entries/s", size / seconds, best="high")


async def _process(*arguments: str) -> tuple[float, float]:
    """How long it took and how much memory it had at most, in seconds and MB."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.ledger_process", *arguments, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, arguments
    seconds, peak = json.loads(said)
    return seconds, peak
