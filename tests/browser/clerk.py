"""Somebody at a counter: a browser window, hands that scan and type, eyes that watch for what must not be there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import httpx
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from tests.http.board_day import PlayedDay
from tests.sessions import cookies_of

T = TypeVar("T")
# A fast scanner sends a key every so many milliseconds.
KEY_MS = 20
# A test waits for what happens, not for how fast: only what never happens takes so long.
PATIENCE_MS = 60_000
TEST_CODE = "TEST-AZ09-KS"
# What a browser says of a line that a test has cut, or of a refusal that a test is about.
EXPECTED = (
    "ERR_INTERNET_DISCONNECTED",
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "Failed to load resource",
)


@dataclass
class World:
    """A running service, and the work that brings things to where a test wants them."""

    base: str
    database: str = ""

    def confirm(self) -> None:
        """Everybody has proved who they are at the moment of the last entry: who approves needs that."""

        async def run() -> None:
            connection = await asyncpg.connect(self.database)
            await connection.execute("UPDATE session SET confirmed_at = (SELECT max(recorded_at) FROM entry)")
            await connection.close()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, run()).result()

    def play(self, work: Callable[[PlayedDay], Awaitable[T]], now: datetime | None = None) -> T:
        """Let somebody work through the API for a while."""

        async def run() -> T:
            async with httpx.AsyncClient(base_url=self.base, timeout=60) as client:
                at = now or datetime.fromisoformat("2026-04-01T09:00:00+09:00")
                return await work(PlayedDay(client, at))

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, run()).result()


@dataclass
class Station:
    """A window that one person works in."""

    context: BrowserContext
    person: str
    faults: list[str] = field(default_factory=list)
    may_fail: bool = False

    def __post_init__(self) -> None:
        self.context.add_cookies(cookies_of(self.person))  # type: ignore[arg-type]
        self.page: Page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._asked)
        return page

    def open(self, path: str) -> Page:
        """Go to a page of ours, which must be there."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        return self.page

    def scan_page(self, path: str) -> Page:
        """Open a scan page, and pass the self-test as a scanner does."""
        page = self.open(path)
        page.wait_for_selector("#scan[data-ready=yes]")
        if page.locator("#selftest").is_visible():
            self.wedge(TEST_CODE)
            page.wait_for_selector("#selftest:not([open])", state="attached")
        return page

    def choose_supervisor(self, code: str) -> None:
        self.page.select_option("#supervisor", code)

    def wedge(self, text: str, *, enter: int = 1, delay: float = KEY_MS) -> None:
        """Type as a scanner does, ending with so many Enters.

        On a busy machine the keys come slower than asked, and so may the Enter: what must not depend on
        that asks for no delay.
        """
        self.page.keyboard.type(text, delay=delay)
        for _ in range(enter):
            self.page.keyboard.press("Enter")

    def scan(self, text: str, **how: Any) -> str:
        """Scan, and wait for the answer: its look."""
        before = self.told
        self.wedge(text, **how)
        self.page.wait_for_function(
            "before => document.querySelector('#answer').dataset.told !== before", arg=before
        )
        return self.look

    @property
    def told(self) -> str:
        return self.page.locator("#answer").get_attribute("data-told") or ""

    @property
    def look(self) -> str:
        return self.page.locator("#answer").get_attribute("data-look") or ""

    @property
    def word(self) -> str:
        return self.page.locator("#answer-word").inner_text()

    @property
    def done(self) -> str:
        return self.page.locator("#done").inner_text()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (
            self.may_fail and any(said in message.text for said in EXPECTED)
        ):
            self.faults.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme in ("http", "https", "ws", "wss") and asked.hostname != "127.0.0.1":
            self.faults.append(f"another host: {request.url}")
