"""A person at a station: what they send under their name, and what the service answers."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from seed.demo.door import API, Door, Surprise

MOST_ON_PAGE = 500

J = TypeVar("J")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Service:
    """The service as everybody reaches it. `refusals` counts what it refused, by outcome or type of problem."""

    client: httpx.AsyncClient
    now: Callable[[], datetime]
    door: Door
    refusals: Counter[str] = field(default_factory=Counter)
    papers: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clerk:
    """A person, at a device of their place."""

    service: Service
    person: str
    place: str
    device: str

    async def get(self, path: str, **query: str | int) -> Any:
        """What the service says."""
        return (await self._ask("GET", path, params=query)).json()

    async def every(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """The whole of a list, page by page."""
        page = await self.get(path, **query, limit=MOST_ON_PAGE)
        found: list[dict[str, Any]] = page["items"]
        while page["next"] is not None:
            page = await self.get(path, **query, limit=MOST_ON_PAGE, after=page["next"])
            found += page["items"]
        return found

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the service answers to something done."""
        answer = await self._ask("POST", path, json=body)
        return answer.json() if answer.content else None

    async def send(self, path: str, content: bytes) -> Any:
        """What the service answers to a list."""
        return (await self._ask("POST", path, content=content, headers={"Content-Type": "text/csv"})).json()

    async def scan(self, path: str, scans: Sequence[dict[str, Any]], **more: str) -> list[dict[str, Any]]:
        """The outcome of each scan."""
        answered: list[dict[str, Any]] = (await self.post(path, {"scans": list(scans), **more}))["outcomes"]
        return answered

    async def scan_refused(
        self, path: str, scan: dict[str, Any], outcome: str, **more: str
    ) -> dict[str, Any]:
        """The answer to a scan that must come to `outcome`; Surprise for any other."""
        (answer,) = await self.scan(path, [scan], **more)
        if answer["outcome"] != outcome:
            raise Surprise(f"{path} answered {answer['outcome']} where {outcome} was due")
        self.service.refusals[outcome] += 1
        return answer

    async def refused(
        self, problem: str, path: str, body: dict[str, Any] | None = None, content: bytes | None = None
    ) -> Any:
        """The problem, which must be of this type, that stops something; Surprise if it is not stopped."""
        answer = await self._send("POST", path, json=body, content=content)
        said = answer.json() if answer.is_client_error else {}
        if said.get("type") != f"/problems/{problem}":
            raise Surprise(f"POST {path} answered {answer.status_code} where {problem} was due")
        self.service.refusals[problem] += 1
        return said

    async def paper(self, method: str, path: str, slug: str = "", body: dict[str, Any] | None = None) -> None:
        """Print a paper and keep it under the name the service gives it, with the site's behind."""
        answer = await self._ask(method, path, json=body)
        found = re.search(r'filename="(.+)\.pdf"', answer.headers["Content-Disposition"])
        if found is None or not answer.content.startswith(b"%PDF-"):
            raise Surprise(f"{path} is not a PDF with a name")
        self.service.papers[f"{found[1]}{slug and '-'}{slug}.pdf"] = answer.content

    def of(self, code: str, **seen: Any) -> dict[str, Any]:
        """A scan of `code` made now, with what the eye saw."""
        return {"id": str(uuid4()), "code": code, "occurred_at": self.service.now().isoformat(), **seen}

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = await self._send(method, path, **more)
        if not answer.is_success:
            raise Surprise(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer

    async def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        mine = await self.service.door.headers(self.person, self.place, self.device)
        return await self.service.client.request(
            method, API + path, headers={**mine, **(headers or {})}, **more
        )


async def share(
    people: Sequence[Clerk], jobs: Iterable[J], work: Callable[[Clerk, J], Awaitable[R]]
) -> list[R]:
    """Everybody takes the next job until none is left; the results in the order of the jobs."""
    waiting = list(enumerate(jobs))
    waiting.reverse()
    done: dict[int, R] = {}

    async def toil(clerk: Clerk) -> None:
        while waiting:
            number, job = waiting.pop()
            done[number] = await work(clerk, job)

    await asyncio.gather(*(toil(clerk) for clerk in people))
    return [done[number] for number in sorted(done)]
