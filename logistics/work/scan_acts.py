"""What scans become once they are judged: those that share an entry are one act, with every scan in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.log import ScanRow
from logistics.rules.codes import CodeType
from logistics.rules.lifecycle import CardStep
from logistics.rules.outcomes import DONE, Outcome
from logistics.work.discrepancies import Difference
from logistics.work.scans import Call, Row, Scan, Verdict


class Judged(msgspec.Struct, frozen=True):
    """A scan with its verdict; `wave` tells which entry of the card's it belongs to."""

    call: int
    position: int
    scan: Scan
    code: str | None
    row: Row | None
    verdict: Verdict
    wave: int
    content: bytes
    left: str | None  # the slot that it leaves


def groups(judged: Sequence[Judged]) -> list[list[Judged]]:
    """Scans that share an entry: of one call, with the same steps and the same group; a typed one has its own."""
    found: dict[Any, list[Judged]] = {}
    for j in judged:
        manual = j.scan.id if j.scan.manual else None
        key = (j.call, j.verdict.step, j.verdict.batch_step, j.verdict.act, j.verdict.group, manual)
        found.setdefault(key, []).append(j)
    return list(found.values())


def difference_of(calls: Sequence[Call], judged: Judged) -> Difference:
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


def act_of(
    calls: Sequence[Call],
    members: Sequence[Judged],
    numbers: Mapping[Any, str],
    settled: Mapping[str, str],
) -> Act:
    call, first = calls[members[0].call], members[0].verdict
    # What is only seen stays where the log says it is; a count that is concluded moves it.
    moves = first.step not in (None, CardStep.SIGHT) or first.batch_step is not None
    facts: dict[str, Json] = {**call.facts, **first.facts}
    if (manual := members[0].scan.manual) is not None:
        facts["manual"] = dict(manual)
    if typed := sorted(j.code for j in members if j.scan.typed and j.code):
        facts["typed"] = typed
    if found := [
        {"discrepancy": numbers[d.key], "kind": d.kind, "code": d.card or d.batch}
        for d in (difference_of(calls, j) for j in members if j.verdict.difference)
    ]:
        facts["differences"] = found
    if ended := sorted(settled[j.code] for j in members if j.code and j.code in settled):
        facts["settles"] = ended
    if seals := [_seal(j) for j in members if j.scan.seal_number or not j.scan.seal_intact]:
        facts["seals"] = seals
    if left := _left(members):
        facts["left"] = left
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
        holder=call.holder if moves else None,
        run=call.run,
        manifest=manifests.pop() if len(manifests) == 1 else None,
        supervisor=call.supervisor,
        reason=call.reason,
        facts=facts,
        scans=[_scan_row(calls, j, numbers) for j in members],
    )


def _act_name(call: Call, verdict: Verdict) -> str:
    if verdict.act:
        return verdict.act
    if verdict.step:
        return verdict.step.value
    return verdict.batch_step.value if verdict.batch_step else f"scan_{call.purpose}"


def _left(members: Sequence[Judged]) -> Json:
    """The cards that left a slot, by slot: a slot's history names what came and what went."""
    by_slot: dict[str, list[str]] = {}
    for j in members:
        if j.left and j.code:
            by_slot.setdefault(j.left, []).append(j.code)
    return [{"slot": slot, "codes": sorted(codes)} for slot, codes in sorted(by_slot.items())]


def _seal(judged: Judged) -> Json:
    return {
        "batch": judged.code,
        "seen": judged.scan.seal_number,
        "intact": judged.scan.seal_intact and judged.verdict.outcome is not Outcome.BROKEN_SEAL,
    }


def _scan_row(calls: Sequence[Call], judged: Judged, numbers: Mapping[Any, str]) -> ScanRow:
    call, verdict = calls[judged.call], judged.verdict
    is_card = judged.row is not None and "box" in judged.row
    return ScanRow(
        judged.scan.id,
        call.purpose,
        call.subject,
        judged.code,
        judged.row["id"] if judged.row is not None and is_card else None,
        verdict.manifest,
        verdict.outcome,
        verdict.outcome in DONE,
        verdict.belongs_to,
        verdict.reason,
        number_of(calls, judged, numbers),
        judged.content,
        judged.scan.occurred_at,
    )


def number_of(calls: Sequence[Call], judged: Judged, numbers: Mapping[Any, str]) -> str | None:
    return numbers[difference_of(calls, judged).key] if judged.verdict.difference else None
