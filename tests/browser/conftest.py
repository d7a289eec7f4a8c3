"""Pages in a real browser: Debian's chromium, driven by Playwright, against the service in a process of its own.

Every page that a test opens is watched: an error in its console, or a request to any other host, fails the test.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from logistics.rules.calendar import JST
from logistics.serving import elsewhere
from logistics.store.server import OWNER, Server
from tests.browser.clerk import Station, World
from tests.conftest import as_superuser
from tests.http.board_day import PlayedDay

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
# A Wednesday: the first run of the contract.
OPENING = datetime(2026, 4, 1, 9, 0, tzinfo=JST)
_names = itertools.count(1)


@pytest.fixture(scope="package")
def browser(template: str) -> Iterator[Browser]:
    """One browser for all of these tests; each test has windows of its own in it.

    It keeps an event loop in this thread: the template is made before, and other tests run after.
    """
    if not Path(CHROMIUM).exists():
        # Not skipped: a suite that passed without any page would say more than it saw.
        pytest.fail(
            "chromium is not installed: apt-get install chromium, or say where it is in CHROMIUM", False
        )
    with sync_playwright() as playwright:
        # An account without a sandbox of its own, such as root in a container, needs to do without.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def new_database(server: Server, template: str) -> Callable[[], str]:
    """Makes databases for services: the owner's address of each."""

    def make() -> str:
        name = f"pages_{os.getpid()}_{next(_names)}"
        in_thread(as_superuser(server, f"CREATE DATABASE {name} TEMPLATE {template} OWNER logistics"))
        return server.url(name, OWNER)

    return make


@contextmanager
def opened(database: str) -> Iterator[World]:
    """The service at nine on a run day, on a database of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="pages-") as home,
        elsewhere(database, OPENING, Path(home), workers=1) as base,
    ):
        yield World(base, database.replace("+asyncpg", ""))


@pytest.fixture(scope="package")
def world(new_database: Callable[[], str]) -> Iterator[World]:
    """A service for all tests that leave one another alone by working at different sites; a start takes long."""
    with opened(new_database()) as world:
        yield world


@pytest.fixture(scope="package")
def played(world: World) -> PlayedDay:
    """A day in the middle at `world`. Who works where: 1 to 4 and 13 counter and counts, 5, 6, 11, 12 journeys of a
    site, 7 to 10 what is looked at; the annex is everybody's."""
    stored = (1, 2, 3, 4, 5, 6, 12, 13)

    async def work(day: PlayedDay) -> PlayedDay:
        await day.arrive({1: 6, 2: 6, 3: 4, 4: 3, 5: 2, 6: 4, 7: 6, 8: 5, 9: 3, 11: 3, 12: 2, 13: 3})
        await day.pack(list(day.cards))
        await day.dispatch()
        await day.take_over([site for site in day.cards if site != 9])
        for site in stored:
            await day.receive(site, day.cards[site])
            await day.close(site, 0)
            await day.put_away(site, day.cards[site])
        await day.receive(7, day.cards[7][:5])
        await day.close(7, 1)
        await day.put_away(7, day.cards[7][:3])
        await day.receive(8, day.cards[8][:2])
        await day.receive(11, day.cards[11][:2])
        await day.close(11, 1)
        await day.put_away(11, day.cards[11][:2])
        return day

    return world.play(work)


@pytest.fixture
def station(browser: Browser, world: World) -> Iterator[Callable[..., Station]]:
    """Opens windows for people; what they saw is checked at the end."""
    opened: list[Station] = []

    def open_for(person: str, *, base: str = world.base, size: tuple[int, int] = (1280, 720)) -> Station:
        context = browser.new_context(
            base_url=base,
            viewport={"width": size[0], "height": size[1]},
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
        )
        opened.append(Station(context, person))
        return opened[-1]

    yield open_for
    faults = [fault for one in opened for fault in one.faults]
    for one in opened:
        one.context.close()
    assert faults == []


def in_thread(work: object) -> object:
    """Run a coroutine where no event loop runs: the browser's driver has one in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()  # type: ignore[arg-type]


__all__ = ["Browser", "BrowserContext", "Page"]
