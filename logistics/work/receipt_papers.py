"""What the receipt P3 says: counts, seals as they were seen, and differences in the words of the site that signs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.permissions import Actor, Where
from logistics.rules.records import (
    Difference,
    KindCount,
    NamedPerson,
    ReceiptRecord,
    SealCheck,
)
from logistics.store.database import driver
from logistics.work import discrepancies, documents
from logistics.work.scans import Row

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


async def seals_seen(session: AsyncSession, manifest: str) -> list[Row]:
    """The batches of a manifest with the seal that was seen on each when it was handed over."""
    return [dict(row) for row in await (await driver(session)).fetch(_BATCHES, manifest)]


def count(lines: Sequence[Row]) -> dict[str, int]:
    """Accepted, rejected and missing among a manifest's lines; together they are all of them."""
    outcomes = Counter(line["outcome"] for line in lines)
    return {
        "accepted": outcomes["received"],
        "rejected": outcomes["damaged"],
        "missing": outcomes[None],
    }


async def record(
    session: AsyncSession,
    actor: Actor,
    supervisor: Actor,
    manifest: Row,
    receipt: str,
    lines: Sequence[Row],
    now: datetime,
) -> ReceiptRecord:
    """What P3 says of a receipt that is being closed; `lines` are the manifest's, each with its outcome."""
    connection = await driver(session)
    sent = await documents.travelling(session, manifest["code"])
    batches = await seals_seen(session, manifest["code"])
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
        **count(lines),
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
        recalled=manifest["recalled"],
        returning=actor.where is Where.ANNEX,
    )


def _on_paper(row: Row) -> Difference:
    """A difference in the words of the site that signs; what lies at another site is said to lie there."""
    note = f"この拠点あて。{row['place_name']}で確認" if row["elsewhere"] else row["note"]
    return Difference(row["code"], row["kind"], row["card"], row["batch"], note)
