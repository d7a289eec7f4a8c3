"""What every scan shares: reading its text, its idempotency, turning verdicts into acts, opening differences.

A work module locks rows and supplies the judgement; this module makes sure that each scan has one outcome for
ever, that nothing which is not a code of ours is kept, and that many scans cost a handful of statements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import Act, take
from logistics.ledger.canonical import Json
from logistics.ledger.log import ScanRow
from logistics.rules.codes import CodeType, fault
from logistics.rules.guard import holds_my_number
from logistics.rules.lifecycle import CARD, IN_BATCH, BatchStep, CardState, CardStep
from logistics.rules.outcomes import DONE, Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.rules.records import DifferenceKind
from logistics.store.database import driver
from logistics.work import discrepancies
from logistics.work.discrepancies import Difference

MOST_SCANS = 500


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan as a client sent it. `damaged` and the seal are what the clerk saw on the thing scanned."""

    id: UUID
    text: str
    occurred_at: datetime
    damaged: bool = False
    seal_number: str | None = None
    seal_intact: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """Scans that one person made for one purpose against one thing, and where that takes what is scanned."""

    actor: Actor
    purpose: Purpose
    subject: str
    site: str
    scans: Sequence[Scan]
    supervisor: str | None = None
    place: str | None = None
    custodian: str | None = None
    batch: str | None = None
    slot: str | None = None
    run: str | None = None
    box: str | None = None
    destination: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge decides on one scan; a verdict without a step changes nothing but is recorded.

    `group` keeps acts apart that would share an entry; `cards` are cards that move along with a batch.
    """

    outcome: Outcome
    step: CardStep | None = None
    batch_step: BatchStep | None = None
    manifest: str | None = None
    belongs_to: str | None = None
    difference: DifferenceKind | None = None
    note: str = ""
    reason: str | None = None
    was_missing: bool = False
    group: str | None = None
    cards: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one scan. `code` is None where the text was not a code of ours."""

    id: UUID
    outcome: Outcome
    code: str | None
    belongs_to: str | None = None
    repeated: bool = False
    reason: str | None = None
    discrepancy: str | None = None


Row: TypeAlias = dict[str, Any]
Judge: TypeAlias = Callable[[Call, Scan, str, "Row | None"], Verdict]


@dataclass(frozen=True, slots=True)
class _Judged:
    call: int
    position: int
    scan: Scan
    code: str | None
    row: Row | None
    verdict: Verdict
    wave: int


_LOCK_CARDS = """
SELECT card.id, card.code, card.kind, card.state, card.place, card.destination, card.box, card.batch, card.slot,
       batch.manifest, manifest.destination AS manifest_destination, manifest.closed_at AS manifest_closed_at
FROM card
LEFT JOIN batch ON batch.code = card.batch
LEFT JOIN manifest ON manifest.code = batch.manifest
WHERE card.code = ANY ($1::text[])
ORDER BY card.id
FOR NO KEY UPDATE OF card
"""

_EARLIER = """
SELECT id, purpose, subject, code, outcome, belongs_to, occurred_at
FROM scan
WHERE id = ANY ($1::uuid[])
"""


def codes(calls: Sequence[Call]) -> list[str]:
    """The codes of ours among the texts scanned, sorted; what is no code is not shown to the database either."""
    texts = {scan.text.strip() for call in calls for scan in call.scans}
    return sorted(text for text in texts if fault(text) is None)


async def lock_cards(session: AsyncSession, calls: Sequence[Call]) -> dict[str, Row]:
    """The cards that the calls' scans name, locked, by code, with the manifest they travel on."""
    cards = [code for code in codes(calls) if code.startswith(CodeType.CARD)]
    rows = await (await driver(session)).fetch(_LOCK_CARDS, cards)
    return {row["code"]: dict(row) for row in rows}


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
    answers, judged = await _judge_all(session, calls, rows, judge, kind)
    numbers, new = await discrepancies.number(
        session, [_difference(calls, j) for j in judged if j.verdict.difference], now
    )
    settled = await discrepancies.open_shorts(
        session, [j.code for j in judged if j.verdict.was_missing and j.code]
    )
    entry_of: dict[int, int] = {}
    for wave in sorted({j.wave for j in judged}):
        groups = _groups([j for j in judged if j.wave == wave])
        acts = [_act(calls, members, numbers, settled) for members in groups]
        for result, act, members in zip(await take(session, acts, now), acts, groups, strict=True):
            assert set(result.cards) == set(act.cards), "a locked and judged card did not move"
            entry_of |= {id(j): result.entry for j in members}
    await _follow_up(session, calls, judged, numbers, new, settled, entry_of, now)
    for j in judged:
        answers[j.call][j.position] = _answer(calls, j, numbers)
    return [[answer for _, answer in sorted(given.items())] for given in answers]


def _groups(judged: Sequence[_Judged]) -> list[list[_Judged]]:
    """Scans that share an entry: of one call, with the same steps and the same group."""
    groups: dict[Any, list[_Judged]] = {}
    for j in judged:
        key = (j.call, j.verdict.step, j.verdict.batch_step, j.verdict.group)
        groups.setdefault(key, []).append(j)
    return list(groups.values())


async def _judge_all(
    session: AsyncSession,
    calls: Sequence[Call],
    rows: Mapping[str, Row],
    judge: Judge,
    kind: CodeType,
) -> tuple[list[dict[int, Answer]], list[_Judged]]:
    answers: list[dict[int, Answer]] = [{} for _ in calls]
    judged: list[_Judged] = []
    known = await _earlier(session, [scan.id for call in calls for scan in call.scans])
    for n, call in enumerate(calls):
        for position, scan in enumerate(call.scans):
            code, verdict = _read(scan, kind)
            if scan.id in known:
                answers[n][position] = _repeat(call, scan, code, known[scan.id])
                continue
            row = rows.get(code) if code else None
            # A card that moves twice in one request moves in two waves: first one entry, then the other.
            wave = row.get("wave", 0) if row else 0
            if verdict is None:
                assert code is not None
                verdict = judge(call, scan, code, row)
                if row is not None:
                    _advance(call, row, verdict)
            judged.append(_Judged(n, position, scan, code, row, verdict, wave))
            known[scan.id] = {
                "purpose": call.purpose,
                "subject": call.subject,
                "code": code,
                "outcome": verdict.outcome,
                "belongs_to": verdict.belongs_to,
                "occurred_at": scan.occurred_at,
            }
    return answers, judged


async def _earlier(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Row]:
    rows = await (await driver(session)).fetch(_EARLIER, ids)
    return {row["id"]: dict(row) for row in rows}


def _read(scan: Scan, kind: CodeType) -> tuple[str | None, Verdict | None]:
    """The code in a scan's text, or the verdict that there is none: the guard first, then the form.

    White space around the text, a scanner's suffix, is ignored. Text that is not a code is kept nowhere: it
    could be anything that is printed as a barcode, an application number among them.
    """
    text = scan.text.strip()
    if holds_my_number(text):
        return None, Verdict(Outcome.GUARD, reason="It holds a My Number; nothing of it was kept.")
    reason = fault(text)
    if reason is None and text[0] != kind:
        reason = f"it is the code of a {CodeType(text[0]).name.lower().replace('_', ' ')}"
    return (None, Verdict(Outcome.MALFORMED, reason=reason)) if reason else (text, None)


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
        slot=call.slot if state is CardState.STORED else None,
        wave=row.get("wave", 0) + 1,
    )
    if state not in IN_BATCH:
        row.update(manifest=None, manifest_destination=None)


def _repeat(call: Call, scan: Scan, code: str | None, first: Row) -> Answer:
    said_now = (call.purpose, call.subject, code, scan.occurred_at)
    if said_now != (first["purpose"], first["subject"], first["code"], first["occurred_at"]):
        return Answer(
            scan.id, Outcome.CONFLICT, code, reason="This id was used for another scan. Use a new one."
        )
    return Answer(scan.id, Outcome(first["outcome"]), code, first["belongs_to"], repeated=True)


def _difference(calls: Sequence[Call], judged: _Judged) -> Difference:
    call, verdict = calls[judged.call], judged.verdict
    assert verdict.difference is not None
    is_card = judged.code is not None and judged.code.startswith(CodeType.CARD)
    return Difference(
        verdict.difference,
        call.site,
        card=judged.code if is_card else None,
        batch=(judged.row or {}).get("batch") if is_card else judged.code,
        manifest=verdict.manifest,
        box=call.box,
        note=verdict.note,
    )


def _act(
    calls: Sequence[Call],
    members: Sequence[_Judged],
    numbers: Mapping[Any, str],
    settled: Mapping[str, str],
) -> Act:
    call, first = calls[members[0].call], members[0].verdict
    moves = first.step is not None or first.batch_step is not None
    facts: dict[str, Json] = {}
    if found := [
        {"discrepancy": numbers[d.key], "kind": d.kind, "code": d.card or d.batch}
        for d in (_difference(calls, j) for j in members if j.verdict.difference)
    ]:
        facts["differences"] = found
    if ended := sorted(settled[j.code] for j in members if j.code and j.code in settled):
        facts["settles"] = ended
    if seals := [_seal(j) for j in members if j.scan.seal_number or not j.scan.seal_intact]:
        facts["seals"] = seals
    codes = [j.code for j in members if j.code]
    manifests = {j.verdict.manifest for j in members}
    return Act(
        _act_name(call, first),
        call.actor,
        call.site,
        max(j.scan.occurred_at for j in members),
        step=first.step,
        cards=[*(codes if not first.batch_step else ()), *first.cards] if first.step else (),
        batch_step=first.batch_step,
        batches=codes if first.batch_step else (),
        place=call.place if moves else None,
        custodian=call.custodian if moves else None,
        batch=call.batch,
        slot=call.slot,
        run=call.run,
        manifest=manifests.pop() if len(manifests) == 1 else None,
        supervisor=call.supervisor,
        facts=facts,
        scans=[_scan_row(call, j) for j in members],
    )


def _act_name(call: Call, verdict: Verdict) -> str:
    if verdict.step:
        return verdict.step.value
    return verdict.batch_step.value if verdict.batch_step else f"scan_{call.purpose}"


def _seal(judged: _Judged) -> Json:
    return {
        "batch": judged.code,
        "seen": judged.scan.seal_number,
        "intact": judged.scan.seal_intact and judged.verdict.outcome is not Outcome.BROKEN_SEAL,
    }


def _scan_row(call: Call, judged: _Judged) -> ScanRow:
    verdict = judged.verdict
    is_card = judged.row is not None and "box" in judged.row
    return ScanRow(
        judged.scan.id,
        call.purpose.value,
        call.subject,
        judged.code,
        judged.row["id"] if judged.row is not None and is_card else None,
        verdict.manifest,
        verdict.outcome.value,
        verdict.outcome in DONE,
        verdict.belongs_to,
        judged.scan.occurred_at,
    )


async def _follow_up(
    session: AsyncSession,
    calls: Sequence[Call],
    judged: Sequence[_Judged],
    numbers: Mapping[Any, str],
    new: Sequence[Difference],
    settled: Mapping[str, str],
    entry_of: Mapping[int, int],
    now: datetime,
) -> None:
    """Write the new differences and end the old ones, each with the entry that did it."""
    entries = {_difference(calls, j).key: entry_of[id(j)] for j in judged if j.verdict.difference}
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


def _answer(calls: Sequence[Call], judged: _Judged, numbers: Mapping[Any, str]) -> Answer:
    verdict = judged.verdict
    number = numbers[_difference(calls, judged).key] if verdict.difference else None
    return Answer(
        judged.scan.id,
        verdict.outcome,
        judged.code,
        verdict.belongs_to,
        reason=verdict.reason,
        discrepancy=number,
    )
