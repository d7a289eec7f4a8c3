"""What is not every day's work: returns, notices that came back, reminders, disposal, mistakes, the close of a month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from seed.load import person_code
from tests.http.day import new_card
from tests.year import astray, attempts, losses
from tests.year.stage import Stage, There
from tests.year.working import look_for, store

REMINDED_FOR = timedelta(days=91)


async def policy(stage: Stage, day: date) -> None:
    """The city decides how long things are kept."""
    city = stage.annex.city
    rules = [
        {"kind": "standard", "preset": "NAT-2017"},
        {"kind": "overseas", "preset": "NAT-2017"},
        {"kind": "collected", "preset": "COLLECTED"},
        {"kind": "returned_notice", "preset": "NOTICE-3M"},
    ]
    body = {
        "effective_from": day.isoformat(),
        "approver": person_code(0, 92),
        "reference": "R8-市民-1",
        "note": "令和8年度の保管期間",
        "rules": rules,
    }
    await city.post("/retention/policies", body)


@dataclass(frozen=True)
class Returned:
    """A bag on its way back to the annex; `strays` of its cards belong to another site."""

    there: There
    run: str
    batch: str
    seal: str
    cards: list[str]
    strays: list[str]


class Reminded:
    """When the holder of a forgotten card was reminded."""

    def __init__(self) -> None:
        self.on: dict[str, date] = {}


async def remind(stage: Stage, reminded: Reminded) -> int:
    """Post reminders to everybody on the list of the day; how many."""
    clerk = stage.annex.clerk
    cards: list[str] = []
    after = ""
    while True:
        page = await clerk.get("/retention/reminders", after=after, limit=500)
        cards += [one["code"] for one in page["items"]]
        if not page["next"]:
            break
        after = page["next"]
    for at in range(0, len(cards), 1_000):
        body = {"cards": cards[at : at + 1_000], "day": stage.today.isoformat()}
        await clerk.post("/retention/reminders", body)
    reminded.on |= dict.fromkeys(cards, stage.today)
    return len(cards)


async def notices_back(stage: Stage) -> None:
    """Of one site's forgotten cards, a few notices come back undelivered."""
    there = stage.sites[stage.today.month % len(stage.sites)]
    back = [card for _, card in there.forgotten[-3:]]
    if back:
        body = {"cards": back, "day": stage.today.isoformat()}
        await stage.annex.clerk.post("/retention/returned-notices", body)


async def collect(stage: Stage, there: There) -> None:
    """An old card is handed in at the counter, and lies in the vault until it goes to the annex."""
    cards = [new_card()]
    body = {"kind": "collected", "source": "counter", "cards": cards, "day": stage.today.isoformat()}
    await there.clerk.post("/collections", body)
    await store(stage, there, cards)
    there.collected += cards


async def give_back(stage: Stage, there: There, run_day: date, reminded: Reminded) -> list[str]:
    """What is of no use at a site goes to the annex on the day's run, and lies in its vault in the evening."""
    due = [
        card
        for _, card in there.forgotten
        if card in reminded.on and reminded.on[card] + REMINDED_FOR < run_day
    ]
    reasons = {
        "undelivered": due,
        "collected": list(there.collected),
        "defect": list(there.damaged),
        "misrouted": list(there.strays),
    }
    reasons = {reason: cards for reason, cards in reasons.items() if cards}
    if not reasons:
        return []
    batch = await there.clerk.post("/returns", {"run_day": run_day.isoformat()})
    path = f"/returns/{batch['code']}/scans"
    cards = [card for some in reasons.values() for card in some]
    for reason, some in reasons.items():
        await stage.scans(there.clerk, path, some, "packed", return_reason=reason)
    there.take(cards)
    gone = set(cards)
    there.forgotten = [(day, card) for day, card in there.forgotten if card not in gone]
    there.collected, there.damaged, there.strays = [], [], []
    seal = f"KR-{next(stage.numbers):07d}"
    stage.use(there.number, seal=1)
    body = {"seal_number": seal, "counted": len(cards)}
    await there.clerk.post(f"/batches/{batch['code']}/seal", body)
    await stage.scans(there.clerk, f"/runs/{batch['run']}/loads", [batch["code"]], "loaded")
    (manifest,) = await there.clerk.post(f"/runs/{batch['run']}/dispatch")
    sent = Returned(there, batch["run"], batch["code"], seal, cards, reasons.get("misrouted", []))
    if stage.plan.goes_wrong(run_day) and there.number == stage.plan.odd(run_day).left_behind:
        day = await astray.leave_behind(stage, there, sent.batch)
        stage.runs.add(day)
        stage.later(day - run_day, partial(_send_again, stage, sent))
        return cards
    await _take_back(stage, sent, manifest["code"])
    await block(stage, reasons.get("defect", []))
    path = f"/manifests/{manifest['code']}/return-slip.pdf"
    await stage.paper(there.clerk, path, f"P4-{run_day:%Y-%m}.pdf")
    return cards


async def _send_again(stage: Stage, sent: Returned) -> None:
    """What was left behind goes with its next run."""
    run = (await sent.there.clerk.get(f"/batches/{sent.batch}"))["run"]
    sent = replace(sent, run=run)
    await stage.scans(sent.there.clerk, f"/runs/{run}/loads", [sent.batch], "loaded")
    (manifest,) = await sent.there.clerk.post(f"/runs/{run}/dispatch")
    await _take_back(stage, sent, manifest["code"])


async def _take_back(stage: Stage, sent: Returned, manifest: str) -> None:
    annex = stage.annex
    await stage.courier.post(f"/runs/{sent.run}/take-over", {"origin": sent.there.place})
    directed = {"supervisor": annex.city.code}
    first = [stage.scan(manifest), stage.scan(sent.batch, seal_number=sent.seal)]
    answer = await annex.clerk.post("/scans", {"scans": first} | directed)
    assert {one["outcome"] for one in answer["outcomes"]} == {"arrived"}, answer
    await stage.scans(annex.clerk, "/scans", sent.cards, "received", **directed)
    await annex.clerk.post(f"/manifests/{manifest}/close", {"missing": 0} | directed)
    await store(stage, annex, sent.cards)
    for card in sent.strays:
        stage.forward.setdefault(stage.plan.odd(stage.today).card_of, []).append(card)


async def block(stage: Stage, cards: list[str]) -> None:
    """The city blocks what came back damaged: it will be made again, and this one may go."""
    if cards:
        day = stage.today.isoformat()
        body = {"clock": "blocked_on", "cards": cards, "day": day, "reason": "破損のため再発行"}
        await stage.annex.city.post("/retention/clocks", body)


async def dispose(stage: Stage, name: str) -> int:
    """Propose what may go, let the city decide, pick it with two scans, destroy it in the city's presence; how many."""
    annex = stage.annex
    cards: list[str] = []
    after = ""
    while True:
        page = await annex.clerk.get("/retention/candidates", after=after, limit=500, place=annex.place)
        cards += [one["code"] for one in page["items"] if one["obstacle"] is None]
        if not page["next"]:
            break
        after = page["next"]
    for at in range(0, len(cards), 500):
        await _dispose(stage, cards[at : at + 500], name if at == 0 else None)
    return len(cards)


async def _dispose(stage: Stage, cards: list[str], name: str | None) -> None:
    annex = stage.annex
    proposal: Any = await annex.leader.post("/proposals", {"cards": cards, "note": "保管期間満了のため"})
    path = f"/proposals/{proposal['code']}"
    if name:
        await attempts.before_the_decision(stage, proposal, cards[0])
    decision = {"sha256": proposal["sha256"], "approved": True, "witness_requested": True}
    await annex.city.post(f"{path}/decision", decision | {"photos_requested": bool(name)})
    if name:
        await attempts.of_one_on_hold(stage, path, cards[0])
    for slot, part in annex.find_room(cards, 1):
        body = {"picks": [stage.scan(card) | {"slot": slot.code} for card in part]}
        answer = await annex.clerk.post(f"{path}/picks", body)
        assert {one["outcome"] for one in answer["outcomes"]} == {"picked"}, answer["outcomes"][0]
    await annex.clerk.post(f"{path}/destruction", attempts.MACHINE | {"counted": len(cards)})
    if name:
        await attempts.destroy(stage, path, cards[0], "witness_absent")
    await annex.city.post(f"{path}/witness", {"present": True})
    await stage.scans(annex.clerk, f"{path}/destructions", cards, "destroyed")
    if name:
        await attempts.destroy(stage, path, cards[0], "already_destroyed")
        await losses.attach(stage, annex, "destruction", proposal["code"], "裁断後の写真.jpg")
    done = await annex.clerk.post(f"{path}/finish", {"remaining": 0, "photos": []})
    annex.take(cards)
    if name:
        await stage.paper(annex.clerk, f"{path}/proposal.pdf", f"P7-{name}.pdf")
        certificate = done["certificate"]
        path = f"/disposal-certificates/{certificate}/certificate.pdf"
        await stage.paper(annex.clerk, path, f"P8-{name}.pdf")


async def mistakes(stage: Stage, there: There) -> None:
    """A hand-out is undone; a card is missed and found; one kept for a day and one that came back by post go home."""
    if there.waiting:
        card = there.waiting.popleft()
        home = there.where[card]
        await stage.scans(there.clerk, "/take-outs", [card], "taken_out", purpose="issue")
        there.take([card])
        await stage.scans(there.clerk, "/issues", [card], "issued")
        await there.leader.post(f"/cards/{card}/undo-issue", {"reason": "隣のカードと取り違えて読み取った"})
        await stage.scans(there.leader, f"/slots/{home.code}/put-backs", [card], "put_back")
        there.lay(home, [card])
        there.waiting.appendleft(card)
        await look_for(stage, there, card)
        await _there_and_back(stage, there, card)
    kept = [new_card()]
    reason = "機器障害のため翌日に手続を続ける"
    await there.clerk.post("/deposits", {"cards": kept, "supervisor": there.city.code, "reason": reason})
    express = [new_card()]
    body = {"kind": "express", "source": "post", "cards": express, "day": stage.today.isoformat()}
    await there.clerk.post("/collections", body)
    for cards in (kept, express):
        await store(stage, there, cards)
        await stage.scans(there.clerk, "/take-outs", cards, "taken_out", purpose="issue")
        there.take(cards)
        await stage.scans(there.clerk, "/issues", cards, "issued")


async def _there_and_back(stage: Stage, there: There, card: str) -> None:
    """A card goes to the city's employee and comes back, since nobody came; its scan into the wrong slot is undone."""
    home = there.where[card]
    await stage.scans(there.clerk, "/take-outs", [card], "taken_out", purpose="issue")
    common = {"to": there.city.code, "reason": "agent"}
    await stage.scans(there.clerk, "/city-handovers", [card], "with_city", **common)
    await stage.scans(there.clerk, "/city-returns", [card], "back_from_city")
    await stage.scans(there.clerk, f"/slots/{home.code}/put-backs", [card], "put_back")


async def close_month(stage: Stage, month: date) -> bytes:
    """Close a month, print P11; its figures as they are said now, byte for byte."""
    manager, name = stage.annex.leader, f"{month:%Y-%m}"
    figures = await report(stage, month)
    closed = await manager.post("/reports/months", {"month": name})
    assert closed["final"], closed
    await stage.paper(manager, f"/reports/months/{name}/undelivered.pdf", f"P11-{name}.pdf")
    answer = await manager.ask("GET", "/reports/undelivered", params={"month": name, "format": "xlsx"})
    assert answer.status_code == 200, answer.text
    stage.keep(f"P11-{name}.xlsx", answer.content)
    return figures


async def report(stage: Stage, month: date) -> bytes:
    """P11's figures of a month as JSON: as of now, so that they are counted and not read from the closed month."""
    query = {"month": f"{month:%Y-%m}", "as_of": stage.clock().isoformat()}
    answer = await stage.annex.leader.ask("GET", "/reports/undelivered", params=query)
    assert answer.status_code == 200, answer.text
    return answer.content
