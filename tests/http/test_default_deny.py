"""Default deny: a route is guarded, or says in so many words that it is public."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from api.auth import signed_in
from logistics.rules.codes import CodeType, random_code
from logistics.rules.tokens import csrf_of, new_token
from logistics.store.database import Database
from seed.load import person_code
from tests.http.bodies import valid
from tests.http.day import Clerk, Day, new_card, scan_of
from tests.http.routes import routes
from tests.http.rows import contents
from tests.http.walk import problem_type
from tests.sessions import BASE, headers_of

PARAMS = {
    "approval": "H7Q2M4ZK90",
    "attachment": "01a2150e-a14d-73b1-84bf-ee401572d5d8",
    "arrival": "N08000001Z",
    "batch": "B7Q2M4ZK97",
    "box": "X7Q2M4ZK9V",
    "card": "C0XK3WYPMU",
    "case": "U080000015",
    "count": "Q080000011",
    "day": "2026-04-01",
    "device": "E7Q2M4ZK9Y",
    "discrepancy": "G08000001W",
    "file_path": "nothing.css",
    "job": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6a7b",
    "lang": "en",
    "document": "D08000001E",
    "incident": "I08000001R",
    "position": "1",
    "hold": "Z08000001I",
    "manifest": "M08000001V",
    "month": "2026-05",
    "person": "P0001027",
    "pick_list": "Y08000001T",
    "number": "D080000013",
    "path": "nothing",
    "place": "L01F",
    "proposal": "W08000001H",
    "purpose": "receive",
    "return_batch": "B7Q2M4ZK97",
    "run": "R7Q2M4ZK9R",
    "slot": "S011A001B",
    "subject": "M08000001V",
    "succession": "J08000001D",
    "token": "1",
    "vault": "V011G",
}


# What these cannot do without.
QUERIES = {
    "/board/live": {"day": "2026-04-01"},
    "/find": {"code": "C0XK3WYPMU"},
    "/attachments": {"subject_type": "incident", "subject": "I08000001R", "name": "photo.jpg"},
    "/discrepancies/{discrepancy:str}/files": {"name": "photo.jpg"},
    "/disposal/{proposal:str}/files": {"name": "photo.jpg"},
    "/incidents/{incident:str}/files": {"name": "photo.jpg"},
    "/audit/balance": {"place": "L01F"},
    "/audit/contents": {"place": "L01F"},
    "/reports/management": {"month": "2026-04"},
    "/reports/performance": {"month": "2026-04"},
    "/reports/undelivered": {"month": "2026-04"},
}


def is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def guarded(handler: HTTPRouteHandler) -> bool:
    return signed_in in {getattr(guard, "func", guard) for guard in handler.resolve_guards()}


def test_every_route_is_guarded_or_marked_public(app: Litestar) -> None:
    found = {
        f"{route.method} {route.template}": (guarded(route.handler), bool(route.handler.opt.get("public")))
        for route in routes(app)
    }

    assert {name for name, (kept, public) in found.items() if kept == public} == set()


def test_everything_under_the_api_is_guarded(app: Litestar) -> None:
    open_routes = [
        r.template for r in routes(app) if r.template.startswith("/api/") and not guarded(r.handler)
    ]

    assert open_routes == [
        "/api/v1/devices/enrol",
        "/api/v1/enrolment/begin",
        "/api/v1/enrolment/finish",
        "/api/v1/passkeys/challenge",
        "/api/v1/passkeys/sign-in",
        "/api/v1/sign-in",
    ], "the door itself"


async def test_no_guarded_route_answers_whoever_shows_nothing(
    app: Litestar, day: Day, database: Database
) -> None:
    before = await contents(database)
    answers = {}
    for route in routes(app, PARAMS):
        if guarded(route.handler):
            response = await day.client.request(route.method, route.path())
            answers[f"{route.method} {route.template}"] = (response.status_code, problem_type(response))

    assert set(answers.values()) == {(401, "/problems/not-signed-in")}
    assert await contents(database) == before


async def test_a_session_that_was_never_opened_is_nobodys(
    app: Litestar, day: Day, database: Database
) -> None:
    stranger = Clerk(day.client, person_code(77, 7))
    before = await contents(database)

    scans = {"supervisor": day.site(1).supervisor, "scans": [scan_of(new_card())]}
    answers = [
        await stranger.ask("GET", "/cards"),
        await stranger.ask("POST", "/scans", json=scans),
        await stranger.ask("POST", f"/runs/{random_code(CodeType.RUN)}/dispatch"),
    ]

    assert [answer.json()["type"] for answer in answers] == ["/problems/not-signed-in"] * 3
    assert await contents(database) == before


@pytest.mark.parametrize(
    "token", ["", "a" * 63, "a" * 65, "A" * 64, "1" * 64, "; DROP TABLE card", "a" * 4_000]
)
async def test_a_cookie_that_is_no_token_is_nobody(day: Day, token: str) -> None:
    answers = [
        await day.client.get("/api/v1/cards", headers={"Cookie": f"session={token}"}),
        await day.client.get("/api/v1/cards", headers={"Authorization": f"Bearer {token}"}),
    ]

    assert [problem_type(answer) for answer in answers] == ["/problems/not-signed-in"] * 2


async def test_no_guarded_route_answers_a_token_that_nobody_was_given(app: Litestar, day: Day) -> None:
    """The guard lets it pass, for it has the form; every handler has to look whose it is."""
    token = new_token()
    session = {"Cookie": f"session={token}", "X-CSRF-Token": csrf_of(token), "Origin": BASE}
    machine = {"Authorization": f"Bearer {token}"}
    wrong = []
    codes = {kind: random_code(kind) for kind in CodeType}
    for route in routes(app, PARAMS):
        if guarded(route.handler):
            kind = "json" if route.template.startswith("/api/") else "data"
            body = {kind: valid(route.body_type, codes)} if is_struct(route.body_type) else {}
            body |= {"params": QUERIES.get(route.template.removeprefix("/api/v1"), {})}
            if kind == "data" and "csrf" in body.get("data", {}):
                body["data"]["csrf"] = csrf_of(token)
            for headers in (session, machine):
                response = await day.client.request(route.method, route.path(), headers=headers, **body)
                if (response.status_code, problem_type(response)) != (401, "/problems/not-signed-in"):
                    wrong.append(
                        f"{route.method} {route.template}: {response.status_code} {response.text[:200]}"
                    )

    assert wrong == [], "\n".join(wrong)


def test_every_guarded_handler_reads_whose_session_it_is(app: Litestar) -> None:
    """By its actor or reader, or it says that it does so itself."""
    reading = {"actor", "reader", "gatherer", "asking"}
    blind = [
        f"{route.method} {route.template}"
        for route in routes(app)
        if guarded(route.handler)
        and not reading & set(route.handler.parsed_fn_signature.parameters)
        and not route.handler.opt.get("resolves")
    ]

    assert blind == []


async def test_requests_that_are_refused_leave_no_connection_behind(day: Day, database: Database) -> None:
    stranger = Clerk(day.client, person_code(77, 7))

    for _ in range(2 * database.engine.pool.size()):  # type: ignore[attr-defined]
        await stranger.ask("GET", "/cards")
        await stranger.ask("POST", f"/runs/{random_code(CodeType.RUN)}/dispatch")

    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_what_is_counted_when_it_is_read_is_read_for_no_other_site(
    app: Litestar, day: Day, database: Database
) -> None:
    """A GET changes nothing but by counting a print; those ask, like a POST, which page sends them."""
    counted = [
        route
        for route in routes(app, PARAMS)
        if route.method == "GET" and "actor" in route.handler.parsed_fn_signature.parameters
    ]
    before = await contents(database)

    answers = {
        (route.template, site): problem_type(
            await day.client.get(route.path(), headers=headers_of(day.annex.code) | {"Sec-Fetch-Site": site})
        )
        for route in counted
        for site in ("cross-site", "same-site")
    }

    assert len(counted) > 10
    assert set(answers.values()) == {"/problems/cross-site"}
    assert await contents(database) == before
