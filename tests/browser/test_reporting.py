"""Reports in the browser: figures, a paper that is made while one watches, what a leader sees of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seed.load import person_code
from tests.browser.clerk import Station, World
from tests.browser.test_every_page import faults_of
from tests.http.board_day import PlayedDay

Open = Callable[..., Station]
MANAGER, LEADER = person_code(0, 1), person_code(7, 1)


@pytest.fixture(scope="module")
def day(world: World) -> PlayedDay:
    """A site with cards in its vault, and one on whose way some are."""

    async def work(day: PlayedDay) -> PlayedDay:
        await day.arrive({7: 6, 8: 5})
        await day.pack([7, 8])
        await day.dispatch()
        await day.take_over([7, 8])
        await day.receive(7, day.cards[7][:5])
        await day.close(7, 1)
        await day.put_away(7, day.cards[7][:3])
        return day

    return world.play(work)


def test_a_report_is_made_while_one_watches_and_every_page_of_it_is_readable(
    station: Open, day: PlayedDay
) -> None:
    manager = station(MANAGER)
    page = manager.open("/reports?month=2026-04")
    faults = faults_of(page)
    assert page.locator("tfoot").first.inner_text().split()[-2:-1] == ["5"]

    page.get_by_role("button", name="月次報告書", exact=True).click()
    page.wait_for_selector("#job")
    page.wait_for_selector("#job[data-state=done]")
    faults += faults_of(page)
    with page.expect_download() as fetched:
        page.evaluate("document.querySelector('#job a').setAttribute('download', '')")
        page.locator("#job a").first.click()
    assert fetched.value.path().read_bytes().startswith(b"%PDF")
    page = manager.open("/reports/forecast")
    faults += faults_of(page)

    leader = station(LEADER)
    page = leader.open("/reports")
    faults += faults_of(page)
    assert {row.inner_text() for row in page.locator("tbody th").all()} == {"南"}
    assert page.get_by_role("button", name="未交付カード一覧").count() == 1
    assert page.get_by_role("button", name="月次報告書").count() == 0
    assert faults == []
