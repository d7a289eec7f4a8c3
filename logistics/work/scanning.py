"""What every scan shares: its idempotency, turning verdicts into acts, opening and ending differences.

A work module locks rows and supplies the judgement; this module makes sure that each scan has one outcome for
ever, that nothing which is not a code of ours is kept, and that many scans cost a handful of statements.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.rules.codes import CodeType
from logistics.rules.lifecycle import CARD, IN_BATCH, IN_HAND, IN_SLOT, CardState
from logistics.rules.outcomes import Outcome
from logistics.store.database import driver
from logistics.work import discrepancies, incidents, queues
from logistics.work.discrepancies import Difference
from logistics.work.scan_acts import Judged, act_of, difference_of, groups, number_of
from logistics.work.scans import Answer, Call, Judge, Row, Scan, Verdict, content_of, read

_EARLIER = """
SELECT id, content, outcome, belongs_to, reason, discrepancy
FROM scan
WHERE id = ANY ($1::uuid[])
"""


async def settle(
    session: AsyncSession,
    calls: Sequence[Call],
    rows: Mapping[str, Row],
    judge: Judge,
    kind: CodeType,
    now: datetime,
) -> list[list[Answer]]:
    """Judge every scan, take the steps that follow, record all of them; an answer per scan, in order.

    `rows` are what the scans name, locked by the caller. A scan id that is known gets its first answer again,
    or CONFLICT if it now says something else. Raises a unique violation on `scan_pkey` if the same id is being
    recorded by another transaction: the caller repeats the whole.
    """
    gone = {code for code, row in rows.items() if row.get("state") == CardState.DESTROYED}
    answers, judged = await _judge_all(session, calls, rows, judge, kind)
    numbers, new = await discrepancies.number(
        session, [difference_of(calls, j) for j in judged if j.verdict.difference], now
    )
    settled = await discrepancies.open_shorts(
        session, [j.code for j in judged if j.verdict.was_missing and j.code]
    )
    entry_of: dict[int, int] = {}
    for wave in sorted({j.wave for j in judged}):
        together = groups([j for j in judged if j.wave == wave])
        acts = [act_of(calls, members, numbers, settled) for members in together]
        for result, act, members in zip(await take(session, acts, now), acts, together, strict=True):
            assert set(result.cards) == set(act.cards), "a locked and judged card did not move"
            entry_of |= {id(j): result.entry for j in members}
    await _follow_up(session, calls, judged, numbers, new, settled, entry_of, now)
    for n, cards in _risen(judged, gone).items():
        await incidents.found_after_disposal(session, calls[n].actor, calls[n].site, cards, now)
    await queues.note(session, [scan for call in calls for scan in call.scans])
    for j in judged:
        answers[j.call][j.position] = _answer(calls, j, numbers)
    return [[answer for _, answer in sorted(given.items())] for given in answers]


async def _judge_all(
    session: AsyncSession,
    calls: Sequence[Call],
    rows: Mapping[str, Row],
    judge: Judge,
    kind: CodeType,
) -> tuple[list[dict[int, Answer]], list[Judged]]:
    answers: list[dict[int, Answer]] = [{} for _ in calls]
    judged: list[Judged] = []
    known = await _earlier(session, [scan.id for call in calls for scan in call.scans])
    for n, call in enumerate(calls):
        for position, scan in enumerate(call.scans):
            code, verdict = read(scan, kind)
            if scan.id in known:
                answers[n][position] = _repeat(call, scan, code, known[scan.id])
                continue
            row = rows.get(code) if code else None
            # A card that moves twice in one request moves in two waves: first one entry, then the other.
            wave = row.get("wave", 0) if row else 0
            lay_in = row.get("slot") if row else None
            if verdict is None:
                assert code is not None
                verdict = judge(call, scan, code, row)
                if row is not None:
                    _advance(call, row, verdict)
            content = content_of(call, scan, code)
            left = lay_in if row and row.get("slot") != lay_in else None
            judged.append(Judged(n, position, scan, code, row, verdict, wave, content, left))
            known[scan.id] = {
                "content": content,
                "outcome": verdict.outcome,
                "belongs_to": verdict.belongs_to,
                "reason": verdict.reason,
                "discrepancy": None,
            }
    return answers, judged


def _risen(judged: Sequence[Judged], gone: Collection[str]) -> dict[int, set[str]]:
    """Cards among those `gone`, certified as destroyed, that were scanned all the same, by call.

    Not one that went into the machine at this very sitting and is read once more.
    """
    found: dict[int, set[str]] = {}
    for j in judged:
        if j.code in gone and j.code and j.verdict.outcome is not Outcome.ALREADY_DESTROYED:
            found.setdefault(j.call, set()).add(j.code)
    return found


async def _earlier(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Row]:
    rows = await (await driver(session)).fetch(_EARLIER, ids)
    return {row["id"]: dict(row) for row in rows}


def _advance(call: Call, row: Row, verdict: Verdict) -> None:
    """Let later scans of the same group see what this one will have done."""
    if verdict.step is None or "box" not in row:
        return
    state = CARD.target(verdict.step, CardState(row["state"]))
    assert state is not None, f"{verdict.step} from {row['state']}"
    row.update(
        state=state.value,
        place=call.place or row["place"],
        batch=call.batch or row["batch"],
        slot=(call.slot or row["slot"]) if state in IN_SLOT else None,
        holder=(call.holder or row["holder"]) if state in IN_HAND else None,
        wave=row.get("wave", 0) + 1,
    )
    if state not in IN_BATCH:
        row.update(manifest=None, manifest_destination=None)


def _repeat(call: Call, scan: Scan, code: str | None, first: Row) -> Answer:
    if content_of(call, scan, code) != first["content"]:
        return Answer(
            scan.id, Outcome.CONFLICT, code, reason="This id was used for another scan. Use a new one."
        )
    return Answer(
        scan.id,
        Outcome(first["outcome"]),
        code,
        first["belongs_to"],
        repeated=True,
        reason=first["reason"],
        discrepancy=first["discrepancy"],
    )


async def _follow_up(
    session: AsyncSession,
    calls: Sequence[Call],
    judged: Sequence[Judged],
    numbers: Mapping[Any, str],
    new: Sequence[Difference],
    settled: Mapping[str, str],
    entry_of: Mapping[int, int],
    now: datetime,
) -> None:
    """Write the new differences and end the old ones, each with the entry that did it."""
    entries = {difference_of(calls, j).key: entry_of[id(j)] for j in judged if j.verdict.difference}
    await discrepancies.open_numbered(session, [(numbers[d.key], d, entries[d.key]) for d in new], now)
    back = [j for j in judged if j.verdict.was_missing and j.code in settled]
    await discrepancies.settle(
        session,
        [settled[j.code] for j in back if j.code],
        "found",
        "scanned later",
        [entry_of[id(j)] for j in back],
        now,
    )


def _answer(calls: Sequence[Call], judged: Judged, numbers: Mapping[Any, str]) -> Answer:
    verdict = judged.verdict
    return Answer(
        judged.scan.id,
        verdict.outcome,
        judged.code,
        verdict.belongs_to,
        reason=verdict.reason,
        discrepancy=number_of(calls, judged, numbers),
    )
