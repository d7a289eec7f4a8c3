"""What is true of every page: readable by everybody, usable without a mouse, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from logistics.rules.codes import CodeType, sequenced_code, slot_code
from seed.load import VEHICLE_NUMBER, person_code
from tests.browser.clerk import Station, World
from tests.http.board_day import PlayedDay

Open = Callable[..., Station]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
# Only what is wrong is worked out; of the manual, which is one long list from one template, the first entries do.
SHORTEN = "document.querySelectorAll('.manual article, .toc li').forEach((one, n) => n > 40 && one.remove())"
ASK = """axe.run({
    runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
    resultTypes: ['violations'],
})"""
ANNEX, LEADER, CLERK = person_code(0, 2), person_code(7, 1), person_code(8, 2)
CREW = person_code(VEHICLE_NUMBER, 2)
NOWHERE = "/no/such/page"
AUDITOR, HEAD = person_code(0, 99), person_code(0, 1)


@pytest.fixture(scope="module")
def day(world: World) -> PlayedDay:
    """A day in the middle: something of everything is there to be seen."""

    async def work(day: PlayedDay) -> PlayedDay:
        await day.arrive({7: 6, 8: 5, 9: 3})
        await day.pack([7, 8, 9])
        await day.dispatch()
        await day.take_over([7, 8])
        await day.receive(7, day.cards[7][:5])
        await day.close(7, 1)
        await day.put_away(7, day.cards[7][:3])
        await day.receive(8, day.cards[8][:2])
        return day

    return world.play(work)


@pytest.fixture(scope="module")
def numbers(world: World, day: PlayedDay) -> dict[str, str]:
    """At the leader's site a pick list, a count, a missing card, a hand-over; by the letter of their codes."""

    async def work(clerk: PlayedDay) -> dict[str, str]:
        booked, gone, out = day.cards[7][:3]
        session = {"day": "2026-04-01", "service": "counter_day"}
        listed = (await clerk.say(LEADER, "/pick-lists", session))["code"]
        await clerk.say(LEADER, f"/pick-lists/{listed}/picks", {"picks": [{"card": booked}, {"card": gone}]})
        vault = sequenced_code(CodeType.VAULT, 71, width=3)
        spot = {"kind": "spot", "slots": [slot_code(7, 1, "A", 1)], "supervisor": person_code(7, 91)}
        count = (await clerk.say(LEADER, f"/vaults/{vault}/counts", spot))["code"]
        reason = {"reason": "reached for it and it was not there"}
        case = (await clerk.say(LEADER, f"/cards/{gone}/missing", reason))["code"]
        await clerk.say(LEADER, "/take-outs", clerk.scans([out]) | {"purpose": "city"})
        handed = clerk.scans([out]) | {"to": person_code(7, 91), "reason": "agent"}
        await clerk.say(LEADER, "/city-handovers", handed)
        asked = {"act": "confirm_lost", "subject": case, "details": reason, **reason}
        await clerk.say(LEADER, "/approvals", asked)
        await clerk.say(LEADER, f"/vaults/{vault}/rearrangement", reason)
        return {"Y": listed, "Q": count, "U": case}

    return world.play(work)


def pages_of(day: PlayedDay, numbers: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (ANNEX, "/"),
        (ANNEX, "/board"),
        (ANNEX, "/board/history"),
        (ANNEX, "/arrivals"),
        (ANNEX, "/packing"),
        (ANNEX, "/dispatch"),
        (ANNEX, "/scan/load/" + day.run),
        (ANNEX, "/scan/test-barcode"),
        (ANNEX, NOWHERE),
        (LEADER, "/"),
        (LEADER, "/vault"),
        (LEADER, "/supplies"),
        (LEADER, "/slots/" + slot_code(7, 1, "A", 1)),
        (LEADER, "/discrepancies"),
        (LEADER, "/incidents"),
        (LEADER, "/incidents/new?from=/cards/" + day.cards[7][0]),
        (LEADER, "/cards/" + day.cards[7][0]),
        (LEADER, "/counter"),
        (LEADER, "/issue"),
        (LEADER, "/pick-lists/" + numbers["Y"]),
        (LEADER, "/scan/take_out/" + numbers["Y"]),
        (LEADER, "/counts"),
        (LEADER, "/counts/" + numbers["Q"]),
        (LEADER, "/scan/count/" + numbers["Q"]),
        (LEADER, "/day"),
        (LEADER, "/cases"),
        (LEADER, "/cases/" + numbers["U"]),
        (LEADER, "/accesses"),
        (LEADER, "/returns"),
        (ANNEX, "/day"),
        (CLERK, "/receiving"),
        (CLERK, "/receiving/" + day.manifests[8]),
        (CLERK, "/batches/" + day.batches[8]),
        (CLERK, "/scan/receive/" + day.manifests[8]),
        (CLERK, "/scan/put_away"),
        (CREW, "/handover"),
        (CREW, "/docs"),
        (LEADER, "/approvals"),
        (LEADER, "/manual"),
        (HEAD, "/pictures"),
        (HEAD, "/people"),
        (HEAD, "/people/" + LEADER),
        (HEAD, "/devices"),
        (HEAD, "/rosters"),
        (HEAD, "/registers"),
        (HEAD, "/settings"),
        (AUDITOR, "/papers"),
        (AUDITOR, "/papers/" + day.manifests[7]),
        (AUDITOR, "/audit?question=entries&act=dispatch&ask=1"),
    ]


def faults_of(page: Page) -> list[str]:
    """What axe-core finds, one line a fault. It is put in by the test: no page of ours has it."""
    page.evaluate(SHORTEN)
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(ASK)
    return [
        f"{page.url} {fault['id']}: {node['html'][:120]} {node['failureSummary'][:160]}"
        for fault in found["violations"]
        for node in fault["nodes"][:3]
    ]


def test_axe_finds_no_fault_on_any_page_and_none_is_too_wide(
    station: Open, world: World, day: PlayedDay, numbers: dict[str, str]
) -> None:
    """Each page in Japanese on a screen before axe; in English on a tablet it must only fit."""
    faults: list[str] = []
    for person in (ANNEX, LEADER, CLERK, CREW, AUDITOR, HEAD):
        who = station(person)
        who.may_fail = True  # a page that is not there is among them
        mine = [path for reader, path in pages_of(day, numbers) if reader == person]
        for path in mine:
            _settled(who.page, path)
            faults += faults_of(who.page) + _too_wide(who.page)
        who.context.add_cookies([{"name": "language", "value": "en", "url": world.base}])
        who.page.set_viewport_size({"width": 834, "height": 1112})
        for path in mine:
            _settled(who.page, path)
            faults += _too_wide(who.page)

    assert faults == []


def _settled(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok or path == NOWHERE, f"{path}: {answer.status}"
    if path.startswith("/scan/") and page.locator("#scan").count():
        page.wait_for_selector("#scan[data-ready=yes]")


def _too_wide(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    return [f"{page.url} is wider than its window"] if wide else []


def test_a_link_of_the_navigation_leads_to_a_page(station: Open, day: PlayedDay) -> None:
    for person in (ANNEX, LEADER, CLERK, CREW, AUDITOR, HEAD):
        who = station(person)
        who.open("/")
        links = who.page.eval_on_selector_all(".top a, main a", "all => all.map(a => a.getAttribute('href'))")
        for link in {link for link in links if not link.startswith(("/language", "#"))}:
            assert who.page.request.get(link).ok, link


def test_a_seal_is_put_on_with_the_keyboard_alone(station: Open, world: World, day: PlayedDay) -> None:
    async def more(day: PlayedDay) -> PlayedDay:
        await day.arrive({10: 2})
        return day

    new = world.play(more)
    clerk = station(ANNEX)
    page = clerk.open("/packing")
    page.select_option("#f-destination", label=page.locator("#f-destination option").nth(10).inner_text())
    page.fill("#f-run_day", "2026-04-02")
    page.locator("#f-run_day").press("Enter")
    page.wait_for_selector("#scan[data-ready=yes]")
    if page.locator("#selftest").is_visible():
        clerk.wedge("TEST-AZ09-KS")
        page.wait_for_selector("#selftest:not([open])", state="attached")
    assert [clerk.scan(card) for card in new.cards[10]] == ["ok", "ok"]
    page.wait_for_function("() => !document.querySelector('#next').hidden")
    page.focus("#next")
    page.keyboard.press("Enter")
    page.wait_for_selector("#f-counted")

    page.focus("#f-counted")
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    page.keyboard.type("KS-900001")
    page.keyboard.press("Enter")
    page.wait_for_selector(".said.fault")
    assert page.input_value("#f-seal_number") == "KS-900001", "what was typed is still there"
    page.fill("#f-counted", "2")
    page.focus("#f-seal_number")
    page.keyboard.press("Enter")

    page.wait_for_selector(".said.done")
    assert "封印しました" in page.locator(".said").inner_text()


def test_the_board_changes_by_itself(station: Open, world: World, day: PlayedDay) -> None:
    who = station(ANNEX)
    page = who.open("/board?day=2026-04-01")
    row = page.locator("tr", has=page.locator("th", has_text="西京"))
    before = row.first.inner_text()

    async def more(clerk: PlayedDay) -> None:
        scans = clerk.scans(day.cards[8][2:4]) | {"supervisor": person_code(8, 91)}
        await clerk.say(CLERK, "/scans", scans)

    world.play(more)

    page.wait_for_function(
        "() => [...document.querySelectorAll('tr')].some(r => /西京/.test(r.innerText) && /4 . 5/.test(r.innerText))"
    )
    assert "2 / 5" in before
