"""The vault: cards into slots. A slot's capacity is hard; a card rests in a slot or is on somebody's list.

From one slot to another of the same vault is a move. From vault to vault (the Center has one on 3F and one on 1F,
contract 4) is carrying: an act of its own, by two people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue, NotFound, SecondPersonNeeded
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.people_errors import PremisesNotRegistered
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import people, rearranging
from logistics.work.locking import lock_cards
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

# A move leaves another slot: both are locked in code order once the cards are, and with them where they lie.
_LOCK_SLOTS = """
SELECT code, capacity, occupied, place, vault, registration,
       (SELECT purpose FROM vault WHERE vault.code = slot.vault) AS purpose
FROM slot
WHERE code = ANY ($1::text[])
ORDER BY code
FOR NO KEY UPDATE
"""

_SLOTS = """
SELECT code, vault, shelf, position, capacity, occupied
FROM slot
WHERE vault = $1 AND code > $2
ORDER BY code
LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Placement:
    """A card, as scanned, and the slot it was put in."""

    slot: str
    scan: Scan


async def put_away(
    session: AsyncSession,
    actor: Actor,
    slot: str,
    scans: Sequence[Scan],
    supervisor: str | None,
    now: datetime,
) -> list[Answer]:
    """Scan received cards into a slot, or from one slot to another; an outcome per scan.

    At a site a city employee directs it (contract 8(4)ア(エ)). A full slot takes nothing more. NotFound for a slot
    of another place.
    """
    return await place(session, actor, [Placement(slot, scan) for scan in scans], supervisor, now)


async def place(
    session: AsyncSession,
    actor: Actor,
    placements: Sequence[Placement],
    supervisor: str | None,
    now: datetime,
) -> list[Answer]:
    """Put each card into the slot that was scanned with it; an outcome for each, in order. As `put_away`."""
    permissions.require(actor, "put_away")
    boss = await people.directing(session, actor, supervisor)
    site = str(actor.place)
    calls = [
        Call(
            actor,
            Purpose.PUT_AWAY,
            slot,
            site,
            [placement.scan for placement in group],
            boss,
            place=site,
            custodian=site,
            slot=slot,
        )
        for slot, group in groupby(placements, key=lambda placement: placement.slot)
    ]
    return await _settle(session, actor, calls, _judge, now)


async def carry(
    session: AsyncSession, actor: Actor, slot: str, scans: Sequence[Scan], second: str, now: datetime
) -> list[Answer]:
    """Scan cards that two people carried from another vault of this site into a slot; an outcome per scan.

    `second` goes along: on the way between two vaults nothing locks the cards away. Raises SecondPersonNeeded,
    NotFound for a slot of another place.
    """
    permissions.require(actor, "put_away")
    known = (await people.actors(session, [second])).get(second)
    if known is None or known.code == actor.code or known.place != actor.place:
        raise SecondPersonNeeded("second")
    site = str(actor.place)
    call = Call(
        actor,
        Purpose.CARRY,
        slot,
        site,
        scans,
        place=site,
        custodian=site,
        slot=slot,
        facts={"second": second},
        said=(second,),
    )
    return await _settle(session, actor, [call], _judge_carried, now)


class _Slots:
    """The slots that calls and cards name, locked; `free` counts down as cards are judged into them."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.vaults = {row["code"]: row["vault"] for row in rows}
        self.free = {row["code"]: row["capacity"] - row["occupied"] for row in rows}


async def lock_slots(
    session: AsyncSession, actor: Actor, calls: Sequence[Call], cards: Iterable[Row]
) -> _Slots:
    """Lock the slots that calls fill and cards leave, once the cards are locked.

    NotFound for one of others, PremisesNotRegistered for one in a vault that is not registered.
    """
    wanted = {str(call.slot) for call in calls if call.slot}
    lying = {card["slot"] for card in cards if card["slot"]}
    rows = await (await driver(session)).fetch(_LOCK_SLOTS, sorted(wanted | lying))
    places = {row["code"]: row["place"] for row in rows}
    locked_up = {row["code"] for row in rows if row["purpose"] == "disposal"}
    for slot in sorted(wanted):
        if places.get(slot) != actor.place:
            raise NotFound("slot", slot)
        if slot in locked_up:
            raise InvalidValue(
                "slot", "is of the locked stock: only what is approved for disposal is picked into it"
            )
    if loose := next(
        (row["code"] for row in rows if row["code"] in wanted and not row["registration"]), None
    ):
        raise PremisesNotRegistered("slot", loose)
    return _Slots(rows)


async def _settle(
    session: AsyncSession, actor: Actor, calls: Sequence[Call], judge_by: Any, now: datetime
) -> list[Answer]:
    going_on = await rearranging.share(session, actor)
    cards = await lock_cards(session, calls)
    lay = {code: card["slot"] for code, card in cards.items()}
    slots = await lock_slots(session, actor, calls, cards.values())

    def judge(call: Call, scan: Scan, code: str, card: Row | None) -> Verdict:
        verdict: Verdict = judge_by(call, card, slots)
        slots.free[str(call.slot)] -= verdict.step is not None
        return verdict

    answered = await settle(session, calls, cards, judge, CodeType.CARD, now)
    if going_on:
        touched = {
            slot
            for call, answers in zip(calls, answered, strict=True)
            for answer in answers
            if answer.outcome in (Outcome.MOVED, Outcome.CARRIED) and answer.code and not answer.repeated
            for slot in (call.slot, lay.get(answer.code))
            if slot
        }
        await rearranging.touch(session, going_on, touched)
    return [answer for answers in answered for answer in answers]


def _judge(call: Call, card: Row | None, slots: _Slots) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    state = CardState(card["state"])
    if state is CardState.HELD:
        return Verdict(Outcome.ON_HOLD, belongs_to=card["place"] if card["place"] != call.site else None)
    if card["place"] != call.site:
        return Verdict(Outcome.WRONG_SITE, belongs_to=card["place"])
    if state is CardState.STORED and card["slot"] == call.slot:
        return Verdict(Outcome.ALREADY_STORED)
    if state not in (CardState.RECEIVED, CardState.READY, CardState.STORED):
        return Verdict(Outcome.NOT_READY, reason=f"it is {state}")
    if state is CardState.STORED and slots.vaults[card["slot"]] != slots.vaults[str(call.slot)]:
        return Verdict(Outcome.OTHER_VAULT, belongs_to=slots.vaults[card["slot"]])
    if slots.free[str(call.slot)] <= 0:
        return Verdict(Outcome.SLOT_FULL)
    if state is CardState.STORED:
        return Verdict(Outcome.MOVED, CardStep.MOVE, group=card["slot"])
    return Verdict(Outcome.STORED, CardStep.PUT_AWAY)


def _judge_carried(call: Call, card: Row | None, slots: _Slots) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    if card["place"] != call.site:
        return Verdict(Outcome.WRONG_SITE, belongs_to=card["place"])
    if card["state"] != CardState.STORED:
        return Verdict(Outcome.NOT_READY, reason=f"it is {card['state']}")
    came, to = slots.vaults[card["slot"]], slots.vaults[str(call.slot)]
    if came == to:
        return Verdict(
            Outcome.ALREADY_STORED, reason="it lies in this vault; within one, scan it into the slot"
        )
    if slots.free[str(call.slot)] <= 0:
        return Verdict(Outcome.SLOT_FULL)
    facts = {"from_vault": came, "to_vault": to}
    return Verdict(Outcome.CARRIED, CardStep.MOVE, act="carry", group=came, facts=facts)


async def vaults(session: AsyncSession, place: str) -> list[dict[str, Any]]:
    """The vaults of a place with how full they are."""
    rows = await (await driver(session)).fetch(
        "SELECT vault.code, vault.place, vault.name, vault.lock_type, sum(slot.capacity) AS capacity,"
        " sum(slot.occupied) AS occupied, count(slot.code) AS slots"
        " FROM vault JOIN slot ON slot.vault = vault.code WHERE vault.place = $1"
        " GROUP BY vault.code ORDER BY vault.code",
        place,
    )
    return [dict(row) for row in rows]


async def slots(session: AsyncSession, vault: str, after: str, limit: int) -> list[dict[str, Any]]:
    """The slots of a vault in walking order."""
    return [dict(row) for row in await (await driver(session)).fetch(_SLOTS, vault, after, limit)]
