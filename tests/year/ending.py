"""Supplies through the year, and its end: everything counted in full, handed on, acknowledged by both sides."""

from __future__ import annotations

import asyncio
from datetime import date

from seed.load import person_code
from tests.http.day import Clerk
from tests.sessions import confirm_everybody
from tests.year import working
from tests.year.stage import Stage, There

CENTER = 13
STOCK = {"seal": 20_000, "envelope": 250_000, "notice_paper": 200_000, "bag": 60, "box": 60, "key": 30}


async def supply(stage: Stage, day: date) -> None:
    """The city hands over what the year needs; bags and keys go on to the sites."""
    annex = stage.annex
    lines = [{"item": item, "pieces": pieces} for item, pieces in STOCK.items()]
    body = {"lines": lines, "day": day.isoformat(), "city": annex.city.code}
    receipt = (await annex.clerk.post("/supplies/receipts", body))["number"]
    await stage.paper(annex.clerk, f"/documents/{receipt}/paper.pdf", "P15-受領書.pdf")
    for there in stage.sites:
        lines = [{"item": "seal", "pieces": 300}, {"item": "bag", "pieces": 2}, {"item": "key", "pieces": 2}]
        body = {"lines": lines, "day": day.isoformat(), "to": there.place}
        await annex.clerk.post("/supplies/moves", body)


async def use(stage: Stage) -> None:
    """What was used up since the last time: a seal for each bag, an envelope for each card."""
    day = stage.today.isoformat()
    for number, used in stage.used.items():
        lines = [{"item": item, "pieces": pieces} for item, pieces in used.items() if pieces]
        if lines:
            await stage.places[number].clerk.post("/supplies/uses", {"lines": lines, "day": day})
    stage.used.clear()


async def spend(stage: Stage, there: There) -> int:
    """Destroy the manifests that are of no use any more; how many."""
    spent = [
        one["code"]
        for one in (await there.clerk.get("/no-longer-needed", limit=500))["items"]
        if one["kind"] == "manifest"
    ]
    if spent:
        body = {"manifests": spent, "how": "destroyed", "day": stage.today.isoformat()}
        await there.clerk.post("/no-longer-needed/papers", body)
    return len(spent)


async def prolong(stage: Stage) -> None:
    """The manager stays registered and trained beyond the last day: the last month is closed after it."""
    manager = Clerk(stage.client, person_code(CENTER, 89))
    privacy = Clerk(stage.client, person_code(0, 94))
    subject = stage.annex.leader.code
    known = (await manager.get(f"/people/{subject}/registration"))["versions"][-1]
    details = {
        **{name: known[name] for name in ("name", "role", "employer", "employment")},
        "home": known["place"],
        "effective_from": stage.today.isoformat(),
        "registered_from": known["registered_from"],
        "registered_to": "2027-04-30",
        "reason": "契約終了後の月次締めのため",
    }
    given = await stage.approved(manager, privacy, "register_person", subject, **details)
    await manager.post("/registrations", details | {"person": subject, "approval": given})
    body = {
        "held_on": stage.today.isoformat(),
        "topic": "個人情報保護・業務研修",
        "valid_to": "2027-04-30",
        "reference": "研修-R8-終了",
    }
    await manager.post(f"/people/{subject}/trainings", body)


async def hand_everything_on(stage: Stage, day: date) -> dict[str, int]:
    """The last evening: what is left is counted sleeve by sleeve, scanned over, and P18 acknowledged."""
    manager, city = stage.annex.leader, stage.annex.city
    stage.at(day, 16, 30)
    await confirm_everybody(stage.database, stage.clock())
    await use(stage)
    annex = stage.annex.clerk
    broken = {"lines": [{"item": "box", "pieces": 1}], "day": day.isoformat(), "reason": "落下により破損した"}
    await annex.post("/supplies/losses", broken)
    year = {"first": stage.plan.months[0].isoformat(), "last": day.isoformat(), "everywhere": True}
    made = await manager.post("/supplies/statements", year)
    await stage.paper(manager, f"/documents/{made['number']}/paper.pdf", "P15-使用明細書-全拠点.pdf")
    for there in stage.places.values():
        await _return_supplies(stage, there, day)
    body = {
        "receiver": "contractor",
        "successor": "令和9年度受託者",
        "reference": "R9-市民-1",
        "directed_by": city.code,
    }
    succession = await manager.post("/successions", body)
    code = succession["code"]
    await asyncio.gather(*(_hand_on(stage, there, code) for there in stage.places.values()))
    done = await manager.post(f"/successions/{code}/conclude")
    path = f"/successions/{code}/acknowledgements"
    said = {"sha256": done["sha256"]}
    await manager.post(path, said | {"side": "giver", "named": "受託者 統括管理者"})
    both = await city.post(path, said | {"side": "taker", "named": "次期受託者 統括管理者"})
    assert both["acknowledged"] == ["giver", "taker"], both
    await stage.paper(manager, f"/documents/{done['document']}/paper.pdf", "P18-引継書.pdf")
    return {name: sum(one[name] for one in both["places"]) for name in ("opening", "transferred", "left")}


async def _hand_on(stage: Stage, there: There, code: str) -> None:
    for vault in there.vaults:
        if vault.lying():
            await working.count(stage, there, vault, "full")
    cards = list(there.where)
    if cards:
        directed = {"supervisor": there.city.code}
        await stage.scans(there.leader, f"/successions/{code}/scans", cards, "handed_on", **directed)
        there.take(cards)
    there.waiting.clear()
    there.forgotten.clear()
    there.collected.clear()


async def _return_supplies(stage: Stage, there: There, day: date) -> None:
    left = [one for one in await there.clerk.get("/supplies", place=there.place) if one["balance"]]
    if not left:
        return
    lines = [{"item": one["item"], "pieces": one["balance"]} for one in left]
    body = {"lines": lines, "day": day.isoformat(), "city": there.city.code}
    number = (await there.clerk.post("/supplies/returns", body))["number"]
    if there.number in (0, 1):
        await stage.paper(there.clerk, f"/documents/{number}/paper.pdf", f"P15-使用明細書-{there.number}.pdf")
