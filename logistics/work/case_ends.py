"""How the case of a missing card ends: found again, or given up as lost by the city's decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.log import timestamp
from logistics.rules import permissions
from logistics.rules.counting import CaseEnd
from logistics.rules.errors import CaseEnded, StepRefused
from logistics.rules.lifecycle import CARD, CardState, CardStep
from logistics.rules.permissions import Actor, Where
from logistics.store.database import driver
from logistics.work import approvals, discrepancies, missing, sightings

_END = """
INSERT INTO missing_case_end (case_code, how, reason, ended_at, ended_by, decided_by, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def found(session: AsyncSession, actor: Actor, code: str, reason: str, now: datetime) -> dict[str, Any]:
    """End the case of a card that turned up; where it is set aside here, it comes back into the flow.

    Raises NotFound, CaseEnded, StepRefused while the card is still missing or after it was given up.
    """
    permissions.require(actor, "resolve")
    case = await missing.own(session, actor, code, lock=True)
    if case["how"]:
        raise CaseEnded(code, case["state"])
    state = CardState(case["card_state"])
    if state in (CardState.MISSING, CardState.LOST):
        raise StepRefused("found", [case["card"]], state, CARD.steps_from(state))
    row = await (await driver(session)).fetchrow(
        "SELECT place, destination, set_up_on FROM card WHERE code = $1 FOR NO KEY UPDATE", case["card"]
    )
    step = None
    if state is CardState.HELD and row["place"] == actor.place:
        if actor.where is Where.ANNEX:
            step = CardStep.READMIT
        elif row["destination"] == actor.place and row["set_up_on"] is not None:
            step = CardStep.ACCEPT
    act = Act(
        step.value if step else "end_case",
        actor,
        case["place"],
        now,
        step=step,
        cards=[case["card"]] if step else [],
        place=row["place"] if step else None,
        custodian=row["place"] if step else None,
        reason=reason,
        facts={"case": code, "how": CaseEnd.FOUND.value},
    )
    (taken,) = await take(session, [act], now)
    await _end(session, actor, case, CaseEnd.FOUND, reason, None, taken.entry, now)
    return await missing.one(session, code)


async def lost(
    session: AsyncSession, actor: Actor, code: str, reason: str, approval: str | None, now: datetime
) -> dict[str, Any]:
    """Give the card up as lost: the leader acts, a city employee has approved it, shown the case (紛失確定).

    Raises NotFound, CaseEnded, StepRefused for a card that is not missing, ApprovalNeeded, ApprovalUnusable.
    """
    permissions.require(actor, "confirm_lost")
    case = await _missing(session, actor, code, lock=True)
    shown = await _shown(session, case, reason)
    facts = await approvals.consume(session, actor, "confirm_lost", code, shown, approval, now)
    decided_by = str(facts["approved_by"])
    act = Act(
        CardStep.CONFIRM_LOST.value,
        actor,
        case["place"],
        now,
        step=CardStep.CONFIRM_LOST,
        cards=[case["card"]],
        supervisor=decided_by,
        reason=reason,
        facts={"case": code, "how": CaseEnd.LOST.value, "approved": facts},
    )
    (taken,) = await take(session, [act], now)
    if case["card"] not in taken.cards:
        raise StepRefused(CardStep.CONFIRM_LOST, [case["card"]], case["card_state"], [])
    await _end(session, actor, case, CaseEnd.LOST, reason, decided_by, taken.entry, now)
    return await missing.one(session, code)


async def lost_shown(
    session: AsyncSession, actor: Actor, code: str, details: Mapping[str, Any]
) -> dict[str, Json]:
    """What the city sees of a card that is to be given up: its last sighting, and how much was searched."""
    permissions.require(actor, "confirm_lost")
    (reason,) = approvals.details_of(details, "reason")
    return await _shown(session, await _missing(session, actor, code), reason)


async def _missing(session: AsyncSession, actor: Actor, code: str, *, lock: bool = False) -> dict[str, Any]:
    case = await missing.own(session, actor, code, lock=lock)
    if case["how"]:
        raise CaseEnded(code, case["state"])
    state = CardState(case["card_state"])
    if state is not CardState.MISSING:
        raise StepRefused(CardStep.CONFIRM_LOST, [case["card"]], state, CARD.steps_from(state))
    return case


async def _shown(session: AsyncSession, case: Mapping[str, Any], reason: str) -> dict[str, Json]:
    seen = (await sightings.last(session, [case["card"]])).get(case["card"])
    return {
        "place": case["place"],
        "card": case["card"],
        "kind": case["kind"],
        "cause": case["cause"],
        "opened_at": timestamp(case["opened_at"]),
        "last_seen_at": timestamp(seen["occurred_at"]) if seen else None,
        "last_seen_by": seen["actor"] if seen else None,
        "marks": case["marks"],
        "reason": reason,
    }


async def _end(
    session: AsyncSession,
    actor: Actor,
    case: dict[str, Any],
    how: CaseEnd,
    reason: str,
    decided_by: str | None,
    entry: int,
    now: datetime,
) -> None:
    """Write the end, and settle the difference that said the card was short."""
    await (await driver(session)).execute(_END, case["code"], how, reason, now, actor.code, decided_by, entry)
    shorts = await discrepancies.open_shorts(session, [case["card"]])
    await discrepancies.settle(session, list(shorts.values()), how, reason, [entry] * len(shorts), now)
