"""Pictures of the main pages in the middle of a day: `python -m tests.browser.picturing OUT`, or `make screenshots`.

Plays half a day on a database of its own, then looks at it as the people of that day do.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from logistics.rules.codes import slot_code
from logistics.serving import elsewhere
from logistics.store.database import Database
from logistics.store.migrate import migrate
from logistics.store.server import OWNER, running
from seed.load import VEHICLE_NUMBER, load, person_code
from tests.browser.clerk import Station, World
from tests.browser.conftest import CHROMIUM, OPENING
from tests.http.board_day import PlayedDay
from tests.sessions import admit_everybody

LANDSCAPE, TABLET = (1280, 720), (834, 1112)
SITES = {1: 26, 2: 14, 3: 23, 4: 27, 5: 14, 6: 25, 7: 23, 8: 25, 9: 13, 10: 30, 11: 26, 12: 15, 13: 60}


@dataclass
class Morning:
    """Half a day: two sites are done, one counts, one is late, the others wait."""

    day: PlayedDay
    next_boxes: dict[str, str]


async def play(day: PlayedDay) -> Morning:
    """Play it."""
    await day.arrive(SITES)
    await day.pack(list(SITES))
    await day.dispatch()
    await day.take_over([site for site in SITES if site != 9])
    for site in (1, 2, 3, 4, 13):
        await day.receive(site, day.cards[site][: {3: 11, 13: 41, 1: 25}.get(site, SITES[site])])
    await day.receive(3, day.cards[5][:1])
    for site, missing in ((1, 1), (2, 0), (4, 0)):
        await day.close(site, missing)
    await day.put_away(1, day.cards[1][:25])
    await day.put_away(2, day.cards[2])
    await day.put_away(4, day.cards[4][:9])
    first = day.cards
    await day.arrive({1: 12, 4: 9, 13: 20})
    day.cards = first
    return Morning(day, {})


@contextmanager
def service() -> Iterator[str]:
    """The service on a database of its own, with reference data and nothing else."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as home:
        (Path(home) / "server").mkdir()
        (Path(home) / "data").mkdir()
        with running(Path(home) / "server") as server:
            server.create_database("pictures")
            asyncio.run(_fill(server.url("pictures", OWNER)))
            with elsewhere(server.url("pictures", OWNER), OPENING, Path(home) / "data") as base:
                yield base


async def _fill(url: str) -> None:
    await migrate(url)
    database = Database(url)
    async with database.begin() as session:
        await load(session)
    await admit_everybody(database)
    await database.close()


def shoot(station: Station, path: str, file: Path, *, full: bool = False) -> None:
    """A picture of a page."""
    station.open(path)
    station.page.wait_for_timeout(500)
    station.page.screenshot(path=file, full_page=full)


def scanned(station: Station, morning: Morning) -> Page:
    """A scan page after a few scans of every kind."""
    day = morning.day
    station.scan_page(f"/scan/receive/{day.manifests[3]}")
    station.choose_supervisor(person_code(3, 91))
    for card in day.cards[3][11:15]:
        station.scan(card)
    station.scan(day.cards[3][0])
    station.scan(day.cards[6][0])
    station.scan(day.cards[3][15])
    station.page.wait_for_timeout(1200)
    return station.page


def main(out: Path) -> int:
    """Make all pictures in `out`; the number of faults that the pages had."""
    out.mkdir(parents=True, exist_ok=True)
    with service() as base, sync_playwright() as playwright:
        morning = World(base).play(play)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def station(person: str, size: tuple[int, int] = LANDSCAPE) -> Station:
            width, height = size
            context = browser.new_context(
                base_url=base,
                viewport={"width": width, "height": height},
                locale="ja-JP",
                timezone_id="Asia/Tokyo",
            )
            return Station(context, person)

        day = morning.day
        annex, leader, clerk = (
            station(person_code(0, 2)),
            station(person_code(4, 1)),
            station(person_code(3, 2)),
        )
        crew = station(person_code(VEHICLE_NUMBER, 1))
        everyone = [annex, leader, clerk, crew]
        slot = slot_code(4, 1, "A", 1)
        for who, name, path in (
            (annex, "board", "/board"),
            (annex, "home-annex", "/"),
            (annex, "arrivals", "/arrivals"),
            (annex, "packing", "/packing"),
            (annex, "dispatch", "/dispatch"),
            (annex, "history", "/board/history"),
            (leader, "home-site", "/"),
            (clerk, "receiving", "/receiving"),
            (clerk, "receipt", f"/receiving/{day.manifests[3]}"),
            (leader, "vault", "/vault"),
            (leader, "slot", f"/slots/{slot}"),
            (clerk, "card", f"/cards/{day.cards[3][0]}"),
            (clerk, "batch", f"/batches/{day.batches[3]}"),
            (clerk, "discrepancies", "/discrepancies"),
            (crew, "handover", "/handover"),
        ):
            shoot(who, path, out / f"{name}.png")
        scanned(clerk, morning).screenshot(path=out / "scan.png")
        tablet = station(person_code(3, 3), TABLET)
        everyone.append(tablet)
        scanned(tablet, morning).screenshot(path=out / "scan-tablet.png")
        for name, path in (
            ("board-tablet", "/board"),
            ("home-tablet", "/"),
            ("receipt-tablet", f"/receiving/{day.manifests[3]}"),
        ):
            shoot(tablet, path, out / f"{name}.png")
        browser.close()
    faults = [fault for one in everyone for fault in one.faults]
    print("\n".join(faults))
    return len(faults)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
