"""The day's figures, read from the service's answers and held against what really happened."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from seed import contract
from seed.demo import evening, happened
from seed.demo.annex import Annex, Unpacked
from seed.demo.clerk import Clerk
from seed.demo.evening import Closed
from seed.demo.figures import AnnexFigures, Figures, Summary
from seed.demo.giving_back import Back, not_back
from seed.demo.site import Site
from seed.demo.world import World

# What was put away lies there still, or was issued; at the end of the day nothing is in anybody's hand.
_PUT_AWAY = ("stored", "issued", "out", "with_city")
KINDS = ("short", "over", "damaged", "misrouted", "unknown", "broken_seal")


@dataclass(frozen=True, slots=True)
class Played:
    """Who worked on the day, and what the service answered them."""

    world: World
    annex: Annex
    unpacked: Unpacked
    run: str
    sites: Sequence[Site]
    closes: Mapping[int, Mapping[str, Any]]
    back: Back
    days: Sequence[Closed]


async def summarise(played: Played) -> Summary:
    """The summary of a day that is over."""
    clerk, annex = played.annex.manager, played.annex
    sites = [await _at_site(site, played.closes[site.number]) for site in played.sites]
    figures = await _at_annex(annex, played.unpacked, sites)
    everything = await clerk.every("/cards")
    cards = [card for card in everything if card["code"] not in played.back.cards]
    bodies = [entry for place in annex.places.values() for entry in await _log(clerk, place, played.world)]
    faults = [
        *_unbalanced(played.sites, sites, figures),
        *_not_as_happened(played, sites, figures),
        *_misplaced(played, cards),
        *not_back(played.back, annex.place, everything),
        *_miscounted(played, cards),
        *await _not_on_receipts(played),
        *_altered(bodies),
    ]
    by_place = {place: len(await clerk.every("/cards", place=place)) for place in annex.places.values()}
    known = figures.listed + len(played.back.cards)
    if sum(by_place.values()) != known:
        faults.append(f"the places hold {sum(by_place.values())} cards, {known} were listed or collected")
    differences = Counter({kind: sum(getattr(site, kind) for site in sites) for kind in KINDS})
    differences += Counter(short=figures.missing, over=figures.over, damaged=figures.damaged)
    return Summary(
        date=played.world.day.isoformat(),
        run=played.run,
        sites=[_named(site, figures) for site, figures in zip(played.sites, sites, strict=True)],
        totals=Figures(**{name: _sum(sites, name) for name in Figures.__struct_fields__}),
        annex=figures,
        differences=dict(differences),
        refused=dict(sorted(clerk.service.refusals.items())),
        returned=len(played.back.cards),
        states=dict(sorted(Counter(card["state"] for card in everything).items())),
        entries=len(bodies),
        balanced=not faults,
        faults=faults,
        verdict=_verdict(played.world, sites, differences, faults),
    )


async def _at_site(site: Site, close: Mapping[str, Any]) -> Figures:
    clerk = site.leader
    outstanding = (await clerk.get(f"/manifests/{site.manifest['code']}/receipt"))["outstanding"]
    now = [await clerk.get(f"/cards/{code}") for code in outstanding]
    lying = {state: len(await clerk.every("/cards", place=site.place, state=state)) for state in _PUT_AWAY}
    kinds = Counter(found["kind"] for found in await clerk.every("/discrepancies", place=site.place))
    return Figures(
        dispatched=close["dispatched"],
        received=close["accepted"] + close["rejected"],
        accepted=close["accepted"],
        rejected=close["rejected"],
        missing=close["missing"],
        unexpected=close["unexpected"],
        **{kind: kinds[kind] for kind in KINDS},
        put_away=sum(lying.values()),
        issued=lying["issued"],
        found_later=close["missing"] - len(outstanding),
        found_elsewhere=sum(card["state"] == "held" and card["place"] != site.place for card in now),
    )


def _named(site: Site, figures: Figures) -> dict[str, str | int]:
    name = next(place.name for place in contract.places() if place.number == site.number)
    return {"code": site.place, "slug": site.slug, "name": name, **msgspec.structs.asdict(figures)}


async def _at_annex(annex: Annex, unpacked: Unpacked, sites: Sequence[Figures]) -> AnnexFigures:
    clerk = annex.manager
    (arrival,) = await clerk.every("/arrivals")
    left = [card for state in ("arrived", "ready", "packed") for card in await _there(annex, state)]
    return AnnexFigures(
        listed=arrival["cards"],
        checked_in=unpacked.outcomes["checked_in"],
        damaged=unpacked.outcomes["damaged"],
        missing=unpacked.missing,
        over=len(await clerk.every("/discrepancies", place=annex.place, kind="over")),
        left_behind=len(left),
        dispatched=_sum(sites, "dispatched"),
    )


async def _there(annex: Annex, state: str) -> list[dict[str, Any]]:
    return await annex.manager.every("/cards", place=annex.place, state=state)


async def _log(clerk: Clerk, place: str, world: World) -> list[dict[str, Any]]:
    return await clerk.every(f"/places/{place}/custody/{world.day.isoformat()}")


def _sum(sites: Sequence[Figures], name: str) -> int:
    return sum(getattr(site, name) for site in sites)


def _unbalanced(places: Sequence[Site], sites: Sequence[Figures], annex: AnnexFigures) -> Iterator[str]:
    for place, site in zip(places, sites, strict=True):
        if site.dispatched != site.received + site.missing:
            yield f"{place.slug}: dispatched is not received + missing"
        if site.received != site.accepted + site.rejected:
            yield f"{place.slug}: received is not accepted + rejected"
        if site.put_away != site.accepted + site.found_later:
            yield f"{place.slug}: put away is not accepted + found later"
    if annex.listed != annex.checked_in + annex.damaged + annex.missing:
        yield "annex: listed is not checked in + damaged + missing"
    if annex.checked_in != annex.dispatched + annex.left_behind:
        yield "annex: checked in is not dispatched + left behind"


def _not_as_happened(played: Played, sites: Sequence[Figures], annex: AnnexFigures) -> Iterator[str]:
    yield from _differ("annex", annex, happened.at_annex(played.world))
    for site, figures in zip(played.sites, sites, strict=True):
        yield from _differ(site.slug, figures, happened.at_site(played.world, site.number))


def _differ(where: str, answered: Figures | AnnexFigures, truth: Figures | AnnexFigures) -> Iterator[str]:
    for name in truth.__struct_fields__:
        if getattr(answered, name) != getattr(truth, name):
            yield f"{where}.{name}: {getattr(answered, name)} answered, {getattr(truth, name)} happened"


def _miscounted(played: Played, cards: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Days that were closed with other cards than lie there, or not closed at all."""
    if len(played.days) < evening.SITES:
        yield f"{len(played.days)} days were closed, {evening.SITES} sites had nothing open"
    for closed in played.days:
        lie = sum((card["place"], card["state"]) == (closed.site.place, "stored") for card in cards)
        if not closed.closing == closed.counted == lie:
            yield f"{closed.site.slug}: closed with {closed.closing}, counted {closed.counted}, {lie} lie there"


def _misplaced(played: Played, cards: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every card is known once, and is where it really is, in the hands of who is there."""
    numbers = {code: number for number, code in played.annex.places.items()}
    truth = happened.places(played.world)
    known = Counter(card["code"] for card in cards)
    if known != Counter(truth.keys()):
        yield f"{len(cards)} cards are known, {len(truth)} were listed"
    for card in cards:
        answered = (numbers.get(card["place"], -1), card["state"])
        if answered != truth.get(card["code"]):
            yield f"card {card['code']}: {answered} answered, {truth.get(card['code'])} happened"
        if card["custodian"] != card["place"]:
            yield f"card {card['code']}: lies at {card['place']} in the custody of {card['custodian']}"


async def _not_on_receipts(played: Played) -> list[str]:
    """Every difference that a site's people saw stands on the receipt they signed."""
    return [
        f"{site.slug}: difference {found['code']} is not on its receipt"
        for site in played.sites
        for found in await site.leader.every("/discrepancies", place=site.place)
        if found["code"] not in played.closes[site.number]["differences"]
    ]


def _altered(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        if hashlib.sha256(b"\x00" + entry["body"].encode()).hexdigest() != entry["hash"]:
            yield f"entry {entry['id']}: its body has another hash"


def _verdict(
    world: World, sites: Sequence[Figures], differences: Mapping[str, int], faults: Sequence[str]
) -> str:
    dispatched, received, missing = (_sum(sites, name) for name in ("dispatched", "received", "missing"))
    kinds = sum(count > 0 for count in differences.values())
    counted = (
        f"{len(sites)} sites, {dispatched} cards dispatched = {received} received + {missing} missing;"
        f" {sum(differences.values())} differences of {kinds} kinds"
    )
    wrong = f"; {len(faults)} faults, the first: {faults[0]}" if faults else ""
    return f"{'BAD' if faults else 'GOOD'} {world.day.isoformat()}: {counted}{wrong}"
