"""Picking for disposal: two scans each, the card and then a slot of the locked stock, in which nothing may wait long.

A city lost a card that had waited a month to be shredded: here it is the end of the next working day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.disposal import DWELL_DAYS
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import places, proposing, retaining
from logistics.work.locking import lock_cards
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

_SLOTS = """
SELECT slot.code, slot.capacity, slot.occupied, slot.place, vault.purpose
FROM slot
JOIN vault ON vault.code = slot.vault
WHERE slot.code = ANY ($1::text[])
ORDER BY slot.code
FOR NO KEY UPDATE OF slot
"""

# The proposal that a card is on: of several the last.
_ON = """
SELECT DISTINCT ON (line.card) card.code, line.proposal
FROM proposal_card AS line
JOIN card ON card.id = line.card
WHERE card.code = ANY ($1::text[])
ORDER BY line.card, line.proposal DESC
"""

_STOCK = """
SELECT card.code, card.kind, kind.name AS kind_name, card.slot, card.place, line.proposal, picked.at AS picked_at
FROM card
JOIN kind ON kind.code = card.kind
CROSS JOIN LATERAL (
    SELECT proposal FROM proposal_card WHERE proposal_card.card = card.id ORDER BY proposal DESC LIMIT 1
) AS line
CROSS JOIN LATERAL (
    SELECT max(entry.occurred_at) AS at
    FROM entry_card AS moved
    JOIN entry ON entry.id = moved.entry
    WHERE moved.card = card.id AND moved.step = 'pick'
) AS picked
WHERE card.state = 'picked' AND card.code > $1 AND ($3::text IS NULL OR card.place = $3)
ORDER BY card.code
LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Pick:
    """Two scans that belong together: a card, and the slot of the locked stock that it was put in."""

    scan: Scan
    slot: str


@dataclass(frozen=True, slots=True)
class Case:
    """What the scans of one request are judged against, as it stood under the locks."""

    proposal: str
    on: Mapping[str, str]
    held: Mapping[str, date]


async def pick(
    session: AsyncSession, actor: Actor, code: str, picks: Sequence[Pick], now: datetime
) -> list[Answer]:
    """Pick approved cards into the locked stock, each with two scans: the card, then a slot of it. An outcome each."""
    permissions.require(actor, "pick")
    await proposing.lock(session, actor, code)
    # One call for each slot, in the order in which the slots first come.
    wanted = list(dict.fromkeys(one.slot for one in picks))
    calls = [_pick_call(actor, code, slot, [p.scan for p in picks if p.slot == slot]) for slot in wanted]
    cards = await lock_cards(session, calls)
    lying = {card["slot"] for card in cards.values() if card["slot"]}
    rows = await (await driver(session)).fetch(_SLOTS, sorted({*wanted, *lying}))
    slots = {row["code"]: dict(row) for row in rows}
    case = await case_of(session, code, cards, now)

    def judge(call: Call, _scan: Scan, card_code: str, card: Row | None) -> Verdict:
        verdict = _judge_pick(case, slots.get(str(call.slot)), call, card_code, card)
        if verdict.step is CardStep.PICK:
            slots[str(call.slot)]["occupied"] += 1
        return verdict

    settled = await settle(session, calls, cards, judge, CodeType.CARD, now)
    answers = {slot: iter(given) for slot, given in zip(wanted, settled, strict=True)}
    return [next(answers[one.slot]) for one in picks]


def _pick_call(actor: Actor, proposal: str, slot: str, scans: Sequence[Scan]) -> Call:
    site = str(actor.place)
    return Call(
        actor,
        Purpose.PICK,
        slot,
        site,
        scans,
        place=site,
        custodian=site,
        slot=slot,
        facts={"proposal": proposal},
        said=(proposal,),
    )


def _judge_pick(case: Case, slot: Row | None, call: Call, code: str, card: Row | None) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    if card["state"] == CardState.DESTROYED:
        return found_after(card)
    if card["state"] == CardState.PICKED:
        return Verdict(Outcome.ALREADY_PICKED)
    if refused := not_to_go(case, code, card, CardState.APPROVED):
        return refused
    if slot is None or slot["purpose"] != "disposal" or slot["place"] != call.site:
        return Verdict(Outcome.WRONG_SLOT, reason="it is no slot of the locked stock of this place")
    if slot["occupied"] >= slot["capacity"]:
        return Verdict(Outcome.SLOT_FULL)
    return Verdict(Outcome.PICKED, CardStep.PICK)


async def stock(
    session: AsyncSession, now: datetime, after: str, limit: int, place: str | None = None
) -> list[dict[str, Any]]:
    """What waits in the locked stock, in code order, and by which day it must be destroyed."""
    rows = await (await driver(session)).fetch(_STOCK, after, limit, place)
    calendar, today = await places.calendar(session), business_date(now)
    found = []
    for row in rows:
        due = business_date(row["picked_at"])
        for _ in range(DWELL_DAYS):
            due = calendar.next_run_day(due)
        found.append({**dict(row), "due_on": due, "overdue": due < today})
    return found


async def case_of(session: AsyncSession, code: str, cards: Mapping[str, Row], now: datetime) -> Case:
    rows = await (await driver(session)).fetch(_ON, list(cards))
    on = {row["code"]: row["proposal"] for row in rows}
    return Case(code, on, await retaining.held(session, list(cards), business_date(now)))


def not_to_go(case: Case, code: str, card: Row, wanted: CardState) -> Verdict | None:
    """Why a card may not take this step, if so: its state, another proposal, a hold."""
    state = CardState(card["state"])
    if state is not wanted:
        outcome = Outcome.NOT_APPROVED if wanted is CardState.APPROVED else Outcome.NOT_PICKED
        return Verdict(outcome, reason=f"it is {state}")
    if case.on.get(code) != case.proposal:
        return Verdict(Outcome.WRONG_PROPOSAL, belongs_to=case.on.get(code))
    if code in case.held:
        return Verdict(Outcome.RETAINED, reason=f"held from disposal until {case.held[code].isoformat()}")
    return None


def found_after(card: Row) -> Verdict:
    """A card that a certificate says was destroyed, and that lies here: held, and a difference that somebody answers."""
    return Verdict(
        Outcome.NOT_IN_TRANSIT,
        CardStep.FIND,
        belongs_to=card["destination"],
        difference="over",
        note="廃棄済みと記録されたカードを確認（廃棄証明書と不一致）",
    )
