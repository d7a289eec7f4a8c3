"""Receiving at a site: the manifest, each batch with its seal, then the cards; differences open by themselves.

What physically happened is recorded as it happened: a broken seal, a stranger among the cards or a receipt
sent late commits with its outcome. Many calls are settled in one transaction, so that scanners do not queue.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import DomainError, InvalidValue
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.people_errors import SiteWithoutLeader
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import people, sessions
from logistics.work.arriving import judge_batch, judge_card, judge_manifest
from logistics.work.locking import codes, lock_cards
from logistics.work.scanning import settle
from logistics.work.scans import Answer, Call, Scan
from logistics.work.sessions import Credential, Known, Scope

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
WHERE batch = ANY ($1::text[]) AND state IN ('dispatched', 'in_transit', 'delivered', 'missing')
"""

_ARRIVE = """
UPDATE manifest
SET arrived_at = COALESCE(arrived_at, $2), arrived_by = COALESCE(arrived_by, $3)
WHERE code = ANY ($1::text[])
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Scans that one person made while receiving, under the direction of a city employee."""

    by: Credential
    supervisor: str
    scans: Sequence[Scan]


async def record(
    session: AsyncSession, receipts: Sequence[Receipt], now: datetime
) -> list[list[Answer] | DomainError]:
    """Settle the scans of many people at once; for each receipt its answers in order, or why it was refused.

    Codes of manifests, batches and cards are understood. The custody entries, one per person and step, are in
    the log when this returns and the session commits.
    """
    here = await sessions.known(session, {receipt.by for receipt in receipts}, now)
    known = await people.actors(session, {receipt.supervisor for receipt in receipts})
    at_work = {one.actor.place for one in here.values() if isinstance(one, Known) and one.actor.place}
    led = await people.led(session, at_work)
    results: list[list[Answer] | DomainError] = [[] for _ in receipts]
    calls: list[tuple[int, Call]] = []
    for n, receipt in enumerate(receipts):
        try:
            calls.append((n, _call(here[receipt.by], known, led, receipt)))
        except DomainError as refusal:
            results[n] = refusal
    answers = await _settle_all(session, [call for _, call in calls], now)
    for (n, _), given in zip(calls, answers, strict=True):
        results[n] = given
    return results


async def record_one(
    session: AsyncSession, actor: Actor, supervisor: str, scan: Scan, now: datetime
) -> list[Answer]:
    """Settle one scan of somebody who is known already, as `record` does. Raises what `record` answers with."""
    known = await people.actors(session, {supervisor} if supervisor else set())
    led = await people.led(session, {str(actor.place)})
    return (await _settle_all(session, [_by(actor, known, led, supervisor, [scan])], now))[0]


def _call(
    here: Known | DomainError, known: Mapping[str, Actor], led: Collection[str], receipt: Receipt
) -> Call:
    if isinstance(here, DomainError):
        raise here
    return _by(here.acting(Scope.SCAN), known, led, receipt.supervisor, receipt.scans)


def _by(
    actor: Actor, known: Mapping[str, Actor], led: Collection[str], boss: str, scans: Sequence[Scan]
) -> Call:
    permissions.require(actor, "receive")
    supervisor = people.require_supervisor(known, boss, "supervisor")
    if supervisor.place != actor.place:
        raise InvalidValue("supervisor", "works at another place")
    site = str(actor.place)
    if site not in led:
        raise SiteWithoutLeader(site)
    return Call(
        actor,
        Purpose.RECEIVE,
        site,
        site,
        scans,
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
    answers = await settle(session, calls, manifests, judge_manifest, CodeType.MANIFEST, now)
    for call, given in zip(calls, answers, strict=True):
        arrived = [a.code for a in given if a.outcome is Outcome.ARRIVED and not a.repeated and a.code]
        await _stamp_arrival(session, call, arrived, now)
    return answers


async def _batches(session: AsyncSession, calls: Sequence[Call], now: datetime) -> list[list[Answer]]:
    connection = await driver(session)
    scanned = codes(calls)
    batches = {row["code"]: dict(row) for row in await connection.fetch(_LOCK_BATCHES, scanned)}
    for batch in batches.values():
        batch["contents"] = []
    for row in await connection.fetch(_CONTENTS, scanned):
        batches[row["batch"]]["contents"].append(row["code"])
    answers = await settle(session, calls, batches, judge_batch, CodeType.BATCH, now)
    for call, given in zip(calls, answers, strict=True):
        manifests = {
            batches[a.code]["manifest"]
            for a in given
            if a.outcome in (Outcome.ARRIVED, Outcome.BROKEN_SEAL) and not a.repeated and a.code
        }
        await _stamp_arrival(session, call, sorted(manifests), now)
    return answers


async def _cards(session: AsyncSession, calls: Sequence[Call], now: datetime) -> list[list[Answer]]:
    cards = await lock_cards(session, calls)
    return await settle(session, calls, cards, judge_card, CodeType.CARD, now)


async def _stamp_arrival(session: AsyncSession, call: Call, manifests: Sequence[str], now: datetime) -> None:
    """The first manifest or batch scan of a manifest marks the courier's arrival at the site."""
    if manifests:
        await (await driver(session)).execute(_ARRIVE, list(manifests), now, call.actor.code)
