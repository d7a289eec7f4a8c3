"""How things end, in browsers: destroyed before a witness, with photos and a certificate; handed on to the next contractor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Locator, Page

from logistics.rules.codes import CodeType, random_code, sequenced_code, slot_code
from seed.load import person_code, place_code
from tests.browser.clerk import Station, World
from tests.browser.conftest import opened
from tests.browser.test_counter_and_counts import is_pdf, says, state_of
from tests.browser.test_site_journeys import attach, send, unfold
from tests.http.board_day import CLERK as ANNEX
from tests.http.board_day import PlayedDay

Open = Callable[..., Station]
HEAD, CITY, LEADER = person_code(0, 1), person_code(0, 91), person_code(1, 1)
LOCKED = slot_code(0, 2, "A", 1)


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[World]:
    """A service for this module alone: at the end nothing may be left anywhere."""
    with opened(new_database()) as world:
        yield world


@pytest.fixture(scope="module")
def taken(world: World) -> list[str]:
    """Two collected cards in the annex's vault."""
    cards = [random_code(CodeType.CARD) for _ in range(2)]

    async def work(day: PlayedDay) -> None:
        body = {"kind": "collected", "source": "counter", "cards": cards, "day": "2026-04-01"}
        await day.say(ANNEX, "/collections", body)
        stored = day.scans(cards) | {"supervisor": CITY}
        await day.say(ANNEX, f"/slots/{slot_code(0, 1, 'A', 1)}/scans", stored)

    world.play(work)
    return cards


def test_cards_are_proposed_approved_picked_and_destroyed_before_a_witness_with_a_photo(
    station: Open, world: World, taken: list[str]
) -> None:
    head, city, clerk = station(HEAD), station(CITY), station(ANNEX)
    page = city.open("/disposal")
    unfold(page, "失効・停止")
    page.fill("#f-blocked", "\n".join(taken))
    page.fill("#f-block_reason", "新しいカードの交付に伴い回収")
    send(page, "/disposal/blocks")
    says(page, "2 件の失効")

    page = head.open("/disposal")
    page.locator("a[href='/disposal?due=true#could']").press("Enter")
    page.wait_for_selector("#f-note")
    page.fill("#f-note", "回収した旧カード")
    send(page, "/disposal")
    says(page, "本市に承認を求めました")
    proposal = page.url.rpartition("/")[2]
    assert is_pdf(page, "a[href$='/proposal.pdf']")

    world.confirm()
    page = city.open("/approvals")
    page.locator("td.acts a").first.press("Enter")
    page.wait_for_url("**/approvals/H*")
    page.locator(f"a[href='/disposal/{proposal}']").press("Enter")
    page.wait_for_url(f"**/disposal/{proposal}")
    page.locator("input[name=witness]").press("Space")
    page.locator("input[name=photos]").press("Space")
    send(page, f"/disposal/{proposal}/decision")
    says(page, "承認しました")

    clerk.scan_page(f"/scan/pick/{proposal}")
    assert [clerk.scan(taken[0]), clerk.scan(taken[1])] == ["ask", "refused"], "a slot comes after a card"
    assert [clerk.scan(LOCKED), clerk.scan(taken[1]), clerk.scan(LOCKED)] == ["ok", "ask", "ok"]
    clerk.page.wait_for_function("() => document.querySelector('#left').textContent === '0'")

    page = clerk.open(f"/disposal/{proposal}")
    page.select_option("#f-method", "shred")
    page.select_option("#f-chip", "shredded")
    page.fill("#f-machine", "裁断機 1号")
    page.fill("#f-counted", "2")
    send(page, f"/disposal/{proposal}/destruction")
    says(page, "廃棄作業を始めました")
    clerk.scan_page(f"/scan/destroy/{proposal}")
    assert (clerk.scan(taken[0]), clerk.word) == ("refused", "立会不在")
    other = city.open(f"/disposal/{proposal}")
    send(other, f"/disposal/{proposal}/witness")
    says(other, "立会いを始めました")
    assert [clerk.scan(taken[0]), clerk.scan(taken[1]), clerk.scan(taken[0])] == ["ok", "ok", "already"]

    page = clerk.open(f"/disposal/{proposal}")
    page.fill("#f-remaining", "0")
    send(page, f"/disposal/{proposal}/finish")
    page.wait_for_selector(".said.fault")  # the city asked for photos
    attach(page)
    page.fill("#f-remaining", "0")
    send(page, f"/disposal/{proposal}/finish")
    says(page, "廃棄証明書（P8）")
    assert is_pdf(page, "a[href$='/certificate.pdf']")
    for card in taken:
        assert world.play(partial(state_of, base=world.base, card=card)) == "destroyed"


def test_what_is_left_is_counted_scanned_over_and_acknowledged_by_both_sides(
    station: Open, world: World, taken: list[str]
) -> None:
    async def stored(day: PlayedDay) -> list[str]:
        await day.arrive({1: 2})
        await day.pack([1])
        await day.dispatch()
        await day.take_over([1])
        await day.receive(1, day.cards[1])
        await day.close(1, 0)
        await day.put_away(1, day.cards[1])
        return day.cards[1]

    cards = world.play(stored)
    head, city, leader = station(HEAD), station(CITY), station(LEADER)
    page = head.open("/successions")
    page.select_option("#f-receiver", "contractor")
    page.fill("#f-successor", "次期受託者株式会社")
    page.fill("#f-reference", "R8-市民-200")
    page.select_option("#f-directed_by", CITY)
    send(page, "/successions")
    says(page, "いまある 2 件を固定しました")
    code = page.url.rpartition("/")[2]

    leader.scan_page(f"/scan/hand_on/{code}")
    leader.choose_supervisor(person_code(1, 91))
    assert (leader.scan(cards[0]), leader.word) == ("refused", "棚卸し前")
    assert (
        "まだ全件棚卸しが終わっていません" in leader.open(f"/successions/{code}").locator("main").inner_text()
    )

    async def counted(day: PlayedDay) -> None:
        body = {"kind": "full", "witness": person_code(1, 3), "supervisor": person_code(1, 91)}
        vault = sequenced_code(CodeType.VAULT, 11, width=3)
        count = (await day.say(person_code(1, 2), f"/vaults/{vault}/counts", body))["code"]
        scans = day.scans(cards) | {"slot": slot_code(1, 1, "A", 1)}
        await day.say(person_code(1, 2), f"/counts/{count}/scans", scans)
        await day.say(person_code(1, 2), f"/counts/{count}/finish")

    world.play(counted)
    leader.scan_page(f"/scan/hand_on/{code}")
    leader.choose_supervisor(person_code(1, 91))
    send_early = head.open(f"/successions/{code}")
    send(send_early, f"/successions/{code}/conclude")
    send_early.wait_for_selector(".said.fault")  # two are left
    assert [leader.scan(card) for card in (*cards, cards[0])] == ["ok", "ok", "already"]
    leader.page.wait_for_function("() => document.querySelector('#left').textContent === '0'")

    page = head.open(f"/successions/{code}")
    send(page, f"/successions/{code}/conclude")
    says(page, "引継書（P18）")
    assert is_pdf(page, "a[href$='/paper.pdf']")
    for who, named in ((head, "受託者 統括管理者"), (city, "次期受託者 代表取締役")):
        page = who.open(f"/successions/{code}")
        page.fill("#f-named", named)
        send(page, f"/successions/{code}/acknowledge")
        says(page, "確認を記録しました")
    assert "双方確認済" in page.locator(".facts").inner_text()


def test_the_logs_state_goes_on_paper_and_a_card_gets_its_certificate(
    station: Open, taken: list[str]
) -> None:
    page = station(ANNEX).open(f"/day/{place_code(0)}/2026-04-01")
    until_signed(page, page.locator("form[action$='/sheet']"))
    assert "日次照合票（P0）" in page.locator(".said").inner_text()
    assert is_pdf(page, "a[href$='/paper.pdf']")

    page = station(person_code(0, 99)).open(f"/cards/{taken[0]}")
    unfold(page, "来歴証明")
    page.fill("#f-purpose", "監査（令和8年度上期）")
    until_signed(page, page.locator("form[action$='/certificate']"))
    assert "来歴証明（P17）" in page.locator(".said").inner_text()


def until_signed(page: Page, form: Locator) -> None:
    """Send a form of what needs a signed log, again where it was signed by then only."""
    form.locator("button").press("Enter")
    page.wait_for_selector(".said")
    while page.locator(".said.fault").count():
        form.locator("button").press("Enter")
        page.wait_for_load_state()


def test_whom_to_call_is_set_line_by_line_and_what_is_wrong_is_said_beside_it(station: Open) -> None:
    page = station(HEAD).open("/contacts")
    lines = (
        ("京都市", "区政推進課", "担当 一郎", "075-222-0000", "平日"),
        ("受託者", "統括管理者", "責任者", "でんわ", "常時"),
    )
    for n, line in enumerate(lines):
        for name, value in zip(("party", "duty", "name", "phone", "hours"), line, strict=True):
            page.fill(f"[name={name}-{n}]", value)
    page.fill("[name=mail-0]", "mynumber@city.example")
    page.locator("[name=notified-0]").press("Space")
    page.fill("#f-reason", "初版の作成")
    send(page, "/contacts")
    page.wait_for_selector(".said.fault:has-text('2 行目の電話番号')")
    assert page.input_value("[name=phone-0]") == "075-222-0000", "what was typed is still there"
    page.fill("[name=phone-1]", "075-000-1111")
    page.fill("[name=position-1]", "0")
    send(page, "/contacts")
    says(page, "第1版")
    assert page.locator("tbody").first.locator("th").all_inner_texts() == ["075-000-1111", "075-222-0000"]
    assert is_pdf(page, "a[href$='/paper.pdf']")
