"""The way back: what a counter collected on the day is in the annex's vault the same day, with papers and seals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seed.demo.annex import Annex
from seed.demo.site import Site
from seed.demo.world import World

COLLECTED = 3


@dataclass(frozen=True, slots=True)
class Back:
    """What one site sent back: its manifest, the cards on it, and the service's answer to the close of its receipt."""

    manifest: str
    cards: frozenset[str]
    close: Mapping[str, Any]


async def give_back(annex: Annex, site: Site, world: World, run: str) -> Back:
    """A site sends the old cards it collected back with the courier, and the annex counts and stores them."""
    clerk, day = site.worker, world.day.isoformat()
    codes: list[str] = (await annex.workers[0].post("/control-numbers", {"count": COLLECTED}))["cards"]
    taken = {"kind": "collected", "source": "counter", "cards": codes, "day": day}
    await clerk.post("/collections", taken)
    bag: str = (await clerk.post("/returns", {"run_day": day}))["code"]
    path, seal = f"/returns/{bag}/scans", f"KR-{world.day:%m%d}-001"
    await clerk.scan_refused(path, clerk.of(codes[0]), "wrong_reason", return_reason="undelivered")
    await clerk.scan(path, [clerk.of(code) for code in codes], return_reason="collected")
    await clerk.refused("count-differs", f"/batches/{bag}/seal", {"seal_number": seal, "counted": 2})
    await clerk.post(f"/batches/{bag}/seal", {"seal_number": seal, "counted": len(codes)})
    await clerk.scan(f"/runs/{run}/loads", [clerk.of(bag)])
    (manifest,) = await clerk.post(f"/runs/{run}/dispatch")
    for paper in ("return-slip", "transfer-slip"):
        await clerk.paper("GET", f"/manifests/{manifest['code']}/{paper}.pdf", site.slug)
    await annex.crew.post(f"/runs/{run}/take-over", {"origin": site.place})
    close = await _receive(annex, manifest["code"], bag, seal, codes)
    await annex.manager.paper("GET", f"/manifests/{manifest['code']}/receipt.pdf", site.slug)
    return Back(manifest["code"], frozenset(codes), close)


async def _receive(
    annex: Annex, manifest: str, bag: str, seal: str, codes: Sequence[str]
) -> Mapping[str, Any]:
    """The annex receives as a site does, closes the receipt and puts the cards away."""
    clerk, named = annex.workers[0], {"supervisor": annex.city.person}
    await clerk.scan("/scans", [clerk.of(manifest), clerk.of(bag, seal_number=seal)], **named)
    await clerk.scan("/scans", [clerk.of(code) for code in codes], **named)
    close: Mapping[str, Any] = await annex.manager.post(
        f"/manifests/{manifest}/close", {**named, "missing": 0}
    )
    vault = (await clerk.get(f"/places/{annex.place}/vaults"))[0]["code"]
    slots = await clerk.every(f"/vaults/{vault}/slots")
    free = next(slot["code"] for slot in slots if slot["capacity"] - slot["occupied"] >= len(codes))
    await clerk.scan(f"/slots/{free}/scans", [clerk.of(code) for code in codes])
    return close


def not_back(back: Back, annex: str, cards: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the way back: every card that left a site lies in the annex's vault, once."""
    if (back.close["dispatched"], back.close["accepted"]) != (len(back.cards), len(back.cards)):
        yield f"return {back.manifest}: {len(back.cards)} cards left, {back.close['accepted']} were accepted"
    found = {card["code"]: (card["place"], card["state"]) for card in cards if card["code"] in back.cards}
    for code in sorted(back.cards):
        if found.get(code) != (annex, "stored"):
            yield f"card {code}: {found.get(code)} answered, stored at the annex happened"
