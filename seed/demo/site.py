"""A site's part of the day: take the bags over, scan what is in them, close the receipt, put away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seed.demo.clerk import Clerk
from seed.demo.door import Surprise
from seed.demo.world import Bag, World

SINGLY = 3  # cards of the first bag that are scanned one by one


@dataclass(frozen=True, slots=True)
class Site:
    """A site, who works there under which city employee, and the manifest that is on its way to it."""

    number: int
    place: str
    slug: str
    leader: Clerk
    worker: Clerk
    supervisor: str
    manifest: dict[str, Any]


async def receive(site: Site, world: World, closed: Mapping[int, asyncio.Event]) -> dict[str, Any]:
    """Everything the site does with the day's run; the service's answer to the close of its receipt."""
    before = world.waits_for(site.number)
    if before is not None:
        await closed[before].wait()
    bags = world.bags_for(site.number)
    forgotten = await _take_over(site, bags)
    answers = await _scan_cards(site, world, bags)
    done = await _close(site, forgotten)
    closed[site.number].set()
    await site.leader.paper("GET", f"/manifests/{site.manifest['code']}/receipt.pdf", site.slug)
    here = [answer["code"] for answer in answers if answer["outcome"] == "received"]
    here += await _second_look(site, world, bags)
    aside = [answer["code"] for answer in answers if answer["outcome"] == "damaged"]
    await _put_away(site, here, aside)
    return done


async def _take_over(site: Site, bags: Sequence[Bag]) -> list[dict[str, Any]]:
    """Scan the manifest, then each bag with the seal as it is seen; the scan of a bag that was forgotten."""
    clerk = site.worker
    scans = [clerk.of(site.manifest["code"]), *(_with_seal(clerk, bag) for bag in bags)]
    named = {"supervisor": site.supervisor}
    # Where there are many bags, the last one is opened before anybody has looked at its seal.
    forgotten = scans[-1:] if len(bags) > 1 else []
    if forgotten:
        await clerk.scan_refused("/scans", clerk.of(bags[0].code), "seal_needed", **named)
        await clerk.refused("supervisor-needed", "/scans", {"scans": scans, "supervisor": clerk.person})
    await clerk.scan("/scans", scans[: len(scans) - len(forgotten)], **named)
    return forgotten


def _with_seal(clerk: Clerk, bag: Bag) -> dict[str, Any]:
    seen = {"seal_number": bag.seal_shown} if bag.seal_shown else {}
    return clerk.of(bag.code, seal_intact=bag.intact, **seen)


async def _scan_cards(site: Site, world: World, bags: Sequence[Bag]) -> list[dict[str, Any]]:
    """Scan the cards of each bag, the first few one by one; the answers."""
    clerk, named = site.worker, {"supervisor": site.supervisor}
    answers: list[dict[str, Any]] = []
    for n, bag in enumerate(bags):
        seen = [code for code in bag.inside if code not in world.overlooked]
        scans = [clerk.of(code, damaged=code in world.crushed) for code in seen]
        alone = SINGLY if n == 0 else 0
        for scan in scans[:alone]:
            answers += await clerk.scan("/scans", [scan], **named)
        rest = scans[alone:]
        answered = await clerk.scan("/scans", rest, **named)
        answers += answered
        if n == 0:
            again = await clerk.scan("/scans", rest, **named)
            if [(a["id"], a["outcome"]) for a in again] != [(a["id"], a["outcome"]) for a in answered]:
                raise Surprise("a repeated request did not get the outcomes of the first")
            twice = next(a["code"] for a in answered if a["outcome"] == "received")
            await clerk.scan_refused("/scans", clerk.of(twice), "already_received", **named)
    return answers


async def _close(site: Site, forgotten: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Close the receipt with the count that the service shows as outstanding, once all bags were looked at."""
    path = f"/manifests/{site.manifest['code']}"
    outstanding = (await site.leader.get(f"{path}/receipt"))["outstanding"]
    close = {"supervisor": site.supervisor, "missing": len(outstanding)}
    if forgotten:
        await site.leader.refused("receipt-not-done", f"{path}/close", close)
        await site.worker.scan("/scans", forgotten, supervisor=site.supervisor)
    if outstanding:
        await site.leader.refused("still-missing", f"{path}/close", {**close, "missing": 0})
    done: dict[str, Any] = await site.leader.post(f"{path}/close", close)
    await site.leader.refused("receipt-closed", f"{path}/close", close)
    return done


async def _second_look(site: Site, world: World, bags: Sequence[Bag]) -> list[str]:
    """Look into the empty bags again; the cards that were found, received now."""
    late = [code for bag in bags for code in bag.inside if code in world.overlooked]
    if not late:
        return []
    clerk = site.worker
    answers = await clerk.scan("/scans", [clerk.of(code) for code in late], supervisor=site.supervisor)
    return [answer["code"] for answer in answers if answer["outcome"] == "received"]


async def _put_away(site: Site, here: Sequence[str], aside: Sequence[str]) -> None:
    """Put the accepted cards into free slots in walking order; what is set aside is refused."""
    clerk, named = site.worker, {"supervisor": site.supervisor}
    vault = (await clerk.get(f"/places/{site.place}/vaults"))[0]["code"]
    slots = _free(await clerk.every(f"/vaults/{vault}/slots"), len(here))
    waiting = list(here)
    for slot, room in slots:
        path, part, waiting = f"/slots/{slot}/scans", waiting[:room], waiting[room:]
        await clerk.scan(path, [clerk.of(code) for code in part], **named)
        if waiting:
            # One more than the slot holds; it goes into the next one.
            await clerk.scan_refused(path, clerk.of(waiting[0]), "slot_full", **named)
    for code in aside:
        await clerk.scan_refused(f"/slots/{slots[-1][0]}/scans", clerk.of(code), "on_hold", **named)


def _free(slots: Sequence[dict[str, Any]], cards: int) -> list[tuple[str, int]]:
    """The first slots that hold `cards` together, each with its room."""

    def taken() -> Iterator[tuple[str, int]]:
        left = cards
        for slot in slots:
            room = slot["capacity"] - slot["occupied"]
            if left > 0 and room:
                yield slot["code"], room
                left -= room

    return list(taken())
