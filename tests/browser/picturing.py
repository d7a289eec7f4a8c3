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

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from logistics.serving import elsewhere
from logistics.store.database import Database, driver
from logistics.store.migrate import migrate
from logistics.store.server import OWNER, running
from seed.load import VEHICLE_NUMBER, load, person_code
from tests.browser.clerk import Station, World
from tests.browser.conftest import CHROMIUM, OPENING
from tests.http.board_day import PlayedDay
from tests.sessions import SESSION_LASTS, admit_everybody

# Enough for text and its edges.
COLOURS = 48
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
    told = [card for site in SITES for card in day.cards[site][: 2 * site]]
    await day.say(person_code(0, 2), "/notices", {"cards": told, "day": day.now.date().isoformat()})
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
    async with database.begin() as session:
        # In tests everybody came in long after; a picture shows when.
        times = "created_at = $1, last_seen_at = $1, expires_at = $2"
        await (await driver(session)).execute(
            f"UPDATE session SET {times}",  # noqa: S608 - constants only
            OPENING,
            OPENING + SESSION_LASTS,
        )
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


@dataclass(frozen=True)
class People:
    """Who looks, and at what of the morning."""

    annex: str = person_code(0, 2)
    head: str = person_code(0, 1)
    auditor: str = person_code(0, 99)
    leader: str = person_code(4, 1)
    clerk: str = person_code(3, 2)
    crew: str = person_code(VEHICLE_NUMBER, 1)


def pages(day: PlayedDay, who: People) -> list[tuple[str, str, str]]:
    """Every picture that is made by looking at a page: by whom, its name, the page's path."""
    asked = f"/audit?question=holder&card={day.cards[3][0]}&ask=1"
    return [
        (who.annex, "board", "/board"),
        (who.annex, "home-annex", "/"),
        (who.annex, "packing", "/packing"),
        (who.annex, "dispatch", "/dispatch"),
        (who.clerk, "receipt", f"/receiving/{day.manifests[3]}"),
        (who.leader, "vault", "/vault"),
        (who.leader, "counts", "/counts"),
        (who.leader, "day", "/day"),
        (who.clerk, "card", f"/cards/{day.cards[3][0]}"),
        (who.crew, "handover", "/handover"),
        (who.auditor, "audit", asked),
        (who.auditor, "papers", "/papers"),
        (who.head, "pictures", "/pictures"),
        (who.head, "people", f"/people/{who.leader}"),
        (who.head, "rosters", "/rosters"),
        (who.head, "settings", "/settings"),
    ]


def small(file: Path) -> None:
    """Keep a picture in as few bytes as its colours need: a repository is no place for megabytes."""
    with Image.open(file) as picture:
        reduced = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    reduced.save(file, optimize=True)


def main(out: Path) -> int:
    """Make all pictures in `out`; the number of faults that the pages had."""
    out.mkdir(parents=True, exist_ok=True)
    stations: dict[tuple[str, tuple[int, int]], Station] = {}
    with service() as base, sync_playwright() as playwright:
        morning = World(base).play(play)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def station(person: str, size: tuple[int, int] = LANDSCAPE) -> Station:
            if (person, size) not in stations:
                context = browser.new_context(
                    base_url=base,
                    viewport={"width": size[0], "height": size[1]},
                    locale="ja-JP",
                    timezone_id="Asia/Tokyo",
                )
                stations[person, size] = Station(context, person)
            return stations[person, size]

        who = People()
        for person, name, path in pages(morning.day, who):
            shoot(station(person), path, out / f"{name}.png")
        scanned(station(who.clerk), morning).screenshot(path=out / "scan.png")
        shoot(station(who.leader, TABLET), "/", out / "home-tablet.png")
        browser.close()
    for file in sorted(out.glob("*.png")):
        small(file)
    faults = [fault for one in stations.values() for fault in one.faults]
    print("\n".join(faults) or f"{len(list(out.glob('*.png')))} pictures in {out}")
    return len(faults)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
