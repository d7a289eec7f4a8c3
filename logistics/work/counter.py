"""The counter: a card is taken out for a purpose, issued or put back; a wrong scan is undone by a leader."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import NotFound, StepRefused
from logistics.rules.lifecycle import CARD, CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import NOT_ISSUED, TakeOutPurpose, WithoutNotice
from logistics.store.database import driver
from logistics.work import hands, notice_numbers, picks, vault
from logistics.work.locking import lock_cards
from logistics.work.notice_numbers import Known, NoticeHash
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

_ISSUED_BY = """
SELECT entry.uuid, card.state, card.place
FROM card
LEFT JOIN LATERAL (
    SELECT moved.entry
    FROM entry_card AS moved
    WHERE moved.card = card.id AND moved.step = 'issue'
    ORDER BY moved.entry DESC
    LIMIT 1
) AS last ON true
LEFT JOIN entry ON entry.id = last.entry
WHERE card.code = $1
"""


@dataclass(frozen=True, slots=True)
class IssueScan:
    """A sleeve scanned at the counter, with the keyed hash of its notice, or why there is none."""

    scan: Scan
    notice: NoticeHash | None = None
    without: WithoutNotice | None = None


async def take_out(
    session: AsyncSession,
    actor: Actor,
    purpose: TakeOutPurpose,
    pick_list: str | None,
    scans: Sequence[Scan],
    now: datetime,
) -> list[Answer]:
    """Take cards out of their slots into the actor's hand, for a purpose; an outcome per scan.

    One card at a time, unless a leader allowed more. With a pick list, only what stands on it. NotFound for a pick
    list of another place.
    """
    permissions.require(actor, "take_out")
    free = await hands.lock(session, actor, now)
    site = str(actor.place)
    listed = None if pick_list is None else await picks.cards_of(session, actor, pick_list)
    facts = {"purpose": purpose.value} | ({"pick_list": pick_list} if pick_list else {})
    call = Call(
        actor,
        Purpose.TAKE_OUT,
        pick_list or site,
        site,
        scans,
        place=site,
        custodian=site,
        holder=actor.code,
        facts=facts,
        said=(purpose.value,),
    )
    cards = await lock_cards(session, [call])

    def judge(call: Call, scan: Scan, code: str, card: Row | None) -> Verdict:
        nonlocal free
        verdict = _judge_take_out(call, code, card, listed, free)
        free -= verdict.step is not None
        return verdict

    return (await settle(session, [call], cards, judge, CodeType.CARD, now))[0]


def _judge_take_out(
    call: Call, code: str, card: Row | None, listed: frozenset[str] | None, free: int
) -> Verdict:
    if refusal := _not_here(call, card):
        return refusal
    assert card is not None
    state = CardState(card["state"])
    if state in (CardState.OUT, CardState.WITH_CITY):
        return Verdict(Outcome.ALREADY_OUT, belongs_to=card["holder"])
    if state is not CardState.STORED:
        return Verdict(Outcome.NOT_READY, reason=f"it is {state}")
    if listed is not None and code not in listed:
        return Verdict(Outcome.NOT_LISTED)
    if free <= 0:
        return Verdict(Outcome.HAND_FULL)
    return Verdict(Outcome.TAKEN_OUT, CardStep.TAKE_OUT)


async def put_back(
    session: AsyncSession, actor: Actor, slot: str, scans: Sequence[Scan], now: datetime
) -> list[Answer]:
    """Put cards that the actor has in hand back into a slot; a leader may for anybody. An outcome per scan.

    NotFound for a slot of another place.
    """
    permissions.require(actor, "put_back")
    site = str(actor.place)
    call = Call(actor, Purpose.PUT_BACK, slot, site, scans, place=site, custodian=site, slot=slot)
    cards = await lock_cards(session, [call])
    slots = await vault.lock_slots(session, actor, [call], cards.values())
    for_all = permissions.may(actor, "put_back_for_others")

    def judge(call: Call, scan: Scan, code: str, card: Row | None) -> Verdict:
        verdict = _judge_put_back(call, card, slots.free[slot], for_all=for_all)
        slots.free[slot] -= verdict.step is not None
        return verdict

    return (await settle(session, [call], cards, judge, CodeType.CARD, now))[0]


def _judge_put_back(call: Call, card: Row | None, free: int, *, for_all: bool) -> Verdict:
    if refusal := _not_here(call, card):
        return refusal
    assert card is not None
    if card["state"] == CardState.STORED and card["slot"] == call.slot:
        return Verdict(Outcome.ALREADY_STORED)
    if card["state"] != CardState.OUT:
        return Verdict(Outcome.NOT_READY, reason=f"it is {card['state']}")
    if card["holder"] != call.actor.code and not for_all:
        return Verdict(Outcome.NOT_IN_HAND, belongs_to=card["holder"])
    if free <= 0:
        return Verdict(Outcome.SLOT_FULL)
    facts = {} if card["holder"] == call.actor.code else {"from_hand_of": card["holder"]}
    return Verdict(Outcome.PUT_BACK, CardStep.PUT_BACK, group=card["holder"], facts=facts)


async def issue(
    session: AsyncSession, actor: Actor, issued: Sequence[IssueScan], now: datetime
) -> list[Answer]:
    """Hand cards over: those in the actor's own hand, or with a city employee of the site; an outcome per scan.

    Where the number of a card's notice is known by its hash, the notice is held against the sleeve first. One that
    does not match is a hard stop: it is recorded, and the card goes out with its own notice or back into the vault.
    """
    permissions.require(actor, "issue")
    site = str(actor.place)
    said = {one.scan.id: one for one in issued}
    scans = [msgspec.structs.replace(one.scan, said=_said(one)) for one in issued]
    call = Call(actor, Purpose.ISSUE, site, site, scans)
    cards = await lock_cards(session, [call])
    known = await notice_numbers.known(session, [card["id"] for card in cards.values()])
    stopped = await notice_numbers.stopped(session, list(cards))

    def judge(call: Call, scan: Scan, code: str, card: Row | None) -> Verdict:
        verdict = _judge_issue(call, said[scan.id], card, known, code in stopped)
        if verdict.outcome is Outcome.NOTICE_MISMATCH:
            stopped.add(code)
        return verdict

    return (await settle(session, [call], cards, judge, CodeType.CARD, now))[0]


def _said(one: IssueScan) -> tuple[str, ...]:
    """What tells this scan from another of its id; of the notice, only what nobody can guess."""
    return (one.notice.hash.hex() if one.notice else "", one.without.value if one.without else "")


def _judge_issue(
    call: Call, one: IssueScan, card: Row | None, known: Mapping[int, Known], stopped: bool
) -> Verdict:
    if refusal := _not_here(call, card):
        return refusal
    assert card is not None
    state = CardState(card["state"])
    if state is CardState.OUT and card["holder"] != call.actor.code:
        return Verdict(Outcome.NOT_IN_HAND, belongs_to=card["holder"])
    if state not in (CardState.OUT, CardState.WITH_CITY):
        return Verdict(Outcome.NOT_READY, reason=f"it is {state}; take it out first")
    if card["kind"] in NOT_ISSUED:
        return Verdict(Outcome.NOT_READY, reason=f"{card['kind']} is handed to nobody")
    expected = known.get(card["id"])
    if one.notice is not None:
        if expected is None or expected.key_id != one.notice.key_id:
            return Verdict(Outcome.NOTICE_UNKNOWN)
        if not hmac.compare_digest(expected.hash, one.notice.hash):
            return Verdict(Outcome.NOTICE_MISMATCH)
        return _issued("matched", card)
    if expected is not None and (one.without is None or stopped):
        return Verdict(Outcome.NOTICE_NEEDED)
    return _issued(one.without.value if one.without else "not_registered", card)


def _issued(notice: str, card: Row) -> Verdict:
    facts = {"notice": notice, "holder": card["holder"]}
    return Verdict(Outcome.ISSUED, CardStep.ISSUE, group=f"{notice} {card['holder']}", facts=facts)


def _not_here(call: Call, card: Row | None) -> Verdict | None:
    """What stops any work of the counter: an unknown card, another site's, one set aside, one that is gone."""
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    if card["state"] == CardState.ISSUED:
        return Verdict(
            Outcome.ALREADY_ISSUED, belongs_to=card["place"] if card["place"] != call.site else None
        )
    if card["place"] != call.site:
        return Verdict(Outcome.WRONG_SITE, belongs_to=card["place"])
    return Verdict(Outcome.ON_HOLD) if card["state"] == CardState.HELD else None


async def undo_issue(session: AsyncSession, actor: Actor, card: str, reason: str, now: datetime) -> None:
    """Undo an issue that was scanned by mistake: the leader has the card in hand. The entry names what it corrects.

    Raises NotFound for a card of another place, StepRefused for one that is not issued.
    """
    permissions.require(actor, "undo_issue")
    row: Any = await (await driver(session)).fetchrow(_ISSUED_BY, card)
    if row is None:
        raise NotFound("card", card)
    permissions.require_over(actor, "undo_issue", "card", card, holder=row["place"])
    act = Act(
        "undo_issue",
        actor,
        str(actor.place),
        now,
        step=CardStep.UNDO_ISSUE,
        cards=[card],
        place=actor.place,
        custodian=actor.place,
        holder=actor.code,
        reason=reason,
        facts={"corrects": str(row["uuid"])} if row["uuid"] else {},
    )
    (taken,) = await take(session, [act], now)
    if card not in taken.cards:
        state = CardState(row["state"])
        raise StepRefused(CardStep.UNDO_ISSUE, [card], state, CARD.steps_from(state))
