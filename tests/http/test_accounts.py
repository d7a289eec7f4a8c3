"""Letting people in, shutting them out, and tokens of machines."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from logistics.rules import passwords
from logistics.rules.calendar import JST
from logistics.rules.libraries import EVERY, REVIEWED
from logistics.rules.words import ACTS
from logistics.store.database import Database, driver
from logistics.store.sealing import Sealer
from logistics.store.server import Server
from logistics.work import credentials
from logistics.work.authenticating import MOST_FAILURES
from seed.load import person_code
from tests.conftest import as_superuser
from tests.http.coming_in import PASSWORD, Browser, House, kind
from tests.http.day import new_card, scan_of
from tests.http.rows import one

WORKER, MANAGER, SITE_WORKER = person_code(0, 2), person_code(0, 1), person_code(1, 2)
NEW = "quite another long password"


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


async def enrolled(house: House, person: str, once: str, password: str = NEW) -> httpx.Response:
    """The two steps of enrolling, in a browser that nobody is signed in on."""
    browser = house.browser()
    begun = await browser.call("POST", "/enrolment/begin", {"person": person, "one_time_code": once})
    if begun.status_code != 200:
        return begun
    code = passwords.code_at(begun.json()["secret"], house.app_now)
    body = {"person": person, "one_time_code": once, "password": password, "code": code}
    finished = await browser.call("POST", "/enrolment/finish", body)
    if finished.status_code == 204:
        house.later(seconds=30)
        code = passwords.code_at(begun.json()["secret"], house.app_now)
        return await house.sign_in(browser, person, password=password, code=code)
    return finished


async def test_a_person_enrols_once_with_the_code_a_manager_gave(house: House) -> None:
    manager = await house.at_work(MANAGER)
    once = (await manager.call("POST", f"/people/{WORKER}/enrolment")).json()["one_time_code"]

    first = await enrolled(house, WORKER, once)
    again = await enrolled(house, WORKER, once)

    assert first.status_code == 201
    assert kind(again) == "code-not-valid"
    told = "SELECT string_agg(act, ' ' ORDER BY id) FROM entry WHERE act LIKE '%enrol%' AND act NOT LIKE '%device'"
    assert await one(house.database, told) == "issue_enrolment enrol_person"


async def test_a_new_installation_has_no_account(house: House) -> None:
    assert await one(house.database, "SELECT count(*) FROM account") == 0
    assert await one(house.database, "SELECT count(*) FROM person") != 0
    assert kind(await house.sign_in(house.browser(), MANAGER)) == "sign-in-failed"


async def test_recovery_ends_what_the_person_had(house: House) -> None:
    manager, lost = await house.at_work(MANAGER), await house.at_work(WORKER)

    once = (await manager.call("POST", f"/people/{WORKER}/enrolment")).json()["one_time_code"]

    assert kind(await lost.call("GET", "/session")) == "session-ended"
    house.later(seconds=30)
    assert kind(await house.sign_in(house.browser(), WORKER)) == "sign-in-failed"
    assert (await enrolled(house, WORKER, once)).status_code == 201


@pytest.mark.parametrize(
    "weak",
    [
        "short",
        "a" * 12,
        f"my code is {WORKER}",
        "password1234",
        "qwertyuiop123",
        "KyotoCity2026",
        "iloveyou1234",
    ],
)
async def test_a_weak_password_is_refused_by_name(house: House, weak: str) -> None:
    manager = await house.at_work(MANAGER)
    once = (await manager.call("POST", f"/people/{WORKER}/enrolment")).json()["one_time_code"]

    answer = await enrolled(house, WORKER, once, weak)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "password"


async def test_a_code_is_not_good_for_another_person_nor_after_a_day(house: House) -> None:
    manager = await house.at_work(MANAGER)
    once = (await manager.call("POST", f"/people/{WORKER}/enrolment")).json()["one_time_code"]

    assert kind(await enrolled(house, SITE_WORKER, once)) == "code-not-valid"
    house.later(days=1)
    assert kind(await enrolled(house, WORKER, once)) == "code-not-valid"


async def test_one_changes_ones_password_with_the_present_one_and_no_session_goes_on_under_the_old_token(
    house: House,
) -> None:
    worker = await house.at_work(WORKER)
    copied, form = worker.cookies["session"], {"current": PASSWORD, "code": house.code(), "password": NEW}
    body = "/account/password"

    weak = [
        await worker.call("POST", body, form | {"password": one})
        for one in ("password1234", "short", PASSWORD)
    ]
    wrong = [
        await worker.call("POST", body, form | changed)
        for changed in ({"current": "not the present one"}, {"code": "000000"})
    ]
    foreign = await worker.call("POST", body, form, Origin="https://evil.example")
    done = await worker.call("POST", body, form)
    thief = house.browser()
    thief.cookies.set("session", copied, domain="127.0.0.1")
    house.later(seconds=30)
    before = await house.sign_in(house.browser(), WORKER)
    again = {"current": NEW, "code": house.code(), "password": PASSWORD}
    typed = {"csrf": worker.csrf, **again, "again": PASSWORD + "x"}
    slip = await worker.submit("/account/password", **typed)
    changed_back = await worker.submit("/account/password", **typed | {"again": PASSWORD})

    assert [answer.json()["errors"][0]["field"] for answer in weak] == ["password"] * 3
    assert [kind(answer) for answer in wrong] == ["sign-in-failed"] * 2
    assert (kind(foreign), done.status_code) == ("cross-site", 200)
    assert kind(await thief.call("GET", "/session")) == "not-signed-in"
    assert kind(before) == "sign-in-failed", "the old password is gone"
    assert (slip.status_code, "session=" in str(slip.headers.get_list("set-cookie"))) == (303, False)
    assert changed_back.headers["location"] == "/account"
    assert "変更しました" in (await worker.get("/account")).text
    house.later(seconds=30)
    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201
    acts = "SELECT string_agg(act, ' ' ORDER BY id) FROM entry WHERE actor = $1 AND act LIKE '%password'"
    assert await one(house.database, acts, WORKER) == "change_password change_password"


async def test_keys_and_hashes_are_replaced_while_people_sign_in(house: House, tmp_path: Path) -> None:
    house.sealer = house.desk.sealer = Sealer.kept(tmp_path)
    await house.give_account(WORKER)
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with house.database.begin() as session:
        await (await driver(session)).execute("UPDATE account SET password = $1", weaker)
        sealed = await credentials.reseal(session, Sealer.succeeding(tmp_path), MANAGER, house.now)
    Sealer.succeed(tmp_path)

    assert sealed == (1, 0)
    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201
    kept = str(await one(house.database, "SELECT password FROM account WHERE person = $1", WORKER))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    house.later(seconds=30)
    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201
    assert await one(house.database, "SELECT count(*) FROM entry WHERE act = 'replace_key'") == 1


async def test_nobody_changes_a_password_from_an_unknown_device_or_by_a_machines_token(house: House) -> None:
    await house.give_account(WORKER)
    browser, manager = house.browser(), await house.at_work(MANAGER)
    await house.sign_in(browser, WORKER)
    _, token = await token_for(house, manager, ["act"])
    body = {"current": PASSWORD, "code": house.code(), "password": NEW}

    unknown = await browser.call("POST", "/account/password", body)
    machine = await house.browser().post("/api/v1/account/password", json=body, headers=token)

    assert [kind(unknown), kind(machine)] == ["device-needed", "not-signed-in"]


async def test_only_another_manager_unlocks_and_it_is_told(house: House) -> None:
    await house.give_account(WORKER)
    for _ in range(MOST_FAILURES):
        await house.sign_in(house.browser(), WORKER, password="wrong wrong wrong")
        house.later(minutes=10)
    assert (await house.sign_in(house.browser(), WORKER)).status_code == 401
    house.later(minutes=1)
    manager = await house.at_work(MANAGER)

    assert kind(await manager.call("POST", f"/people/{MANAGER}/unlock")) == "second-person-needed"
    assert (await manager.call("POST", f"/people/{WORKER}/unlock")).status_code == 204
    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201
    assert await one(house.database, "SELECT count(*) FROM entry WHERE act = 'unlock_person'") == 1


async def test_whoever_is_shut_out_is_out_at_once(house: House) -> None:
    manager, worker = await house.at_work(MANAGER), await house.at_work(WORKER)
    assert (await worker.call("GET", "/cards")).status_code == 200

    assert (await manager.call("POST", f"/people/{WORKER}/disable")).status_code == 204

    refused = await worker.call("GET", "/cards")
    assert (kind(refused), refused.json()["why"]) == ("session-ended", "disabled")
    house.later(seconds=30)
    assert kind(await house.sign_in(house.browser(), WORKER)) == "sign-in-failed"
    await manager.call("POST", f"/people/{WORKER}/enable")
    house.later(seconds=30)
    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201


async def test_a_worker_manages_nobody(house: House) -> None:
    worker = await house.at_work(WORKER)
    paths = [f"/people/{SITE_WORKER}/{act}" for act in ("enrolment", "unlock", "disable", "enable")]

    answers = [await worker.call("POST", path) for path in paths] + [await worker.call("GET", "/tokens")]

    assert {kind(answer) for answer in answers} <= {"not-allowed", "not-found"}


async def token_for(
    house: House, manager: Browser, scopes: list[str], **more: Any
) -> tuple[int, dict[str, str]]:
    station = house.browser()
    device = await house.station(station, 1)
    body = {
        "name": "scanner 1",
        "person": SITE_WORKER,
        "device": device,
        "scopes": scopes,
        "expires_at": (house.now + timedelta(hours=8)).isoformat(),
    } | more
    answer = await manager.call("POST", "/tokens", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["number"], {"Authorization": f"Bearer {answer.json()['token']}"}


def scans() -> dict[str, Any]:
    return {"supervisor": person_code(1, 91), "scans": [scan_of(new_card())]}


async def test_a_machine_scans_within_its_scopes_and_needs_no_page(house: House) -> None:
    manager = await house.at_work(MANAGER)
    _, headers = await token_for(house, manager, ["scan"])
    machine = house.browser()

    scanned = await machine.post("/api/v1/scans", json=scans(), headers=headers)
    looked = await machine.get("/api/v1/cards", headers=headers)
    acted = await machine.post(
        "/api/v1/setups", json={"cards": [new_card()], "day": "2026-04-01"}, headers=headers
    )
    me = await machine.get("/api/v1/session", headers=headers)

    assert scanned.status_code == 200, scanned.text
    assert [kind(looked), kind(acted)] == ["out-of-scope"] * 2
    assert me.status_code in (401, 403)
    actor = await one(
        house.database, "SELECT actor || ' ' || left(device, 1) FROM entry WHERE act = 'scan_receive'"
    )
    assert actor == f"{SITE_WORKER} E"


async def test_a_token_ends_when_it_is_revoked_expires_or_its_person_goes(house: House) -> None:
    manager = await house.at_work(MANAGER)
    revoked, expired, gone = [await token_for(house, manager, ["read"]) for _ in range(3)]
    await manager.call("POST", f"/tokens/{revoked[0]}/revoke")
    machine = house.browser()
    assert kind(await machine.get("/api/v1/cards", headers=revoked[1])) == "session-ended"
    assert (await machine.get("/api/v1/cards", headers=gone[1])).status_code == 200

    await manager.call("POST", f"/people/{SITE_WORKER}/disable")
    assert kind(await machine.get("/api/v1/cards", headers=gone[1])) == "session-ended"
    house.later(hours=8)
    assert kind(await machine.get("/api/v1/cards", headers=expired[1])) == "session-ended"


async def test_a_token_may_not_last_for_ever(house: House) -> None:
    manager = await house.at_work(MANAGER)
    with pytest.raises(AssertionError, match="expires_at"):
        await token_for(house, manager, ["read"], expires_at=(house.now + timedelta(days=91)).isoformat())


async def test_a_passkey_is_added_only_right_after_a_proof_of_identity(database: Database) -> None:
    house = House(database, origin="https://cards.city.example")
    browser = Browser(house.app, "https://cards.city.example")
    await house.give_account(WORKER)
    await house.station(browser)
    assert (await house.sign_in(browser, WORKER)).status_code == 201
    at_once = await browser.call("POST", "/passkeys/begin")
    for _ in range(2):
        house.later(minutes=3)
        assert (await browser.call("GET", "/session")).status_code == 200
    made = {"name": "key", "id": "aa", "client_data": "aa", "attestation": "aa"}

    late = [await browser.call("POST", "/passkeys/begin"), await browser.call("POST", "/passkeys", made)]
    await browser.call("POST", "/session/step-up", {"password": PASSWORD, "code": house.code()})
    proved = await browser.call("POST", "/passkeys/begin")

    assert [kind(answer) for answer in late] == ["confirmation-needed"] * 2
    assert (at_once.status_code, proved.status_code) == (200, 200)


async def test_every_use_of_the_break_glass_account_is_told(house: House, server: Server) -> None:
    await house.give_account(WORKER)
    name = house.database.engine.url.database
    assert name is not None
    await as_superuser(server, "UPDATE account SET break_glass = true", name)

    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201

    assert await one(house.database, "SELECT count(*) FROM entry WHERE act = 'break_glass'") == 1
    assert ACTS["break_glass"] == "緊急用アカウントの使用", "so the closing sheet counts it"
    health = await house.browser().get("/health/ready")
    assert (health.status_code, health.json()["checks"]["break_glass"]) == (200, "in use")


async def test_libraries_that_nobody_looked_through_for_too_long_are_told_to_whoever_watches(
    house: House,
) -> None:
    said = []
    for day in (REVIEWED, REVIEWED + EVERY, REVIEWED + EVERY + timedelta(days=1)):
        house.now = datetime.combine(day, time(12), JST)
        health = await house.browser().get("/health/ready")
        said.append((health.status_code, health.json()["checks"]["libraries"]))

    assert said == [(200, "ok"), (200, "ok"), (200, "review due")]
    assert timedelta(days=90) >= EVERY, "as docs/security.md promises"


async def test_the_pages_of_the_door_lead_a_person_in(house: House) -> None:
    manager = await house.at_work(MANAGER)
    once = (await manager.call("POST", f"/people/{WORKER}/enrolment")).json()["one_time_code"]
    browser = house.browser()

    form = await browser.get("/enrol")
    shown = await browser.submit("/enrol", person=WORKER.lower(), once=once)
    secret = shown.text.split('name="secret" value="')[1].split('"')[0]
    done = await browser.submit(
        "/enrol/finish",
        person=WORKER,
        once=once,
        secret=secret,
        password=NEW,
        code=passwords.code_at(secret, house.app_now),
    )
    house.later(seconds=30)
    inside = await browser.submit(
        "/sign-in", person=WORKER, password=NEW, code=passwords.code_at(secret, house.app_now), next="/board"
    )

    assert form.status_code == shown.status_code == 200
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
    assert (inside.status_code, inside.headers["location"]) == (303, "/board")
    assert (await browser.get("/board")).status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"]
)
async def test_signing_in_leads_to_no_other_site(house: House, elsewhere: str) -> None:
    await house.give_account(WORKER)
    browser = house.browser()

    answer = await browser.submit(
        "/sign-in", person=WORKER, password=PASSWORD, code=house.code(), next=elsewhere
    )

    assert answer.headers["location"] == "/"
