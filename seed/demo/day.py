"""One working day, from the arrival of cards at the annex to the vaults of the 13 sites, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import httpx
import msgspec

from logistics.rules.calendar import JST, Calendar
from logistics.settings import Clock
from seed import contract
from seed.demo import annex as at_annex
from seed.demo import counter as at_counter
from seed.demo import evening
from seed.demo import site as at_site
from seed.demo.annex import Annex
from seed.demo.clerk import Clerk, Service
from seed.demo.door import Door, Surprise, Visits
from seed.demo.figures import Summary
from seed.demo.giving_back import give_back
from seed.demo.site import Site
from seed.demo.summary import Played, summarise
from seed.demo.world import World, make
from seed.load import VEHICLE_NUMBER, person_code, place_code

DAY = date(2026, 4, 1)
# The clock of the service has to show this, or a little more, when the day is played.
STARTS_AT = datetime.combine(DAY, time(9), JST)
# A request waits for those before it; the busiest ones draw papers.
PATIENCE_SECONDS = 60.0
CONNECTIONS = 20


def play(base_url: str, visits: Visits, out: Path | None = None) -> bool:
    """Play the day on the empty service at `base_url`; whether it balanced.

    Its papers and summary.json go to `out`. The verdict is the last line printed.
    """
    try:
        summary, papers = asyncio.run(_over_http(base_url, visits))
    except (Surprise, httpx.HTTPError) as failure:
        print(f"BAD {DAY.isoformat()}: {type(failure).__name__}: {failure}", flush=True)
        return False
    if out is not None:
        _leave(out, summary, papers)
    for fault in summary.faults:
        print(f"  {fault}")
    print(summary.verdict, flush=True)
    return summary.balanced


async def _over_http(base_url: str, visits: Visits) -> tuple[Summary, Mapping[str, bytes]]:
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    # A proxy that the environment names does not know our loopback.
    async with httpx.AsyncClient(
        base_url=base_url, limits=limits, timeout=PATIENCE_SECONDS, trust_env=False
    ) as client:
        service = Service(client, Clock.starting_at(STARTS_AT), Door(client, visits))
        volumes = contract.daily_volumes(DAY, Calendar())
        return await play_day(service, make(DAY, volumes), _say), service.papers


async def play_day(service: Service, world: World, say: Callable[[str], None]) -> Summary:
    """Play the day of `world`, whose people then read its summary from the service."""
    office = await _office(service)
    annex = office.annex()
    unpacked = await at_annex.take_in(annex, world)
    say(f"{len(world.cards)} cards listed, {unpacked.boxes} boxes unpacked, {unpacked.missing} cards missing")
    ready = await at_annex.set_up(annex, world, unpacked)
    await at_annex.pack(annex, world)
    say(f"{ready} cards set up and notified, {len(world.bags)} bags packed and sealed")
    run, manifests = await at_annex.load_and_release(annex, world)
    await at_annex.print_papers(annex, world, manifests)
    await annex.crew.post(f"/runs/{run}/take-over", {})
    say(f"run {run} on its way with {len(manifests)} manifests, {len(service.papers)} papers printed")
    sites = [office.site(number, manifests) for number in sorted({bag.site for bag in world.bags})]
    for site in sites[: evening.SITES]:
        await evening.open_vault(site, office.second(site))
    closed = {site.number: asyncio.Event() for site in sites}
    closes = await asyncio.gather(*(at_site.receive(site, world, closed) for site in sites))
    say(f"{len(closes)} receipts closed, cards put away")
    await asyncio.gather(*(at_counter.serve(site, world) for site in sites))
    say(f"{sum(map(len, world.visits.values()))} people booked at the counters")
    back = await give_back(annex, sites[0], world, run)
    say(f"{len(back.cards)} collected cards back at the annex")
    days = [
        await evening.close(site, office.second(site), world.day.isoformat())
        for site in evening.quiet(sites, closes)
    ]
    say(f"{len(days)} vaults counted and days closed, {sum(one.closing for one in days)} cards in them")
    answers = {site.number: close for site, close in zip(sites, closes, strict=True)}
    return await summarise(Played(world, annex, unpacked, run, sites, answers, back, days))


@dataclass(frozen=True, slots=True)
class _Office:
    """The registers as the service answers them."""

    service: Service
    places: Mapping[int, dict[str, Any]]
    people: list[dict[str, Any]]
    courier: str

    def annex(self) -> Annex:
        home = self.places[0]["code"]
        manager, *_ = self._staff(home, "overall_manager")
        workers = [
            self._clerk(person, f"annex-{n}") for n, person in enumerate(self._staff(home, "worker"), 1)
        ]
        crew = [person for person in self.people if person["courier"] == self.courier]
        return Annex(
            manager=self._clerk(manager, "annex-desk"),
            city=self._clerk(self._staff(home, "city")[0], "city-desk"),
            workers=workers,
            crew=self._clerk(crew[0], "courier-1"),
            crew_names=[person["name"] for person in crew],
            courier=self.courier,
            places={number: place["code"] for number, place in self.places.items()},
        )

    def site(self, number: int, manifests: list[dict[str, Any]]) -> Site:
        place = self.places[number]
        leader, *_ = self._staff(place["code"], "leader")
        worker, *_ = self._staff(place["code"], "worker")
        return Site(
            number=number,
            place=place["code"],
            slug=place["slug"],
            leader=self._clerk(leader, f"{place['slug']}-desk"),
            worker=self._clerk(worker, f"{place['slug']}-1"),
            supervisor=self._staff(place["code"], "city")[0]["code"],
            manifest=next(m for m in manifests if m["destination"] == place["code"]),
        )

    def second(self, site: Site) -> Clerk:
        """Another worker of a site: the second name of a count, and of a close."""
        _, other, *_ = self._staff(site.place, "worker")
        return self._clerk(other, f"{site.slug}-2")

    def _staff(self, place: str, role: str) -> list[dict[str, Any]]:
        return [person for person in self.people if (person["place"], person["role"]) == (place, role)]

    def _clerk(self, person: dict[str, Any], device: str) -> Clerk:
        return Clerk(self.service, person["code"], person["place"] or place_code(VEHICLE_NUMBER), device)


async def _office(service: Service) -> _Office:
    anybody = Clerk(service, person_code(0, 1), place_code(0), "annex-desk")
    places = {place["number"]: place for place in await anybody.get("/places")}
    (courier,) = await anybody.get("/couriers")
    return _Office(service, places, await anybody.every("/people"), courier["code"])


def _leave(out: Path, summary: Summary, papers: Mapping[str, bytes]) -> None:
    for name, content in papers.items():
        (out / name).write_bytes(content)
    text = msgspec.json.format(msgspec.json.encode(summary), indent=2)
    (out / "summary.json").write_bytes(text + b"\n")


def _say(line: str) -> None:
    print(line, flush=True)
