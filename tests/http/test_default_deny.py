"""Default deny: a route is guarded, or says in so many words that it is public."""

from __future__ import annotations

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from api.auth import signed_in
from logistics.rules.codes import CodeType, random_code
from logistics.store.database import Database
from tests.http.day import Clerk, Day, new_card, scan_of
from tests.http.routes import routes
from tests.http.rows import contents
from tests.http.walk import problem_type

PARAMS = {
    "approval": "H7Q2M4ZK90",
    "arrival": "N080000013",
    "batch": "B7Q2M4ZK9S",
    "box": "X7Q2M4ZK9S",
    "card": "C0XK3WYPMU",
    "case": "U080000013",
    "count": "Q080000013",
    "day": "2026-04-01",
    "file_path": "nothing.css",
    "lang": "en",
    "discrepancy": "G080000013",
    "hold": "Z08000001I",
    "document": "D08000001E",
    "person": "P0001027",
    "pick_list": "Y08000001T",
    "manifest": "M080000013",
    "number": "D080000013",
    "path": "nothing",
    "place": "L01F",
    "purpose": "receive",
    "month": "2026-05",
    "return_batch": "B7Q2M4ZK9S",
    "run": "R7Q2M4ZK9S",
    "slot": "S011A0014",
    "subject": "M080000013",
    "vault": "V011C",
}


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

    assert open_routes == []


async def test_no_guarded_route_answers_without_the_header(
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


async def test_a_person_who_is_not_registered_is_nobody(app: Litestar, day: Day, database: Database) -> None:
    stranger = Clerk(day.client, random_code(CodeType.PERSON))
    before = await contents(database)

    scans = {"supervisor": day.site(1).supervisor, "scans": [scan_of(new_card())]}
    answers = [
        await stranger.ask("GET", "/cards"),
        await stranger.ask("POST", "/scans", json=scans),
        await stranger.ask("POST", f"/runs/{random_code(CodeType.RUN)}/dispatch"),
    ]

    assert [answer.json()["type"] for answer in answers] == ["/problems/not-signed-in"] * 3
    assert await contents(database) == before


@pytest.mark.parametrize("header", ["", "P0001026", "C0XK3WYPMU", "; DROP TABLE card", "P" * 4_000])
async def test_a_header_that_is_no_persons_code_is_refused_by_name(day: Day, header: str) -> None:
    response = await Clerk(day.client, header).ask("GET", "/cards")

    assert response.status_code in (400, 401)
    problem = response.json()
    assert problem["type"] in ("/problems/malformed-code", "/problems/not-signed-in")
    assert "X-Acting-Person" in problem["detail"]
