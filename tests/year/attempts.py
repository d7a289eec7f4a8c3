"""Attempts to dispose as nobody may, once a month: each is refused, and each is to be found in the log afterwards."""

from __future__ import annotations

from typing import Any

from tests.year.stage import Stage

MACHINE = {"method": "shred", "chip": "shredded", "machine": "裁断機 1号"}


async def before_the_decision(stage: Stage, proposal: Any, card: str) -> None:
    """To pick, to begin, to destroy without approval; and to approve what one proposed oneself."""
    annex, path = stage.annex, f"/proposals/{proposal['code']}"
    await pick(stage, path, card, "not_approved")
    await _refused(stage, f"{path}/destruction", MACHINE | {"counted": 1}, "ProposalNotReady")
    await destroy(stage, path, card, "not_picked")
    said = {"sha256": proposal["sha256"], "approved": True}
    problem = await annex.leader.refused(f"{path}/decision", said)
    assert problem["status"] == 403, problem
    stage.attempted["NotAllowed"] += 1


async def of_one_on_hold(stage: Stage, path: str, card: str) -> None:
    """To pick what is held back meanwhile, until the city ends the hold."""
    body = {
        "card": card,
        "reason": "本人から受取りの申出",
        "requester": "holder",
        "until": stage.today.isoformat(),
    }
    hold = (await stage.annex.leader.post("/retention/holds", body))["code"]
    await pick(stage, path, card, "retained")
    await stage.annex.city.post(f"/retention/holds/{hold}/release", {"reason": "申出が取り下げられた"})


async def pick(stage: Stage, path: str, card: str, expect: str) -> None:
    """Pick a card into the locked stock; it comes to `expect`."""
    ((slot, _),) = stage.annex.find_room([card], 1)
    body = {"picks": [stage.scan(card) | {"slot": slot.code}]}
    (answer,) = (await stage.annex.clerk.post(f"{path}/picks", body))["outcomes"]
    assert answer["outcome"] == expect, answer
    stage.attempted[expect] += 1


async def destroy(stage: Stage, path: str, card: str, expect: str) -> None:
    """Scan a card at the machine: without a witness, twice; it comes to `expect`."""
    await stage.scans(stage.annex.clerk, f"{path}/destructions", [card], expect)
    stage.attempted[expect] += 1


async def _refused(stage: Stage, path: str, body: dict[str, Any], problem: str) -> None:
    await stage.annex.clerk.refused(path, body)
    stage.attempted[problem] += 1
