"""Coming in: each station is let in by its one-time code, each person signs in with password and code, once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy

import httpx

from logistics.rules import passwords
from seed.demo.accounts import Keys

API = "/api/v1"


class Surprise(Exception):
    """The service answered what it should not have."""


class Visits:
    """Who is in with what they send, and which stations are; and the codes of the stations that are not yet."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.people: dict[str, dict[str, str]] = {}
        self.stations: dict[str, str] = {}
        self.left = {place: list(codes) for place, codes in keys.stations.items()}


@dataclass(slots=True)
class Door:
    """Lets people in who are not in yet."""

    client: httpx.AsyncClient
    visits: Visits
    _waiting: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def __post_init__(self) -> None:
        # Many people share this client; each of them carries their own cookies.
        self.client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    async def headers(self, person: str, place: str, device: str) -> dict[str, str]:
        """What the person's browser sends, who signs in first if they have not yet."""
        async with self._waiting[person]:
            if person not in self.visits.people:
                self.visits.people[person] = await self._sign_in(person, await self._station(place, device))
            return self.visits.people[person]

    async def _station(self, place: str, device: str) -> str:
        async with self._waiting[device]:
            if device not in self.visits.stations:
                answer = await self._post(
                    "/devices/enrol", {"one_time_code": self.visits.left[place].pop(0)}, {}
                )
                self.visits.stations[device] = answer.cookies["device"]
            return self.visits.stations[device]

    async def _sign_in(self, person: str, station: str) -> dict[str, str]:
        held = self.visits.keys.people[person]
        body = {
            "person": person,
            "password": held.password,
            "code": passwords.code_at(held.secret, datetime.now(UTC)),
        }
        answer = await self._post("/sign-in", body, {"Cookie": f"device={station}"})
        return {
            "Cookie": f"session={answer.cookies['session']}; device={station}",
            "X-CSRF-Token": answer.json()["csrf"],
            "Origin": self._origin,
        }

    async def _post(self, path: str, body: dict[str, str], headers: dict[str, str]) -> httpx.Response:
        answer = await self.client.post(API + path, json=body, headers={"Origin": self._origin, **headers})
        if not answer.is_success:
            raise Surprise(f"POST {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer

    @property
    def _origin(self) -> str:
        return str(self.client.base_url).rstrip("/")
