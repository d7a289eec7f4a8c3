"""Receiving at a site: the manifest, each batch with its seal, then the cards; differences open by themselves.

What physically happened is recorded as it happened: a broken seal, a stranger among the cards or a receipt
sent late commits with its outcome. Many calls are settled in one transaction, so that scanners do not queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import DomainError, InvalidValue, NotFound
from logistics.rules.lifecycle import IN_FLIGHT, BatchState, BatchStep, CardState, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import people
from logistics.work.scanning import Answer, Call, Row, Scan, Verdict, codes, lock_cards, settle

_LOCK_MANIFESTS = "SELECT * FROM manifest WHERE code = ANY ($1::text[]) ORDER BY code FOR NO KEY UPDATE"

# Everything that scans of manifests and batches may touch, kind by kind, in the order that all transactions keep.
_LOCK_AHEAD = (
    """
    SELECT code
    FROM manifest
    WHERE code = ANY ($1::text[]) OR code IN (SELECT manifest FROM batch WHERE code = ANY ($1::text[]))
    ORDER BY code
    FOR NO KEY UPDATE
    """,
    "SELECT code FROM batch WHERE code = ANY ($1::text[]) ORDER BY code FOR NO KEY UPDATE",
    """
    SELECT id
    FROM card
    WHERE code = ANY ($1::text[]) OR batch = ANY ($1::text[])
    ORDER BY id
    FOR NO KEY UPDATE
    """,
)

_LOCK_BATCHES = """
SELECT batch.*, manifest.destination AS manifest_destination
FROM batch
LEFT JOIN manifest ON manifest.code = batch.manifest
WHERE batch.code = ANY ($1::text[])
ORDER BY batch.code
FOR NO KEY UPDATE OF batch
"""

_CONTENTS = """
SELECT code, batch
FROM card
WHERE batch = ANY ($1::text[]) AND state IN ('dispatched', 'in_transit', 'missing')
"""

_ARRIVE = """
UPDATE manifest
SET arrived_at = COALESCE(arrived_at, $2), arrived_by = COALESCE(arrived_by, $3)
WHERE code = ANY ($1::text[])
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Scans that one person made while receiving, under the direction of a city employee."""

    actor: str
    supervisor: str
    scans: Sequence[Scan]
    device: str | None = None


async def record(
    session: AsyncSession, receipts: Sequence[Receipt], now: datetime
) -> list[list[Answer] | DomainError]:
    """Settle the scans of many people at once; for each receipt its answers in order, or why it was refused.

    Codes of manifests, batches and cards are understood. The custody entries, one per person and step, are in
    the log when this returns and the session commits.
    """
    known = await people.actors(session, {code for r in receipts for code in (r.actor, r.supervisor)})
    results: list[list[Answer] | DomainError] = [[] for _ in receipts]
    calls: list[tuple[int, Call]] = []
    for n, receipt in enumerate(receipts):
        try:
            calls.append((n, _call(known, receipt)))
        except DomainError as refusal:
            results[n] = refusal
    answers = await _settle_all(session, [call for _, call in calls], now)
    for (n, _), given in zip(calls, answers, strict=True):
        results[n] = given
    return results


def _call(known: Mapping[str, Actor], receipt: Receipt) -> Call:
    actor = known.get(receipt.actor)
    if actor is None:
        raise NotFound("person", receipt.actor)
    permissions.require(actor, "receive")
    supervisor = people.require_supervisor(known, receipt.supervisor, "supervisor")
    if supervisor.place != actor.place:
        raise InvalidValue("supervisor", "works at another place")
    site = str(actor.place)
    return Call(
        actor.on(receipt.device),
        Purpose.RECEIVE,
        site,
        site,
        receipt.scans,
        supervisor.code,
        place=site,
        custodian=site,
    )


async def _settle_all(session: AsyncSession, calls: Sequence[Call], now: datetime) -> list[list[Answer]]:
    """Manifests first, then batches, then cards, whatever the order they were scanned in."""
    await _lock_ahead(session, calls)
    merged: list[dict[int, Answer]] = [{} for _ in calls]
    for kind, settle_kind in (
        (CodeType.MANIFEST, _manifests),
        (CodeType.BATCH, _batches),
        (CodeType.CARD, _cards),
    ):
        parts = [_part(call, kind) for call in calls]
        chosen = [n for n, positions in enumerate(parts) if positions]
        if not chosen:
            continue
        narrowed = [_only(calls[n], parts[n]) for n in chosen]
        for n, answers in zip(chosen, await settle_kind(session, narrowed, now), strict=True):
            merged[n] |= dict(zip(parts[n], answers, strict=True))
    return [[answer for _, answer in sorted(found.items())] for found in merged]


async def _lock_ahead(session: AsyncSession, calls: Sequence[Call]) -> None:
    """Lock at once what several kinds of scan need: one after the other, they would meet others' locks crosswise."""
    scanned = codes(calls)
    if all(code.startswith(CodeType.CARD) for code in scanned):
        return
    connection = await driver(session)
    for statement in _LOCK_AHEAD:
        await connection.execute(statement, scanned)


def _part(call: Call, kind: CodeType) -> list[int]:
    """Positions of the scans that are settled with `kind`; what is neither manifest nor batch, with the cards."""
    prefixes = {CodeType.MANIFEST.value: CodeType.MANIFEST, CodeType.BATCH.value: CodeType.BATCH}
    return [
        n for n, scan in enumerate(call.scans) if prefixes.get(scan.text.strip()[:1], CodeType.CARD) is kind
    ]


def _only(call: Call, positions: Sequence[int]) -> Call:
    return Call(
        call.actor,
        call.purpose,
        call.subject,
        call.site,
        [call.scans[n] for n in positions],
        call.supervisor,
        place=call.place,
        custodian=call.custodian,
    )


async def _manifests(session: AsyncSession, calls: Sequence[Call], now: datetime) -> list[list[Answer]]:
    rows = await (await driver(session)).fetch(_LOCK_MANIFESTS, codes(calls))
    manifests = {row["code"]: dict(row) for row in rows}
    answers = await settle(session, calls, manifests, _judge_manifest, CodeType.MANIFEST, now)
    for call, given in zip(calls, answers, strict=True):
        arrived = [a.code for a in given if a.outcome is Outcome.ARRIVED and not a.repeated and a.code]
        await _stamp_arrival(session, call, arrived, now)
    return answers


def _judge_manifest(call: Call, _scan: Scan, code: str, manifest: Row | None) -> Verdict:
    if manifest is None:
        return Verdict(Outcome.UNKNOWN)
    if manifest["destination"] != call.site:
        return Verdict(Outcome.UNEXPECTED, belongs_to=manifest["destination"])
    if manifest["arrived_at"]:
        return Verdict(Outcome.ALREADY_ARRIVED, manifest=code)
    manifest["arrived_at"] = True
    return Verdict(Outcome.ARRIVED, manifest=code)


async def _batches(session: AsyncSession, calls: Sequence[Call], now: datetime) -> list[list[Answer]]:
    connection = await driver(session)
    scanned = codes(calls)
    batches = {row["code"]: dict(row) for row in await connection.fetch(_LOCK_BATCHES, scanned)}
    for batch in batches.values():
        batch["contents"] = []
    for row in await connection.fetch(_CONTENTS, scanned):
        batches[row["batch"]]["contents"].append(row["code"])
    answers = await settle(session, calls, batches, _judge_batch, CodeType.BATCH, now)
    for call, given in zip(calls, answers, strict=True):
        manifests = {
            batches[a.code]["manifest"]
            for a in given
            if a.outcome in (Outcome.ARRIVED, Outcome.BROKEN_SEAL) and not a.repeated and a.code
        }
        await _stamp_arrival(session, call, sorted(manifests), now)
    return answers


def _judge_batch(call: Call, scan: Scan, code: str, batch: Row | None) -> Verdict:
    if batch is None:
        return Verdict(Outcome.UNKNOWN, difference="unknown", note="登録のない搬送袋")
    manifest, state = batch["manifest"], BatchState(batch["state"])
    here = batch["place"] == call.site
    if here and state in (BatchState.DELIVERED, BatchState.CLOSED):
        return Verdict(Outcome.ALREADY_ARRIVED, manifest=manifest)
    if state not in (BatchState.DISPATCHED, BatchState.IN_TRANSIT, BatchState.MISSING):
        return Verdict(Outcome.NOT_IN_TRANSIT, belongs_to=batch["destination"], reason=f"it is {state}")
    # A seal that is gone has no number to scan; that it is not intact says enough.
    if scan.seal_number is None and scan.seal_intact:
        return Verdict(Outcome.SEAL_NEEDED, manifest=manifest)
    batch["state"], batch["place"] = BatchState.DELIVERED.value, call.site
    moves = {
        "step": CardStep.HAND_OVER if batch["contents"] else None,
        "cards": batch["contents"],
        "batch_step": BatchStep.HAND_OVER,
        "manifest": manifest,
        "group": code,
    }
    if batch["manifest_destination"] != call.site:
        belongs = batch["manifest_destination"]
        note = "別の拠点あての搬送袋"
        return Verdict(Outcome.UNEXPECTED, belongs_to=belongs, difference="misrouted", note=note, **moves)
    if not scan.seal_intact or scan.seal_number != batch["seal_number"]:
        note = "封印が破られている" if not scan.seal_intact else "封印番号が明細書と違う"
        return Verdict(Outcome.BROKEN_SEAL, difference="broken_seal", note=note, **moves)
    return Verdict(Outcome.ARRIVED, **moves)


async def _cards(session: AsyncSession, calls: Sequence[Call], now: datetime) -> list[list[Answer]]:
    cards = await lock_cards(session, calls)
    return await settle(session, calls, cards, _judge_card, CodeType.CARD, now)


def _judge_card(call: Call, scan: Scan, _code: str, card: Row | None) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN, difference="unknown", note="登録のない管理番号")
    state = CardState(card["state"])
    awaited_here = card["manifest_destination"] == call.site
    if state in IN_FLIGHT or state is CardState.MISSING:
        # A container that comes after the close brings its cards back before they are scanned one by one.
        missing = state is CardState.MISSING or card["manifest_closed_at"] is not None
        aside = CardStep.FIND if state is CardState.MISSING else CardStep.HOLD
        if not awaited_here:
            return _stranger(card, aside, was_missing=missing)
        if scan.damaged:
            return _damaged(card, aside, was_missing=missing)
        return Verdict(Outcome.RECEIVED, CardStep.RECEIVE, manifest=card["manifest"], was_missing=missing)
    if card["place"] == call.site:
        if scan.damaged and state in (CardState.RECEIVED, CardState.STORED):
            return _damaged(card, CardStep.HOLD, was_missing=False)
        return Verdict(Outcome.ALREADY_RECEIVED)
    return _out_of_place(card, state)


def _stranger(card: Row, step: CardStep, *, was_missing: bool) -> Verdict:
    """A card on its way to another site: it is held here, and the answer says where it belongs."""
    if card["manifest_destination"] is None:
        return Verdict(
            Outcome.NOT_IN_TRANSIT,
            step,
            belongs_to=card["destination"],
            difference="over",
            note="分室で所在不明となっていたカード",
            was_missing=was_missing,
        )
    return Verdict(
        Outcome.UNEXPECTED,
        step,
        manifest=card["manifest"],
        belongs_to=card["manifest_destination"],
        difference="misrouted",
        note="別の拠点あてのカード",
        was_missing=was_missing,
    )


def _damaged(card: Row, step: CardStep, *, was_missing: bool) -> Verdict:
    return Verdict(
        Outcome.DAMAGED,
        step,
        manifest=card["manifest"],
        difference="damaged",
        note="収受時に破損を確認",
        was_missing=was_missing,
    )


def _out_of_place(card: Row, state: CardState) -> Verdict:
    """A card that should be somewhere else and not on its way: it is here, so here it is held."""
    return Verdict(
        Outcome.NOT_IN_TRANSIT,
        None if state is CardState.HELD else CardStep.HOLD,
        belongs_to=card["destination"],
        difference="over",
        note=f"別の場所にあるはずのカード（記録上の状態 {state}）",
    )


async def _stamp_arrival(session: AsyncSession, call: Call, manifests: Sequence[str], now: datetime) -> None:
    """The first manifest or batch scan of a manifest marks the courier's arrival at the site."""
    if manifests:
        await (await driver(session)).execute(_ARRIVE, list(manifests), now, call.actor.code)
