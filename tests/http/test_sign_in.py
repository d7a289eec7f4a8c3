"""Coming in with password and code: how it goes, and every way of it that must not (security.md, attackers)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from logistics.ledger.canonical import canonical
from logistics.rules.tokens import csrf_of, digest, new_token
from logistics.store.database import Database
from logistics.work.authenticating import FAILURE_SECONDS, FREE_FAILURES, MOST_FAILURES
from seed.load import person_code
from tests.http.coming_in import PASSWORD, SECRET, Browser, House, kind
from tests.http.day import new_card
from tests.http.rows import everything, one

WORKER, MANAGER, NOBODY = person_code(0, 2), person_code(0, 1), person_code(77, 7)
SITE_WORKER = person_code(1, 2)
WRONG = {"password": "not the password at all"}


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


async def acts(database: Database, person: str) -> list[str]:
    told = await one(
        database,
        "SELECT string_agg(act, ' ' ORDER BY id) FROM entry WHERE actor = $1 AND act NOT LIKE '%device'",
        person,
    )
    return str(told or "").split()


async def test_whoever_signs_in_at_a_station_may_work_there(house: House) -> None:
    browser = await house.at_work(WORKER)

    me = (await browser.call("GET", "/session")).json()
    made = await browser.call("POST", "/batches", {"destination": "L01F", "run_day": "2026-04-01"})

    assert (me["person"], me["role"], me["device"]) == (WORKER, "worker", me["device"])
    assert me["device"].startswith("E")
    assert made.status_code == 201
    assert await acts(house.database, WORKER) == ["sign_in", "plan_run", "open"]
    device = await one(house.database, "SELECT device FROM entry WHERE act = 'open'")
    assert device == me["device"]


async def test_only_hashes_of_what_opens_anything_are_kept(house: House) -> None:
    browser = await house.at_work(WORKER)

    kept = await everything(house.database)
    secrets = (browser.cookies["session"], browser.cookies["device"], browser.csrf, PASSWORD)

    assert not any(secret in kept for secret in secrets)
    assert await one(house.database, "SELECT count(*) FROM session WHERE token = $1", digest(secrets[0])) == 1


async def test_cookies_are_read_by_no_script_and_sent_by_no_other_site(
    house: House, database: Database
) -> None:
    plain = await house.at_work(WORKER)
    answer = await house.sign_in(plain, WORKER)
    over_tls = House(database, origin="https://cards.city.example")
    browser = Browser(over_tls.app, "https://cards.city.example")
    over_tls.later(minutes=1)
    safe = await over_tls.sign_in(browser, WORKER)

    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith("session=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    (cookie,) = safe.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-session=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Secure"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    "changed",
    [WRONG, {"code": "000000"}, {"person": NOBODY}, {"person": MANAGER}, {"password": PASSWORD + " "}],
)
async def test_whatever_is_wrong_the_answer_is_the_same(house: House, changed: dict[str, str]) -> None:
    await house.give_account(WORKER)

    answer = await house.sign_in(house.browser(), WORKER, **changed)

    assert (answer.status_code, kind(answer)) == (401, "sign-in-failed")
    expected = await house.sign_in(house.browser(), NOBODY, person=person_code(78, 8))
    assert answer.content == expected.content
    assert "set-cookie" not in answer.headers


async def test_a_code_is_good_once_even_in_parallel(house: House) -> None:
    await house.give_account(WORKER)

    answers = await asyncio.gather(*(house.sign_in(house.browser(), WORKER) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    house.later(seconds=5)
    assert (await house.sign_in(house.browser(), WORKER)).status_code == 401
    assert (await acts(house.database, WORKER)).count("sign_in_failed") == 4, "each is told"


async def test_an_old_code_is_refused(house: House) -> None:
    await house.give_account(WORKER)
    old = house.code()
    house.later(seconds=90)

    assert (await house.sign_in(house.browser(), WORKER, code=old)).status_code == 401
    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201


async def test_failures_make_one_wait_longer_and_then_lock(house: House) -> None:
    await house.give_account(WORKER)
    waits: list[int] = []
    for _ in range(MOST_FAILURES):
        answer = await house.sign_in(house.browser(), WORKER, **WRONG)
        assert kind(answer) == "sign-in-failed"
        again = await house.sign_in(house.browser(), WORKER, **WRONG)
        if again.status_code == 429:
            waits.append(again.json()["seconds"])
            house.later(seconds=waits[-1] + 1)
        elif len(waits) >= MOST_FAILURES - FREE_FAILURES:
            break

    assert waits == [15, 30, 60, 120, 240]
    house.later(days=1)
    locked = await house.sign_in(house.browser(), WORKER)
    assert (locked.status_code, kind(locked)) == (401, "sign-in-failed"), "the right password does not help"
    assert (await acts(house.database, WORKER)).count("sign_in_failed") == MOST_FAILURES
    assert (await acts(house.database, WORKER))[-1] == "lock_person"


async def test_trying_in_parallel_slips_past_no_count(house: House) -> None:
    await house.give_account(WORKER)

    answers = await asyncio.gather(*(house.sign_in(house.browser(), WORKER, **WRONG) for _ in range(60)))

    judged = [answer for answer in answers if answer.status_code == 401]
    assert len(judged) <= FREE_FAILURES + 1
    assert {answer.status_code for answer in answers} <= {401, 429}
    assert (
        await one(house.database, "SELECT failures FROM sign_in_try WHERE name = $1", WORKER) == FREE_FAILURES
    )


async def test_one_password_on_everybody_locks_nobody(house: House) -> None:
    await house.give_account(WORKER, SITE_WORKER)

    for number in range(1, 30):
        await house.sign_in(house.browser(), person_code(1, number), **WRONG)

    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201
    assert await one(house.database, "SELECT max(failures) FROM sign_in_try") == 1


async def test_names_that_nobody_has_are_counted_alike(house: House) -> None:
    answers = [await house.sign_in(house.browser(), NOBODY, **WRONG) for _ in range(FREE_FAILURES + 1)]

    assert [answer.status_code for answer in answers] == [401] * FREE_FAILURES + [429]


async def test_a_password_stays_good_however_old_it_is(house: House) -> None:
    await house.give_account(WORKER)
    house.later(days=3 * 365)

    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201


async def test_a_success_ends_the_row_of_failures(house: House) -> None:
    await house.give_account(WORKER)
    for _ in range(FREE_FAILURES - 1):
        await house.sign_in(house.browser(), WORKER, **WRONG)

    assert (await house.sign_in(house.browser(), WORKER)).status_code == 201
    assert await one(house.database, "SELECT failures FROM sign_in_try WHERE name = $1", WORKER) == 0


async def test_signing_in_ends_the_session_elsewhere_and_says_so(house: House) -> None:
    first = await house.at_work(WORKER)
    second = house.browser()

    answer = await house.sign_in(second, WORKER)

    assert answer.json()["replaced"] is True
    refused = await first.call("GET", "/session")
    assert (refused.status_code, kind(refused)) == (401, "session-ended")
    assert "another sign-in" in refused.json()["why"]


async def test_a_planted_token_does_not_become_a_session(house: House) -> None:
    """Fixation: the token from before sign-in is never the one after it."""
    await house.give_account(WORKER)
    browser = house.browser()
    planted = new_token()
    browser.cookies.set("session", planted, domain="127.0.0.1")

    assert (await house.sign_in(browser, WORKER)).status_code == 201
    thief = house.browser()
    thief.cookies.set("session", planted, domain="127.0.0.1")
    answer = await thief.call("GET", "/session")

    assert kind(answer) == "not-signed-in"


async def test_after_signing_out_the_token_is_dead_also_for_what_was_under_way(house: House) -> None:
    browser = await house.at_work(WORKER)
    token, device = browser.cookies["session"], browser.cookies["device"]
    old = {
        "Cookie": f"session={token}; device={device}",
        "X-CSRF-Token": browser.csrf,
        "Origin": "http://127.0.0.1",
    }

    slow = [house.browser().get("/api/v1/cards", headers=old) for _ in range(10)]
    out, *answers = await asyncio.gather(browser.call("DELETE", "/session"), *slow)
    after = await house.browser().get("/api/v1/cards", headers=old)

    assert out.status_code == 204
    assert 'session=""' in out.headers["set-cookie"]
    assert {answer.status_code for answer in answers} <= {200, 401}
    assert not any("set-cookie" in answer.headers for answer in answers), "no answer brings a session back"
    assert kind(after) == "session-ended"
    assert (await acts(house.database, WORKER))[-1] == "sign_out"


async def test_a_cookie_carried_to_another_device_opens_nothing(house: House) -> None:
    browser = await house.at_work(WORKER)
    thief, other = house.browser(), house.browser()
    await house.station(other)
    for stolen, device in ((thief, None), (other, other.cookies["device"])):
        stolen.cookies.set("session", browser.cookies["session"], domain="127.0.0.1")
        stolen.csrf = browser.csrf
        assert device is None or stolen.cookies["device"] == device
        assert kind(await stolen.call("GET", "/session")) == "not-signed-in"

    assert (await browser.call("GET", "/session")).status_code == 200


async def test_an_idle_session_locks_and_its_password_unlocks_it_under_a_new_token(house: House) -> None:
    browser = await house.at_work(WORKER)
    old = browser.cookies["session"]
    house.later(minutes=5)
    locked = await browser.call("GET", "/cards")
    wrong = await browser.call("POST", "/session/unlock", WRONG)
    right = await browser.call("POST", "/session/unlock", {"password": PASSWORD})

    assert (locked.status_code, kind(locked)) == (401, "session-locked")
    assert kind(wrong) == "sign-in-failed"
    assert right.status_code == 200
    assert browser.cookies["session"] != old
    assert (await browser.call("GET", "/cards")).status_code == 200
    thief = house.browser()
    thief.cookies.set("session", old, domain="127.0.0.1")
    assert kind(await thief.call("GET", "/session")) == "not-signed-in"
    assert (await acts(house.database, WORKER))[-2:] == ["sign_in_failed", "unlock_session"]


async def test_a_session_in_use_does_not_lock_but_ends_after_ten_hours(house: House) -> None:
    browser = await house.at_work(WORKER)
    for _ in range(149):
        house.later(minutes=4)
        answer = await browser.call("GET", "/session")
        assert answer.status_code == 200, answer.text
    house.later(minutes=4)

    ended = await browser.call("GET", "/session")

    assert (kind(ended), ended.json()["why"]) == ("session-ended", "expired")


async def test_locking_by_hand_locks_at_once_and_refused_requests_keep_nothing_awake(house: House) -> None:
    browser = await house.at_work(WORKER)

    assert (await browser.call("POST", "/session/lock")).status_code == 204
    assert kind(await browser.call("GET", "/cards")) == "session-locked"
    await browser.call("POST", "/session/unlock", {"password": PASSWORD})
    for _ in range(5):
        house.later(minutes=1)
        refused = await browser.call("POST", "/setups", {"cards": [new_card()]}, **{"X-CSRF-Token": "x"})
        assert kind(refused) == "cross-site" if refused.status_code == 403 else refused.status_code == 401
    assert kind(await browser.call("GET", "/cards")) == "session-locked"


async def test_stepping_up_takes_both_factors_and_gives_a_new_token(house: House) -> None:
    browser = await house.at_work(WORKER)
    old = browser.cookies["session"]
    house.later(minutes=4)
    half = await browser.call("POST", "/session/step-up", {"password": PASSWORD, "code": "000000"})
    whole = await browser.call("POST", "/session/step-up", {"password": PASSWORD, "code": house.code()})

    assert kind(half) == "sign-in-failed"
    assert browser.cookies["session"] != old
    told = await one(
        house.database,
        "SELECT confirmed_at FROM session WHERE person = $1 AND ended_at IS NULL",
        WORKER,
    )
    assert told == house.now
    assert whole.status_code == 200


async def test_requests_of_other_sites_change_nothing(house: House) -> None:
    browser = await house.at_work(WORKER)
    body = {"destination": "L01F", "run_day": "2026-04-01"}
    own = {"Origin": "http://127.0.0.1", "X-CSRF-Token": browser.csrf}
    foreign: list[dict[str, str]] = [
        {"X-CSRF-Token": browser.csrf},
        own | {"Origin": "https://evil.example"},
        own | {"Origin": "null"},
        own | {"Origin": "http://127.0.0.1:8001"},
        own | {"Sec-Fetch-Site": "cross-site"},
        own | {"Sec-Fetch-Site": "same-site"},
        own | {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1"},
        own | {"X-CSRF-Token": csrf_of(new_token())},
        own | {"X-CSRF-Token": ""},
    ]

    answers = [await browser.post("/api/v1/batches", json=body, headers=headers) for headers in foreign]
    plain = await browser.post(
        "/api/v1/batches", content=canonical(body), headers={"Content-Type": "text/plain", "Origin": "null"}
    )
    login = await house.browser().post(
        "/sign-in",
        data={"person": WORKER, "password": PASSWORD, "code": house.code()},
        headers={"Origin": "https://evil.example"},
    )

    assert [kind(answer) for answer in (*answers, plain)] == ["cross-site"] * (len(foreign) + 1)
    assert login.status_code == 403
    assert "set-cookie" not in login.headers
    assert await one(house.database, "SELECT count(*) FROM batch") == 0


async def test_headers_that_name_a_person_a_device_or_an_address_say_nothing(house: House) -> None:
    browser = await house.at_work(WORKER)
    spoofed = {
        "X-Acting-Person": MANAGER,
        "X-Device": "PC-1",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Original-URL": "/health/live",
    }

    nobody = await house.browser().get("/api/v1/cards", headers=spoofed)
    me = (await browser.call("GET", "/session", **spoofed)).json()

    assert kind(nobody) == "not-signed-in"
    assert me["person"] == WORKER
    assert me["device"].startswith("E")


@pytest.mark.parametrize(
    "extra", [{"role": "manager"}, {"device": "E0000"}, {"expires_at": "2099-01-01T00:00:00Z"}]
)
async def test_a_body_that_says_more_than_it_should_is_refused(house: House, extra: dict[str, str]) -> None:
    await house.give_account(WORKER)

    answer = await house.sign_in(house.browser(), WORKER, **extra)

    assert answer.status_code == 400
    assert next(iter(extra)) in answer.text


async def test_an_unknown_device_and_one_of_another_place_may_only_look(house: House) -> None:
    elsewhere, unknown = house.browser(), house.browser()
    await house.give_account(WORKER)
    await house.station(elsewhere, 1)
    seen = []
    for browser in (elsewhere, unknown):
        await house.sign_in(browser, WORKER)
        house.later(seconds=60)
        looked = await browser.call("GET", "/cards")
        acted = await browser.call("POST", "/batches", {"destination": "L01F", "run_day": "2026-04-01"})
        seen.append((looked.status_code, acted.status_code, kind(acted)))

    assert seen == [(200, 403, "device-needed")] * 2


async def test_a_revoked_device_ends_its_sessions_at_once(house: House) -> None:
    browser, manager = await house.at_work(WORKER), await house.at_work(MANAGER)
    device = (await browser.call("GET", "/session")).json()["device"]

    assert (await manager.call("POST", f"/devices/{device}/revoke")).status_code == 204

    refused = await browser.call("GET", "/cards")
    assert (kind(refused), refused.json()["why"]) == ("session-ended", "device revoked")
    assert (await house.sign_in(browser, WORKER)).status_code == 201
    acted = await browser.call("POST", "/batches", {"destination": "L01F", "run_day": "2026-04-01"})
    assert kind(acted) == "device-needed"


async def test_a_devices_code_is_good_once_and_for_a_day(house: House) -> None:
    manager = await house.at_work(MANAGER)
    body = {"name": "窓口 2", "place": "L01F", "area": "窓口"}
    first = (await manager.call("POST", "/devices", body)).json()["one_time_code"]
    second = (await manager.call("POST", "/devices", body)).json()["one_time_code"]

    answers = await asyncio.gather(
        *(house.browser().call("POST", "/devices/enrol", {"one_time_code": first.lower()}) for _ in range(4))
    )
    house.now += timedelta(days=1)
    late = await house.browser().call("POST", "/devices/enrol", {"one_time_code": second})

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert kind(late) == "code-not-valid"


async def test_a_worker_registers_no_device(house: House) -> None:
    browser = await house.at_work(WORKER)

    answer = await browser.call("POST", "/devices", {"name": "私物", "place": "L01F", "area": "窓口"})

    assert kind(answer) == "not-allowed"


async def test_64_sign_ins_at_once_are_answered_while_others_work(house: House) -> None:
    people = [person_code(1, number) for number in range(1, 65)]
    await house.give_account(WORKER)
    browser = await house.at_work(WORKER)

    async def looking() -> float:
        slowest = 0.0
        for _ in range(20):
            started = asyncio.get_running_loop().time()
            assert (await browser.call("GET", "/session")).status_code == 200
            slowest = max(slowest, asyncio.get_running_loop().time() - started)
        return slowest

    slowest, answers = await asyncio.gather(
        looking(),
        asyncio.gather(*(house.sign_in(house.browser(), person, **WRONG) for person in people)),
    )

    assert {answer.status_code for answer in answers} == {401}
    assert slowest < 2.0


async def test_the_time_of_a_failure_tells_nothing_of_the_name(house: House) -> None:
    await house.give_account(WORKER)
    house.desk.failure_seconds = FAILURE_SECONDS
    names = (WORKER, NOBODY, "nonsense", MANAGER)
    took = {}
    for name in names:
        started = asyncio.get_running_loop().time()
        answer = await house.browser().submit("/sign-in", person=name, code="000000", **WRONG)
        took[name] = asyncio.get_running_loop().time() - started
        assert answer.status_code == 401

    assert min(took.values()) >= FAILURE_SECONDS
    assert max(took.values()) - min(took.values()) < FAILURE_SECONDS / 2, took


async def test_the_log_tells_no_secret_of_a_sign_in(house: House) -> None:
    browser = await house.at_work(WORKER)
    await house.sign_in(house.browser(), WORKER, password="typed into the wrong field")

    told = str(await one(house.database, "SELECT string_agg(body, ' ') FROM entry"))

    secrets = (PASSWORD, "typed into", browser.cookies["session"], browser.cookies["device"], SECRET)
    assert not any(secret in told for secret in secrets)
