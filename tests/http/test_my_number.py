"""The My Number guard on every route of the application: refused everywhere, kept nowhere, said nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from stdnum.jp import in_ as individual_number

from api import wire
from api.approvals import Approve
from api.guarding import texts
from api.logs import log_requests
from api.wire_disposal import Decide
from api.wire_successions import Acknowledge
from logistics.rules.codes import CodeType, sequenced_code
from logistics.rules.guard import holds_my_number
from logistics.store.database import Database
from seed.load import COURIER
from tests.http import disposing
from tests.http.day import HEADER, NOW, RUN_DAY, Day, new_card
from tests.http.routes import routes
from tests.http.rows import everything
from tests.http.walk import NUMBER, WAYS, Walk
from tests.sessions import device_at


async def test_a_my_number_is_refused_on_every_route_and_kept_nowhere(
    app: Litestar,
    day: Day,
    database: Database,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    day.client._transport = httpx.ASGITransport(log_requests(app))  # type: ignore[arg-type]
    codes, params = await _a_day_with_work_open(day)
    walk = Walk(day, codes)

    for route in routes(app, params):
        has_fields = route.method == "POST" and route.body_type
        for way in WAYS:
            await walk.head(app, route, way)
            if has_fields:
                await walk.fields(route, way)
        await walk.headers(route)
        if route.method == "POST":
            await walk.bodies(route)
        if has_fields:
            await walk.numbers(route)

    assert walk.wrong == []
    assert walk.asked > 2_000
    written, logged = await everything(database), "".join(capfd.readouterr()) + caplog.text
    assert [way for way in WAYS if way in written or way in logged] == []
    assert logged.count("request") >= walk.asked


INCIDENT = {
    "kind": "loss",
    "happened": "棚に無かった",
    "noticed_at": "2026-04-01T08:00:00+09:00",
    "items": [],
}


async def _a_day_with_work_open(day: Day) -> tuple[dict[CodeType, str], dict[str, str]]:
    """A box, a batch, a run, a manifest and a slot that all take scans; codes by type and by parameter."""
    sent = (await day.in_transit({1: 1}))[1]
    box, _ = await day.announce({1: 1})
    await day.annex.post(f"/boxes/{box}/open")
    batch = await day.open_batch(1, "2026-04-02")
    site = day.site(1)
    await site.scan(new_card())
    (difference,) = (await day.annex.get("/discrepancies"))["items"]
    session = {"day": RUN_DAY, "service": "counter_day"}
    pick_list = (await site.clerk.post("/pick-lists", session))["code"]
    case, count = await _a_case_and_a_count(day)
    codes = {
        CodeType.PICK_LIST: pick_list,
        CodeType.BATCH: batch["code"],
        CodeType.COURIER: COURIER,
        CodeType.PERSON: site.supervisor,
        CodeType.PLACE: site.place,
        CodeType.SLOT: await site.first_slot(),
    }
    params = {
        "approval": "H7Q2M4ZK90",
        "attachment": "01a2150e-a14d-73b1-84bf-ee401572d5d8",
        "arrival": (await day.annex.get("/arrivals"))["items"][0]["code"],
        "batch": batch["code"],
        "box": box,
        "card": sent.cards[0],
        "case": case,
        "count": count,
        "day": RUN_DAY,
        "device": device_at(site.place),
        "discrepancy": difference["code"],
        "proposal": (await disposing.proposed(day, await disposing.to_go(day)))["code"],
        "incident": (await site.clerk.post("/incidents", INCIDENT))["code"],
        "position": "1",
        "hold": sequenced_code(CodeType.HOLD, 1, fiscal_year=8),
        "document": "D08000001E",
        "person": site.clerk.code,
        "pick_list": pick_list,
        "manifest": sent.manifest,
        "number": "D080000013",
        "place": site.place,
        "month": "2026-04",
        "return_batch": (await day.open_return(1, "2026-04-02"))["code"],
        "run": batch["run"],
        "slot": await site.first_slot(),
        "succession": await _an_end(day),
        "vault": (await site.clerk.get(f"/places/{site.place}/vaults"))[0]["code"],
        "job": (await site.leader.post("/jobs", {"kind": "undelivered_cards", "place": site.place}))["id"],
        "kind": "not-found",
        "lang": "en",
        "purpose": "receive",
        "subject": "M080000013",
        "token": "1",
        "file_path": "nothing.css",
        "path": "nothing",
    }
    return codes, params


async def _an_end(day: Day) -> str:
    """A succession that is under way."""
    body = {"receiver": "city", "successor": "京都市", "reference": "R8-1", "directed_by": day.city.code}
    code: str = (await day.manager.post("/successions", body))["code"]
    return code


async def _a_case_and_a_count(day: Day) -> tuple[str, str]:
    """An open case of a missing card, and an open count, both at the first site's place."""
    site = day.site(1)
    vault = (await site.clerk.get(f"/places/{site.place}/vaults"))[0]["code"]
    body = {"kind": "closing", "witness": day.clerk(1, 3).code, "supervisor": site.supervisor}
    count = await site.clerk.post(f"/vaults/{vault}/counts", body)
    gone = (await day.arrived({1: 1}))[0]
    case = await day.annex.post(f"/cards/{gone}/missing", {"reason": "not in its tray"})
    return case["code"], count["code"]


@pytest.mark.parametrize("way", WAYS[:4])
async def test_a_list_that_holds_a_my_number_is_refused_with_its_line_and_column(
    day: Day, database: Database, way: str
) -> None:
    good = f"{new_card()},standard,{day.site(1).place},A-1"
    lines = [HEADER, good, f"{new_card()},standard,{day.site(1).place},{way}", good.replace("standard", way)]
    before = await everything(database)

    for encoding in ("utf-8", "cp932"):
        response = await day.annex.ask("POST", "/arrivals", content="\n".join(lines).encode(encoding))

        assert response.status_code == 400
        assert response.json()["type"] == "/problems/list-invalid"
        named = [(p["line"], p["column"]) for p in response.json()["problems"] if "My Number" in p["reason"]]
        assert named == [(3, "box"), (4, "kind")]
        assert not any(way in response.text for way in WAYS)
    assert await everything(database) == before


async def test_a_my_number_in_the_heading_of_a_list_is_refused_unsaid(day: Day) -> None:
    content = f"{HEADER},{NUMBER}\n".encode()

    response = await day.annex.ask("POST", "/arrivals", content=content)

    assert response.json()["problems"] == [
        {
            "line": 1,
            "column": "-",
            "reason": "the heading holds a My Number; remove it",
            "reason_ja": "見出しにマイナンバーがあります。取り除いてください",
        }
    ]
    assert NUMBER not in response.text


@given(
    digits=st.from_regex(r"[0-9]{11}", fullmatch=True),
    first=st.uuids(),
    moment=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2026, 3, 31)),  # noqa: DTZ001
)
def test_a_typed_value_that_looks_like_a_my_number_by_chance_passes_the_guard(
    digits: str, first: UUID, moment: datetime
) -> None:
    number = digits + individual_number.calc_check_digit(digits)
    scan = {
        "id": str(first)[:24] + number,
        "code": "C0XK3WYPMU",
        "occurred_at": moment.replace(tzinfo=UTC).isoformat(),
    }
    body = {"supervisor": "P000191A", "scans": [scan, scan | {"id": "0" * 20 + number}]}

    read = msgspec.json.decode(msgspec.json.encode(body), type=wire.ReceivingScans)

    assert [text for _, text in texts(read, "") if holds_my_number(text)] == []


def _bodies(of: type[wire.Input] = wire.Input) -> Iterator[type[wire.Input]]:
    for body in of.__subclasses__():
        yield body
        yield from _bodies(body)


def _digests(body: type[wire.Input]) -> list[str]:
    """The fields of a body that are digests by their type."""
    fields = msgspec.json.schema(body)["$defs"][body.__name__]["properties"]
    return [name for name, said in fields.items() if "a-f" in said.get("pattern", "")]


def test_a_digest_that_holds_a_my_number_by_chance_passes_the_guard() -> None:
    digest = f"a{NUMBER}" + "b" * (63 - len(NUMBER))

    read = msgspec.json.decode(msgspec.json.encode({"sha256": digest}), type=Approve)

    assert [text for _, text in texts(read, "") if holds_my_number(text)] == []


def test_every_body_that_takes_a_digest_in_keeps_it_from_the_guard() -> None:
    taking = {body: _digests(body) for body in _bodies() if _digests(body)}

    assert {Acknowledge, Approve, Decide} <= taking.keys()
    for body, names in taking.items():
        assert set(names) <= set(getattr(body, "unread_by_guard", ())), body


CHROMIUM = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,v=b3;q=0.7",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "ja,en-US;q=0.9,en;q=0.8,fr;q=0.7,de;q=0.6,zh;q=0.5,ko;q=0.4",
    "If-None-Match": f'"a{NUMBER}b"',
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.7871.1000",
}


async def test_headers_that_a_browser_sends_pass_and_what_a_person_may_write_into_one_does_not(
    day: Day,
) -> None:
    passed = await day.annex.ask("GET", "/places", headers=CHROMIUM)
    refused = [
        await day.annex.ask("GET", "/places", headers={name: value})
        for name, value in (("Accept", NUMBER), ("Accept-Language", NUMBER), (f"X-{NUMBER}", "1"))
    ]

    assert passed.status_code == 200
    assert {answer.json()["type"] for answer in refused} == {"/problems/my-number-refused"}
    assert not any(NUMBER in answer.text + str(answer.headers) for answer in refused)


async def test_no_scan_is_refused_because_of_the_digits_of_its_id(day: Day) -> None:
    ids = [f"0197c0de-0000-7000-8000-{NUMBER}", f"{NUMBER[:8]}-{NUMBER[8:]}-7000-8000-{NUMBER}"]
    site = day.site(1)

    answers = await site.scan(*({"id": one, "code": new_card(), "occurred_at": NOW} for one in ids))

    assert [(answer["id"], answer["outcome"]) for answer in answers] == [(one, "unknown") for one in ids]
