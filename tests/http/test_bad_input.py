"""Bad input: a clear problem with a stable type that names the field, and nothing written."""

from __future__ import annotations

import re
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from api.app import MOST_BODY_BYTES
from logistics.ledger.log import new_uuid
from logistics.rules.codes import CodeType, random_code
from logistics.settings import Clock
from logistics.store.database import Database
from seed.load import COURIER, place_code
from tests.applications import application
from tests.http.bodies import valid
from tests.http.day import NOW, RUN_DAY, VEHICLE, Day, new_card, scan_of
from tests.http.routes import routes
from tests.http.rows import contents
from tests.sessions import headers_of

CARD = new_card()
WRONG = CARD[:-1] + ("A" if CARD[-1] != "A" else "B")
SUPERVISOR = "P000191A"
MISFIT = "about:blank"
PROBLEM = "application/problem+json"
BATCH = {"destination": place_code(1), "run_day": RUN_DAY}
PLAN = {"run_day": RUN_DAY, "courier": COURIER, "crew": ["配送乗務員1"], "vehicle": "京都 400 あ 12-34"}
SCAN = scan_of(CARD)


def scans(**changed: Any) -> dict[str, Any]:
    return {"supervisor": SUPERVISOR, "scans": [SCAN | changed]}


# path, body, type of the problem, the field it names
REFUSALS: list[tuple[str, Any, str, str]] = [
    ("/batches", BATCH | {"destination": "L01E"}, "malformed-code", "destination"),
    ("/batches", BATCH | {"destination": "L990"}, "malformed-code", "destination"),
    ("/batches", BATCH | {"destination": CARD}, MISFIT, "destination"),
    ("/batches", BATCH | {"destination": random_code(CodeType.PLACE)}, "invalid-value", "destination"),
    ("/batches", BATCH | {"destination": place_code(0)}, "invalid-value", "destination"),
    ("/batches", BATCH | {"destination": VEHICLE}, "invalid-value", "destination"),
    ("/batches", BATCH | {"run_day": "2026-04-04"}, "not-a-run-day", "run_day"),
    ("/batches", BATCH | {"run_day": "2026-04-29"}, "not-a-run-day", "run_day"),
    ("/batches", BATCH | {"run_day": "2026-03-31"}, "invalid-value", "run_day"),
    ("/batches", BATCH | {"run_day": "9999-12-31"}, "invalid-value", "run_day"),
    ("/batches", BATCH | {"run_day": "0001-01-01"}, "invalid-value", "run_day"),
    ("/batches", BATCH | {"run_day": "2026-04-31"}, MISFIT, "run_day"),
    ("/batches", BATCH | {"run_day": 20260401}, MISFIT, "run_day"),
    ("/batches", BATCH | {"colour": "red"}, MISFIT, "colour"),
    ("/batches", {"destination": place_code(1)}, MISFIT, "run_day"),
    ("/batches", [BATCH], MISFIT, "body"),
    ("/batches", "words", MISFIT, "body"),
    ("/batches", None, MISFIT, "body"),
    ("/runs", PLAN | {"run_day": "2026-04-05"}, "not-a-run-day", "run_day"),
    ("/runs", PLAN | {"courier": random_code(CodeType.COURIER)}, "courier-not-registered", "courier"),
    ("/runs", PLAN | {"run_day": "2027-04-01"}, "courier-not-registered", "courier"),
    ("/runs", PLAN | {"crew": []}, MISFIT, "crew"),
    ("/runs", PLAN | {"crew": [""]}, MISFIT, "crew[0]"),
    ("/runs", PLAN | {"crew": ["a\x00b"]}, MISFIT, "crew[0]"),
    ("/runs", PLAN | {"vehicle": "\x00"}, MISFIT, "vehicle"),
    ("/runs", PLAN | {"vehicle": "x" * 41}, MISFIT, "vehicle"),
    ("/setups", {"cards": [CARD], "day": "2026-04-02"}, "invalid-value", "day"),
    ("/setups", {"cards": [CARD, WRONG], "day": RUN_DAY}, "malformed-code", "cards[1]"),
    ("/setups", {"cards": [], "day": RUN_DAY}, MISFIT, "cards"),
    ("/notices", {"cards": [CARD], "day": "2027-01-01"}, "invalid-value", "day"),
    ("/scans", scans(occurred_at="2026-04-01T09:30:00+09:00"), "future-time", "scans[0].occurred_at"),
    ("/scans", scans(occurred_at="9999-12-31T23:59:59-12:00"), "future-time", "scans[0].occurred_at"),
    ("/scans", scans(occurred_at="0001-01-01T00:00:00+09:00"), "invalid-value", "scans[0].occurred_at"),
    ("/scans", scans(occurred_at="2026-04-01T09:00:00"), MISFIT, "scans[0].occurred_at"),
    ("/scans", scans(occurred_at="yesterday"), MISFIT, "scans[0].occurred_at"),
    ("/scans", scans(id="not-a-uuid"), MISFIT, "scans[0].id"),
    ("/scans", scans(id=5), MISFIT, "scans[0].id"),
    ("/scans", scans(occurred_at=1_774_998_000), MISFIT, "scans[0].occurred_at"),
    ("/scans", scans(occurred_at="1774998000"), MISFIT, "scans[0].occurred_at"),
    ("/scans", scans(code="x" * 401), MISFIT, "scans[0].code"),
    ("/scans", scans(code="C" * 401), MISFIT, "scans[0].code"),
    ("/scans", scans(code=None), MISFIT, "scans[0].code"),
    ("/scans", scans(damaged="true"), MISFIT, "scans[0].damaged"),
    ("/scans", scans(damaged=1), MISFIT, "scans[0].damaged"),
    ("/scans", scans(sequence="1", queue="7Q2M4ZK9SA"), MISFIT, "scans[0].sequence"),
    ("/scans", scans(seal_number="ab"), MISFIT, "scans[0].seal_number"),
    ("/scans", scans(colour="red"), MISFIT, "scans[0].colour"),
    ("/scans", {"supervisor": SUPERVISOR, "scans": []}, MISFIT, "scans"),
    ("/scans", {"supervisor": SUPERVISOR, "scans": [SCAN] * 501}, MISFIT, "scans"),
    ("/scans", {"scans": [SCAN]}, MISFIT, "supervisor"),
    ("/labels/sleeves", {"cards": [CARD], "skip": 24}, "invalid-value", "skip"),
    ("/labels/sleeves", {"cards": [CARD], "dx_mm": 11}, MISFIT, "dx_mm"),
    ("/labels/sleeves", {"cards": [CARD], "sheet": "batches-2"}, MISFIT, "sheet"),
]


async def test_a_bad_request_names_its_field_and_writes_nothing(day: Day, database: Database) -> None:
    before, wrong = await contents(database), {}
    for n, (path, body, kind, field) in enumerate(REFUSALS):
        clerk = day.site(1).clerk if path == "/scans" else day.annex
        response = await clerk.ask("POST", path, json=body)
        problem = response.json()
        said = (
            response.headers["content-type"],
            response.status_code,
            problem.get("type"),
            [error["field"] for error in problem.get("errors", [])],
        )
        if said != (PROBLEM, 400, MISFIT if kind == MISFIT else f"/problems/{kind}", [field]):
            wrong[n, path, str(body)[:200]] = said, problem.get("errors") or problem

    assert wrong == {}
    assert await contents(database) == before


DEEP = b"[" * 100_000 + b"]" * 100_000
BODIES: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"not json", 400),
    (b"\xff\xfe\x00", 400),
    (b'{"destination": "\\ud800"}', 400),
    (b"[" * 200_000, 400),
    (DEEP, 400),
    (b'{"destination": ' + DEEP + b"}", 400),
    (b'{"destination":"L01F","run_day":"2026-04-01","x":' + DEEP + b"}", 400),
    (b'{"destination": NaN}', 400),
    (b'{"destination": 1e400}', 400),
    (b'"' + b"x" * 1_000_001 + b'"', 413),
]


async def test_a_body_that_is_no_sound_json_is_refused_as_a_problem(day: Day, database: Database) -> None:
    before, wrong = await contents(database), {}
    for content, status in BODIES:
        headers = {"content-type": "application/json"}
        response = await day.annex.ask("POST", "/batches", content=content, headers=headers)
        named = [error["field"] for error in response.json().get("errors", [])]
        answered = response.status_code, response.headers["content-type"]
        if answered != (status, PROBLEM) or not set(named) & {"body", "destination"}:
            wrong[content[:60]] = response.status_code, response.text

    assert wrong == {}
    assert await contents(database) == before


async def test_a_body_is_bounded_even_if_its_length_is_not_said(day: Day, database: Database) -> None:
    before = await contents(database)

    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 200_000

    for path, most in (("/batches", 1_000_000), ("/arrivals", 4_000_000)):
        response = await day.annex.ask("POST", path, content=endless())
        said = await day.annex.ask("POST", path, content=b" " * (most + 1))

        assert (response.status_code, said.status_code) == (413, 413)
        assert said.headers["content-type"] == "application/problem+json"
    assert await contents(database) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
async def test_a_body_that_says_it_is_not_json_is_refused(day: Day, database: Database, kind: str) -> None:
    before = await contents(database)

    response = await day.annex.ask(
        "POST", "/batches", content=msgspec.json.encode(BATCH), headers={"content-type": kind}
    )

    assert response.status_code == 415
    assert response.headers["content-type"] == "application/problem+json"
    assert await contents(database) == before


QUERIES = [
    ("/cards", {"limit": "0"}, "limit"),
    ("/cards", {"limit": "501"}, "limit"),
    ("/cards", {"limit": "many"}, "limit"),
    ("/cards", {"after": "C'; DROP TABLE card"}, "after"),
    ("/cards", {"state": "mislaid"}, "state"),
    ("/cards", {"place": "L01E"}, "place"),
    ("/cards", {"place": CARD}, "place"),
    ("/cards", {"kind": "x" * 50}, "kind"),
    ("/runs", {"before": "yesterday"}, "before"),
    ("/batches", {"state": "lost"}, "state"),
    ("/discrepancies", {"kind": "odd"}, "kind"),
    ("/discrepancies", {"open": "perhaps"}, "open"),
    (f"/cards/{WRONG}", {}, "card"),
    (f"/cards/{place_code(1)}", {}, "card"),
    (f"/cards/{CARD}/custody", {"after": "-1"}, "after"),
    (f"/cards/{CARD}/custody", {"after": str(2**70)}, "after"),
    (f"/places/{place_code(1)}/days/2026-04-01", {"at": "noon"}, "at"),
]


async def test_a_bad_query_names_its_parameter(day: Day) -> None:
    wrong = {}
    for path, query, field in QUERIES:
        response = await day.annex.ask("GET", path, params=query)
        fields = [error["field"] for error in response.json().get("errors", [])]
        if (response.status_code, response.headers["content-type"], fields) != (400, PROBLEM, [field]):
            wrong[path, field] = response.status_code, response.text

    assert wrong == {}


async def test_a_day_beyond_the_calendar_is_no_fault_of_the_service(day: Day) -> None:
    wrong = {}
    for when in ("0001-01-01", "1899-12-31", "2600-01-01", "9999-12-31"):
        for path in (f"/places/{place_code(1)}/days/{when}", f"/places/{place_code(1)}/custody/{when}"):
            response = await day.annex.ask("GET", path)
            if response.status_code not in (200, 400):
                wrong[path] = response.text

    assert wrong == {}


async def test_a_path_that_is_nothing_and_a_method_that_is_none_are_problems_too(day: Day) -> None:
    lost = await day.annex.ask("GET", "/nothing")
    wrong = await day.annex.ask("DELETE", f"/cards/{CARD}")

    assert (lost.status_code, wrong.status_code) == (404, 405)
    assert lost.headers["content-type"] == wrong.headers["content-type"] == "application/problem+json"


TEXTS = (
    "B\x00",
    "C\x00",
    "M\x00",
    "\x00",
    "S" * 400,
    "B" * 400,
    "𠮷",
    "B\ud7ff",
    "\u04210XK3WYPMU",
    "\uff23\uff10XK3WYPMU",
    "C0XK\x1d3WYPMU",
    "  ",
    "c0xk3wypmu",
)


# What decides who did what, when and where: never a client's to say.
DECIDING = ("site_id", "actor_id", "actor", "recorded_at", "approved_by", "seq", "role", "session", "entry")


def test_no_body_takes_a_field_that_it_does_not_name(app: Litestar) -> None:
    """Mass assignment, for every body of every route: forms of pages with structs as well."""
    codes = {kind: random_code(kind) for kind in CodeType}
    asked = 0
    for route in routes(app):
        if isinstance(route.body_type, type) and issubclass(route.body_type, msgspec.Struct):
            body = valid(route.body_type, codes)
            msgspec.convert(body, route.body_type, strict=True)
            for field in set(DECIDING) - set(route.body_type.__struct_fields__):
                asked += 1
                with pytest.raises(msgspec.ValidationError, match=f"unknown field `{field}`"):
                    msgspec.convert(body | {field: "x"}, route.body_type, strict=True)

    assert asked > 800


async def test_one_unreadable_scan_never_costs_the_others_theirs(day: Day) -> None:
    box, _ = await day.announce({1: 1})
    await day.annex.post(f"/boxes/{box}/open")
    batch, run = await day.open_batch(1), await day.plan()
    site, slot = day.site(1), await day.site(1).first_slot()
    wanted = ["malformed"] * len(TEXTS) + ["unknown"]

    given = [
        await site.receive(*TEXTS, new_card()),
        await site.store(slot, *TEXTS, new_card()),
        await day.annex.scan(f"/runs/{run['code']}/loads", [*TEXTS, random_code(CodeType.BATCH)]),
        await day.annex.scan(f"/batches/{batch['code']}/scans", [*TEXTS, new_card()]),
        await day.annex.scan(f"/batches/{batch['code']}/removals", [*TEXTS, new_card()]),
        await day.annex.scan(f"/boxes/{box}/scans", [*TEXTS, new_card()]),
    ]

    assert given == [wanted] * 6


async def test_an_id_that_is_used_for_two_scans_of_one_request_names_one_scan(day: Day) -> None:
    one = str(new_uuid())
    first, second = new_card(), new_card()

    answers = await day.site(1).scan(
        *({"id": one, "code": code, "occurred_at": NOW} for code in (first, second, first))
    )

    assert [(a["outcome"], a.get("repeated", False)) for a in answers] == [
        ("unknown", False),
        ("conflict", False),
        ("unknown", True),
    ]


async def test_a_database_that_is_away_is_a_503_that_asks_to_try_again(clock: Clock) -> None:
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none")
    transport = httpx.ASGITransport(application(nowhere, clock))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post("/api/v1/batches", json=BATCH, headers=headers_of(SUPERVISOR))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "もう一度" in answer.json()["detail_ja"]


async def test_what_the_framework_refuses_is_told_in_japanese_too(day: Day) -> None:
    answers = [
        await day.annex.ask("POST", "/boxes/X7Q2M4ZK9V/close", json={"emptied_by": 3}),
        await day.annex.ask("GET", "/nowhere"),
        await day.annex.ask("DELETE", "/places"),
        await day.annex.ask("POST", "/runs", content=b"a=1", headers={"Content-Type": "text/plain"}),
    ]

    said = [(answer.status_code, answer.json()["detail_ja"]) for answer in answers]
    assert [status for status, _ in said] == [400, 404, 405, 415]
    assert all(any("\u3040" <= character <= "\u30ff" for character in words) for _, words in said)
    assert "項目：emptied_by" in said[0][1]


def sound(path: str, operation: dict[str, Any]) -> str:
    """The path with something of the right type in it, which names nothing."""
    kinds = {one["name"]: one["schema"] for one in operation.get("parameters", ()) if one["in"] == "path"}
    by_kind = {"integer": "1", "date": RUN_DAY, "uuid": str(new_uuid())}

    def filled(found: re.Match[str]) -> str:
        schema = kinds[found[1]]
        return by_kind.get(schema.get("format", schema.get("type")), "x")

    return re.sub(r"{(.*?)}", filled, path).removeprefix("/api/v1")


async def test_a_body_that_is_refused_before_it_is_read_is_refused_as_documented(
    app: Litestar, day: Day
) -> None:
    probes: dict[int, dict[str, Any]] = {
        413: {"content": b"[" + b" " * MOST_BODY_BYTES + b"]"},
        415: {"content": b"code", "headers": {"Content-Type": "text/plain"}},
    }
    otherwise = {}
    for path, operations in app.openapi_schema.to_schema()["paths"].items():
        operation = operations.get("post", {})
        # Other bodies than JSON are larger ones, each with its own bound.
        if not operation.get("security") or set(operation.get("requestBody", {}).get("content", ())) != {
            "application/json"
        }:
            continue
        for status, sent in probes.items():
            answer = await day.manager.ask("POST", sound(path, operation), **sent)
            if answer.status_code != status or str(status) not in operation["responses"]:
                otherwise[status, path] = answer.status_code

    assert otherwise == {}
