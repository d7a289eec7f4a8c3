"""Puts a My Number into one place of one request after another, and notes every answer that is wrong."""

from __future__ import annotations

import re
from itertools import count
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
from litestar import Litestar
from stdnum.jp import in_ as individual_number

from logistics.rules.codes import CodeType
from tests.http.bodies import places, valid, with_value
from tests.http.day import Day
from tests.http.routes import Route, queries
from tests.sessions import headers_of

NUMBER = "12345678901" + individual_number.calc_check_digit("12345678901")
GROUPS = [NUMBER[n : n + 4] for n in (0, 4, 8)]
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in NUMBER)
WAYS = (NUMBER, " ".join(GROUPS), "-".join(GROUPS), FULL_WIDTH, f"no. {NUMBER}, please")
# A header holds ASCII.
PLAIN_WAYS = tuple(way for way in WAYS if way.isascii())
HEADERS = ("X-CSRF-Token", "X-Anything", "Cookie", "Authorization", "Referer", "User-Agent")
SITE_WORK = (
    "/api/v1/scans",
    "/api/v1/slots/",
    "/api/v1/manifests/",
    "/api/v1/placements",
    "/api/v1/returns/",
    "/api/v1/take-outs",
    "/api/v1/issues",
    "/api/v1/city-",
    "/api/v1/pick-lists",
    "/api/v1/counts/",
)
MANAGEMENT = ("/api/v1/reports/",)
LEADING = ("/api/v1/successions/",)
# What a scan reads, which is judged scan by scan.
SCANNED = {("scans", "code"), ("placements", "card"), ("picks", "code")}


class Walk:
    """Sends a My Number to one place of one route after another and collects every answer that is wrong."""

    def __init__(self, day: Day, codes: dict[CodeType, str]) -> None:
        self.day = day
        self.codes = codes
        self.asked = 0
        self.wrong: list[str] = []
        # Headers and bodies that no handler reads are judged before any: each of them on every route, and each way in
        # each of them, but not every way on every route.
        self._of_headers, self._of_bodies = count(), count()

    async def refused(self, route: Route, what: str, path: str, **request: Any) -> None:
        response = await self._ask(route, path, **request)
        fine = response.status_code == 400 and problem_type(response) == "/problems/my-number-refused"
        self._note(fine, route, what, response)

    async def guarded(self, route: Route, what: str, body: Any) -> None:
        """A scan is judged for itself: its text is refused, the request is not."""
        response = await self._ask(route, route.path(), json=body)
        fine = response.status_code == 200 and [o["outcome"] for o in response.json()["outcomes"]] == [
            "guard"
        ]
        self._note(fine, route, what, response)

    async def named(self, route: Route, what: str, **request: Any) -> None:
        """A list names line and column, or says that it is no list at all; either way nothing is imported."""
        response = await self._ask(route, route.path(), **request)
        if response.status_code == 303:
            # A page sends whoever filled in its form back to it, with the sentence to be shown there.
            fine = "set-cookie" in response.headers
        else:
            fine = response.status_code == 400 and response.json()["type"] == "/problems/list-invalid"
        self._note(fine, route, what, response)

    async def _ask(self, route: Route, path: str, **request: Any) -> httpx.Response:
        ours = self.day.manager if path.startswith(MANAGEMENT) else self.day.annex
        clerk = self.day.site(1).clerk if path.startswith(SITE_WORK) else ours
        clerk = self.day.site(1).leader if path.startswith(LEADING) else clerk
        headers = headers_of(clerk.code) | request.pop("headers", {})
        self.asked += 1
        return await self.day.client.request(route.method, path, headers=headers, **request)

    def _note(self, fine: bool, route: Route, what: str, response: httpx.Response) -> None:
        said = response.text + str(response.headers)
        if not fine or any(way in said for way in (NUMBER, FULL_WIDTH, *WAYS)):
            self.wrong.append(f"{route.method} {route.template} {what}: {response.status_code} {said[:300]}")

    async def head(self, app: Litestar, route: Route, way: str) -> None:
        for name in route.path_names:
            await self.refused(route, f"path {name}", route.path(**{name: way}))
        for name in queries(app, route):
            await self.refused(route, f"query {name}", route.path(), params={name: way})
        await self.refused(route, "name of a query", route.path(), params={way: "1"})

    async def headers(self, route: Route) -> None:
        """Each header, in one way after the other."""
        turn = next(self._of_headers)
        for n, name in enumerate(HEADERS):
            way = PLAIN_WAYS[(turn + n) % len(PLAIN_WAYS)]
            await self.refused(route, f"header {name}", route.path(), headers={name: way})

    async def bodies(self, route: Route) -> None:
        """Bodies that are no JSON of ours, whether or not the handler reads one; each in one way after the other."""
        turn = next(self._of_bodies)
        form = {"content-type": "application/x-www-form-urlencoded"}
        ways = [WAYS[(turn + n) % len(WAYS)] for n in range(6)]
        for what, request in (
            ("form", {"content": f"a=1&note={quote(ways[0])}", "headers": form}),
            ("form with plus", {"content": f"a=1&note={quote_plus(ways[1])}", "headers": form}),
            ("multipart", {"files": {"note": (None, ways[2])}}),
            ("plain text", {"content": f"note: {ways[3]}", "headers": {"content-type": "text/plain"}}),
        ):
            if route.handler.opt.get("names_my_numbers"):
                await self.named(route, what, **request)
            else:
                await self.refused(route, what, route.path(), **request)
        await self.refused(route, "JSON text", route.path(), json=ways[4])
        await self.refused(route, "JSON key", route.path(), json={ways[5]: 1})

    async def fields(self, route: Route, way: str) -> None:
        """Every place in a body that the handler reads, and one that it does not know."""
        body = valid(route.body_type, self.codes)
        for where in places(body):
            changed = with_value(body, where, way)
            if (where[0], where[-1]) in SCANNED:
                await self.guarded(route, f"body {where}", changed)
            else:
                await self.refused(route, f"body {where}", route.path(), json=changed)
        await self.refused(route, "unknown field", route.path(), json=body | {"note": way})

    async def numbers(self, route: Route) -> None:
        """Every place in a body that the handler reads, as a number."""
        body = valid(route.body_type, self.codes)
        for where in places(body):
            number = with_value(body, where, int(NUMBER))
            await self.refused(route, f"body {where} as number", route.path(), json=number)


def problem_type(response: httpx.Response) -> str:
    """The type of the problem; a page for people names it in a link."""
    if response.headers["content-type"].startswith("text/html"):
        found = re.search(r"/problems/[a-z-]+", response.text)
        return found[0] if found else "about:blank"
    kind: str = response.json()["type"]
    return kind
