"""What happens at a site less often than every day: a loss, custody, a wrong issue, keys, badges, collections, an alarm."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import FilePayload, Page

from logistics.rules.codes import CodeType, random_code, sequenced_code, slot_code
from seed.load import person_code
from tests.browser.clerk import Station, World
from tests.browser.test_counter_and_counts import choose, is_pdf, says, state_of
from tests.http.board_day import PlayedDay

Open = Callable[..., Station]


# Longer than an answer of the server holds, to a page.
LATER = "const now = performance.now.bind(performance); performance.now = () => now() + 60_000"


def photo() -> FilePayload:
    """A picture as a phone takes it, small."""
    content = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(content, "JPEG")
    return FilePayload(name="写真.jpg", mimeType="image/jpeg", buffer=content.getvalue())


def attach(page: Page) -> None:
    page.set_input_files("#attach-file", photo())
    page.locator("#attach button").press("Enter")
    says(page, "添付しました")


def unfold(page: Page, words: str) -> None:
    """Open what is folded under these words, by key."""
    page.locator(f"summary:has-text('{words}')").press("Enter")


def send(page: Page, action: str) -> None:
    page.locator(f"form[action='{action}'] button").first.press("Enter")


def test_a_missing_card_is_given_up_by_the_city_and_the_day_closed_with_a_reason(
    station: Open, world: World, played: PlayedDay
) -> None:
    leader, city = station(person_code(5, 1)), station(person_code(5, 91))
    gone = played.cards[5][0]
    page = leader.open(f"/cards/{gone}")
    page.locator(f"a[href='/cases?card={gone}#report']").press("Enter")
    page.wait_for_selector("#f-reason")
    page.fill("#f-reason", "窓口の準備で棚を開けたが、なかった")
    send(page, "/cases")
    says(page, "所在不明として届け出ました")
    case = page.url.rpartition("/")[2]
    unfold(page, "見つからない")
    page.fill(f"form[action='/cases/{case}/approval'] input[name=reason]", "全件棚卸しでもない")
    send(page, f"/cases/{case}/approval")
    says(page, "本市職員に求めました")
    approval = page.locator(".said").inner_text().split("承認 ")[1][:10]

    world.confirm()
    other = city.open("/approvals")
    other.locator(f"td.acts a[href='/approvals/{approval}']").press("Enter")
    other.wait_for_url(f"**/approvals/{approval}")
    assert gone in other.locator("#shown").locator("..").inner_text()
    send(other, f"/approvals/{approval}/approve")
    says(other, "承認しました")

    unfold(page, "見つからない")
    lost = f"form[action='/cases/{case}/lost']"
    page.fill(f"{lost} [name=lost_reason]", "全件棚卸しでもない")
    page.fill(f"{lost} [name=approval]", approval)
    send(page, f"/cases/{case}/lost")
    says(page, "紛失を確定しました")
    assert world.play(lambda day: state_of(day, world.base, gone)) == "lost"

    page = leader.open("/day")
    assert "終業時棚卸し" in page.locator("#open").locator("..").inner_text()
    page.select_option("form[action$='/close'] select", person_code(5, 2))
    page.locator("form[action$='/close'] button").press("Enter")
    page.wait_for_selector(".said.fault")  # no reason was given
    page.fill("form[action$='/close'] textarea", "調査のため終業時棚卸しは翌朝に行う")
    page.select_option("form[action$='/close'] select", person_code(5, 2))
    page.locator("form[action$='/close'] button").press("Enter")
    says(page, "締めを行いました")
    assert "調査のため終業時棚卸しは翌朝に行う" in page.locator(".note").inner_text()


def test_cards_are_taken_into_custody_several_are_out_and_a_wrong_issue_is_undone(
    station: Open, world: World, played: PlayedDay
) -> None:
    leader, clerk = station(person_code(6, 1)), station(person_code(6, 2))
    first, second, third = played.cards[6][:3]
    kept = random_code(CodeType.CARD)
    page = clerk.open("/counter")
    unfold(page, "一時預り")
    page.fill("#f-cards", kept)
    page.select_option("#f-supervisor", person_code(6, 91))
    page.fill("#f-why-kept", "本人が手続の途中で席を外したため")
    send(page, "/counter/deposits")
    says(page, "1 枚を預かりました")
    assert is_pdf(page, "a[href$='/paper.pdf']")
    assert world.play(lambda day: state_of(day, world.base, kept)) == "received"

    clerk.scan_page("/scan/take_out")
    choose(clerk, purpose="issue")
    assert [clerk.scan(first), clerk.scan(second)] == ["ok", "refused"], "one in hand"
    page = leader.open("/counter")
    unfold(page, "複数枚の取出し")
    page.select_option("#f-person", person_code(6, 2))
    page.fill("#f-allowed", "3")
    page.fill("#f-until", "08:00")
    page.fill("#f-why-allowed", "家族 3 人分を同時に交付")
    send(page, "/counter/allowance")
    says(page, "「何時まで」の値が正しくありません")
    page.wait_for_function("() => document.activeElement?.id === 'f-until'")
    page.fill("#f-until", "12:00")
    send(page, "/counter/allowance")
    says(page, "3 枚を許可しました")
    assert [clerk.scan(second), clerk.scan(third)] == ["ok", "ok"]
    page = clerk.open("/counter")
    assert page.locator("table:has(caption:has-text('古い順')) tbody tr").count() == 3

    page = clerk.open("/issue")
    page.wait_for_function("() => document.activeElement?.id === 'f-card'")
    for text in (first, ""):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    says(page, first)
    page = leader.open("/issue")
    unfold(page, "取り消す")
    page.fill("#f-card_undone", first)
    page.fill("form[action='/issue/undo'] #f-reason", "別の方のスリーブを読み取っていた")
    send(page, "/issue/undo")
    says(page, "交付を取り消しました")
    assert world.play(lambda day: state_of(day, world.base, first)) == "out"
    leader.scan_page("/scan/put_back")
    assert leader.scan(slot_code(6, 1, "A", 1)) == "ok"
    assert [leader.scan(card) for card in (first, second, third)] == ["ok"] * 3, "for others, too"


def test_keys_go_round_people_are_in_the_room_and_a_badge_readers_list_is_taken_in(
    station: Open, played: PlayedDay
) -> None:
    leader = station(person_code(11, 1))
    vault, holder = sequenced_code(CodeType.VAULT, 111, width=3), person_code(11, 2)
    page = leader.open(f"/vaults/{vault}")
    page.select_option("#f-holder", holder)
    page.locator(f"form.row[action='/vaults/{vault}/keys'] button").press("Enter")
    says(page, "鍵を渡した")
    page.locator("td.acts button[name=returned]").first.press("Enter")
    says(page, "鍵の返却")

    page = leader.open("/accesses")
    page.select_option("#f-person", holder)
    page.locator("form[action='/accesses/room'] input[name=reason]").fill("棚の清掃")
    page.locator("form[action='/accesses/room'] button").first.press("Enter")
    says(page, "入室を記録しました")
    assert "棚の清掃" in page.locator("table").inner_text()
    page.select_option("#f-person", holder)
    page.locator("form[action='/accesses/room'] button[name=leaves]").press("Enter")
    says(page, "退室を記録しました")

    unfold(page, "入退室装置")
    heading = "person,vault,opened_at,closed_at"
    for until, look, words in (
        ("2026-04-01T07:20:00+09:00", "fault", "リスト"),
        ("2026-04-01T08:20:00+09:00", "done", "1 行を取り込みました"),
    ):
        lines = f"{heading}\n{person_code(11, 1)},,2026-04-01T08:00:00+09:00,{until}\n"
        page.set_input_files("#file", FilePayload(name="a.csv", mimeType="text/csv", buffer=lines.encode()))
        page.locator("#upload button").press("Enter")
        page.wait_for_selector(f".said.{look}")
        assert words in page.locator(".said").inner_text()
        if look == "fault":
            unfold(page, "入退室装置")
    assert "8時20分" in page.locator("table").inner_text()


def test_what_is_collected_and_what_of_the_citys_is_lost_is_recorded_and_spent_papers_are_shredded(
    station: Open, played: PlayedDay
) -> None:
    leader = station(person_code(12, 1))
    taken = random_code(CodeType.CARD)
    page = leader.open("/returns")
    page.select_option("form[action='/returns/collections'] select", "collected")
    page.fill("#f-cards", taken)
    send(page, "/returns/collections")
    says(page, "1 件を受け入れました")
    assert taken in page.locator("#unneeded").locator("..").inner_text()
    page.select_option("#f-how", "destroyed")
    send(page, "/returns/papers")
    page.wait_for_selector(".said.fault")  # none was ticked
    page.locator(f"input[name='paper-{played.manifests[12]}']").press("Space")
    page.select_option("#f-how", "destroyed")
    send(page, "/returns/papers")
    says(page, "1 部の処理")
    assert page.locator("input[name^=paper-]").count() == 0

    page = leader.open("/supplies")
    for move, pieces, more in (
        ("received", "100", {"city": person_code(12, 91)}),
        ("lost", "2", {"reason": "箱ごと水に濡れた"}),
    ):
        page.select_option("#f-move", move)
        page.select_option("#f-item", index=1)
        page.fill("#f-pieces", pieces)
        for name, value in more.items():
            page.fill(f"#f-{name}", value)
        send(page, "/supplies")
        says(page, "記録しました")
    assert "98" in page.locator("#left").locator("..").inner_text()
    assert "箱ごと水に濡れた" in page.locator("main").inner_text()


def test_an_incident_is_raised_by_its_key_with_a_photo_and_the_city_is_asked_to_close_it(
    station: Open, world: World, played: PlayedDay
) -> None:
    clerk, leader = station(person_code(12, 2)), station(person_code(12, 1))
    card = played.cards[12][0]
    page = clerk.open(f"/cards/{card}")
    page.keyboard.press("Alt+i")
    page.wait_for_selector("#f-items")
    assert page.input_value("#f-items") == card
    page.select_option("#f-kind", "loss")
    page.fill("#f-happened", "窓口の床に落ちていた。すぐに保護した。")
    # A while later the line is down: what was written stays, and goes once it is back, however often one presses.
    page.evaluate(LATER)
    page.route("**/api/v1/session", lambda route: route.abort())
    clerk.may_fail = True
    send(page, "/incidents")
    page.wait_for_selector(".unsent")
    assert "入力はこの画面に残っています" in page.inner_text(".unsent")
    page.unroute("**/api/v1/session")
    page.locator("form[action='/incidents'] button").dblclick()
    page.wait_for_url("**/incidents/I*")
    code = page.url.rpartition("/")[2]
    page.go_back()
    page.wait_for_selector(".unsent")
    assert "一度送りました" in page.inner_text(".unsent")
    page.goto(f"/incidents/{code}")
    attach(page)

    page = leader.open("/incidents")
    assert page.locator("main tbody a[href^='/incidents/I']").count() == 1, "pressed twice, filed once"
    page.locator(f"a[href='/incidents/{code}']").press("Enter")
    page.wait_for_url(f"**/incidents/{code}")
    assert "写真.jpg" in page.locator("#evidence").locator("..").inner_text()
    page.select_option("#f-kind", "told_city")
    page.fill("form[action$='/course'] [name=words]", "電話で第一報")
    page.fill("#f-whom", "区政推進課")
    page.locator("form[action$='/course'] button").press("Enter")
    says(page, "記録")
    page.locator("button[name=stage]").first.press("Enter")
    page.wait_for_selector(".said.done")
    assert is_pdf(page, "#course ~ ol a[href$='/paper.pdf']")


def test_a_difference_gets_a_photo_and_its_report(station: Open, world: World, played: PlayedDay) -> None:
    leader = station(person_code(11, 1))
    page = leader.open("/discrepancies")
    page.locator("tbody th a.code").first.press("Enter")
    page.wait_for_url("**/discrepancies/G*")
    attach(page)
    page.locator("form[action$='/report'] button").press("Enter")
    says(page, "差異報告書")
    assert is_pdf(page, "a[href$='/paper.pdf']")
