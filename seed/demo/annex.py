"""The annex's part of the day: unpack, set up, pack, seal, load, release to the courier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stdnum.jp import in_ as individual_number

from seed import contract
from seed.demo.approving import approved
from seed.demo.clerk import Clerk, share
from seed.demo.door import Surprise
from seed.demo.world import Bag, Box, World

HEADING = "管理番号,種別,配送先,小箱"
# What else is printed as a barcode on a desk: the code of a web page, and a My Number, here a made-up one.
WEB_ADDRESS = "https://www.city.kyoto.lg.jp/"
MADE_UP = "98765432109"
MY_NUMBER = MADE_UP + str(individual_number.calc_check_digit(MADE_UP))


@dataclass(frozen=True, slots=True)
class Annex:
    """Who works at the annex, and what they know: places by number, the city's courier and its crew."""

    manager: Clerk
    city: Clerk
    workers: Sequence[Clerk]
    crew: Clerk
    crew_names: Sequence[str]
    courier: str
    places: Mapping[int, str]

    @property
    def place(self) -> str:
        """The annex's own code."""
        return self.places[0]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came of unpacking, by the outcomes of its scans and the closes of its boxes."""

    arrival: str
    boxes: int
    outcomes: Mapping[str, int]
    missing: int
    ready: frozenset[str]


async def take_in(annex: Annex, world: World) -> Unpacked:
    """Import the list, unpack every box with two people, clear up what was found where it is not listed."""
    clerk = annex.workers[0]
    text = arrival_list(world)
    await _send_faulty_list(clerk, text)
    imported = await clerk.send("/arrivals", text.encode("cp932"))
    await clerk.refused("already-imported", "/arrivals", content=text.encode("cp932"))
    codes = imported["boxes"]
    answers = await share(
        annex.workers, world.boxes, lambda clerk, box: _unpack(clerk, world, box, codes[box.label])
    )
    found = [answer for answered in answers for answer in answered]
    # A card listed in another box is carried there, before that box is closed.
    for stray in [answer for answer in found if answer["outcome"] == "wrong_box"]:
        found += await clerk.scan(f"/boxes/{stray['belongs_to']}/scans", [clerk.of(stray["code"])])
        reason = "別の小箱から見つかり、一覧の小箱で検品した"
        await _explain(annex, stray["discrepancy"], reason)
    await clerk.refused("second-person-needed", f"/boxes/{codes['001']}/close", {"emptied_by": clerk.person})
    seen = {answer["code"] for answer in found if answer["outcome"] in ("checked_in", "damaged")}
    missing = await share(
        annex.workers, world.boxes, lambda clerk, box: _close(annex, clerk, box, codes[box.label], seen)
    )
    ready = frozenset(answer["code"] for answer in found if answer["outcome"] == "checked_in")
    outcomes = Counter(answer["outcome"] for answer in found)
    return Unpacked(imported["arrival"], len(codes), outcomes, sum(missing), ready)


async def set_up(annex: Annex, world: World, unpacked: Unpacked) -> int:
    """Record set-up and notice of everything that was checked in but the card whose chip fails; how many."""
    cards = sorted(unpacked.ready - {world.mishaps.dead.code})
    marked = {"cards": cards, "day": world.day.isoformat()}
    await annex.manager.post("/setups", marked)
    await annex.manager.refused("cards-refused", "/setups", marked)
    done = await annex.manager.post("/notices", marked)
    return int(done["cards"])


async def pack(annex: Annex, world: World) -> None:
    """Pack and seal every bag; the first one with the mistakes that people make."""
    first, second = (world.bags_for(site)[0] for site in world.mishaps.swapped)
    await _pack_with_mistakes(annex, world, second, theirs=first.packed[0])
    await share(
        annex.workers,
        [bag for bag in world.bags if bag is not second],
        lambda clerk, bag: _pack(annex, clerk, world, bag),
    )
    unused = {"seal_number": "KS-0000-001", "counted": len(first.packed)}
    await annex.manager.refused("step-refused", f"/batches/{first.code}/seal", unused)


async def load_and_release(annex: Annex, world: World) -> tuple[str, list[dict[str, Any]]]:
    """Load every bag and release the run; its code and the manifests, one for each site."""
    plan = {
        "run_day": world.day.isoformat(),
        "courier": annex.courier,
        "crew": list(annex.crew_names[:2]),
        "vehicle": "京都 400 あ 12-34",
    }
    run = (await annex.manager.post("/runs", plan))["code"]
    clerk = annex.workers[0]
    await clerk.scan(f"/runs/{run}/loads", [clerk.of(bag.code) for bag in world.bags[1:]])
    await clerk.refused("run-not-ready", f"/runs/{run}/dispatch")
    await clerk.scan(f"/runs/{run}/loads", [clerk.of(world.bags[0].code)])
    await clerk.scan_refused(f"/runs/{run}/loads", clerk.of(world.bags[0].code), "already_loaded")
    manifests: list[dict[str, Any]] = await annex.manager.post(f"/runs/{run}/dispatch")
    return run, manifests


async def print_papers(annex: Annex, world: World, manifests: Sequence[dict[str, Any]]) -> None:
    """Print what travels with the run: a manifest and a transfer slip for each site, and labels."""
    slugs = {annex.places[place.number]: place.slug for place in contract.places()}

    async def both(clerk: Clerk, manifest: dict[str, Any]) -> None:
        slug = slugs[manifest["destination"]]
        await clerk.paper("GET", f"/manifests/{manifest['code']}/manifest.pdf", slug)
        await clerk.paper("GET", f"/manifests/{manifest['code']}/transfer-slip.pdf", slug)

    await share(annex.workers, manifests, both)
    clerk = annex.workers[0]
    # The first copy got wet at the printer; a reprint says that it is one.
    await clerk.paper(
        "GET", f"/manifests/{manifests[0]['code']}/manifest.pdf", slugs[manifests[0]["destination"]]
    )
    await clerk.paper("POST", "/labels/batches", body={"batches": [bag.code for bag in world.bags]})
    sleeves = [card.code for card in world.boxes[0].listed]
    await clerk.paper("POST", "/labels/sleeves", body={"cards": sleeves})


def arrival_list(world: World) -> str:
    """The list as the sender's office writes it."""
    kinds = {kind.code: kind.name for kind in contract.kinds()}
    sites = {place.number: place.short_name for place in contract.places()}
    lines = [
        f"{card.code},{kinds[card.kind]},{sites[card.site]},{box.label}"
        for box in world.boxes
        for card in box.listed
    ]
    return "\r\n".join([HEADING, *lines, ""])


async def _send_faulty_list(clerk: Clerk, text: str) -> None:
    """A list with a ward outside the contract, a line twice and a kind that does not exist: three faults at once."""
    lines = text.split("\r\n")
    ward, kind = lines[1].split(","), lines[2].split(",")
    lines[1] = ",".join([*ward[:2], "右京", ward[3]])
    lines[2] = ",".join([kind[0], "運転免許証", *kind[2:]])
    lines.insert(4, lines[3])
    said = await clerk.refused("list-invalid", "/arrivals", content="\r\n".join(lines).encode("cp932"))
    if {fault["line"] for fault in said["problems"]} != {2, 3, 5}:
        raise Surprise(f"the faults of a list were named as {said['problems']}")


async def _unpack(clerk: Clerk, world: World, box: Box, code: str) -> list[dict[str, Any]]:
    await clerk.post(f"/boxes/{code}/open")
    scans = [clerk.of(card, damaged=card == world.mishaps.torn.code) for card in box.inside]
    return await clerk.scan(f"/boxes/{code}/scans", scans)


async def _close(annex: Annex, clerk: Clerk, box: Box, code: str, seen: Collection[str]) -> int:
    """Close a box that a colleague has seen empty; how many of its cards are missing after a search."""
    second = next(other.person for other in annex.workers if other is not clerk)
    path, body = f"/boxes/{code}/close", {"emptied_by": second}
    if gone := sorted(card.code for card in box.listed if card.code not in seen):
        said = await clerk.refused("box-not-done", path, body)
        if sorted(said["unaccounted"]) != gone:
            raise Surprise(f"box {code}: {said['unaccounted']} are said to be unaccounted for, not {gone}")
    return int((await clerk.post(path, {**body, "missing": gone}))["missing"])


async def _explain(annex: Annex, difference: str, reason: str) -> None:
    path, body = f"/discrepancies/{difference}/resolve", {"how": "explain", "reason": reason}
    await annex.manager.refused("approval-needed", path, body)
    given = await approved(annex.manager, annex.city, "write_off", difference, {"reason": reason})
    await annex.manager.post(path, {**body, "approval": given["code"]})


async def _open(annex: Annex, clerk: Clerk, world: World, bag: Bag) -> str:
    body = {"destination": annex.places[bag.site], "run_day": world.day.isoformat()}
    bag.code = (await clerk.post("/batches", body))["code"]
    return f"/batches/{bag.code}"


async def _pack(annex: Annex, clerk: Clerk, world: World, bag: Bag) -> None:
    path = await _open(annex, clerk, world, bag)
    await clerk.scan(f"{path}/scans", [clerk.of(code) for code in bag.packed])
    await clerk.post(f"{path}/seal", {"seal_number": bag.seal, "counted": len(bag.packed)})


async def _pack_with_mistakes(annex: Annex, world: World, bag: Bag, theirs: str) -> None:
    """Pack a bag with everything that should not go in; `theirs` is a card for the bag on the next table."""
    clerk, mishaps = annex.workers[0], world.mishaps
    path = await _open(annex, clerk, world, bag)
    for code, outcome in (
        (theirs, "wrong_site"),
        (mishaps.dead.code, "not_ready"),
        (mishaps.lost.code, "not_ready"),
        (mishaps.torn.code, "on_hold"),
        (mishaps.unlisted, "unknown"),
        (bag.packed[0][:-1] + "*", "malformed"),
        (WEB_ADDRESS, "malformed"),
        (MY_NUMBER, "guard"),
    ):
        await clerk.scan_refused(f"{path}/scans", clerk.of(code), outcome)
    scans = [clerk.of(code) for code in bag.packed]
    first = await clerk.scan(f"{path}/scans", scans)
    # The answer was lost on the line: the same request again gets the same answers.
    again = await clerk.scan(f"{path}/scans", scans)
    if [{**answer, "repeated": True} for answer in first] != again:
        raise Surprise("a repeated request did not get the answers of the first")
    await clerk.scan_refused(f"{path}/scans", clerk.of(bag.packed[0]), "already_packed")
    seal = {"seal_number": bag.seal, "counted": len(bag.packed)}
    await clerk.refused("count-differs", f"{path}/seal", {**seal, "counted": len(bag.packed) - 1})
    await clerk.post(f"{path}/seal", {**seal, "seal_number": f"{bag.seal}-X"})
    reason = "封印の貼り損じのため、貼り直す"
    given = await approved(annex.manager, annex.city, "unseal", bag.code, {"reason": reason})
    await annex.manager.post(f"{path}/unseal", {"reason": reason, "approval": given["code"]})
    await clerk.refused("seal-used", f"{path}/seal", {**seal, "seal_number": f"{bag.seal}-X"})
    await clerk.post(f"{path}/seal", seal)
