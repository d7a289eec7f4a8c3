"""Four eyes: two people, two sessions, exactly what was shown, once, in time."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from logistics.rules.codes import CodeType, random_code
from logistics.rules.passwords import code_at
from logistics.rules.tokens import letters
from logistics.settings import Clock
from logistics.store.database import Database, driver
from seed.load import person_code
from tests.applications import application
from tests.http.coming_in import PASSWORD, House
from tests.http.conftest import OPENING
from tests.http.day import Clerk, Day, scan_of
from tests.http.rows import contents
from tests.sessions import confirm_everybody
from tests.sql.gate_rows import rows

WHY = "one card forgotten"


async def asked(day: Day) -> tuple[str, dict[str, Any]]:
    """A sealed batch, and the request to open it again."""
    batch = await day.sealed(1, await day.ready({1: 2}))
    body = {"act": "unseal", "subject": batch.code, "details": {"reason": WHY}, "reason": WHY}
    return batch.code, await day.manager.post("/approvals", body)


def later(app: Litestar, database: Database, minutes: float) -> Day:
    """The same service, so many minutes later."""
    clock = Clock.starting_at(OPENING + timedelta(minutes=minutes))
    transport = httpx.ASGITransport(application(database, clock))  # type: ignore[arg-type]
    return Day(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1"))


async def approve(clerk: Clerk, request: dict[str, Any]) -> httpx.Response:
    return await clerk.ask(
        "POST", f"/approvals/{request['code']}/approve", json={"sha256": request["sha256"]}
    )


async def unseal(clerk: Clerk, batch: str, approval: str | None, reason: str = WHY) -> httpx.Response:
    return await clerk.ask("POST", f"/batches/{batch}/unseal", json={"reason": reason, "approval": approval})


def kind(answer: httpx.Response) -> str:
    return str(answer.json().get("type", answer.status_code)).removeprefix("/problems/")


async def test_what_waits_is_paged_from_the_oldest_on_whatever_became_of_the_last_one(day: Day) -> None:
    requests = [(await asked(day))[1]["code"] for _ in range(3)]

    first = await day.city.get("/approvals", limit=1)
    told = {"sha256": first["items"][0]["sha256"], "reason": "not needed any more"}
    await day.city.post(f"/approvals/{first['next']}/refuse", told)
    second = await day.city.get("/approvals", limit=1, after=first["next"])
    third = await day.city.get("/approvals", limit=2, after=second["next"])

    assert [one["code"] for page in (first, second, third) for one in page["items"]] == requests
    assert third["next"] is None


async def test_an_act_for_four_eyes_is_done_after_a_second_person_approved_what_was_shown(
    day: Day, database: Database
) -> None:
    batch, request = await asked(day)

    shown = json.loads(request["shown"])
    waiting = (await day.city.get("/approvals"))["items"]
    given = await approve(day.city, request)
    done = await unseal(day.manager, batch, request["code"])

    assert (shown["subject"], shown["reason"], len(shown["cards"])) == (batch, WHY, 2)
    assert hashlib.sha256(request["shown"].encode()).hexdigest() == request["sha256"]
    assert [one["code"] for one in waiting] == [request["code"]]
    assert given.json()["approved"] is True
    assert done.json()["state"] == "open"
    assert (await day.city.get("/approvals"))["items"] == []
    ((acts,),) = await rows(
        database,
        "SELECT array_agg(act ORDER BY id) FROM entry WHERE act IN ('request_approval', 'give_approval', 'unseal')",
    )
    assert acts == ["request_approval", "give_approval", "unseal"]
    ((fact,),) = await rows(
        database,
        "SELECT body::json -> 'facts' -> 'approved' ->> 'approved_by' FROM entry WHERE act = 'unseal'",
    )
    assert fact == day.city.code


async def test_who_approves_on_the_page_proves_who_he_is_by_password_and_code_first(
    database: Database,
) -> None:
    house, city = House(database), person_code(0, 91)
    day = Day(house.browser())
    batch, request = await asked(day)
    path, browser = f"/approvals/{request['code']}", await house.at_work(city)
    for _ in range(2):
        house.later(minutes=3)
        await browser.call("GET", "/session")

    async def approve_on_page() -> str:
        page = (await browser.get(path)).text
        seen = re.search(r'name="seen" value="(\w+)"', page)
        shown = {"seen": seen[1] if seen else letters(bytes.fromhex(request["sha256"]))}
        await browser.submit(f"{path}/approve", csrf=browser.csrf, back=path, **shown)
        return (await browser.get(path)).text

    async def prove(password: str, code: str) -> httpx.Response:
        return await browser.submit(f"{path}/confirm", csrf=browser.csrf, password=password, code=code)

    too_late = await approve_on_page()
    wrong = [await prove(PASSWORD, "000000"), await prove("not his password", house.code())]
    still = await approve_on_page()
    old = browser.cookies["session"]
    right = await prove(PASSWORD, house.code())
    await browser.call("GET", "/session")
    await approve_on_page()
    again = await prove(PASSWORD, house.code())

    assert all('autocomplete="current-password"' in page for page in (too_late, still))
    assert await unseal_answer(day, batch, request) == 200
    assert [answer.status_code for answer in (*wrong, right)] == [303] * 3
    assert right.headers["location"] == path
    assert browser.cookies["session"] != old
    assert not any("session=" in cookie for cookie in again.headers.get_list("set-cookie")), (
        "a code is good once"
    )
    ((acts,),) = await rows(
        database,
        "SELECT array_agg(act ORDER BY id) FROM entry WHERE actor = $1 AND act <> 'add_device'",
        city,
    )
    assert acts == ["sign_in", *["sign_in_failed"] * 2, "step_up", "give_approval", "sign_in_failed"]


async def test_nobody_approves_as_somebody_whom_he_let_in_himself(database: Database) -> None:
    house, city, keeper = House(database), person_code(0, 91), person_code(0, 97)
    day = Day(house.browser())
    _, request = await asked(day)
    thief = house.browser()
    await house.station(thief)
    once = (await day.manager.post(f"/people/{city}/enrolment"))["one_time_code"]
    begun = await thief.call("POST", "/enrolment/begin", {"person": city, "one_time_code": once})
    code = code_at(begun.json()["secret"], house.app_now)
    chosen = {"person": city, "one_time_code": once, "password": PASSWORD, "code": code}
    assert (await thief.call("POST", "/enrolment/finish", chosen)).status_code == 204
    house.later(seconds=30)
    code = code_at(begun.json()["secret"], house.app_now)
    assert (await house.sign_in(thief, city, code=code)).status_code == 201

    async def approves() -> str:
        path, body = f"/approvals/{request['code']}/approve", {"sha256": request["sha256"]}
        return kind(await thief.call("POST", path, body))

    async def let_in(*by: tuple[str, str], days: float = 0) -> str:
        async with database.begin() as session:
            connection = await driver(session)
            await connection.execute("UPDATE account SET issued_by = NULL, issued_at = NULL")
            await connection.executemany(
                "INSERT INTO account (person, issued_by, issued_at) VALUES ($1, $2, $3)"
                " ON CONFLICT (person) DO UPDATE SET issued_by = $2, issued_at = $3",
                [(person, issuer, house.now - timedelta(days=days)) for person, issuer in by],
            )
        return await approves()

    manager = day.manager.code
    assert await approves() == "approval-unusable"
    assert await let_in((manager, city)) == "approval-unusable"
    assert await let_in((manager, keeper), (city, keeper)) == "approval-unusable", "one for both"
    assert await let_in((manager, keeper), (city, person_code(0, 1)), days=4) == "200", (
        "its owner was at work since"
    )


async def unseal_answer(day: Day, batch: str, request: dict[str, Any]) -> int:
    return (await unseal(day.manager, batch, request["code"])).status_code


async def test_nobody_acts_without_an_approval_or_with_one_that_was_not_given(day: Day) -> None:
    batch, request = await asked(day)

    assert kind(await unseal(day.manager, batch, None)) == "approval-needed"
    assert kind(await unseal(day.manager, batch, request["code"])) == "approval-unusable"
    assert kind(await unseal(day.manager, batch, random_code(CodeType.APPROVAL))) == "approval-unusable"


async def test_nobody_approves_what_he_asked_for_himself(day: Day, database: Database) -> None:
    _, request = await asked(day)
    before = await contents(database)

    answer = await approve(day.manager, request)

    assert kind(answer) == "second-person-needed"
    assert await contents(database) == before


async def test_only_the_roles_of_the_act_approve_it(day: Day) -> None:
    _, request = await asked(day)

    assert kind(await approve(day.annex, request)) == "not-allowed"
    assert kind(await approve(day.site(1).clerk, request)) == "not-found"
    assert kind(await approve(day.courier, request)) == "not-found"


async def test_an_approval_of_something_else_is_none(day: Day) -> None:
    batch, request = await asked(day)

    other = await approve(day.city, request | {"sha256": "0" * 64})
    await approve(day.city, request)
    reason = await unseal(day.manager, batch, request["code"], "another reason")

    assert kind(other) == "approval-unusable"
    assert kind(reason) == "approval-unusable"


async def test_an_approval_is_of_one_subject(day: Day) -> None:
    _, request = await asked(day)
    other = await day.sealed(2, await day.ready({2: 1}))
    await approve(day.city, request)

    assert kind(await unseal(day.manager, other.code, request["code"])) == "approval-unusable"


async def test_an_approval_is_used_once_and_only_by_the_two_it_is_of(day: Day) -> None:
    batch, request = await asked(day)
    await approve(day.city, request)

    answers = await asyncio.gather(*(unseal(day.manager, batch, request["code"]) for _ in range(6)))
    # The same batch is sealed again with the same cards: what is shown differs by its seal, and the use is spent.
    again = await unseal(day.manager, batch, request["code"])

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert again.status_code == 409


async def test_a_refusal_is_final_and_says_why(day: Day) -> None:
    batch, request = await asked(day)

    said = {"sha256": request["sha256"], "reason": "count again first"}
    refused = await day.city.post(f"/approvals/{request['code']}/refuse", said)

    assert (refused["approved"], refused["decision_reason"]) == (False, "count again first")
    assert kind(await approve(day.city, request)) == "approval-unusable"
    assert kind(await unseal(day.manager, batch, request["code"])) == "approval-unusable"


@pytest.mark.parametrize(("wait", "answer"), [(29, 200), (31, 409)])
async def test_a_request_waits_half_an_hour(
    day: Day, app: Litestar, database: Database, wait: int, answer: int
) -> None:
    _, request = await asked(day)

    await confirm_everybody(database, OPENING + timedelta(minutes=wait))
    given = await approve(later(app, database, wait).city, request)

    assert given.status_code == answer


@pytest.mark.parametrize(("wait", "answer"), [(29, 200), (31, 409)])
async def test_an_approval_holds_half_an_hour(
    day: Day, app: Litestar, database: Database, wait: int, answer: int
) -> None:
    batch, request = await asked(day)
    await approve(day.city, request)

    done = await unseal(later(app, database, wait).manager, batch, request["code"])

    assert done.status_code == answer


async def test_an_act_that_needs_no_approval_gets_none(day: Day) -> None:
    body = {"act": "pack", "subject": "B7Q2M4ZK9S", "details": {}, "reason": "why not"}

    assert [e["field"] for e in (await day.manager.refused("/approvals", body))["errors"]] == ["act"]


@pytest.mark.parametrize("details", [{}, {"reason": WHY, "force": "yes"}])
async def test_the_details_of_a_request_are_those_of_its_act(day: Day, details: dict[str, str]) -> None:
    batch = await day.sealed(1, await day.ready({1: 1}))

    body = {"act": "unseal", "subject": batch.code, "details": details, "reason": WHY}
    problem = await day.manager.refused("/approvals", body)

    assert problem["errors"][0]["field"].startswith("details.")


async def test_a_difference_ends_without_its_card_only_if_the_city_agrees(day: Day) -> None:
    await day.in_transit({1: 1})
    site = day.site(1)
    (answer,) = await site.scan(scan_of("C0XK3WYPMU"))
    path, ending = f"/discrepancies/{answer['discrepancy']}/resolve", {"how": "explain", "reason": WHY}

    alone = await site.leader.refused(path, ending)
    body = {"act": "write_off", "subject": answer["discrepancy"], "details": {"reason": WHY}, "reason": WHY}
    request = await site.leader.post("/approvals", body)
    by_leader = await approve(day.manager, request)
    given = await approve(Clerk(day.client, site.supervisor), request)
    done = await site.leader.post(path, ending | {"approval": request["code"]})

    assert alone["type"] == "/problems/approval-needed"
    assert kind(by_leader) == "not-found"
    assert given.json()["approved"] is True
    assert done["how"] == "explain"
