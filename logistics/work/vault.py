"""The vault: cards into slots. A slot's capacity is hard; a card rests in a slot or is on somebody's list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor, Where
from logistics.store.database import driver
from logistics.work import people
from logistics.work.locking import lock_cards
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

# A move leaves another slot: both are locked in code order once the cards are, and with them where they lie.
_LOCK_SLOTS = """
SELECT code, capacity, occupied, place
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
    permissions.require(actor, "put_away")
    boss = await _supervisor(session, actor, supervisor)
    site = str(actor.place)
    call = Call(actor, Purpose.PUT_AWAY, slot, site, scans, boss, place=site, custodian=site, slot=slot)
    cards = await lock_cards(session, [call])
    lying = {card["slot"] for card in cards.values() if card["slot"]}
    rows = await (await driver(session)).fetch(_LOCK_SLOTS, sorted({slot, *lying}))
    target = next((dict(row) for row in rows if row["code"] == slot), None)
    if target is None or target["place"] != actor.place:
        raise NotFound("slot", slot)
    free = target["capacity"] - target["occupied"]

    def judge(call: Call, scan: Scan, code: str, card: Row | None) -> Verdict:
        nonlocal free
        verdict = _judge(call, scan, card, free)
        free -= verdict.step is not None
        return verdict

    return (await settle(session, [call], cards, judge, CodeType.CARD, now))[0]


def _judge(call: Call, scan: Scan, card: Row | None, free: int) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN)
    state = CardState(card["state"])
    if state is CardState.HELD:
        return Verdict(Outcome.ON_HOLD, belongs_to=card["place"] if card["place"] != call.site else None)
    if card["place"] != call.site:
        return Verdict(Outcome.WRONG_SITE, belongs_to=card["place"])
    if state is CardState.STORED and card["slot"] == call.slot:
        return Verdict(Outcome.ALREADY_STORED)
    if state not in (CardState.RECEIVED, CardState.STORED):
        return Verdict(Outcome.NOT_READY, reason=f"it is {state}")
    if free <= 0:
        return Verdict(Outcome.SLOT_FULL)
    if state is CardState.STORED:
        return Verdict(Outcome.MOVED, CardStep.MOVE, group=card["slot"])
    return Verdict(Outcome.STORED, CardStep.PUT_AWAY)


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


async def _supervisor(session: AsyncSession, actor: Actor, supervisor: str | None) -> str | None:
    if supervisor is None and actor.where is Where.ANNEX:
        return None
    known = await people.actors(session, [supervisor] if supervisor else [])
    boss = people.require_supervisor(known, supervisor or "", "supervisor")
    if boss.place != actor.place:
        raise InvalidValue("supervisor", "works at another place")
    return boss.code
