"""A door whose clocks a test sets, people who have a password and an authenticator, and browsers to come with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from api.door import Door
from logistics.rules import passwords
from logistics.store.database import Database, driver
from logistics.store.sealing import KEY_BYTES, Sealer
from logistics.work import credentials, devices, people
from logistics.work.authenticating import Desk
from seed.load import person_code, place_code
from tests.applications import application
from tests.http.conftest import OPENING
from tests.sessions import BASE

PASSWORD = "a horse, a battery, a staple"
# Hashed once: the tests are not about how slow that is.
HASH = passwords.hashed(PASSWORD)
SECRET = passwords.new_secret()


class Browser(httpx.AsyncClient):
    """Keeps its cookies, and sends what a page of ours would send with them."""

    def __init__(self, app: Any, base: str = BASE) -> None:
        super().__init__(transport=httpx.ASGITransport(app), base_url=base)
        self.csrf = ""

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request of a script on our page, to the API."""
        sent = {"Origin": str(self.base_url).rstrip("/"), "X-CSRF-Token": self.csrf} | headers
        answer = await self.request(method, f"/api/v1{path}", json=body, headers=sent)
        if (
            answer.is_success
            and answer.content
            and isinstance(said := answer.json(), dict)
            and "csrf" in said
        ):
            self.csrf = said["csrf"]
        return answer

    async def submit(self, path: str, **fields: str) -> httpx.Response:
        """A form of our page."""
        return await self.post(path, data=fields, headers={"Origin": str(self.base_url).rstrip("/")})


@dataclass
class House:
    """The service on one database, with clocks that stand until they are moved."""

    database: Database
    now: datetime = OPENING
    app_now: datetime = OPENING
    sealer: Sealer = field(default_factory=lambda: Sealer(bytes(KEY_BYTES)))
    origin: str | None = None

    def __post_init__(self) -> None:
        self.desk = Desk(
            self.database, self.sealer, lambda: self.now, lambda: self.app_now, failure_seconds=0.05
        )
        self.door = Door(self.desk, self.origin)
        self.app = application(self.database, lambda: self.now, door=self.door)

    def browser(self) -> Browser:
        return Browser(self.app)

    def later(self, **units: float) -> None:
        """Both clocks go on."""
        self.now += timedelta(**units)
        self.app_now += timedelta(**units)

    def code(self) -> str:
        """What every authenticator shows."""
        return passwords.code_at(SECRET, self.app_now)

    async def give_account(self, *persons: str) -> None:
        """A password and an authenticator, and no session."""
        async with self.database.begin() as session:
            for person in persons:
                await credentials.put(session, self.sealer, person, HASH, SECRET)
                await (await driver(session)).execute(
                    "UPDATE session SET ended_at = now(), ended_why = 'test' WHERE person = $1", person
                )

    async def station(self, browser: Browser, place: int = 0) -> str:
        """Let the browser in as a station of a place; the device's code."""
        async with self.database.begin() as session:
            manager = await people.actor(session, person_code(0, 1))
            device, once = await devices.add(session, manager, "窓口 1", place_code(place), "窓口", self.now)
        answer = await browser.call("POST", "/devices/enrol", {"one_time_code": once})
        assert answer.status_code == 200, answer.text
        return device

    async def sign_in(self, browser: Browser, who: str, **changed: str) -> httpx.Response:
        body = {"person": who, "password": PASSWORD, "code": self.code()} | changed
        return await browser.call("POST", "/sign-in", body)

    async def at_work(self, person: str, place: int = 0) -> Browser:
        """A browser at a station of the place, in which the person is signed in."""
        browser = self.browser()
        await self.give_account(person)
        await self.station(browser, place)
        answer = await self.sign_in(browser, person)
        assert answer.status_code == 201, answer.text
        self.later(seconds=30)
        return browser


def kind(answer: httpx.Response) -> str:
    """The type of a problem."""
    found: str = answer.json()["type"].removeprefix("/problems/")
    return found
