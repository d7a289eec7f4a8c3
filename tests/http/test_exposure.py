"""What the service shows to whoever knocks, and that faults and log lines give nothing away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from litestar import Litestar, get
from structlog.testing import capture_logs

from api import problems
from api.app import create_app
from api.door import Door
from api.limiting import SAVED_SECONDS, Limits
from api.logs import log_requests
from api.pages.html import STATIC, VERSION
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.store.sealing import KEY_BYTES, Sealer
from logistics.work.authenticating import Desk
from seed.load import person_code
from tests.http.day import scan_of
from tests.sessions import headers_of

SECRET = "postgresql://u:hunter2@db/cards"
EVIL = {"Origin": "https://evil.example"}


@pytest.fixture(scope="module")
def app() -> Litestar:
    """An application whose database is never asked."""
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    return create_app(nowhere, lambda: datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_no_answer_lets_another_origin_read_it(client: httpx.AsyncClient) -> None:
    preflight = EVIL | {"Access-Control-Request-Method": "POST"}
    answers = [
        await client.request(method, path, headers=headers)
        for path in ("/api/v1/cards", "/health/live", "/schema/openapi.json", "/docs", "/sign-in")
        for method, headers in (("GET", EVIL), ("OPTIONS", preflight))
    ]

    assert {
        name for answer in answers for name in answer.headers if name.startswith("access-control")
    } == set()


@pytest.mark.parametrize("path", ["/api/v1/cards", "/api/v1/nothing", "/health/live", "/schema/openapi.json"])
async def test_data_is_no_page_to_a_browser_and_an_answer_of_the_api_is_kept_by_nobody(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "same-origin"
    assert not path.startswith("/api/") or headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers, "here is no TLS"


async def test_where_tls_is_browsers_keep_to_it_and_every_cookie_is_secure() -> None:
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    desk = Desk(nowhere, Sealer(bytes(KEY_BYTES)), Clock.system(), Clock.system())
    app = create_app(nowhere, Clock.system(), door=Door(desk, "https://cards.example"))

    async with client_of(app) as client:
        answer = await client.get("/language/en")

        await client.get("/language/en", headers={"Cookie": "said=planted"})
        english = await client.get("/sign-in", headers={"Cookie": "__Host-language=en"})
        planted = await client.get("/sign-in", headers={"Cookie": "language=en"})

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    for cookie in answer.headers.get_list("Set-Cookie"):
        assert cookie.startswith("__Host-language=en"), "no other host of the city can have set it"
        assert {"path=/", "secure", "httponly"} <= set(cookie.lower().split("; "))
        assert "domain" not in cookie.lower()
    assert (english.headers["Content-Language"], planted.headers["Content-Language"]) == ("en", "ja")


async def test_whoever_asks_more_than_any_work_needs_is_told_when_to_come_again_before_anything_is_read() -> (
    None
):
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    desk = Desk(nowhere, Sealer(bytes(KEY_BYTES)), Clock.system(), Clock.system())
    limits = Limits(3, clock=lambda: 0.0)
    app = create_app(nowhere, Clock.system(), door=Door(desk, limits=limits))
    person, other = (headers_of(person_code(1, n), base="http://test") for n in (1, 2))

    async with client_of(app) as client:
        served = [await client.get("/api/v1/cards", headers=person) for _ in range(3 * SAVED_SECONDS)]
        body = {"supervisor": person_code(1, 91), "scans": [scan_of("C0XK3WYPMU")]}
        refused = await client.post("/api/v1/scans", headers=person, json=body)
        page = await client.get("/board", headers=person | {"Accept": "text/html"})
        beside = await client.get("/api/v1/cards", headers=other)
        paper = [await client.get("/api/v1/manifests/M08000001V/manifest.pdf", headers=other) for _ in "12"]

    assert {answer.status_code for answer in (*served, beside)} == {503}, (
        "the database is away, and was asked"
    )
    assert (refused.status_code, page.status_code) == (429, 429)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert (refused.headers["Retry-After"], page.headers["Retry-After"]) == ("1", "1")
    assert [answer.status_code for answer in paper] == [503, 429], "a paper counts for twenty"


async def test_every_one_of_a_code_that_is_given_twice_must_be_sound(client: httpx.AsyncClient) -> None:
    headers = headers_of(person_code(0, 2), "L01F", "http://test")

    answers = [
        await client.get(f"/api/v1/cards?{query}", headers=headers)
        for query in ("place=L01F&place=L01E", "place=L01E&place=L01F")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert [answer.json()["errors"][0]["field"] for answer in answers] == ["place", "place"]


async def test_no_method_beside_those_that_are_there_is_answered(client: httpx.AsyncClient) -> None:
    methods = ("TRACE", "CONNECT", "TRACK", "PROPFIND")
    answers = [
        await client.request(method, path)
        for method in methods
        for path in ("/", "/sign-in", "/api/v1/cards", "/health/live")
    ]

    assert {answer.status_code for answer in answers} == {405}


@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        f"/static/{VERSION}",
        f"/static/{VERSION}/",
        f"/static/{VERSION}/../html.py",
        f"/static/{VERSION}/%2e%2e/html.py",
        f"/static/{VERSION}/..%2f..%2f..%2fpyproject.toml",
        "/.git/config",
        "/.env",
        "/pyproject.toml",
    ],
)
async def test_no_folder_is_listed_and_nothing_beside_the_static_files_is_served(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert not any(file.name in answer.text for file in STATIC.iterdir())


async def test_a_fault_nobody_foresaw_tells_the_log_everything_and_the_client_nothing(app: Litestar) -> None:
    @get("/broken")
    async def broken() -> None:
        raise RuntimeError(SECRET)

    small = Litestar([broken], exception_handlers=problems.handlers(), logging_config=None)
    async with client_of(small) as client:
        with capture_logs() as logged:
            answer = await client.get("/broken")

    assert app.debug is small.debug is False
    assert answer.status_code == 500
    assert answer.json()["title"] == "Internal Server Error"
    assert not any(word in answer.text for word in (SECRET, "hunter2", "RuntimeError", "Traceback", ".py"))
    (line,) = logged
    assert (line["event"], line["log_level"], line["error"]) == ("crash", "error", "RuntimeError")
    assert SECRET in str(line["exc_info"])


async def test_every_attempt_that_is_refused_is_a_line_without_a_word_of_whoever_tried(app: Litestar) -> None:
    own = headers_of(person_code(0, 2), "L01F", "http://test")
    body = {"person": "P0001027", "password": "forged", "code": "forged"}
    async with client_of(app) as client:
        with capture_logs() as logged:
            await client.post("/api/v1/sign-in", json=body)
            await client.post("/api/v1/sign-in", json=body | {"code": "000000"}, headers=EVIL)
            await client.get("/api/v1/cards", params={"place": "forged"}, headers=own)
            await client.get("/api/v1/cards", params={"place": "L01E"}, headers=own)
            await client.post("/api/v1/batches", json={}, headers=own | {"X-CSRF-Token": "forged"})
            await client.get("/api/v1/cards/123456789018", headers=own)

    refused = [line for line in logged if line["event"] == "refused"]
    assert [(line["kind"], line["status"]) for line in refused] == [
        ("malformed", 400),
        ("cross-site", 403),
        ("malformed-code", 400),
        ("malformed-code", 400),
        ("cross-site", 403),
        ("my-number-refused", 400),
    ]
    assert refused[0]["route"] == "POST /api/v1/sign-in"
    assert not any(word in str(logged) for word in ("forged", "evil", "123456789018"))


async def test_a_line_of_the_log_says_what_and_when_and_nothing_that_a_client_wrote(
    app: Litestar, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = '\n{"event": "request", "status": 200, "route": "/forged"}'
    async with client_of(log_requests(app)) as client:
        answer = await client.get(
            "/nothing", params={"q": forged}, headers={"User-Agent": "forged", "X-Request-Id": "forged"}
        )
        await client.get(f"/{quote(forged)}")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["method"], line["status"]) for line in lines] == [
        ("request", "GET", 404)
    ] * 2
    assert "forged" not in str(lines)
    assert lines[0]["request"] == answer.headers["x-request-id"]
    for line in lines:
        assert datetime.fromisoformat(line["timestamp"]).utcoffset() == UTC.utcoffset(None)
