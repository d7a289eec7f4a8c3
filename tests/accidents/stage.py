"""The service on a real database and a socket of its own, with a clock that the play moves on.

Beside what the service knows, a scene holds what really lies where: people count that, and not the log.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules.calendar import JST
from logistics.rules.lifecycle import CardStep
from logistics.store.database import Database
from logistics.store.server import Server
from logistics.work.notice_numbers import NoticeKey
from tests.conftest import clone
from tests.http.counting import Counted, MovingClock, acting, stored
from tests.http.day import Day

# A Wednesday, the first run day of the contract.
MORNING = datetime(2026, 4, 1, 9, 0, tzinfo=JST)


class Stamping(httpx.AsyncClient):
    """A client whose scans are made when they are sent, by the clock of the play."""

    clock: MovingClock

    async def request(self, method: str, url: Any, **options: Any) -> httpx.Response:
        body = options.get("json")
        if isinstance(body, dict):
            for name in ("scans", "tallies"):
                for scan in body.get(name, ()):
                    scan["occurred_at"] = self.clock().isoformat()
        return await super().request(method, url, **options)


@dataclass(frozen=True)
class Noticed:
    """When something happened, when the service said so and how, of which cards, and who saw them last."""

    happened_at: datetime
    noticed_at: datetime
    how: str
    cards: list[str]
    last_sighting: str | None

    @property
    def gap_days(self) -> float:
        """Days between the two, to a hundredth."""
        return round((self.noticed_at - self.happened_at) / timedelta(days=1), 2)


@dataclass
class Scene:
    """One play: its people, its clock, and what really lies in each slot of the vault at hand."""

    day: Day
    clock: MovingClock
    database: Database
    vault: Counted | None = None
    really: dict[str, list[str]] = field(default_factory=dict)
    aside: list[str] = field(default_factory=list)

    def at(self, hour: int, minute: int = 0, days: int = 0) -> datetime:
        """Move the clock to a time of the same day, or of a later one."""
        today = self.clock().astimezone(JST).replace(hour=0, minute=0)
        self.clock.now = today + timedelta(days=days, hours=hour, minutes=minute)
        return self.clock.now

    async def stock(self, number: int, per_slot: Iterable[int], aside: int = 0) -> Counted:
        """Cards received and put away at a site, as they should be; what really lies there is the same."""
        self.vault = await stored(self.day, number, per_slot, aside)
        self.really = {slot: list(cards) for slot, cards in self.vault.slots.items()}
        self.aside = list(self.vault.aside)
        return self.vault

    def lose(self, *cards: str) -> datetime:
        """Cards vanish, and nobody records it; when."""
        for lying in (*self.really.values(), self.aside):
            lying[:] = [card for card in lying if card not in cards]
        return self.clock.now

    async def await_disposal(self, *cards: str) -> None:
        """Proposed, approved and picked: they lie in their slots until they are destroyed."""
        place = self._vault.site.place
        leader = await acting(self.database, self._vault.number, 1)
        for step in (CardStep.PROPOSE, CardStep.APPROVE, CardStep.PICK):
            act = Act(step.value, leader, place, self.clock(), step=step, cards=cards)
            async with self.database.begin() as session:
                await take(session, [act], self.clock())

    async def count(self, kind: str = "closing") -> list[dict[str, Any]]:
        """Count what really lies there: by number, and by scan where it differs; the cases that are open after it."""
        vault = self._vault
        count = await vault.open(kind)
        if self.really:
            await vault.tally(count, {slot: len(cards) for slot, cards in self.really.items()})
        if self.aside:
            await vault.scan(count, None, *self.aside)
        return await self._end(count)

    async def scan(self, kind: str, **more: Any) -> list[dict[str, Any]]:
        """Count by scanning every sleeve that really lies there; the cases that are open after it."""
        vault = self._vault
        count = await vault.open(kind, **more)
        for slot, cards in self.really.items():
            await self._look(count, slot, cards, vault.site.clerk)
        return await self._end(count)

    async def close_day(self) -> dict[str, Any]:
        """The leader closes the day, if nothing is open; what the service answers."""
        site, today = self._vault.site, self.clock().astimezone(JST).date()
        body = {"second": self._vault.second.code}
        answer = await site.leader.ask("POST", f"/places/{site.place}/day-closes/{today}", json=body)
        said: dict[str, Any] = answer.json()
        return said

    async def noticed(self, happened_at: datetime, how: str, cases: list[dict[str, Any]]) -> Noticed:
        """What the service can say of these cases now."""
        file = await self.day.manager.get(f"/cases/{cases[0]['code']}")
        seen = file["last_sighting"]
        said = None
        if seen:
            when = datetime.fromisoformat(seen["occurred_at"]).astimezone(JST)
            where = " ".join(filter(None, (seen["site_name"], seen["slot"])))
            said = f"{when:%m-%d %H:%M} {where}, {seen['act']} by {seen['actor']}"
        if counted := file["last_counted"]:
            when = datetime.fromisoformat(counted["occurred_at"]).astimezone(JST)
            said = f"{said}; its slot was counted right {when:%m-%d %H:%M} by {counted['counter']}"
        return Noticed(happened_at, self.clock.now, how, [case["card"] for case in cases], said)

    @property
    def _vault(self) -> Counted:
        assert self.vault is not None, "stock the vault first"
        return self.vault

    async def _end(self, count: str) -> list[dict[str, Any]]:
        vault = self._vault
        ended = await vault.finish(count)
        if ended["state"] == "recounting":
            for slot in ended["recount_slots"]:
                await self._look(count, slot, self.really[slot], vault.second)
            if ended["recount_aside"] and self.aside:
                await vault.scan(count, None, *self.aside, by=vault.second)
            ended = await vault.finish(count, by=vault.second)
        if ended["state"] == "to_conclude":
            ended = await vault.conclude(count)
        assert ended["state"] == "concluded", ended
        cases: list[dict[str, Any]] = (
            await vault.site.leader.get("/cases", place=vault.site.place, open="true", limit=500)
        )["items"]
        return cases

    async def _look(self, count: str, slot: str, cards: list[str], by: Any) -> None:
        if cards:
            await self._vault.scan(count, slot, *cards, by=by)
        else:
            await self._vault.tally(count, {slot: 0}, by=by)


@asynccontextmanager
async def scene(server: Server, template: str) -> AsyncIterator[Scene]:
    """A scene on a fresh database, served over HTTP on this machine alone."""
    clock = MovingClock(MORNING)
    async with (
        clone(server, template) as database,
        _served(database, clock) as base,
        Stamping(base_url=base, timeout=120, trust_env=False) as client,
    ):
        client.clock = clock
        yield Scene(Day(client), clock, database)


@asynccontextmanager
async def _served(database: Database, clock: MovingClock) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = uvicorn.Config(
            create_app(database, clock, notice_key=NoticeKey(bytes(32))),
            log_config=None,
            access_log=False,
            lifespan="off",
        )
        serving = uvicorn.Server(config)
        task = asyncio.create_task(serving.serve(sockets=[taken]))
        try:
            while not serving.started:  # noqa: ASYNC110 - uvicorn says so nowhere else
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            serving.should_exit = True
            await task
