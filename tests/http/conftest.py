"""The service as a client meets it: the whole application on a fresh database, at nine on a run day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import httpx
import pytest
from litestar import Litestar

from logistics.rules.calendar import JST
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.work.notice_numbers import NoticeKey
from tests.applications import application, give_back
from tests.http.day import Day
from tests.http.reader import Reader

# A Wednesday: the first run of the contract.
OPENING = datetime(2026, 4, 1, 9, 0, tzinfo=JST)


@pytest.fixture(autouse=True)
def applications_given_back() -> Iterator[None]:
    """What a test had of `application` is the next one's."""
    yield
    give_back()


@pytest.fixture
def clock() -> Clock:
    """A clock that shows nine o'clock on the first run day when the test starts."""
    return Clock.starting_at(OPENING)


@pytest.fixture
def app(database: Database, clock: Clock) -> Litestar:
    """The application on a database of this test alone."""
    return application(database, clock, notice_key=NoticeKey(bytes(32)))


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client in the same event loop: its requests run truly at once."""
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def day(client: httpx.AsyncClient) -> Day:
    """A working day, to be played in a few lines."""
    return Day(client)


@pytest.fixture
async def reader(app: Litestar) -> AsyncIterator[Reader]:
    """Somebody who reads pages and sends their forms."""
    reader = Reader(app)
    async with reader.client:
        yield reader
