"""A working day: arrival, set-up, notice, pack, seal, dispatch, courier, receipt, vault, counter, count, close."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date

from logistics.ledger.log import new_uuid
from seed import contract
from seed.load import COURIER, person_code, place_code
from tests.http.day import HEADER, new_card
from tests.year import astray, bookings, losses
from tests.year.stage import Slot, Stage, There, Vault

IN_HAND, CENTER = 100, 13
# The day from which 特定在留カード are made (section 5).
RESIDENCE_FROM = date(2026, 6, 14)


@dataclass(frozen=True)
class Bag:
    """What a run brings to a site: the cards that will be fetched, then those that nobody fetches."""

    site: int
    code: str
    seal: str
    comes: list[str]
    left: list[str]
    manifest: str = ""

    @property
    def cards(self) -> list[str]:
        return self.comes + self.left


async def morning(stage: Stage, day: date, odd: bool) -> list[Bag] | None:
    """From the arrival list to the courier's hands; the run's bags. A run without any goes where something goes back."""
    plan, annex = stage.plan, stage.annex
    wanted = {
        site: (plan.comes.get((site, day), 0), plan.left.get((site, day), 0)) for site in contract.SITES
    }
    wanted = {site: counts for site, counts in wanted.items() if sum(counts) or site in stage.forward}
    if not (wanted or odd or day in stage.runs):
        return None
    stage.at(day, 9)
    body = {
        "run_day": day.isoformat(),
        "courier": COURIER,
        "crew": ["配送乗務員1"],
        "vehicle": "京都 400 あ 12-34",
    }
    run = (await annex.clerk.post("/runs", body))["code"]
    if not wanted:
        return []
    cards = {site: [new_card() for _ in range(sum(counts))] for site, counts in wanted.items()}
    await _arrive(stage, day, cards, one_is_not_there=plan.goes_wrong(day))
    forwarded = {site: stage.forward.pop(site, []) for site in wanted}
    annex.take(card for some in forwarded.values() for card in some)
    bags = list(
        await asyncio.gather(
            *(_pack(stage, day, site, cards[site] + forwarded[site], wanted[site][0]) for site in wanted)
        )
    )
    if plan.goes_wrong(day):
        bags[0] = await astray.open_again(stage, bags[0])
    stage.at(day, 10)
    await stage.scans(annex.clerk, f"/runs/{run}/loads", [bag.code for bag in bags], "loaded")
    manifests = await annex.clerk.post(f"/runs/{run}/dispatch")
    by_place = {one["destination"]: one["code"] for one in manifests}
    await stage.courier.post(f"/runs/{run}/take-over", {})
    return [replace(bag, manifest=by_place[place_code(bag.site)]) for bag in bags]


async def _arrive(stage: Stage, day: date, cards: dict[int, list[str]], *, one_is_not_there: bool) -> None:
    annex = stage.annex
    label = f"A-{next(stage.numbers)}"
    listed = [card for site in cards for card in cards[site]]
    absent = [new_card()] if one_is_not_there else []
    if not listed and not absent:
        return
    lines = [HEADER]
    lines += [f"{card},standard,{place_code(CENTER)},{label}" for card in absent]
    for site, codes in cards.items():
        lines += [f"{card},{_kind(n, day)},{place_code(site)},{label}" for n, card in enumerate(codes)]
    answer = await annex.clerk.ask("POST", "/arrivals", content="\r\n".join(lines).encode())
    assert answer.status_code == 201, answer.text
    box = answer.json()["boxes"][label]
    await annex.clerk.post(f"/boxes/{box}/open")
    await stage.scans(annex.clerk, f"/boxes/{box}/scans", listed, "checked_in")
    await annex.clerk.post(f"/boxes/{box}/close", {"emptied_by": person_code(0, 3), "missing": absent})
    for card in absent:
        await losses.on_the_list_alone(stage, card)
    for at in range(0, len(listed), 500):
        body = {"cards": listed[at : at + 500], "day": day.isoformat()}
        await annex.clerk.post("/setups", body)
        await annex.clerk.post("/notices", body)


def _kind(n: int, day: date) -> str:
    if n % 50 == 20 and day >= RESIDENCE_FROM:
        return "residence_card"
    return "overseas" if n % 50 == 10 else "standard"


async def _pack(stage: Stage, day: date, site: int, cards: list[str], comes: int) -> Bag:
    clerk = stage.annex.clerk
    body = {"destination": place_code(site), "run_day": day.isoformat()}
    batch = (await clerk.post("/batches", body))["code"]
    bag = Bag(site, batch, f"KS-{next(stage.numbers):07d}", cards[:comes], cards[comes:])
    await stage.scans(clerk, f"/batches/{batch}/scans", cards, "packed")
    await clerk.post(f"/batches/{batch}/seal", {"seal_number": bag.seal, "counted": len(cards)})
    stage.use(0, seal=1, envelope=len(cards))
    return bag


async def receive(
    stage: Stage,
    bag: Bag,
    *,
    damaged: bool = False,
    torn: bool = False,
    typed: bool = False,
    absent: str | None = None,
    stranger: str | None = None,
) -> None:
    """Scan manifest, bag and cards, close the receipt, put the cards away.

    One may be crushed, and is set aside; one may be typed; one may be `absent`, since it lies elsewhere; a `stranger`
    lies here. The seal may be torn.
    """
    there = stage.places[bag.site]
    crushed = bag.comes[-1:] if damaged and there.waiting else []
    sound = [card for card in bag.cards if card not in crushed and card != absent]
    directed = {"supervisor": there.city.code}
    first = [stage.scan(bag.manifest), stage.scan(bag.code, seal_number=bag.seal, seal_intact=not torn)]
    answer = await there.clerk.post("/scans", {"scans": first} | directed)
    said = [one["outcome"] for one in answer["outcomes"]]
    assert said == ["arrived", "broken_seal" if torn else "arrived"], answer
    if typed:
        await _type(stage, there, sound[-1])
    await stage.scans(there.clerk, "/scans", sound[:-1] if typed else sound, "received", **directed)
    for card, outcome in [(card, "damaged") for card in crushed] + [(stranger, "unexpected")] * bool(
        stranger
    ):
        scans = {"scans": [stage.scan(str(card), damaged=outcome == "damaged")]} | directed
        (answer,) = (await there.clerk.post("/scans", scans))["outcomes"]
        assert answer["outcome"] == outcome, answer
    body = {"missing": 1 if absent else 0} | directed
    await there.clerk.post(f"/manifests/{bag.manifest}/close", body)
    await store(stage, there, sound)
    there.damaged += crushed
    there.waiting.extend(card for card in bag.comes if card not in crushed)
    there.forgotten += [(stage.today, card) for card in bag.left]


async def _type(stage: Stage, there: There, card: str) -> None:
    """A bar code is scratched: two people read its number and enter it."""
    said = {"purpose": "receive", "reason": "バーコードに傷", "supervisor": there.city.code}
    given = await stage.approved(there.clerk, there.leader, "enter_manually", card, **said)
    (answer,) = (await there.clerk.post("/manual-entries", said | {"card": card, "approval": given}))[
        "outcomes"
    ]
    assert answer["outcome"] == "received", answer


async def print_papers(stage: Stage, bag: Bag) -> None:
    """The papers of one bag: P1, P2, P3."""
    there, path = stage.places[bag.site], f"/manifests/{bag.manifest}"
    await stage.paper(stage.annex.clerk, f"{path}/manifest.pdf", "P1-発送明細書.pdf")
    await stage.paper(stage.annex.clerk, f"{path}/transfer-slip.pdf", "P2-授受票.pdf")
    await stage.paper(there.clerk, f"{path}/receipt.pdf", "P3-受領書.pdf")


async def store(stage: Stage, there: There, cards: list[str], vault: int = 0) -> None:
    """Put cards away, in the first slots with room."""
    parts = there.find_room(cards, vault)
    # All of them at once: others put away meanwhile, and shall see that these slots are taken.
    for slot, part in parts:
        there.lay(slot, part)
    for slot, part in parts:
        path = f"/slots/{slot.code}/scans"
        await stage.scans(there.clerk, path, part, "stored", supervisor=there.city.code)


async def counter(stage: Stage, there: There, issues: int, *, booked: bool = False) -> None:
    """Hand out so many cards, the oldest first; now and then somebody does not come, or the city hands it over."""
    allowed = False
    if booked:
        issues -= await bookings.issue_booked(stage, there, stage.today, issues)
    while issues:
        cards = [there.waiting.popleft() for _ in range(min(issues, IN_HAND - 1))]
        late = there.waiting.popleft() if there.waiting and stage.random.random() < 0.1 else None
        out = [*cards, late] if late else cards
        if len(out) > 1 and not allowed:
            until = stage.clock().replace(hour=17).isoformat()
            body = {"cards": IN_HAND, "until": until, "reason": "予約分をまとめて準備する"}
            await there.leader.post(f"/people/{there.clerk.code}/hand-allowances", body)
            allowed = True
        homes = {card: there.where[card] for card in out}
        await stage.scans(there.clerk, "/take-outs", out, "taken_out", purpose="issue")
        there.take(out)
        if stage.random.random() < 0.05:
            await _by_city(stage, there, cards[0])
            cards = cards[1:]
            issues -= 1
        if cards:
            await stage.scans(there.clerk, "/issues", cards, "issued")
        issues -= len(cards)
        if late:
            slot = homes[late]
            await stage.scans(there.clerk, f"/slots/{slot.code}/put-backs", [late], "put_back")
            there.lay(slot, [late])
            there.waiting.appendleft(late)


async def _by_city(stage: Stage, there: There, card: str) -> None:
    """An agent comes: the card goes to the city's employee, who hands it over."""
    common = {"to": there.city.code, "reason": "agent"}
    await stage.scans(there.clerk, "/city-handovers", [card], "with_city", **common)
    await stage.scans(there.leader, "/issues", [card], "issued")


async def close(stage: Stage, there: There, day: date) -> None:
    """Count every vault that holds anything by number, and close the day."""
    for vault in there.vaults:
        if vault.lying():
            await count(stage, there, vault)
    path = f"/places/{there.place}/day-closes/{day.isoformat()}"
    await there.leader.post(path, {"second": there.second.code})


async def count(stage: Stage, there: There, vault: Vault, kind: str = "closing") -> None:
    """A clean count: by number, or each card for a full count; what lies aside is scanned with the first vault."""
    body = {"kind": kind, "supervisor": there.city.code, "witness": there.second.code}
    code = (await there.clerk.post(f"/vaults/{vault.code}/counts", body))["code"]
    aside = [*there.damaged, *there.strays] if vault is there.vaults[0] else []
    if aside:
        await stage.scans(there.clerk, f"/counts/{code}/scans", aside, "counted")
    if kind == "full":
        for slot in vault.slots:
            if slot.cards:
                path = f"/counts/{code}/scans"
                await stage.scans(there.clerk, path, slot.cards, "counted", slot=slot.code)
    else:
        at = stage.clock().isoformat()
        tallies = [
            {"id": str(new_uuid()), "slot": slot, "cards": cards, "occurred_at": at}
            for slot, cards in vault.lying().items()
        ]
        for first in range(0, len(tallies), 500):
            part = {"tallies": tallies[first : first + 500]}
            await there.clerk.post(f"/counts/{code}/tallies", part)
    await conclude(there, code)


async def look_for(stage: Stage, there: There, card: str) -> None:
    """A card is not seen in its slot, and reported; whoever counts the slot meets it behind the others."""
    home = there.where[card]
    case = (await there.clerk.post(f"/cards/{card}/missing", {"reason": "棚番に見当たらない"}))["code"]
    body = {"kind": "spot", "slots": [home.code], "supervisor": there.city.code}
    code = (await there.clerk.post(f"/vaults/{vault_of(there, home)}/counts", body))["code"]
    path, others = f"/counts/{code}/scans", [one for one in home.cards if one != card]
    if others:
        await stage.scans(there.clerk, path, others, "counted", slot=home.code)
    await stage.scans(there.clerk, path, [card], "found", slot=home.code)
    await conclude(there, code)
    await there.leader.post(f"/cases/{case}/found", {"reason": "仕切りの裏にあった"})
    await stage.scans(there.clerk, f"/slots/{home.code}/scans", [card], "stored", supervisor=there.city.code)


def vault_of(there: There, slot: Slot) -> str:
    """The vault that a slot is in."""
    return next(vault.code for vault in there.vaults if slot in vault.slots)


async def conclude(there: There, count: str) -> None:
    """End a count in which nothing is missing."""
    ended = await there.clerk.post(f"/counts/{count}/finish")
    if ended["state"] == "to_conclude":
        ended = await there.leader.post(f"/counts/{count}/conclude", {})
    assert (ended["state"], ended["missing"]) == ("concluded", 0), ended
