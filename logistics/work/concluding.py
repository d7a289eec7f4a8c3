"""How a count ends: a round is finished, a second person counts what differs, the leader concludes.

A count concludes facts of place and nothing else: what is gone is missing, what lies in another slot is moved
there in the log too. Why it is so is for the case and the difference that this opens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import Taken, take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.counting import FIRST, SECOND, CountEnd, CountState, Finding
from logistics.rules.errors import CountEnded, CountNotDone, CountUnderWay, OtherCounterNeeded
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import count_papers, counts, discrepancies, missing
from logistics.work.count_findings import Findings, Found, findings
from logistics.work.discrepancies import Difference
from logistics.work.missing import Gone
from logistics.work.scans import Row

# From so many cards on the end of a count takes more than a moment.
LARGE = 5_000
# Hears how many of how many steps are done.
Tell = Callable[[int, int], Awaitable[None]]
STEPS = 3

_IS_LARGE = "SELECT expected >= $2 FROM stock_count WHERE code = $1"
_COUNTERS = """
SELECT counter FROM (
    SELECT counter FROM stock_count_sighting WHERE count = $1 AND round = $2
    UNION SELECT counter FROM stock_count_tally WHERE count = $1 AND round = $2
    UNION SELECT $3
) AS counted
ORDER BY counter
"""
_ROUND = """
INSERT INTO stock_count_round (count, round, finished_at, finished_by, counters, slots, aside, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_FINDING = """
INSERT INTO stock_count_finding (count, card, finding, expected_in, found_in, note, moved_by)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
"""
_FOUND = """
SELECT card, finding, expected_in, found_in, note FROM stock_count_finding
WHERE count = $1
ORDER BY finding, expected_in NULLS LAST, card
"""
_LOCK = "SELECT code, state FROM card WHERE code = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE"
_ROOM = "SELECT code, capacity - occupied AS room FROM slot WHERE code = ANY ($1::text[]) ORDER BY code FOR NO KEY UPDATE"


async def _silent(_done: int, _steps: int) -> None: ...


async def finish(
    session: AsyncSession, actor: Actor, code: str, now: datetime, tell: Tell = _silent
) -> dict[str, Any]:
    """End a round of counting. A clean count is concluded with it; else what differs is counted again, or concluded.

    Raises CountNotDone for slots of which nothing is known yet, OtherCounterNeeded, CountEnded, NotFound.
    """
    permissions.require(actor, "count")
    await counts.lock(session, code)
    count = await counts.own(session, actor, code)
    if count["state"] not in (CountState.COUNTING, CountState.RECOUNTING):
        raise CountEnded(code, count["state"])
    round_ = FIRST if count["state"] is CountState.COUNTING else SECOND
    if round_ == SECOND and actor.code in count["counters"]:
        raise OtherCounterNeeded(code, count["counters"])
    result = await findings(session, count)
    await tell(1, STEPS)
    if untouched := _not_done(count, result, round_):
        raise CountNotDone(code, untouched)
    slots, aside = result.recount if round_ == FIRST else ([], False)
    connection = await driver(session)
    counters = [row["counter"] for row in await connection.fetch(_COUNTERS, code, round_, actor.code)]
    facts: dict[str, Any] = {"count": code, "round": round_, "counters": counters, "recount": slots}
    (taken,) = await take(session, [Act("finish_count", actor, count["place"], now, facts=facts)], now)
    await connection.execute(_ROUND, code, round_, now, actor.code, counters, slots, aside, taken.entry)
    if result.is_clean:
        count = await counts.one(session, code)
        return await _conclude(session, actor, count, None, result, now, tell)
    return await counts.one(session, code)


async def conclude(
    session: AsyncSession,
    actor: Actor,
    code: str,
    reason: str | None,
    now: datetime,
    tell: Tell = _silent,
) -> dict[str, Any]:
    """Let a count that found differences take effect: the missing are missing, with a case each. CountEnded."""
    permissions.require(actor, "close_count")
    await counts.lock(session, code)
    count = await counts.own(session, actor, code)
    if count["state"] is not CountState.TO_CONCLUDE:
        raise CountEnded(code, count["state"])
    live = await findings(session, count, hints=True)
    await tell(1, STEPS)
    return await _conclude(session, actor, count, reason, live, now, tell)


async def is_large(session: AsyncSession, code: str) -> bool:
    """Whether a count is so large that its end is better not waited for."""
    return bool(await (await driver(session)).fetchval(_IS_LARGE, code, LARGE))


async def page(session: AsyncSession, code: str, after: str, limit: int) -> list[dict[str, Any]]:
    """The findings of `result` in the order of their cards, from the one after the card `after` on."""
    found = sorted(await result(session, code), key=lambda one: str(one["card"]))
    return [one for one in found if one["card"] > after][:limit]


async def result(session: AsyncSession, code: str) -> list[dict[str, Any]]:
    """What a count found, once nobody counts any more. CountUnderWay until then, so that it stays blind."""
    count = await counts.one(session, code)
    if count["state"] in (CountState.COUNTING, CountState.RECOUNTING):
        raise CountUnderWay(code, count["state"])
    if count["how"]:
        rows = await (await driver(session)).fetch(_FOUND, code)
        return [dict(row) | {"hint": None} for row in rows]
    live = await findings(session, count, hints=True)
    return [
        {
            "card": one.card,
            "finding": one.finding,
            "expected_in": one.expected_in,
            "found_in": one.found_in,
            "note": one.note,
            "hint": one.hint,
        }
        for one in live.found
    ]


def _not_done(count: Row, result: Findings, round_: int) -> list[str]:
    """Slots that nobody has counted in this round, though something is expected there or is to be counted again."""
    if round_ == FIRST:
        return list(result.untouched)
    return sorted(set(count["recount_slots"]) - set(result.again))


async def _conclude(
    session: AsyncSession,
    actor: Actor,
    count: Row,
    reason: str | None,
    live: Findings,
    now: datetime,
    tell: Tell,
) -> dict[str, Any]:
    code = count["code"]
    states = await _locked(session, live.found)
    moves = await _moves(session, actor, count, live.of(Finding.MISPLACED), states, now)
    gone, strange = live.of(Finding.MISSING), live.of(Finding.UNKNOWN)
    differences = [
        *(Difference("short", count["place"], card=g.card, note=f"棚卸し {code} で所在不明") for g in gone),
        *(Difference("unknown", count["place"], card=s.card, note=f"棚卸し {code} で発見") for s in strange),
    ]
    numbers, new = await discrepancies.number(session, differences, now)
    facts: dict[str, Any] = {"count": code, **live.figures, "differences": sorted(numbers.values())}
    closing = Act(
        "conclude_count",
        actor,
        count["place"],
        now,
        step=CardStep.MISS if gone else None,
        cards=[one.card for one in gone],
        supervisor=count["supervisor"],
        reason=reason,
        facts=facts,
    )
    taken, *moved = await take(session, [closing, *moves], now)
    assert len(taken.cards) == len(gone), "a card that lay still since the count was opened cannot be missed"
    await discrepancies.open_numbered(session, [(numbers[d.key], d, taken.entry) for d in new], now)
    cases = await missing.open_cases(
        session,
        count["place"],
        [Gone(one.card, one.expected_in) for one in gone],
        "count",
        code,
        taken.entry,
        now,
    )
    await _keep(session, code, live.found, moved)
    await tell(2, STEPS)
    report = await count_papers.freeze_report(session, actor, count, live, cases, numbers, reason, now)
    ended = counts.Ended(CountEnd.CONCLUDED, reason, live.figures, report)
    await counts.end(session, actor, code, ended, taken.entry, now)
    return await counts.one(session, code)


async def _locked(session: AsyncSession, found: Sequence[Found]) -> dict[str, CardState]:
    rows = await (await driver(session)).fetch(_LOCK, sorted(one.card for one in found))
    return {row["code"]: CardState(row["state"]) for row in rows}


async def _moves(
    session: AsyncSession,
    actor: Actor,
    count: Row,
    misplaced: Sequence[Found],
    states: dict[str, CardState],
    now: datetime,
) -> list[Act]:
    """One act per slot in which stored cards were found that the log has in others, as far as it has room."""
    by_slot: dict[str, list[str]] = defaultdict(list)
    left: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    slots = sorted({one.found_in for one in misplaced if one.found_in})
    rows = await (await driver(session)).fetch(_ROOM, slots)
    room = {row["code"]: row["room"] for row in rows}
    for one in misplaced:
        if one.found_in and states[one.card] is CardState.STORED and room[one.found_in] > 0:
            room[one.found_in] -= 1
            by_slot[one.found_in].append(one.card)
            left[one.found_in][one.expected_in or "-"].append(one.card)
    return [
        Act(
            CardStep.MOVE.value,
            actor,
            count["place"],
            now,
            step=CardStep.MOVE,
            cards=cards,
            place=count["place"],
            custodian=count["place"],
            slot=slot,
            supervisor=count["supervisor"],
            facts={
                "count": count["code"],
                "left": [{"slot": was, "codes": sorted(them)} for was, them in sorted(left[slot].items())],
            },
        )
        for slot, cards in sorted(by_slot.items())
    ]


async def _keep(session: AsyncSession, code: str, found: Sequence[Found], moved: Sequence[Taken]) -> None:
    entry = {card: one.entry for one in moved for card in one.cards}
    await (await driver(session)).execute(
        _FINDING,
        code,
        [one.card for one in found],
        [one.finding.value for one in found],
        [one.expected_in for one in found],
        [one.found_in for one in found],
        [one.note for one in found],
        [entry.get(one.card) for one in found],
    )
