"""Counting a vault: cards scanned slot by slot, or a number for each slot. Several people count at once.

No answer tells what is expected: a scan was counted, was counted before, or is not of this place. The cost of a
scan does not depend on how large the count is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.counting import BY_NUMBER, FIRST, SECOND, CountState
from logistics.rules.errors import InvalidValue, NotFound, OtherCounterNeeded
from logistics.rules.lifecycle import AT_REST, ENDED, CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.rules.words import CARD_STATES
from logistics.store.database import driver
from logistics.work import counts, missing
from logistics.work.locking import lock_cards
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Row, Scan, Verdict

# What is older than this was counted by a site that was offline; its slot may have changed since.
FRESH = timedelta(minutes=1)

_SEEN = "SELECT card FROM stock_count_sighting WHERE count = $1 AND round = $2 AND card = ANY ($3::bigint[])"
_SIGHT = """
INSERT INTO stock_count_sighting (count, round, card, slot, counter, entry, occurred_at)
SELECT $1, $2, scan.card, $3, $4, scan.entry, scan.occurred_at
FROM scan
WHERE scan.id = ANY ($5::uuid[]) AND scan.card IS NOT NULL
ON CONFLICT DO NOTHING
"""

_KNOWN_TALLIES = "SELECT id, count, round, slot, cards FROM stock_count_tally WHERE id = ANY ($1::uuid[])"
# The gate keeps `occupied`; the lock makes it the number at this very moment.
_OCCUPIED = "SELECT code, occupied FROM slot WHERE code = ANY ($1::text[]) ORDER BY code FOR SHARE"
# Slots that a card has entered or left since the count was opened, recorded after a moment.
_TOUCHED = """
SELECT DISTINCT near.slot
FROM (
    SELECT card, slot FROM stock_count_card WHERE count = $1 AND slot = ANY ($3::text[])
    UNION
    SELECT id, slot FROM card WHERE slot = ANY ($3::text[])
) AS near
JOIN entry_card AS moved ON moved.card = near.card AND moved.entry > $2
JOIN entry ON entry.id = moved.entry
WHERE entry.recorded_at > $4 AND (moved.from_state <> moved.to_state OR moved.step = 'move')
"""
_TALLY = """
INSERT INTO stock_count_tally (id, count, round, slot, cards, agrees, counter, entry, occurred_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::int[], $6::boolean[], $7::text[],
                     $8::bigint[], $9::timestamptz[])
"""


class Tally(msgspec.Struct, frozen=True):
    """How many sleeves somebody counted in a slot, under an id that its client made."""

    id: UUID
    slot: str
    cards: int
    occurred_at: datetime


class Tallied(msgspec.Struct, frozen=True):
    """What became of a tally; whether it agrees is not said."""

    id: UUID
    slot: str
    outcome: Outcome
    repeated: bool = False


async def scan(
    session: AsyncSession, actor: Actor, code: str, slot: str | None, scans: Sequence[Scan], now: datetime
) -> list[Answer]:
    """Count cards by scan, as they lie in `slot`, or aside (None); an outcome per scan, in order.

    A card of ours that lies here is sighted, one of another place or of the past is set aside here, a missing one
    is found. Raises NotFound for a count of another place or a slot outside it, OtherCounterNeeded.
    """
    permissions.require(actor, "count")
    await counts.lock(session, code, shared=True)
    count = await counts.own(session, actor, code)
    if slot is not None and slot not in count["slots"]:
        raise NotFound("slot of this count", slot)
    if slot is None and not count["aside"]:
        raise InvalidValue("slot", "this count is of slots alone; name the one in which the cards lie")
    round_ = _round(actor, count)
    call = Call(
        actor,
        Purpose.COUNT,
        code,
        count["place"],
        scans,
        count["supervisor"],
        place=count["place"],
        custodian=count["place"],
        facts={"found_in": slot, "round": round_} if slot else {"round": round_},
        said=(slot or "-",),
    )
    cards = await lock_cards(session, [call])
    connection = await driver(session)
    ids = [card["id"] for card in cards.values()]
    seen = {row["card"] for row in await connection.fetch(_SEEN, code, round_, ids)}
    lost = [card["code"] for card in cards.values() if card["state"] == CardState.MISSING]
    searched = await missing.open_for(session, lost)
    over = count["state"] not in (CountState.COUNTING, CountState.RECOUNTING)

    def judge(call: Call, scan: Scan, code: str, card: Row | None) -> Verdict:
        if card is None:
            return Verdict(Outcome.COUNT_OVER if over else Outcome.UNKNOWN)
        if over:
            return Verdict(Outcome.COUNT_OVER)
        if card["id"] in seen:
            return Verdict(Outcome.ALREADY_COUNTED)
        seen.add(card["id"])
        return _judge(call, card, is_searched=code in searched)

    answers = (await settle(session, [call], cards, judge, CodeType.CARD, now))[0]
    new = [a.id for a in answers if a.outcome in _IN_SIGHT and not a.repeated]
    await connection.execute(_SIGHT, code, round_, slot, actor.code, new)
    return answers


async def tally(
    session: AsyncSession, actor: Actor, code: str, tallies: Sequence[Tally], now: datetime
) -> list[Tallied]:
    """Count slots by number; an answer per tally, in order. The last one for a slot counts.

    Opening and closing counts take any number; in the others only an empty slot is told by number. Raises
    NotFound, InvalidValue, OtherCounterNeeded.
    """
    permissions.require(actor, "count")
    await counts.lock(session, code, shared=True)
    count = await counts.own(session, actor, code)
    for n, one in enumerate(tallies):
        if one.slot not in count["slots"]:
            raise NotFound("slot of this count", one.slot)
        if one.cards and count["kind"] not in BY_NUMBER:
            raise InvalidValue(
                f"tallies[{n}].cards", "this count wants every card scanned; only 0 is a number"
            )
    round_ = _round(actor, count)
    connection = await driver(session)
    rows = await connection.fetch(_KNOWN_TALLIES, [one.id for one in tallies])
    known = {row["id"]: (row["count"], row["slot"], row["cards"]) for row in rows}
    answers, new = [], []
    for one in tallies:
        if one.id in known:
            same = known[one.id] == (code, one.slot, one.cards)
            answers.append(Tallied(one.id, one.slot, Outcome.COUNTED if same else Outcome.CONFLICT, same))
            continue
        known[one.id] = (code, one.slot, one.cards)
        over = count["state"] not in (CountState.COUNTING, CountState.RECOUNTING)
        answers.append(Tallied(one.id, one.slot, Outcome.COUNT_OVER if over else Outcome.COUNTED))
        if not over:
            new.append(one)
    if new:
        await _keep(session, actor, count, round_, new, now)
    return answers


async def _keep(
    session: AsyncSession, actor: Actor, count: Row, round_: int, new: Sequence[Tally], now: datetime
) -> None:
    """Write tallies with the server's own verdict on each, which is compared under lock and told to nobody."""
    connection = await driver(session)
    slots = sorted({one.slot for one in new})
    occupied = {row["code"]: row["occupied"] for row in await connection.fetch(_OCCUPIED, slots)}
    late = [one for one in new if now - one.occurred_at > FRESH]
    touched: set[str] = set()
    if late:
        since = min(one.occurred_at for one in late)
        rows = await connection.fetch(
            _TOUCHED, count["code"], count["entry"], [one.slot for one in late], since
        )
        touched = {row["slot"] for row in rows}
    facts: dict[str, Any] = {
        "count": count["code"],
        "round": round_,
        "tallies": [{"slot": one.slot, "cards": one.cards} for one in new],
    }
    when = max(one.occurred_at for one in new)
    act = Act("tally", actor, count["place"], when, supervisor=count["supervisor"], facts=facts)
    (taken,) = await take(session, [act], now)
    many = len(new)
    await connection.execute(
        _TALLY,
        [one.id for one in new],
        [count["code"]] * many,
        [round_] * many,
        [one.slot for one in new],
        [one.cards for one in new],
        [one.cards == occupied[one.slot] and one.slot not in touched for one in new],
        [actor.code] * many,
        [taken.entry] * many,
        [one.occurred_at for one in new],
    )


def _round(actor: Actor, count: Row) -> int:
    """Which round a scan belongs to; OtherCounterNeeded if the first counter would be the second one too."""
    if count["counters"] is None:
        return FIRST
    if count["state"] is CountState.RECOUNTING and actor.code in count["counters"]:
        raise OtherCounterNeeded(count["code"], count["counters"])
    return SECOND


_IN_SIGHT = frozenset({Outcome.COUNTED, Outcome.FOUND, Outcome.NOT_OF_THIS_PLACE})


def _judge(call: Call, card: Row, *, is_searched: bool) -> Verdict:
    state = CardState(card["state"])
    if state is CardState.MISSING and is_searched:
        return Verdict(Outcome.FOUND, CardStep.FIND, was_missing=True)
    here = card["place"] == call.site
    if here and state in AT_REST:
        return Verdict(Outcome.COUNTED, CardStep.SIGHT)
    if here and state not in ENDED and state is not CardState.MISSING:
        return Verdict(Outcome.NOT_READY, reason=f"it is {state}")
    stray = state in ENDED or state is CardState.MISSING
    return Verdict(
        Outcome.NOT_OF_THIS_PLACE,
        CardStep.FIND if stray else CardStep.HOLD,
        belongs_to=None if stray else card["place"],
        difference="over" if stray or card["destination"] == call.site else "misrouted",
        note=f"棚卸しで発見（記録上の状態：{CARD_STATES[state]}）",
        was_missing=state is CardState.MISSING,
    )
