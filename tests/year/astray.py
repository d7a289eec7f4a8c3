"""What goes wrong between annex and site, once a month: cards and bags at the wrong site, torn seals, what stays behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from seed.load import place_code
from tests.sessions import confirm_everybody
from tests.year import working
from tests.year.stage import Stage, There
from tests.year.working import Bag

WHY_OPENED = "封入枚数を確かめるため"


async def open_again(stage: Stage, bag: Bag) -> Bag:
    """A sealed bag is opened again by two people, counted, and gets another seal."""
    annex = stage.annex
    await confirm_everybody(stage.database, stage.clock())
    given = await stage.approved(annex.leader, annex.city, "unseal", bag.code, reason=WHY_OPENED)
    await annex.leader.post(f"/batches/{bag.code}/unseal", {"reason": WHY_OPENED, "approval": given})
    seal = f"KS-{next(stage.numbers):07d}"
    await annex.clerk.post(f"/batches/{bag.code}/seal", {"seal_number": seal, "counted": len(bag.cards)})
    stage.use(0, seal=1)
    return replace(bag, seal=seal)


async def receive(stage: Stage, bags: list[Bag], day: date) -> list[Bag]:
    """Receive what does not come as it should; the bags that come as they should.

    A card lies in another site's bag and is held there until it goes back; a bag is brought to another site first,
    and comes on; a seal is torn; a number cannot be scanned and is typed by two people.
    """
    odd, by_site = stage.plan.odd(day), {bag.site: bag for bag in bags}
    await confirm_everybody(stage.database, stage.clock())
    stray = by_site[odd.card_of].left[-1]
    await working.receive(stage, by_site[odd.card_at], stranger=stray)
    stage.places[odd.card_at].strays.append(stray)
    await working.receive(stage, by_site[odd.card_of], absent=stray)
    stage.places[odd.card_of].forgotten.remove((stage.today, stray))
    await _bring_to_the_wrong_site(stage, by_site[odd.bag_of], stage.places[odd.bag_at])
    await working.receive(stage, by_site[odd.bag_of])
    await working.receive(stage, by_site[odd.torn], torn=True)
    await _settle(stage, stage.places[odd.torn], "broken_seal", "到着時に封印が破れていた。枚数に異常なし")
    await working.receive(stage, by_site[odd.typed], typed=True)
    done = {odd.card_of, odd.card_at, odd.bag_of, odd.torn, odd.typed}
    return [bag for bag in bags if bag.site not in done]


async def _bring_to_the_wrong_site(stage: Stage, bag: Bag, wrong: There) -> None:
    """The bag is scanned where it does not belong, and handed on."""
    scans = {"scans": [stage.scan(bag.code, seal_number=bag.seal)], "supervisor": wrong.city.code}
    (answer,) = (await wrong.clerk.post("/scans", scans))["outcomes"]
    assert (answer["outcome"], answer["belongs_to"]) == ("unexpected", place_code(bag.site)), answer
    await _settle(stage, wrong, "misrouted", "誤って届いた搬送袋を同日中に正しい拠点へ引き渡した")


async def _settle(stage: Stage, there: There, kind: str, reason: str) -> None:
    """A difference about a bag is written down, put on paper, and ended as the city agrees."""
    found = (await there.leader.get("/discrepancies", place=there.place, kind=kind, open="true"))["items"]
    for one in (one for one in found if one["card"] is None):
        path = f"/discrepancies/{one['code']}"
        await there.leader.post(f"{path}/notes", {"reason": reason})
        made = await there.leader.post(f"{path}/reports")
        name = f"P10-{kind}.pdf"
        await stage.paper(there.leader, f"/documents/{made['document']}/paper.pdf", name)
        given = await stage.approved(there.leader, there.city, "write_off", one["code"], reason=reason)
        ending = {"how": "explain", "reason": reason, "approval": given}
        await there.leader.post(f"{path}/resolve", ending)


async def leave_behind(stage: Stage, there: There, batch: str) -> date:
    """The courier did not load it: it is recalled for the next run; that one's day."""
    day = stage.plan.calendar.next_run_day(stage.today)
    body = {"run_day": day.isoformat(), "reason": "配送業者が積み残した"}
    await there.leader.post(f"/batches/{batch}/recall", body)
    return day
