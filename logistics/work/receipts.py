"""The receipt of a manifest: what is still missing, and the close with accepted + rejected + missing = dispatched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import Act, take
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import CountDiffers, InvalidValue, NotFound, ReceiptClosed, ReceiptNotDone
from logistics.rules.lifecycle import BatchStep, CardStep
from logistics.rules.permissions import Actor
from logistics.rules.records import (
    Difference as PaperDifference,
)
from logistics.rules.records import (
    KindCount,
    ManifestRecord,
    NamedPerson,
    ReceiptRecord,
    SealCheck,
)
from logistics.store.database import driver
from logistics.work import discrepancies, documents, people
from logistics.work.discrepancies import Difference
from logistics.work.numbering import next_codes
from logistics.work.scanning import Row

_MANIFEST = "SELECT * FROM manifest WHERE code = $1"
_LOCK_MANIFEST = "SELECT * FROM manifest WHERE code = $1 FOR NO KEY UPDATE"

_LINES = """
SELECT card.code, card.kind, kind.name AS kind_name, card.state, card.place, line.batch, line.position,
       scan.outcome
FROM manifest_card AS line
JOIN card ON card.id = line.card
JOIN kind ON kind.code = card.kind
LEFT JOIN scan ON scan.manifest = line.manifest AND scan.card = line.card
              AND scan.accepted AND scan.purpose = 'receive'
WHERE line.manifest = $1
ORDER BY line.position
"""

_BATCHES = """
SELECT batch.code, batch.state, batch.seal_number, batch.sealed_cards,
       (SELECT entry.body::json -> 'facts' -> 'seals' -> 0 ->> 'seen'
        FROM entry_batch JOIN entry ON entry.id = entry_batch.entry
        WHERE entry_batch.batch = batch.code AND entry_batch.step = 'hand_over'
        ORDER BY entry.id DESC LIMIT 1) AS seen,
       (SELECT (entry.body::json -> 'facts' -> 'seals' -> 0 ->> 'intact')::boolean
        FROM entry_batch JOIN entry ON entry.id = entry_batch.entry
        WHERE entry_batch.batch = batch.code AND entry_batch.step = 'hand_over'
        ORDER BY entry.id DESC LIMIT 1) AS intact
FROM batch
WHERE batch.manifest = $1
ORDER BY batch.code
"""

_UNEXPECTED = """
SELECT count(DISTINCT scan.code)
FROM scan
JOIN entry ON entry.id = scan.entry
WHERE scan.subject = $1 AND scan.purpose = 'receive'
  AND scan.outcome IN ('unexpected', 'not_in_transit', 'unknown')
  AND scan.code LIKE 'C%'
  AND entry.recorded_at >= $2 AND entry.site = $1
"""


async def progress(session: AsyncSession, code: str) -> dict[str, Any]:
    """How far the receipt of a manifest is: counts, batches with their seals, and the cards still missing."""
    manifest = await _manifest(session, code, lock=False)
    lines = await _lines(session, code)
    counts = _count(lines)
    batches = await (await driver(session)).fetch(_BATCHES, code)
    return {
        "manifest": code,
        "destination": manifest["destination"],
        "arrived_at": manifest["arrived_at"],
        "closed_at": manifest["closed_at"],
        "receipt": manifest["receipt"],
        "dispatched": len(lines),
        **counts,
        "batches": [
            {"code": row["code"], "state": row["state"], "seal_seen": row["seen"], "intact": row["intact"]}
            for row in batches
        ],
        "outstanding": [line["code"] for line in lines if line["outcome"] is None],
    }


async def close(
    session: AsyncSession, actor: Actor, code: str, supervisor: str, missing: int, now: datetime
) -> dict[str, Any]:
    """Close the receipt: what was not scanned is missing from now on, each card a difference of its own.

    `missing` is how many the clerk says are missing: CountDiffers if the log says otherwise, so that nobody
    closes over a card by accident. The receipt P3 is frozen. Raises ReceiptNotDone before anything arrived, or
    while a batch whose cards are here has not been scanned with its seal; ReceiptClosed, NotFound for another
    site's manifest.
    """
    permissions.require(actor, "close_receipt")
    manifest = await _manifest(session, code, lock=True)
    if manifest["destination"] != actor.place:
        raise NotFound("manifest", code)
    if manifest["closed_at"]:
        raise ReceiptClosed(code)
    known = await people.actors(session, [supervisor])
    boss = people.require_supervisor(known, supervisor, "supervisor")
    if boss.place != actor.place:
        raise InvalidValue("supervisor", "works at another place")
    lines = await _lines(session, code, lock=True)
    absent = [line for line in lines if line["outcome"] is None]
    if manifest["arrived_at"] is None:
        raise ReceiptNotDone(code, "neither its manifest nor a batch was scanned.", [])
    if unseen := await _unseen_batches(session, code, lines):
        raise ReceiptNotDone(code, "cards were received out of batches that were not scanned.", unseen)
    if missing != len(absent):
        raise CountDiffers("missing", missing, len(absent))
    await _close_batches(session, actor, manifest, boss, absent, now)
    (receipt,) = await next_codes(session, CodeType.RECEIPT, 1, now)
    await (await driver(session)).execute(
        "UPDATE manifest SET closed_at = $2, closed_by = $3, receipt = $4 WHERE code = $1",
        code,
        now,
        actor.code,
        receipt,
    )
    record = await _record(session, actor, boss, manifest, receipt, lines, now)
    await documents.freeze(session, [documents.Paper(receipt, "P3", code, record)], now)
    return {
        "manifest": code,
        "receipt": receipt,
        "dispatched": record.dispatched,
        "accepted": record.accepted,
        "rejected": record.rejected,
        "missing": record.missing,
        "unexpected": record.unexpected,
        "differences": [difference.code for difference in record.differences],
    }


async def _manifest(session: AsyncSession, code: str, *, lock: bool) -> Row:
    row = await (await driver(session)).fetchrow(_LOCK_MANIFEST if lock else _MANIFEST, code)
    if row is None:
        raise NotFound("manifest", code)
    return dict(row)


async def _lines(session: AsyncSession, code: str, *, lock: bool = False) -> list[Row]:
    connection = await driver(session)
    if lock:
        # Scanners hold locks on batches and cards without the manifest's; wait for them before counting.
        await connection.execute(
            "SELECT code FROM batch WHERE manifest = $1 ORDER BY code FOR NO KEY UPDATE", code
        )
        await connection.execute(
            "SELECT card.id FROM card JOIN manifest_card AS line ON line.card = card.id"
            " WHERE line.manifest = $1 ORDER BY card.id FOR NO KEY UPDATE OF card",
            code,
        )
    return [dict(row) for row in await connection.fetch(_LINES, code)]


async def _unseen_batches(session: AsyncSession, manifest: str, lines: Sequence[Row]) -> list[str]:
    """Batches that are recorded as on their way although cards of theirs were scanned here."""
    rows = await (await driver(session)).fetch(
        "SELECT code FROM batch WHERE manifest = $1 AND state IN ('dispatched', 'in_transit')"
        " AND code = ANY ($2::text[]) ORDER BY code",
        manifest,
        sorted({line["batch"] for line in lines if line["outcome"]}),
    )
    return [row["code"] for row in rows]


def _count(lines: Sequence[Row]) -> dict[str, int]:
    outcomes = Counter(line["outcome"] for line in lines)
    return {
        "accepted": outcomes["received"],
        "rejected": outcomes["damaged"],
        "missing": outcomes[None],
    }


async def _close_batches(
    session: AsyncSession,
    actor: Actor,
    manifest: Row,
    supervisor: Actor,
    absent: Sequence[Row],
    now: datetime,
) -> None:
    """Arrived batches are done, others missing; so are cards still on their way; what lies elsewhere is not."""
    connection = await driver(session)
    code, site = manifest["code"], manifest["destination"]
    batches = await connection.fetch(
        "SELECT code, state, place FROM batch WHERE manifest = $1 ORDER BY code", code
    )
    gone = [
        line["code"]
        for line in absent
        if line["state"] in ("dispatched", "in_transit")
        or (line["state"], line["place"]) == ("delivered", site)
    ]
    short = [
        Difference(
            "short", site, card=line["code"], batch=line["batch"], manifest=code, note="収受完了時に未確認"
        )
        for line in absent
        if line["code"] in set(gone)
    ]
    numbers, new = await discrepancies.number(session, short, now)
    common = {
        "actor": actor,
        "site": site,
        "occurred_at": now,
        "run": manifest["run"],
        "manifest": code,
        "supervisor": supervisor.code,
    }
    acts = [
        Act(
            "close_receipt",
            batch_step=BatchStep.CLOSE,
            batches=[b["code"] for b in batches if b["state"] == "delivered" and b["place"] == site],
            step=CardStep.MISS if gone else None,
            cards=gone,
            facts={"missing": len(absent), "differences": sorted(numbers.values())},
            **common,
        )
    ]
    if lost := [b["code"] for b in batches if b["state"] in ("dispatched", "in_transit")]:
        acts.append(Act("miss", batch_step=BatchStep.MISS, batches=lost, **common))
    taken = await take(session, acts, now)
    await discrepancies.open_numbered(session, [(numbers[d.key], d, taken[0].entry) for d in new], now)


async def _record(
    session: AsyncSession,
    actor: Actor,
    supervisor: Actor,
    manifest: Row,
    receipt: str,
    lines: Sequence[Row],
    now: datetime,
) -> ReceiptRecord:
    connection = await driver(session)
    sent = await documents.record(session, manifest["code"], ManifestRecord)
    batches = await connection.fetch(_BATCHES, manifest["code"])
    arrived = Counter(line["batch"] for line in lines if line["outcome"])
    found = await discrepancies.of_receipt(
        session, manifest["code"], manifest["destination"], manifest["arrived_at"]
    )
    accepted = Counter((line["kind"], line["kind_name"]) for line in lines if line["outcome"] == "received")
    return ReceiptRecord(
        number=receipt,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        supervisor=NamedPerson(supervisor.code, supervisor.name),
        manifest=manifest["code"],
        run=manifest["run"],
        run_date=sent.run_date,
        run_sequence=sent.run_sequence,
        origin=sent.origin,
        destination=sent.destination,
        carriage=sent.carriage,
        arrived_at=manifest["arrived_at"],
        closed_at=now,
        dispatched=len(lines),
        **_count(lines),
        unexpected=await connection.fetchval(_UNEXPECTED, manifest["destination"], manifest["arrived_at"]),
        counts=tuple(KindCount(kind, name, n) for (kind, name), n in sorted(accepted.items())),
        seals=tuple(
            SealCheck(
                row["code"],
                row["seal_number"] or "",
                row["seen"],
                bool(row["intact"]),
                row["sealed_cards"] or 0,
                arrived[row["code"]],
            )
            for row in batches
        ),
        differences=tuple(_on_paper(row) for row in found),
    )


def _on_paper(row: Row) -> PaperDifference:
    """A difference in the words of the site that signs; what lies at another site is said to lie there."""
    note = f"この拠点あて。{row['place_name']}で確認" if row["elsewhere"] else row["note"]
    return PaperDifference(row["code"], row["kind"], row["card"], row["batch"], note)
