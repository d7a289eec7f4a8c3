"""The city decides on a proposal, on exactly what it was shown; what is taken off one stays stored where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.calendar import Calendar, business_date
from logistics.rules.disposal import CERTIFICATE_DAYS
from logistics.rules.errors import CardsRefused, InvalidValue, ProposalNotReady
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import approvals, places, proposing, retaining
from logistics.work.scans import Row

_DECIDED = """
INSERT INTO proposal_decision (proposal, approved, reason, witness_requested, photos_requested, certificate_due_on,
                               proposed_by, decided_by, decided_at, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

_ON_PROPOSAL = frozenset({CardState.PROPOSED, CardState.APPROVED, CardState.PICKED})


async def decide(
    session: AsyncSession,
    actor: Actor,
    code: str,
    digest: bytes,
    *,
    approved: bool,
    reason: str | None,
    witness_requested: bool,
    photos_requested: bool,
    certificate_due_on: date | None,
    now: datetime,
) -> Row:
    """The city approves a proposal as it was shown, or refuses it: then its cards stay stored as they are.

    With it the city says whether it wants to witness, wants photos, and by when the certificate is due (five working
    days where it names none). Raises what approvals raise; CardsRefused while a card is held from disposal.
    """
    permissions.require(actor, "approve_disposal")
    proposal = await proposing.lock(session, None, code)
    await proposing.require_undecided(session, code)
    today, asked = business_date(now), await proposing.one(session, code, business_date(now))
    if asked["approval"] is None:
        raise ProposalNotReady(code, "nobody has asked for its approval.")
    due = certificate_due_on or _after(await places.calendar(session), today, CERTIFICATE_DAYS)
    if due < today:
        raise InvalidValue("certificate_due_on", "lies in the past")
    cards = await _cards(session, code, CardState.PROPOSED)
    shown = await proposing.shown_of(session, code, proposal["note"])
    await approvals.decide(session, actor, asked["approval"], digest, approved, now, reason)
    facts: dict[str, Json] = {"proposal": code, "approved": approved}
    if approved:
        if held := await retaining.held(session, cards, today):
            refused = [{"card": card, "state": "on_hold"} for card in sorted(held)]
            raise CardsRefused(CardStep.APPROVE, refused)
        used = await approvals.consume(session, actor, "propose", code, shown, asked["approval"], now)
        facts |= {"approval": used, "witness_requested": witness_requested, "due_on": due.isoformat()}
    step = CardStep.APPROVE if approved else CardStep.WITHDRAW
    act = Act(step.value, actor, proposal["place"], now, step=step, cards=cards, reason=reason, facts=facts)
    (taken,) = await take(session, [act], now)
    assert set(taken.cards) == set(cards), "a locked card of a proposal did not move"
    await (await driver(session)).execute(
        _DECIDED,
        code,
        approved,
        reason,
        approved and witness_requested,
        approved and photos_requested,
        due if approved else None,
        proposal["proposed_by"],
        actor.code,
        now,
        taken.entry,
    )
    return await proposing.one(session, code, today)


async def withdraw(
    session: AsyncSession, actor: Actor, code: str, cards: Sequence[str], reason: str, now: datetime
) -> Row:
    """Take cards off a proposal, all of them where none is named; before it is decided, only all.

    They are stored again where they lie: what was picked, in the locked stock, from which it is moved away.
    """
    permissions.require(actor, "withdraw")
    await proposing.lock(session, actor, code)
    rows = await (await driver(session)).fetch(proposing.OF_PROPOSAL, code)
    states = {row["code"]: row["state"] for row in rows if row["state"] in _ON_PROPOSAL}
    asked = sorted(set(cards) or states)
    if refused := [card for card in asked if card not in states]:
        raise CardsRefused(CardStep.WITHDRAW, [{"card": c, "state": "not on it"} for c in refused])
    if not asked:
        raise ProposalNotReady(code, "no card is on it any more.")
    if CardState.PROPOSED in states.values() and set(asked) != set(states):
        raise InvalidValue("cards", "before the city has decided, a proposal is withdrawn as a whole")
    act = Act(
        "withdraw",
        actor,
        actor.home,
        now,
        step=CardStep.WITHDRAW,
        cards=asked,
        reason=reason,
        facts={"proposal": code},
    )
    await take(session, [act], now)
    return await proposing.one(session, code, business_date(now))


async def _cards(session: AsyncSession, code: str, state: CardState) -> list[str]:
    rows = await (await driver(session)).fetch(proposing.OF_PROPOSAL, code)
    cards = [row["code"] for row in rows if row["state"] == state]
    if not cards:
        raise ProposalNotReady(code, f"none of its cards is {state} any more.")
    return cards


def _after(calendar: Calendar, day: date, working_days: int) -> date:
    for _ in range(working_days):
        day = calendar.next_run_day(day)
    return day
