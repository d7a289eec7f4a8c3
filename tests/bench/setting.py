"""The stage: the embedded PostgreSQL with its normal settings, a made-up past, and the service as a process of its own."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from logistics import serving
from logistics.store.database import Database
from logistics.store.migrate import migrate
from logistics.store.server import OWNER, SUPERUSER, Server, running
from seed.load import load
from tests.bench.world import NOW, World
from tests.sessions import admit_everybody

DATABASE = "bench"
# The same past once more, for a service whose scans no entry tells: the log is under watch, and would say so.
BESIDE = "bench_beside"
PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
# proc(5): fields of /proc/PID/stat after the command's name.
_PARENT, _USER, _SYSTEM = 1, 11, 12


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: rounds of each path, a part of each where all has to be quick; entries and minutes at most."""

    rounds: int
    quick: bool
    entries: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Stage:
    """What a measurement needs: the service at `base`, its database as `dsn`, and how often to repeat."""

    base: str
    dsn: dict[str, str]
    world: World
    superuser: asyncpg.Connection
    size: Size
    # Starts one more service with the same clock, on a database like it, as another program; its base address.
    another: Callable[[str], AbstractContextManager[str]]
    # How its database is reached, by a superuser.
    beside: dict[str, str]
    # When the service was ready, by the monotonic clock.
    ready_at: float

    def now(self) -> datetime:
        """What the service's clock shows, or showed a moment ago: a scan said to be older would be a late one."""
        return NOW + timedelta(seconds=time.monotonic() - self.ready_at)

    @property
    def rounds(self) -> int:
        """How often each side of a path takes its turn."""
        return self.size.rounds

    @property
    def minutes(self) -> int:
        """How long what lasts is to last."""
        return self.size.minutes

    def sized(self, many: int) -> int:
        """How much to do: a part of it where the whole bench has to be quick."""
        return max(1, many // 3) if self.size.quick else many


@asynccontextmanager
async def stage(furnish: Callable[[World], None], size: Size) -> AsyncIterator[Stage]:
    """A stage for one run of the bench; `furnish` says which cards and runs it needs."""
    with tempfile.TemporaryDirectory(prefix="logistics-bench-") as home, running(Path(home)) as server:
        server.create_database(DATABASE)
        world = World()
        furnish(world)
        superuser = await _superuser(server)
        try:
            await fill(server, world, superuser)
            await superuser.close()
            server.psql(f"CREATE DATABASE {BESIDE} TEMPLATE {DATABASE} OWNER {OWNER}")
            superuser = await _superuser(server)
            with serving.elsewhere(server.url(DATABASE), NOW, Path(home)) as base:
                ready_at = time.monotonic()
                dsn = {"host": str(server.socket_dir), "user": OWNER, "database": DATABASE}
                await sequenced(superuser)

                def another(program: str) -> AbstractContextManager[str]:
                    return serving.elsewhere(server.url(BESIDE), on_stage.now(), Path(home, BESIDE), program)

                beside = dsn | {"user": SUPERUSER, "database": BESIDE}
                on_stage = Stage(base, dsn, world, superuser, size, another, beside, ready_at)
                yield on_stage
        finally:
            await superuser.close()


async def _superuser(server: Server) -> asyncpg.Connection:
    return await asyncpg.connect(host=str(server.socket_dir), user=SUPERUSER, database=DATABASE)


async def processor_seconds(stage: Stage) -> float:
    """Processor time that the service's processes, this one and the database's connections have used so far.

    A machine that is busy with other work slows whatever is measured by a clock, and this hardly.
    """
    backend = await stage.superuser.fetchval("SELECT pg_backend_pid()")
    server = _stat(backend)[_PARENT]
    ours = [pid for pid in _descendants("self") if b"worker" in _command(pid) or b"unlogged" in _command(pid)]
    return sum(_processor_seconds(pid) for pid in ["self", *ours, *_descendants(server)])


def resident_mb() -> float:
    """Memory of the largest process of the service, in MB."""
    return max(_resident(pid) for pid in _descendants("self") if b"logistics" in _command(pid))


async def fill(server: Server, world: World, superuser: asyncpg.Connection) -> None:
    url = server.url(DATABASE)
    await migrate(url)
    database = Database(url)
    async with database.begin() as session:
        await load(session)
    await admit_everybody(database)
    await database.close()
    await world.store(superuser)


async def sequenced(superuser: asyncpg.Connection) -> None:
    """Wait until the service has given every entry of the past its leaf, and signed the tree."""
    # To count ten million entries again and again would take the time of what is waited for.
    last = "SELECT leaf_index FROM leaf WHERE entry = (SELECT max(id) FROM entry)"
    done = f"SELECT (SELECT max(size) FROM checkpoint) > ({last})"  # noqa: S608 - constants only
    while not await superuser.fetchval(done):  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.2)


def _descendants(of: str) -> list[str]:
    children = [
        pid for listed in Path(f"/proc/{of}/task").glob("*/children") for pid in listed.read_text().split()
    ]
    return children + [pid for child in children for pid in _descendants(child)]


def _stat(pid: str) -> list[str]:
    # The command's name, in brackets, may hold anything.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _processor_seconds(pid: str) -> float:
    try:
        used = _stat(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(used[_USER]) + int(used[_SYSTEM])) / TICKS


def _command(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _resident(pid: str) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
