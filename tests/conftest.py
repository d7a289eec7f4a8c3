"""One PostgreSQL server for the whole run, one database migrated and seeded once, a clone of it for each test.

Every test commits for real, so what only shows at commit shows here, and races are run as races.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import hypothesis
import pytest

from logistics.store.database import Database
from logistics.store.migrate import migrate
from logistics.store.server import OWNER, SERVICE, SUPERUSER, Server, running
from seed.load import load
from tests.applications import give_back
from tests.played import play
from tests.sessions import admit_everybody

# A machine that is busy with other work is slow to draw examples; that says nothing of the code.
hypothesis.settings.register_profile(
    "ours", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None
)
hypothesis.settings.load_profile("ours")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=2, help="how often service and database are killed each")


TEMPLATE, PLAYED = "template_logistics", "template_played"
# What the clock of a test's database shows, whatever the machine's does.
CONTRACT_BEGINS = datetime(2026, 4, 1, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The embedded server, on a directory of its own."""
    # Not pytest's own directory: a second run closes that one to other accounts, and root's server has another.
    with tempfile.TemporaryDirectory(prefix="logistics-tests-") as home, running(Path(home)) as server:
        server.create_database()
        yield server


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a database with the whole schema and the reference data, in which everybody is signed in."""
    server.create_database(TEMPLATE)
    asyncio.run(_fill(server.url(TEMPLATE)))
    return TEMPLATE


@pytest.fixture(scope="session")
def played_template(server: Server, template: str) -> str:
    """The name of a database into which the demonstration day was played, small; for who reads what a day leaves."""
    asyncio.run(_play(server, template))
    return PLAYED


@pytest.fixture
async def played_database(server: Server, played_template: str) -> AsyncIterator[Database]:
    """A copy of the database that holds a played day."""
    async with clone(server, played_template) as database:
        yield database


@pytest.fixture
async def database(server: Server, template: str) -> AsyncIterator[Database]:
    """A database as a new installation has it: migrated, reference data loaded, no cards."""
    async with clone(server, template) as database:
        yield database


@pytest.fixture
async def empty_database(server: Server) -> AsyncIterator[Database]:
    """A database without any table."""
    async with clone(server, "template0", user=OWNER) as database:
        yield database


@asynccontextmanager
async def clone(
    server: Server, template: str, pool_size: int = 10, user: str = SERVICE
) -> AsyncIterator[Database]:
    """A copy of the database `template`, dropped afterwards even if somebody is still connected.

    Connected as the service is, so that what only the owner may do fails in tests too.
    """
    name = f"test_{next(_numbers)}"
    await _copy(server, template, name)
    database = Database(server.url(name, user), pool_size=pool_size)
    database.tell_time(CONTRACT_BEGINS)
    try:
        yield database
    finally:
        await database.close()
        await as_superuser(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _copy(server: Server, template: str, name: str) -> None:
    await as_superuser(server, f"CREATE DATABASE {name} TEMPLATE {template} OWNER logistics STRATEGY wal_log")


async def as_superuser(server: Server, statement: str, database: str = "postgres") -> None:
    """Run one statement with the rights that the service itself does not have."""
    connection = await asyncpg.connect(host=str(server.socket_dir), user=SUPERUSER, database=database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _fill(url: str) -> None:
    await migrate(url)
    database = Database(url)
    async with database.begin() as session:
        await load(session)
    await admit_everybody(database)
    await database.close()


async def _play(server: Server, template: str) -> None:
    await _copy(server, template, PLAYED)
    database = Database(server.url(PLAYED, SERVICE))
    database.tell_time(CONTRACT_BEGINS)
    await play(database)
    await database.close()
    give_back()
