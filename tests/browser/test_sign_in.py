"""Coming in through a real browser: a badge, a password and a code; a lock; a passkey of a virtual authenticator."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from logistics.rules import passwords
from logistics.rules.codes import CodeType, random_code, slot_code
from logistics.serving import elsewhere
from logistics.store.database import Database, driver
from logistics.store.sealing import Sealer
from logistics.work import credentials, devices, people
from seed.load import person_code, place_code
from tests.browser.clerk import PATIENCE_MS
from tests.browser.conftest import OPENING, in_thread

# One for each test, in whatever order they run: a code of an authenticator is good once.
BY_KEYS, LOCKED, IDLE, BY_PASSKEY = person_code(2, 3), person_code(1, 1), person_code(1, 3), person_code(1, 2)
PERSONS = [BY_KEYS, LOCKED, IDLE, BY_PASSKEY]
PASSWORD = "a horse, a battery, a staple"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

# The numbers of the scans that the browser still has: of those that were not sent, and of those that were refused.
KEPT = """
() => new Promise((done) => {
  indexedDB.open("logistics-scans").onsuccess = ({ target }) => {
    const kept = target.result.transaction(["waiting", "refused"]);
    const lists = ["waiting", "refused"].map((name) => kept.objectStore(name).getAll());
    kept.oncomplete = () => done(lists.flatMap((list) => list.result.map((scan) => scan.sequence)).sort());
  };
})
"""

# The session is locked, and longer than an answer of the server holds goes by.
LOCK_IT = """
async () => {
    const token = document.querySelector('meta[name=csrf]').content;
    await fetch('/api/v1/session/lock', {method: 'POST', headers: {'X-CSRF-Token': token}});
    const now = performance.now.bind(performance);
    performance.now = () => now() + 60_000;
}
"""


@dataclass
class Door:
    """A service in which some people have a password and an authenticator, and codes for stations."""

    base: str
    secret: str
    once: list[str]

    def code(self) -> str:
        return passwords.code_at(self.secret, datetime.now(UTC))


@pytest.fixture(scope="module")
def door(new_database: Callable[[], str]) -> Iterator[Door]:
    with tempfile.TemporaryDirectory(prefix="pages-") as home:
        url, secret = new_database(), passwords.new_secret()
        once: Any = in_thread(_prepare(url, Path(home), secret))
        with elsewhere(url, OPENING, Path(home), workers=1) as base:
            yield Door(base.replace("127.0.0.1", "localhost"), secret, once)


async def _prepare(url: str, home: Path, secret: str) -> list[str]:
    database = Database(url)
    async with database.begin() as session:
        await (await driver(session)).execute(
            "UPDATE session SET ended_at = now(), ended_why = 'test' WHERE person = ANY ($1)", PERSONS
        )
        for person in PERSONS:
            await credentials.put(session, Sealer.kept(home), person, passwords.hashed(PASSWORD), secret)
        manager = await people.actor(session, person_code(0, 1))
        added = [
            await devices.add(session, manager, f"窓口 {n}", place_code(1), "窓口", OPENING) for n in (1, 2)
        ]
    await database.close()
    return [once for _, once in added]


@pytest.fixture
def page(browser: Browser, door: Door) -> Iterator[Page]:
    context = browser.new_context(base_url=door.base, locale="ja-JP")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
    )
    yield page
    context.close()
    assert faults == []


def sign_in(page: Page, door: Door, person: str) -> None:
    """Somebody who was not in yet, with keys alone, as a scanner and a clerk press them."""
    page.goto("/board")
    assert "/sign-in?next=%2Fboard" in page.url
    page.keyboard.type(person)
    page.keyboard.press("Enter")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.keyboard.type(door.code())
    page.keyboard.press("Enter")
    page.wait_for_url("**/board")


def test_a_station_is_let_in_and_a_person_with_keys_alone(page: Page, door: Door) -> None:
    page.goto("/devices/enrol")
    page.keyboard.type(door.once[0])
    page.keyboard.press("Enter")
    page.wait_for_selector("text=この端末を登録しました")

    sign_in(page, door, BY_KEYS)

    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert set(cookies) >= {"session", "device"}
    assert all(
        cookies[name]["httpOnly"] and cookies[name]["sameSite"] == "Strict" for name in ("session", "device")
    )
    assert page.evaluate("document.cookie") == ""
    page.click("text=サインアウト")
    page.wait_for_url("**/sign-in")
    page.goto("/board")
    assert "/sign-in" in page.url


def test_a_locked_page_opens_again_with_what_was_under_it(page: Page, door: Door) -> None:
    sign_in(page, door, LOCKED)
    page.fill("#find", "C0XK")
    page.evaluate("window.dispatchEvent(new Event('session-locked'))")
    page.wait_for_selector("#lock[open]")
    before = {cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "session"}

    page.keyboard.type("not the password at all")
    page.keyboard.press("Enter")
    page.wait_for_selector("#lock [role=alert]:not([hidden])")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#lock:not([open])", state="attached")

    assert page.input_value("#find") == "C0XK"
    # Nor is anything lost where the server locked the session while somebody was writing.
    page.goto("/account")
    page.evaluate(LOCK_IT)
    field = page.locator("main form[method=post] input[type=password]").first
    field.press_sequentially("a")
    page.wait_for_selector("#lock[open]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#lock:not([open])", state="attached")
    assert field.input_value() == "a"
    after = {cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "session"}
    assert after.isdisjoint(before)
    page.click("text=サインアウト")
    page.wait_for_url("**/sign-in")


def test_an_idle_scan_page_locks_itself_and_keeps_what_was_not_sent(page: Page, door: Door) -> None:
    sign_in(page, door, IDLE)
    page.goto("/scan/put_away")
    page.wait_for_selector("#scan[data-ready=yes]")
    page.click("#selftest-skip")
    page.select_option("#supervisor", person_code(1, 91))
    for text in (slot_code(1, 1, "A", 1), random_code(CodeType.CARD), random_code(CodeType.CARD)):
        page.context.set_offline(text.startswith("C"))
        told = page.get_attribute("#answer", "data-told")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.wait_for_function("told => document.querySelector('#answer').dataset.told !== told", arg=told)
    page.wait_for_function("() => document.querySelector('#waiting').textContent === '2'")

    # Five minutes pass without a key; nobody waits for them.
    page.evaluate("window.clock = Date.now; Date.now = () => window.clock() + 301_000")
    page.wait_for_selector("#lock[open]")
    page.evaluate("Date.now = window.clock")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for text in (random_code(CodeType.CARD), person_code(1, 2)):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelector('#lock input').value === ''")
        assert "バーコードが読み取られました" in page.inner_text("#lock [role=alert]")
    assert not [url for url in asked if url.endswith("/unlock")], "what a scanner types is no password"
    assert page.inner_text("#waiting") == "2", "nothing is scanned under the cover, and nothing lost"
    page.context.set_offline(False)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#lock:not([open])", state="attached")

    page.wait_for_function("() => document.querySelector('#waiting').textContent === '0'")
    page.wait_for_function("() => document.activeElement.id === 'field'")
    assert page.locator("#list tr").count() == 2

    # Somebody signs out while the line is down, and again once it is there: pages go, scans stay. This browser is no
    # registered station, so that what is sent is refused and stays for somebody to look at; whether the third was sent
    # depends on whether its page or the line was quicker.
    page.wait_for_selector("#scan[data-kept]")
    assert page.evaluate("caches.has('scan-pages')")
    page.route("**/api/v1/**", lambda route: route.abort())
    page.context.set_offline(True)
    page.keyboard.type(random_code(CodeType.CARD))
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#waiting').textContent === '1'")
    page.click("text=サインアウト", no_wait_after=True)
    page.wait_for_function("() => !document.querySelector('#scan')")
    page.context.set_offline(False)
    page.goto("/board")
    assert not page.evaluate("caches.has('scan-pages')")
    page.click("text=サインアウト")
    page.wait_for_url("**/sign-in")
    assert page.evaluate(KEPT) == [1, 2, 3]


def test_a_passkey_is_added_and_signs_in_without_a_password(page: Page, door: Door) -> None:
    page.goto("/devices/enrol")
    page.fill("#once", door.once[1])
    page.keyboard.press("Enter")
    page.wait_for_selector("text=この端末を登録しました")
    cdp: Any = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    sign_in(page, door, BY_PASSKEY)
    page.goto("/account")
    page.click("[data-passkey=add]")
    page.wait_for_selector("li:has-text('セキュリティキー')")
    page.click("text=サインアウト")
    page.wait_for_url("**/sign-in")

    with page.expect_request("**/api/v1/passkeys/sign-in") as sent:
        page.click("[data-passkey=sign-in]")
    page.wait_for_url(f"{door.base}/")
    recorded = page.request.post(
        "/api/v1/passkeys/sign-in",
        data=sent.value.post_data,
        headers={"Content-Type": "application/json", "Origin": door.base},
    )
    assert recorded.status == 401, "an answer is good once"

    assert page.locator(".person").inner_text().endswith("業務従事者1")
    page.click("text=サインアウト")
    page.wait_for_url("**/sign-in")
    cdp.send(
        "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
    )
    page.click("[data-passkey=sign-in]")
    page.wait_for_selector("#passkey-says:not([hidden])")
    assert "/sign-in" in page.url

    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": True})
    page.reload()
    page.click("[data-passkey=sign-in]")
    page.wait_for_url(f"{door.base}/")
    page.goto("/account")
    page.click("button:has-text('失効')")
    page.wait_for_selector("text=パスキーを失効しました")
    assert page.locator("li:has-text('セキュリティキー')").count() == 0
    page.click("text=サインアウト")
    page.wait_for_url("**/sign-in")
    page.click("[data-passkey=sign-in]")
    page.wait_for_selector("#passkey-says:not([hidden])")
    assert "/sign-in" in page.url, "what was given up signs nobody in"
