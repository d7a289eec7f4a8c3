"""What is true of every page: readable by everybody, usable without a mouse, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pypdfium2
import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize

from api.app import create_app
from api.pages.scanning import PURPOSES
from logistics.rules.codes import CodeType, random_code, sequenced_code, slot_code
from logistics.store.database import Database
from logistics.store.server import Server
from seed.load import VEHICLE_NUMBER, person_code, place_code
from tests.browser.clerk import Station, World
from tests.browser.conftest import OPENING
from tests.http.board_day import PlayedDay
from tests.http.routes import routes
from tests.sessions import headers_of

Open = Callable[..., Station]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
# Only what is wrong is worked out; of the manual, which is one long list from one template, the first entries do.
# A folded form is part of its page; of the menus, which close one another, one is enough.
UNFOLD = "document.querySelectorAll('main details').forEach(one => { one.open = true; })"
SHORTEN = "document.querySelectorAll('.manual article, .toc li').forEach((one, n) => n > 40 && one.remove())"
ASK = """axe.run({
    runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
    resultTypes: ['violations'],
})"""
ANNEX, LEADER, CLERK = person_code(0, 2), person_code(7, 1), person_code(8, 2)
CREW = person_code(VEHICLE_NUMBER, 2)
# A tablet held upright; what a printer takes of a sheet of A4 laid down, at 96 points to the inch.
TABLET = ViewportSize(width=834, height=1112)
SHEET = ViewportSize(width=1032, height=703)
# A screen of 1280 at 400 %: whatever is no table or picture runs on below instead of beside (WCAG 1.4.10).
ZOOMED = ViewportSize(width=320, height=640)
BEYOND = """[...document.querySelectorAll('main *')].filter(one =>
    one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('table, svg, pre, .scroll, .wide, .unseen'))
    .slice(0, 3).map(one => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 30)}`)"""
# Words of the code, which are no words of a clerk's; rules and the API speak in them.
INSIDE = re.compile(r"\b[a-z]+_[a-z_]+\b|\bNone\b")
SPEAKS_CODE = ("/docs", "/problems", "/retention", "/settings")
NOWHERE = "/no/such/page"
AUDITOR, HEAD, CITY = person_code(0, 99), person_code(0, 1), person_code(0, 91)
# Whoever it is, before signing in; the cookies of the one named here are taken away.
NOBODY = person_code(10, 2)


# GET routes that show no page: what pages and machines fetch, and what only leads on.
NO_PAGES = {
    "/board/live",
    "/find",
    "/health/live",
    "/health/ready",
    "/language/{lang:str}",
    "/papers/{number:str}/paper.pdf",
    "/scan/live",
    "/scan/{purpose:str}/progress",
    "/schema",
    "/schema/openapi.json",
    "/schema/{path:str}",
    "/sw.js",
}
# Explained on paper, or explanations themselves.
HOW_TO = re.compile("この画面の使い方|はじめての方へ")
WITHOUT_HELP = ("/docs", "/problems", NOWHERE)


@pytest.fixture(scope="module")
def numbers(world: World, played: PlayedDay) -> dict[str, str]:
    """Something of everything at the leader's site and the annex; by the letter of their codes."""

    async def work(clerk: PlayedDay) -> dict[str, str]:
        booked, gone, out = played.cards[7][:3]
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
        approval = (await clerk.say(LEADER, "/approvals", asked))["code"]
        await clerk.say(LEADER, f"/vaults/{vault}/rearrangement", reason)
        listing = {"party": "京都市", "duty": "課", "name": "担当", "phone": "075-222-0000", "hours": "平日"}
        await clerk.say(HEAD, "/contacts", {"lines": [listing], "reason": "初版の作成"})
        happened = {"kind": "loss", "happened": "床に落ちていた", "noticed_at": "2026-04-01T08:59:00+09:00"}
        incident = (await clerk.say(LEADER, "/incidents", happened | {"items": []}))["code"]
        job = (await clerk.say(HEAD, "/jobs", {"kind": "month_report", "month": "2026-04"}))["id"]
        found = {"I": incident, "H": approval, "Y": listed, "Q": count, "U": case, "V": vault, "job": job}
        return found | await at_the_end(clerk)

    return world.play(work)


async def at_the_end(clerk: PlayedDay) -> dict[str, str]:
    """What the annex took in is proposed for disposal, and a succession is under way."""
    boss, taken = person_code(0, 91), random_code(CodeType.CARD)
    body = {"kind": "collected", "source": "counter", "cards": [taken], "day": "2026-04-01"}
    await clerk.say(ANNEX, "/collections", body)
    stored = clerk.scans([taken]) | {"supervisor": boss}
    await clerk.say(ANNEX, f"/slots/{slot_code(0, 1, 'A', 1)}/scans", stored)
    blocked = {"clock": "blocked_on", "cards": [taken], "day": "2026-04-01", "reason": "回収した旧カード"}
    await clerk.say(boss, "/retention/clocks", blocked)
    proposal = (await clerk.say(HEAD, "/proposals", {"cards": [taken], "note": "満了のため"}))["code"]
    handing = {"receiver": "contractor", "successor": "次期受託者", "reference": "R8-1", "directed_by": boss}
    return {"W": proposal, "J": (await clerk.say(HEAD, "/successions", handing))["code"]}


def looks(day: PlayedDay, numbers: dict[str, str], found: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Every page of the service by its route: who looks at it, and where it is. `found` are numbers out of lists."""
    card, slot = day.cards[7][0], slot_code(7, 1, "A", 1)
    place = place_code(7)
    return {
        "/": [(who, "/") for who in (ANNEX, LEADER, CREW, CITY, AUDITOR, HEAD)],
        "/accesses": [(LEADER, "/accesses")],
        "/account": [(CLERK, "/account")],
        "/approvals": [(LEADER, "/approvals")],
        "/approvals/{approval:str}": [(CITY, f"/approvals/{numbers['H']}")],
        "/arrivals": [(ANNEX, "/arrivals")],
        "/arrivals/{arrival:str}": [(ANNEX, f"/arrivals/{found['N']}")],
        "/audit": [(AUDITOR, "/audit?question=entries&act=dispatch&ask=1")],
        "/audit/exports": [(HEAD, "/audit/exports")],
        "/batches/{batch:str}": [(CLERK, f"/batches/{day.batches[8]}"), (HEAD, f"/batches/{day.batches[9]}")],
        "/board": [(ANNEX, "/board")],
        "/board/history": [(ANNEX, "/board/history")],
        "/boxes/{box:str}": [(ANNEX, f"/boxes/{found['X']}")],
        "/cards/{card:str}": [(LEADER, f"/cards/{card}"), (AUDITOR, f"/cards/{card}")],
        "/cases": [(LEADER, "/cases")],
        "/cases/{case:str}": [(LEADER, f"/cases/{numbers['U']}")],
        "/contacts": [(CLERK, "/contacts"), (HEAD, "/contacts")],
        "/counter": [(LEADER, "/counter")],
        "/counts": [(LEADER, "/counts")],
        "/counts/{count:str}": [(LEADER, f"/counts/{numbers['Q']}")],
        "/day": [(ANNEX, "/day")],
        "/day/{place:str}/{day:date}": [(LEADER, f"/day/{place}/2026-04-01")],
        "/devices": [(HEAD, "/devices")],
        "/devices/enrol": [(NOBODY, "/devices/enrol")],
        "/discrepancies": [(LEADER, "/discrepancies")],
        "/discrepancies/{discrepancy:str}": [(LEADER, f"/discrepancies/{found['G']}")],
        "/dispatch": [(ANNEX, "/dispatch")],
        "/disposal": [(HEAD, "/disposal?due=true"), (CITY, "/disposal")],
        "/disposal/{proposal:str}": [(who, f"/disposal/{numbers['W']}") for who in (HEAD, CITY)],
        "/docs": [(CREW, "/docs")],
        "/enrol": [(NOBODY, "/enrol")],
        "/handover": [(CREW, "/handover")],
        "/incidents": [(LEADER, "/incidents")],
        "/incidents/new": [(LEADER, f"/incidents/new?from=/cards/{card}"), (CREW, "/incidents/new")],
        "/incidents/{incident:str}": [(who, f"/incidents/{numbers['I']}") for who in (LEADER, HEAD, CITY)],
        "/issue": [(LEADER, "/issue")],
        "/labels": [(ANNEX, "/labels"), (CLERK, f"/labels?batch={day.batches[8]}")],
        "/manual": [(LEADER, "/manual")],
        "/notice-numbers": [(LEADER, "/notice-numbers")],
        "/packing": [(ANNEX, "/packing")],
        "/papers": [(AUDITOR, "/papers")],
        "/papers/{number:str}": [(AUDITOR, f"/papers/{day.manifests[7]}")],
        "/people": [(HEAD, "/people")],
        "/people/{person:str}": [(HEAD, f"/people/{LEADER}")],
        "/pick-lists/{pick_list:str}": [(LEADER, f"/pick-lists/{numbers['Y']}")],
        "/pictures": [(HEAD, "/pictures")],
        "/problems": [(NOBODY, "/problems")],
        "/problems/{kind:str}": [(NOBODY, "/problems/not-found")],
        "/receiving": [(CLERK, "/receiving")],
        "/receiving/{manifest:str}": [(CLERK, f"/receiving/{day.manifests[8]}")],
        "/registers": [(HEAD, "/registers")],
        "/reports": [(HEAD, "/reports?month=2026-04"), (LEADER, "/reports")],
        "/reports/forecast": [(HEAD, "/reports/forecast")],
        "/reports/history": [(HEAD, "/reports/history")],
        "/reports/jobs/{job:uuid}": [(HEAD, f"/reports/jobs/{numbers['job']}")],
        "/retention": [(who, f"/retention?card={card}") for who in (LEADER, CITY, ANNEX)],
        "/returns": [(LEADER, "/returns")],
        "/rosters": [(HEAD, "/rosters")],
        "/runs/{run:str}": [(ANNEX, f"/runs/{day.run}")],
        "/scan/test-barcode": [(ANNEX, "/scan/test-barcode")],
        "/scan/{purpose:str}": [(scanner_of(purpose), f"/scan/{purpose}") for purpose in PURPOSES],
        "/scan/{purpose:str}/{subject:str}": [
            (ANNEX, f"/scan/load/{day.run}"),
            (LEADER, f"/scan/take_out/{numbers['Y']}"),
            (LEADER, f"/scan/count/{numbers['Q']}"),
            (CLERK, f"/scan/receive/{day.manifests[8]}"),
            (ANNEX, f"/scan/pick/{numbers['W']}"),
            (LEADER, f"/scan/hand_on/{numbers['J']}"),
        ],
        "/settings": [(HEAD, "/settings")],
        "/sign-in": [(NOBODY, "/sign-in")],
        "/slots/{slot:str}": [(LEADER, f"/slots/{slot}")],
        "/successions": [(HEAD, "/successions")],
        "/successions/{succession:str}": [(who, f"/successions/{numbers['J']}") for who in (HEAD, LEADER)],
        "/supplies": [(LEADER, "/supplies")],
        "/unlock": [(CLERK, "/unlock")],
        "/vault": [(LEADER, "/vault")],
        "/vaults/{vault:str}": [(LEADER, f"/vaults/{numbers['V']}")],
    } | {NOWHERE: [(ANNEX, NOWHERE)]}


def scanner_of(purpose: str) -> str:
    """Who scans for it: of two who could, the one who does it every day."""
    return ANNEX if purpose in ("check_in", "pack", "unpack", "load", "pick", "destroy") else LEADER


@pytest.fixture(scope="module")
def templates(server: Server, template: str) -> set[str]:
    """The routes of the application that answer a GET and are not the API's."""
    app = create_app(Database(server.url(template)), lambda: OPENING)
    found = {route.template for route in routes(app) if route.method == "GET"}
    return {one for one in found if not one.startswith(("/api/", "/static/"))}


def test_every_page_of_the_service_is_among_those_that_are_looked_at(
    templates: set[str], played: PlayedDay, numbers: dict[str, str]
) -> None:
    known = looks(played, numbers, dict.fromkeys("NXG", "")).keys() - {NOWHERE}

    assert known == templates - NO_PAGES, "a new page is a line of `looks`"


def faults_of(page: Page) -> list[str]:
    """What axe-core finds, one line a fault. It is put in by the test: no page of ours has it."""
    page.evaluate(SHORTEN)
    page.evaluate(UNFOLD)
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(ASK)
    return [
        f"{page.url} {fault['id']}: {node['html'][:120]} {node['failureSummary'][:160]}"
        for fault in found["violations"]
        for node in fault["nodes"][:3]
    ]


def test_every_page_is_readable_by_everybody_fits_its_window_and_says_how_it_is_used(
    station: Open, world: World, played: PlayedDay, numbers: dict[str, str]
) -> None:
    """Each page in Japanese on a screen before axe; in English on a tablet it must only fit. What a page says in its
    console, or asks of another host, fails the test at its end."""
    found = world.play(lambda day: in_lists(day, world.base))
    every = looks(played, numbers, found)
    faults: list[str] = []
    for person in dict.fromkeys(who for several in every.values() for who, _ in several):
        who = station(person)
        if person == NOBODY:
            who.context.clear_cookies()
        who.may_fail = True  # a page that is not there is among them
        for several in every.values():
            for path in (path for reader, path in several if reader == person):
                _settled(who.page, path)
                faults += faults_of(who.page) + _too_wide(who.page)
                faults += _unexplained(who.page, path) + _twice(who.page) + _inside(who.page, path)
        who.context.add_cookies([{"name": "language", "value": "en", "url": world.base}])
        who.page.set_viewport_size(TABLET)
        for reader, path in (several[0] for several in every.values()):
            if reader == person:
                _settled(who.page, path)
                faults += _too_wide(who.page)
                who.page.set_viewport_size(ZOOMED)
                faults += [f"{who.page.url} at 400 %: {one}" for one in who.page.evaluate(BEYOND)]
                who.page.set_viewport_size(TABLET)

    assert faults == [], "\n".join(faults)


async def in_lists(day: PlayedDay, base: str) -> dict[str, str]:
    """Numbers of an arrival, its box, and a difference of the leader's site."""

    async def get(by: str, path: str) -> Any:
        return (await day.client.get(f"/api/v1{path}", headers=headers_of(by, base=base))).json()

    arrival = (await get(ANNEX, "/arrivals"))["items"][0]
    difference = (await get(LEADER, "/discrepancies"))["items"][0]
    return {
        "N": arrival["code"],
        "X": (await get(ANNEX, f"/arrivals/{arrival['code']}/boxes"))["items"][0]["code"],
        "G": difference["code"],
    }


def _settled(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok or path == NOWHERE, f"{path}: {answer.status}"
    if path.startswith("/scan/") and page.locator("#scan").count():
        page.wait_for_selector("#scan[data-ready=yes]")


def _too_wide(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    return [f"{page.url} is wider than its window"] if wide else []


def _twice(page: Page) -> list[str]:
    """Ids that two elements have: a label of the second would belong to the first."""
    ids: list[str] = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    return [f"{page.url} has two of #{one}" for one in sorted({one for one in ids if ids.count(one) > 1})]


def _inside(page: Page, path: str) -> list[str]:
    if path.startswith(SPEAKS_CODE):
        return []
    return [f"{page.url} says {word}" for word in set(INSIDE.findall(page.inner_text("main")))]


def _unexplained(page: Page, path: str) -> list[str]:
    explained = page.locator("summary", has_text=HOW_TO).count() or path.startswith(WITHOUT_HELP)
    return [] if explained else [f"{page.url} does not say how it is used"]


def test_a_link_of_the_navigation_leads_to_a_page(
    station: Open, played: PlayedDay, numbers: dict[str, str]
) -> None:
    for person in (ANNEX, LEADER, CLERK, CREW, CITY, AUDITOR, HEAD):
        who = station(person)
        who.open("/")
        links = who.page.eval_on_selector_all(".top a, main a", "all => all.map(a => a.getAttribute('href'))")
        for link in {link for link in links if not link.startswith(("/language", "#"))}:
            assert who.page.request.get(link).ok, link


def test_the_menus_of_the_navigation_go_by_keyboard(station: Open, played: PlayedDay) -> None:
    page = station(HEAD).open("/board")
    menu = page.locator(".drop").first
    opener, pages = menu.locator("summary"), menu.locator("a")

    for key in ("Enter", "Space"):
        opener.press(key)
        pages.first.wait_for()
        page.keyboard.press("Tab")
        assert _has_focus(pages.first), "what was opened comes next"
        page.keyboard.press("ArrowDown")
        assert _has_focus(pages.nth(1))
        page.keyboard.press("Escape")
        pages.first.wait_for(state="hidden")
        assert _has_focus(opener), "whoever closes it is where they were"
    page.keyboard.press("ArrowDown")
    assert _has_focus(pages.first), "an arrow opens it, too"
    page.keyboard.press("ArrowUp")
    assert _has_focus(pages.last), "and goes round"
    page.keyboard.press("Tab")
    pages.first.wait_for(state="hidden")
    page.keyboard.press("Shift+Tab")
    assert _has_focus(opener)

    opener.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/discrepancies")
    assert menu.locator("[aria-current=page]").count() == 1


def test_on_a_tablet_the_navigation_is_one_button_in_one_row(station: Open, played: PlayedDay) -> None:
    page = station(HEAD, size=(TABLET["width"], TABLET["height"])).open("/board")
    button, pages = page.locator("#menu"), page.locator("#menus > li > a")
    rows = [page.locator(one).bounding_box() for one in ("#menu", "#find", "#alarm")]
    middles = [row["y"] + row["height"] / 2 for row in rows if row]
    assert len(middles) == 3
    assert max(middles) - min(middles) < 4, "in one row with what is searched and raised"
    assert pages.first.is_hidden()

    button.press("Enter")
    pages.first.wait_for()
    page.keyboard.press("Tab")
    assert _has_focus(pages.first)
    group = page.locator(".drop", has=page.locator("a[href='/papers']"))
    group.locator("summary").press("Enter")
    group.locator("a").last.wait_for()
    assert _too_wide(page) == []
    page.keyboard.press("Escape")
    group.locator("a").last.wait_for(state="hidden")
    assert pages.first.is_visible(), "one after the other"
    page.keyboard.press("Escape")
    pages.first.wait_for(state="hidden")
    assert _has_focus(button)

    button.click()
    group.locator("summary").click()
    group.locator("a[href='/papers']").click()
    page.wait_for_url("**/papers")


def test_without_scripts_the_menus_of_a_tablet_stand_open(
    station: Open, world: World, played: PlayedDay, browser: Browser
) -> None:
    cookies = station(HEAD).context.cookies()
    context = browser.new_context(base_url=world.base, java_script_enabled=False, viewport=TABLET)
    context.add_cookies([{"name": one["name"], "value": one["value"], "url": world.base} for one in cookies])
    page = context.new_page()
    page.goto("/board")

    assert page.locator("#menu").is_hidden()
    group = page.locator(".drop", has=page.locator("a[href='/papers']"))
    group.locator("summary").click()
    group.locator("a[href='/papers']").click()
    page.wait_for_url("**/papers")
    context.close()


def _has_focus(one: Locator) -> bool:
    return bool(one.evaluate("one => one === document.activeElement"))


def test_pages_are_printed_without_what_is_done_on_a_screen(
    station: Open, played: PlayedDay, numbers: dict[str, str]
) -> None:
    """The run board, a count, a vault's slot, a card's way, a month's reports: dark on white, nothing cut off."""
    pages = [
        (ANNEX, "/board"),
        (LEADER, f"/counts/{numbers['Q']}"),
        (LEADER, f"/slots/{slot_code(7, 1, 'A', 1)}"),
        (LEADER, f"/cards/{played.cards[7][0]}"),
        (CLERK, f"/batches/{played.batches[8]}"),
        (HEAD, "/reports?month=2026-04"),
    ]
    for who, path in pages:
        page = station(who).open(path)
        page.set_viewport_size(SHEET)
        page.emulate_media(media="print")

        assert page.evaluate(ON_PAPER) == [], path
        assert "次にできること" not in page.inner_text("main"), path
        text = _text_of(page.pdf(prefer_css_page_size=True))
        codes = page.locator("main .code:visible").all_inner_texts()
        assert [one for one in codes if one.isascii() and "".join(one.split()) not in text] == [], path


# What of a page must not be on paper: what is pressed and typed into, what is cut off, what is pale on white.
ON_PAPER = """() => {
    const shown = (one) => one.checkVisibility({visibilityProperty: true}) && !one.closest('.unseen');
    const bright = (colour) => {
        const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
        const [x, y, z] = [r, g, b].map((part) => ((part / 255 + .055) / 1.055) ** 2.4);
        return a ? .2126 * x + .7152 * y + .0722 * z : null;
    };
    const behind = (one) => {
        const found = one ? bright(getComputedStyle(one).backgroundColor) : 1;
        return found ?? behind(one.parentElement);
    };
    const all = [...document.body.querySelectorAll('*')].filter(shown);
    const pressed = all.filter((one) => one.matches('nav, form, button, .button, input, select, textarea, summary, dialog'));
    const cut = all.filter((one) => one.matches('main *:not(svg *)')
        && (one.getBoundingClientRect().right > innerWidth + 1
            || (getComputedStyle(one).overflow !== 'visible' && one.scrollHeight > one.clientHeight + 1)));
    const pale = all.filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
        && (bright(getComputedStyle(one).color) > .2 || behind(one) < .8));
    const named = (word, ones) => ones.map((one) => `${word}: ${one.outerHTML.slice(0, 100)}`);
    return [...named('pressed', pressed), ...named('cut', cut), ...named('pale', pale)];
}"""


def _text_of(paper: bytes) -> str:
    sheets = pypdfium2.PdfDocument(paper)
    text = "".join(sheet.get_textpage().get_text_range() for sheet in sheets)
    sheets.close()
    return "".join(text.split())


def test_a_seal_is_put_on_with_the_keyboard_alone(station: Open, world: World, played: PlayedDay) -> None:
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


def test_the_board_changes_by_itself(station: Open, world: World, played: PlayedDay) -> None:
    who = station(ANNEX)
    page = who.open("/board?day=2026-04-01")
    row = page.locator("tr", has=page.locator("th", has_text="西京"))
    before = row.first.inner_text()

    async def more(clerk: PlayedDay) -> None:
        scans = clerk.scans(played.cards[8][2:4]) | {"supervisor": person_code(8, 91)}
        await clerk.say(CLERK, "/scans", scans)

    world.play(more)

    page.wait_for_function(
        "() => [...document.querySelectorAll('tr')].some(r => /西京/.test(r.innerText) && /4 . 5/.test(r.innerText))"
    )
    assert "2 / 5" in before


def test_a_report_is_made_while_one_watches_and_a_leader_sees_his_own_site(
    station: Open, played: PlayedDay, numbers: dict[str, str]
) -> None:
    page = station(HEAD).open("/reports?month=2026-04")
    page.get_by_role("button", name="月次報告書", exact=True).click()
    page.wait_for_selector("#job")
    page.wait_for_selector("#job[data-state=done]")
    with page.expect_download() as fetched:
        page.evaluate("document.querySelector('#job a').setAttribute('download', '')")
        page.locator("#job a").first.click()
    assert fetched.value.path().read_bytes().startswith(b"%PDF")

    page = station(LEADER).open("/reports")
    assert {row.inner_text() for row in page.locator("tbody th").all()} == {"南"}
    assert page.locator("tfoot").first.inner_text().split()[-2:-1] == ["4"], "one is missing"
    assert page.get_by_role("button", name="未交付カード一覧").count() == 1
    assert page.get_by_role("button", name="月次報告書").count() == 0
