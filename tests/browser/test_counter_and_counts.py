"""The day of a site after its cards are put away: counter, counts, the day's close, what is missing, returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import FilePayload, Page

from logistics.rules.codes import CodeType, random_code, slot_code
from seed.load import person_code, place_code
from tests.browser.clerk import Station, World
from tests.http.board_day import PlayedDay
from tests.sessions import headers_of

Open = Callable[..., Station]
EVENING = datetime.fromisoformat("2026-04-01T09:00:00+09:00")
NOTICE = "A1B-000123"


def slot(site: int, position: int = 1) -> str:
    return slot_code(site, 1, "A", position)


def says(page: Page, words: str) -> None:
    """Wait until the page says this of the act before it."""
    page.wait_for_selector(f".said:has-text('{words}')")


def is_pdf(page: Page, link: str) -> bool:
    """Whether the paper behind a link is there."""
    address = page.locator(link).first.get_attribute("href")
    answer = page.request.get(str(address))
    return answer.ok and answer.body()[:5] == b"%PDF-"


def choose(clerk: Station, **fields: str) -> None:
    for name, value in fields.items():
        clerk.page.select_option(f"#ask-{name}", value)


def test_a_booked_card_goes_over_the_counter(station: Open, world: World, played: PlayedDay) -> None:
    clerk = station(person_code(1, 2))
    booked, other, third = played.cards[1][:3]
    page = clerk.open("/counter")
    page.locator("form[action='/pick-lists'] button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/pick-lists/*")
    listed = page.url.rpartition("/")[2]
    csv = f"control_number,booked_for,notice_number\n{booked},09:30,{NOTICE}\n{other},10:00,\n"
    page.set_input_files("#file", FilePayload(name="a.csv", mimeType="text/csv", buffer=csv.encode()))
    page.locator("#upload button").press("Enter")
    says(page, "2 件")
    page.locator(f"form[action='/pick-lists/{listed}/papers'] button").press("Enter")
    says(page, "取出し予定表")
    assert is_pdf(page, "a[href$='/paper.pdf']")

    clerk.scan_page(f"/scan/take_out/{listed}")
    assert clerk.scan(booked) == "refused", "a purpose is to be said first"
    choose(clerk, purpose="issue")
    assert [clerk.scan(booked), clerk.scan(other), clerk.scan(third)] == ["ok", "refused", "wrong"]
    assert clerk.word == "予定なし"

    page = clerk.open("/issue")
    assert issued(page, booked, "A1B-000999") == "fault"
    says(page, "一致しません")
    assert NOTICE not in page.content()
    assert issued(page, booked, NOTICE) == "done"

    clerk.scan_page("/scan/take_out")
    choose(clerk, purpose="city")
    assert clerk.scan(other) == "ok"
    clerk.scan_page("/scan/hand_to_city")
    choose(clerk, reason="agent")
    assert clerk.scan(person_code(1, 91)) == "ok", "the badge chooses the city employee"
    assert clerk.scan(other) == "ok"
    page = clerk.open("/counter")
    assert is_pdf(page, "a[href$='/paper.pdf']")
    clerk.scan_page("/scan/take_from_city")
    assert clerk.scan(other) == "ok"
    clerk.scan_page("/scan/put_back")
    assert [clerk.scan(slot(1)), clerk.scan(other)] == ["ok", "ok"]
    assert world.play(lambda d: state_of(d, world.base, other)) == "stored"


def issued(page: Page, card: str, notice: str) -> str:
    """Scan sleeve and notice into the issue form, with Enter after each; how it looks."""
    page.wait_for_function("() => document.activeElement?.id === 'f-card'")
    for text in (card, notice):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    page.wait_for_selector(f".said:has-text('{card}')")
    look = page.locator(".said").get_attribute("class") or ""
    page.wait_for_function("() => document.activeElement?.id === 'f-card'")
    page.fill("#f-card", "")
    return look.split()[-1]


async def slot_of(day: PlayedDay, base: str, card: str) -> str:
    answer = await day.client.get(f"/api/v1/cards/{card}", headers=headers_of(person_code(0, 91), base=base))
    slot: str = answer.json()["slot"]
    return slot


async def state_of(day: PlayedDay, base: str, card: str) -> str:
    answer = await day.client.get(f"/api/v1/cards/{card}", headers=headers_of(person_code(0, 91), base=base))
    state: str = answer.json()["state"]
    return state


def test_a_card_that_is_gone_is_missed_by_the_closing_count_and_keeps_the_day_open(
    station: Open, world: World, played: PlayedDay
) -> None:
    leader, second = station(person_code(2, 1)), station(person_code(2, 3))
    gone, *here = played.cards[2]
    page = leader.open("/day")
    assert "終業時棚卸し" in page.locator("main").inner_text()

    page = leader.open("/counts")
    page.select_option("#f-kind", "closing")
    page.select_option("#f-witness", person_code(2, 2))
    page.select_option("#f-supervisor", person_code(2, 91))
    page.locator("form[action='/counts'] button").press("Enter")
    says(page, "始めました")
    count = page.url.rpartition("/")[2]
    assert is_pdf(page, "a[href$='/sheet.pdf']")

    leader.scan_page(f"/scan/count/{count}")
    assert leader.scan(here[0]) == "refused", "where one stands is said first"
    assert leader.scan(slot(2)) == "ok"
    assert leader.scan(str(len(here))) == "ok", "a number in place of scans"
    assert str(len(played.cards[2])) not in leader.page.locator(".scan-facts").inner_text()
    page = leader.open(f"/counts/{count}")
    page.locator(f"form[action='/counts/{count}/finish'] button").press("Enter")
    says(page, "数え直して")

    second.scan_page(f"/scan/count/{count}")
    second.scan(slot(2))
    assert [second.scan(card) for card in here] == ["ok"] * len(here)
    assert second.scan(here[0]) == "already"
    page = second.open(f"/counts/{count}")
    page.locator(f"form[action='/counts/{count}/finish'] button").press("Enter")
    says(page, "責任者が確定")
    page = leader.open(f"/counts/{count}")
    assert gone in page.locator("table").inner_text()
    page.locator(f"form[action='/counts/{count}/conclude'] button").press("Enter")
    says(page, "所在不明 1")
    assert is_pdf(page, "a[href$='/report.pdf']")

    page = leader.open("/day")
    form = "form[action$='/close']"
    page.select_option(f"{form} select", person_code(2, 2))
    page.locator(f"{form} button").press("Enter")
    page.wait_for_selector(".said.fault")  # an untouched difference keeps the day open
    search_and_find(leader, world, gone)
    page = leader.open("/day")
    page.select_option(f"{form} select", person_code(2, 2))
    page.locator(f"{form} button").press("Enter")
    says(page, "締めを行いました")
    assert "6" in page.locator("#flows").locator("..").inner_text()


def search_and_find(leader: Station, world: World, card: str) -> None:
    """The case of a missing card: its last sighting, a line of the search, and its end."""
    page = leader.open("/cases")
    page.locator("tbody a.code").first.press("Enter")
    page.wait_for_url("**/cases/U*")
    assert "格納" in page.locator(".facts").inner_text(), "the last sighting: put away"
    page.select_option("#f-item", index=1)
    page.fill("#f-note", "ごみ箱と梱包材を確認。なし")
    page.locator("form[action$='/marks'] button").press("Enter")
    says(page, "記録しました")
    case = page.url

    async def turns_up(day: PlayedDay) -> None:
        found = {"kind": "spot", "slots": [slot(2, 2)], "supervisor": person_code(2, 91)}
        opened = await day.say(leader.person, f"/vaults/{await vault_of(day, world.base, 2)}/counts", found)
        scans = day.scans([card]) | {"slot": slot(2, 2)}
        await day.say(leader.person, f"/counts/{opened['code']}/scans", scans)
        await day.say(leader.person, f"/counts/{opened['code']}/cancel", {"reason": "only to look there"})

    world.play(turns_up)
    page.goto(case)
    page.fill("form[action$='/found'] textarea", "隣の棚の奥にあった")
    page.locator("form[action$='/found'] button").press("Enter")
    says(page, "発見として終えました")

    async def back(day: PlayedDay) -> None:
        body = day.scans([card]) | {"supervisor": person_code(2, 91)}
        await day.say(leader.person, f"/slots/{slot(2)}/scans", body)

    world.play(back)
    page.goto("/counts")
    recount(leader)


async def vault_of(day: PlayedDay, base: str, site: int) -> str:
    headers = headers_of(person_code(site, 2), base=base)
    answer = await day.client.get(f"/api/v1/places/{place_code(site)}/vaults", headers=headers)
    code: str = answer.json()[0]["code"]
    return code


def recount(leader: Station) -> None:
    """Another closing count, which agrees: six cards lie in the first slot."""
    page = leader.open("/counts")
    page.select_option("#f-kind", "closing")
    page.select_option("#f-witness", person_code(2, 2))
    page.select_option("#f-supervisor", person_code(2, 91))
    page.locator("form[action='/counts'] button").press("Enter")
    says(page, "始めました")
    count = page.url.rpartition("/")[2]
    leader.scan_page(f"/scan/count/{count}")
    assert [leader.scan(slot(2)), leader.scan("6")] == ["ok", "ok"]
    page = leader.open(f"/counts/{count}")
    page.locator(f"form[action='/counts/{count}/finish'] button").press("Enter")
    says(page, "差異はありませんでした")


def test_counting_goes_on_without_a_line_and_two_browsers_count_one_vault(
    station: Open, world: World, played: PlayedDay
) -> None:
    one, other = station(person_code(3, 2)), station(person_code(3, 3))
    cards = played.cards[3]

    async def opened(d: PlayedDay) -> str:
        body = {"kind": "full", "witness": person_code(3, 3), "supervisor": person_code(3, 91)}
        made = await d.say(person_code(3, 2), f"/vaults/{await vault_of(d, world.base, 3)}/counts", body)
        return str(made["code"])

    count = world.play(opened)
    one.may_fail = True
    for clerk in (one, other):
        clerk.scan_page(f"/scan/count/{count}")
        assert clerk.scan(slot(3)) == "ok"

    one.context.set_offline(True)
    looks = [one.scan(cards[0]), one.scan(cards[1]), one.scan(slot(3, 2)), one.scan("0")]
    assert looks == ["kept", "kept", "ok", "kept"]
    one.page.close()
    assert [other.scan(cards[2]), other.scan(cards[3])] == ["ok", "ok"]

    one.context.set_offline(False)
    one.page = one.new_page()
    one.scan_page(f"/scan/count/{count}")
    one.page.wait_for_function("() => document.querySelector('#waiting').textContent === '0'")
    for clerk in (one, other):
        clerk.page.wait_for_function("() => document.querySelector('#done').textContent === '4'")
    assert "欠番 なし" in one.page.locator("#numbers").inner_text()
    page = other.open(f"/counts/{count}")
    page.locator(f"form[action='/counts/{count}/finish'] button").press("Enter")
    says(page, "差異はありませんでした")


def test_a_vault_is_opened_rearranged_by_scan_and_a_card_carried_to_the_other_one(
    station: Open, world: World, played: PlayedDay
) -> None:
    leader = station(person_code(13, 1))
    moved, carried = played.cards[13][:2]
    vault = world.play(lambda d: vault_of(d, world.base, 13))
    page = leader.open(f"/vaults/{vault}")
    page.locator(f"form[action='/vaults/{vault}/open'] button").press("Enter")
    says(page, "開扉を記録しました")
    page.locator("summary:has-text('棚の整理を始める')").press("Enter")
    page.fill("#f-why", "種別ごとに並べ替える")
    page.keyboard.press("Enter")
    says(page, "棚の整理を始めました")

    leader.scan_page("/scan/put_away")
    leader.choose_supervisor(person_code(13, 91))
    assert [leader.scan(slot(13, 2)), leader.scan(moved)] == ["ok", "ok"]
    assert leader.word == "移動"
    page = leader.open(f"/vaults/{vault}")
    fields = page.locator("input[name^=count-]")
    assert fields.count() == 2, "both slots that were touched are to be counted"
    for n, cards in enumerate((3, 1)):  # one too many in the first
        fields.nth(n).fill(str(cards))
    fields.first.press("Enter")
    page.wait_for_selector(".said.fault")
    for n, cards in enumerate((2, 1)):
        fields.nth(n).fill(str(cards))
    fields.first.press("Enter")
    says(page, "棚の整理を終えました")

    leader.scan_page("/scan/carry")
    other = slot_code(13, 2, "A", 1)
    assert leader.scan(person_code(13, 2)) == "ok", "the badge of who goes along"
    assert [leader.scan(other), leader.scan(carried)] == ["ok", "ok"]
    assert world.play(lambda d: slot_of(d, world.base, carried)) == other

    page = leader.open(f"/vaults/{vault}")
    page.locator(f"form[action='/vaults/{vault}/close'] button").press("Enter")
    says(page, "施錠を記録しました")
    page = leader.open("/accesses")
    assert "分からない" not in page.locator("table").inner_text(), "the moves explain the opening"
    page.locator("form[action='/accesses/register'] button").press("Enter")
    says(page, "入退室管理簿")
    assert is_pdf(page, "a[href$='/paper.pdf']")


def test_what_goes_back_is_packed_undone_sealed_loaded_and_released(station: Open, played: PlayedDay) -> None:
    clerk = station(person_code(4, 2))
    card, other = played.cards[4][:2]
    page = clerk.open("/returns")
    page.locator("form[action='/returns'] button").press("Enter")
    page.wait_for_selector("#scan[data-ready=yes]")
    bag = page.url.rpartition("/")[2]
    clerk.scan_page(f"/scan/return/{bag}")
    choose(clerk, return_reason="undelivered")
    assert [clerk.scan(card), clerk.scan(other), clerk.scan(card)] == ["ok", "ok", "already"]
    assert clerk.scan(random_code(CodeType.CARD)) == "unknown"
    assert clerk.scan(played.cards[1][5]) == "refused", "it lies at another site"

    page.keyboard.press("F9")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#answer-word').textContent === '取消'")
    page.wait_for_function("() => document.querySelector('#done').textContent === '1'")

    page = clerk.open(f"/batches/{bag}#seal")
    page.fill("#f-counted", "1")
    page.fill("#f-seal_number", "KR-900001")
    page.keyboard.press("Enter")
    says(page, "封印しました")
    page.locator("td.acts a").first.press("Enter")
    page.wait_for_selector("#scan[data-ready=yes]")
    assert clerk.scan(bag) == "ok"
    page = clerk.open("/returns")
    page.locator("form[action$='/release'] button").press("Enter")
    says(page, "1 枚を送り出しました")
    assert is_pdf(page, "a[href$='/return-slip.pdf']")


def test_a_scan_is_answered_before_anybody_waits_for_it(
    station: Open, played: PlayedDay, record_property: Callable[[str, object], None]
) -> None:
    """From the last key to the big word, in the browser. The aim is 200 ms; a busy machine has its moments, so that
    what is asked here is that the page never gave up waiting (700 ms) and said that the scan is kept."""
    clerk = station(person_code(4, 3))
    clerk.scan_page("/scan/put_away")
    clerk.choose_supervisor(person_code(4, 91))
    clerk.scan(slot(4, 2))
    clerk.page.evaluate(
        """() => {
            window.took = [];
            window.addEventListener('keydown', (event) => { window.began = event.timeStamp; }, true);
            new MutationObserver(() => window.took.push(performance.now() - window.began))
                .observe(document.querySelector('#answer'), { attributes: true, attributeFilter: ['data-told'] });
        }"""
    )
    took = []
    for position in (3, 2) * 5:
        clerk.scan(slot(4, position))
        clerk.scan(played.cards[4][2])
        took.append(clerk.page.evaluate("window.took.at(-1)"))
    took.sort()
    record_property("milliseconds", [round(one) for one in took])
    assert took[len(took) // 2] < 700
