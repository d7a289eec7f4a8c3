"""Live pages: one task in this process watches the log, however many browsers look on.

It asks only while somebody listens. A browser is told that something was recorded, never what: it asks again by the
way that checks who is asking. Entries commit out of the order of their ids, so the last few are looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from litestar.response import ServerSentEvent

from logistics.store.database import Database, driver

log = structlog.get_logger("live")

# How often the log is asked; seconds. A page is then at most this much behind, and the time to draw it.
EVERY = 0.4
# A stream ends after this long and its browser comes again: sign-in is asked anew, and a stop waits for nobody.
LONGEST = 50.0
# Ids that are handed out but not committed when later ones are seen.
BEHIND = 200

_NEWEST = "SELECT COALESCE(max(id), 0) FROM entry"
_SINCE = "SELECT id, site FROM entry WHERE id > $1 ORDER BY id"


@dataclass(eq=False)
class _Listener:
    site: str | None
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """Tells listeners that something was recorded, at their site or anywhere."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self._listeners: set[_Listener] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._version = 0
        self._drawn: dict[Hashable, tuple[int, asyncio.Task[str]]] = {}

    async def changes(self, site: str | None) -> AsyncIterator[None]:
        """Once at first, then after each change; ends after `LONGEST` seconds, or when the process is to stop."""
        listener = _Listener(site)
        self._listeners.add(listener)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        ends = asyncio.get_running_loop().time() + LONGEST
        try:
            yield
            while (left := ends - asyncio.get_running_loop().time()) > 0 and not self._stopping.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(listener.woken.wait(), left)
                    if self._stopping.is_set():
                        return
                    listener.woken.clear()
                    yield
        finally:
            self._listeners.discard(listener)

    async def shared(self, what: Hashable, draw: Callable[[], Awaitable[str]]) -> str:
        """What `draw` gives, drawn once for all who ask for the same between two changes."""
        known = self._drawn.get(what)
        if known is None or known[0] != self._version or (known[1].done() and known[1].exception()):
            self._drawn = {key: it for key, it in self._drawn.items() if it[0] == self._version}
            known = self._version, asyncio.create_task(_told(draw))
            self._drawn[what] = known
        return await asyncio.shield(known[1])

    def stream(self, events: AsyncIterator[dict[str, str]]) -> ServerSentEvent:
        """Events as an answer that a browser keeps listening to."""
        headers = {
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
            "X-Content-Type-Options": "nosniff",
        }
        return ServerSentEvent(events, headers=headers)

    def stop(self) -> None:
        """End every stream now."""
        self._stopping.set()
        for listener in self._listeners:
            listener.woken.set()

    async def close(self) -> None:
        """Stop watching."""
        self.stop()
        if self._watcher:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    async def _watch(self) -> None:
        seen: set[int] | None = None
        newest = 0
        while self._listeners and not self._stopping.is_set():
            try:
                if seen is None:
                    newest = await self._newest()
                rows = await self._entries(newest - BEHIND)
            except Exception as failure:
                # The database is away; whoever listens still learns of what happened meanwhile.
                log.warning("watch", error=type(failure).__name__)
            else:
                fresh = {site for number, site in rows if seen is not None and number not in seen}
                newest = max([newest, *(number for number, _ in rows)])
                seen = {number for number, _ in rows if number > newest - BEHIND}
                if fresh:
                    self._wake(fresh)
            await asyncio.sleep(EVERY)

    def _wake(self, sites: set[str]) -> None:
        self._version += 1
        for listener in self._listeners:
            if listener.site is None or listener.site in sites:
                listener.woken.set()

    async def _newest(self) -> int:
        async with self.database.read() as session:
            found: int = await (await driver(session)).fetchval(_NEWEST)
            return found

    async def _entries(self, after: int) -> list[tuple[int, str]]:
        async with self.database.read() as session:
            rows = await (await driver(session)).fetch(_SINCE, after)
            return [(row["id"], row["site"]) for row in rows]


async def _told(draw: Callable[[], Awaitable[str]]) -> str:
    return await draw()
