"""The demonstration day, played small and within this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

import api.door
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.store.sealing import KEY_BYTES, Sealer
from logistics.work.authenticating import Desk
from logistics.work.notice_numbers import NoticeKey
from seed import contract
from seed.demo import accounts
from seed.demo.clerk import Service
from seed.demo.day import DAY, STARTS_AT, play_day
from seed.demo.door import Door, Visits
from seed.demo.figures import Summary
from seed.demo.world import make
from tests.applications import application

# Every site gets a few cards, the Center more than one bag holds.
SMALL = {**dict.fromkeys(contract.SITES, 5), 13: 52}

Alter = Callable[[httpx.Request, httpx.Response], httpx.Response]


class Altered(httpx.ASGITransport):
    """The service, with its answers altered on the way."""

    def __init__(self, app: Any, alter: Alter) -> None:
        super().__init__(app)
        self._alter = alter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        await answer.aread()
        return self._alter(request, answer)


async def play(database: Database, alter: Alter = lambda _, answer: answer) -> tuple[Summary, Service]:
    """Play the day into a database; what it says of itself at the end, and the service with all its papers."""
    clock = Clock.starting_at(STARTS_AT)
    sealer = Sealer(bytes(KEY_BYTES))
    keys = await accounts.hand_out(database, sealer, STARTS_AT)
    desk = Desk(database, sealer, clock, Clock.system())
    app = application(database, clock, door=api.door.Door(desk), notice_key=NoticeKey(bytes(32)))
    transport = Altered(app, alter)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        service = Service(client, clock, Door(client, Visits(keys)))
        return await play_day(service, make(DAY, SMALL), lambda _: None), service
