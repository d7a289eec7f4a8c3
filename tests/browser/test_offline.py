"""Without a line: scans go on, stay through a closed tab and a dead server, and arrive once each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from logistics.rules.codes import CodeType, random_code
from seed.load import person_code
from tests.browser.clerk import Station, World
from tests.browser.service import Service
from tests.http.board_day import PlayedDay
from tests.sessions import headers_of

Open = Callable[..., Station]


@pytest.fixture(scope="module")
def service(new_database: Callable[[], str]) -> Iterator[Service]:
    """A service that can be killed, and started again at the same address."""
    with (
        tempfile.TemporaryDirectory(prefix="offline-") as home,
        Service(new_database(), Path(home)) as service,
    ):
        yield service


@pytest.fixture(scope="module")
def sent(service: Service) -> PlayedDay:
    """Cards on their way to a site for each test."""

    async def work(day: PlayedDay) -> PlayedDay:
        await day.arrive({1: 9, 2: 2, 3: 2, 4: 2})
        await day.pack(list(day.cards))
        await day.dispatch()
        await day.take_over(list(day.cards))
        return day

    return World(service.base).play(work)


def begun(station: Open, service: Service, sent: PlayedDay, site: int) -> Station:
    clerk = station(person_code(site, 2), base=service.base)
    clerk.may_fail = True
    clerk.scan_page(f"/scan/receive/{sent.manifests[site]}")
    clerk.choose_supervisor(person_code(site, 91))
    clerk.scan(sent.batches[site])
    clerk.scan(sent.seals[site])
    clerk.page.wait_for_selector("#scan[data-kept]")
    return clerk


def until(clerk: Station, what: str) -> None:
    clerk.page.wait_for_function(f"() => {what}")


def received(service: Service, cards: Sequence[str]) -> list[tuple[str, int]]:
    """Each card with the number of entries that received it."""

    async def ask(day: PlayedDay) -> list[tuple[str, int]]:
        found = []
        for card in cards:
            answer = await day.client.get(
                f"/api/v1/cards/{card}/custody", headers=headers_of(person_code(0, 91), base=service.base)
            )
            found.append((card, sum(e["act"] == "receive" for e in answer.json()["entries"])))
        return found

    return World(service.base).play(ask)


def test_an_answer_that_got_lost_is_asked_for_again_and_nothing_is_doubled(
    station: Open, service: Service, sent: PlayedDay
) -> None:
    clerk = begun(station, service, sent, 2)
    lost: list[str] = []

    def lose(route: object) -> None:
        if not lost:
            route.fetch()  # type: ignore[attr-defined]
            lost.append("the answer")
            route.abort("connectionreset")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    clerk.page.route("**/api/v1/scans", lose)
    clerk.scan(sent.cards[2][0])

    until(clerk, "document.querySelector('#waiting').textContent === '0'")
    assert lost
    assert received(service, sent.cards[2])[0] == (sent.cards[2][0], 1)


def test_what_is_refused_later_is_shown_until_a_person_has_dealt_with_it(
    station: Open, service: Service, sent: PlayedDay
) -> None:
    clerk = begun(station, service, sent, 3)

    clerk.context.set_offline(True)
    unknown = random_code(CodeType.CARD)
    assert clerk.scan(unknown) == "unknown"
    clerk.context.set_offline(False)

    until(clerk, "!document.querySelector('#refused-box').hidden")
    assert unknown in clerk.page.locator("#refused").inner_text()
    clerk.page.goto("/")
    clerk.page.wait_for_selector("#unsent:not([hidden])")
    assert "確認が必要な読取りが 1 件" in clerk.page.inner_text("#unsent")
    clerk.page.click("#unsent a")
    clerk.page.wait_for_url(f"**/scan/receive/{sent.manifests[3]}")
    clerk.page.reload()
    clerk.page.wait_for_selector("#refused li")
    if clerk.page.locator("#selftest").is_visible():
        clerk.page.click("#selftest-skip")
    clerk.page.click("#refused li button")
    until(clerk, "document.querySelector('#refused-box').hidden")


def test_no_beep_comes_before_the_scan_is_on_the_disk(
    station: Open, service: Service, sent: PlayedDay
) -> None:
    clerk = begun(station, service, sent, 4)
    clerk.page.evaluate(
        """() => {
            window.order = [];
            const put = IDBObjectStore.prototype.put;
            const begin = IDBDatabase.prototype.transaction;
            IDBDatabase.prototype.transaction = function (stores, mode, options) {
                const it = begin.call(this, stores, mode, options);
                if (mode === 'readwrite' && [].concat(stores).includes('waiting') && [].concat(stores).includes('facts')) {
                    window.order.push(`begun ${options && options.durability}`);
                    it.addEventListener('complete', () => window.order.push('on disk'));
                }
                return it;
            };
            document.addEventListener('beep', () => window.order.push('beep'));
        }"""
    )

    clerk.scan(sent.cards[4][0])

    assert clerk.page.evaluate("window.order") == ["begun strict", "on disk", "beep"]


def test_scans_outlive_the_line_the_server_and_the_tab_and_arrive_once(
    station: Open, service: Service, sent: PlayedDay
) -> None:
    clerk = begun(station, service, sent, 1)
    assert clerk.scan(sent.cards[1][0]) == "ok"

    service.kill()
    looks = [clerk.scan(card) for card in sent.cards[1][1:4]]
    assert set(looks) == {"kept"}
    until(clerk, "document.querySelector('#waiting').textContent === '3'")
    assert clerk.page.locator("#offline-note").is_visible()

    clerk.page.close()
    clerk.page = clerk.new_page()
    clerk.page.goto(f"/scan/receive/{sent.manifests[1]}")
    clerk.page.wait_for_selector("#scan[data-ready=yes]")
    if clerk.page.locator("#selftest").is_visible():
        clerk.page.click("#selftest-skip")
    clerk.choose_supervisor(person_code(1, 91))
    until(clerk, "document.querySelector('#waiting').textContent === '3'")
    assert [clerk.scan(card) for card in sent.cards[1][4:6]] == ["kept", "kept"]

    service.start()
    until(clerk, "document.querySelector('#waiting').textContent === '0'")
    until(clerk, "document.querySelector('#done').textContent === '6'")
    assert received(service, sent.cards[1]) == [
        (card, 1 if n < 6 else 0) for n, card in enumerate(sent.cards[1])
    ]
    assert "欠番 なし" in clerk.page.locator("#numbers").inner_text()
