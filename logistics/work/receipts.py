"""The receipt of a manifest: what is still missing, and the close with accepted + rejected + missing = dispatched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import (
    InvalidValue,
    NotArrived,
    NotFound,
    ReceiptClosed,
    ReceiptNotDone,
    StillMissing,
)
from logistics.rules.lifecycle import BatchStep, CardStep
from logistics.rules.permissions import Actor, Where
from logistics.store.database import driver
from logistics.work import discrepancies, documents, people, receipt_papers, returns
from logistics.work.discrepancies import Difference
from logistics.work.missing import Gone, open_cases
from logistics.work.numbering import next_codes
from logistics.work.receipt_papers import count, seals_seen
from logistics.work.scans import Row

_MANIFEST = "SELECT * FROM manifest WHERE code = $1"
_LOCK_MANIFEST = "SELECT * FROM manifest WHERE code = $1 FOR NO KEY UPDATE"

_LINES = """
SELECT card.code, card.kind, kind.name AS kind_name, card.state, card.place, line.batch, line.position,
       CASE WHEN scan.outcome = 'received' AND EXISTS (
                SELECT FROM discrepancy AS found
                WHERE found.card = card.code AND found.kind = 'damaged'
                  AND found.place = manifest.destination AND found.opened_at >= manifest.dispatched_at)
            THEN 'damaged' ELSE scan.outcome END AS outcome
FROM manifest_card AS line
JOIN manifest ON manifest.code = line.manifest
JOIN card ON card.id = line.card
JOIN kind ON kind.code = card.kind
JOIN batch ON batch.code = line.batch AND batch.manifest = line.manifest
LEFT JOIN scan ON scan.manifest = line.manifest AND scan.card = line.card
              AND scan.accepted AND scan.purpose = 'receive'
              AND NOT EXISTS (SELECT FROM scan_undone WHERE scan_undone.scan = scan.id)
WHERE line.manifest = $1
ORDER BY line.position
"""


async def progress(session: AsyncSession, code: str) -> dict[str, Any]:
    """How far the receipt of a manifest is: counts, batches with their seals, and the cards still missing."""
    manifest = await _manifest(session, code, lock=False)
    lines = await _lines(session, code)
    counts = count(lines)
    batches = await seals_seen(session, code)
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

    `missing` is how many the clerk says are missing: StillMissing if the log says otherwise, so that nobody
    closes over a card by accident. The receipt P3 is frozen. Raises NotArrived before anything did,
    ReceiptNotDone while a batch whose cards are here has not been scanned with its seal; ReceiptClosed, NotFound
    for another site's manifest.
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
        raise NotArrived(code)
    if unseen := await _unseen_batches(session, code, lines):
        raise ReceiptNotDone(code, unseen)
    if missing != len(absent):
        raise StillMissing("missing", missing, [line["code"] for line in absent])
    back = [line["code"] for line in lines if line["outcome"]]
    settled = await returns.settled_by(session, manifest, back) if actor.where is Where.ANNEX else []
    entry = await _close_batches(session, actor, manifest, boss, absent, now, settled)
    await discrepancies.settle(session, settled, "returned", "back at the annex", [entry] * len(settled), now)
    (receipt,) = await next_codes(session, CodeType.RECEIPT, 1, now)
    await (await driver(session)).execute(
        "UPDATE manifest SET closed_at = $2, closed_by = $3, receipt = $4 WHERE code = $1",
        code,
        now,
        actor.code,
        receipt,
    )
    record = await receipt_papers.record(session, actor, boss, manifest, receipt, lines, now)
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


async def _close_batches(
    session: AsyncSession,
    actor: Actor,
    manifest: Row,
    supervisor: Actor,
    absent: Sequence[Row],
    now: datetime,
    settled: Sequence[str],
) -> int:
    """Arrived batches are done, others missing; so are cards still on their way; what lies elsewhere is not.

    The row id of the closing entry.
    """
    connection = await driver(session)
    code, site = manifest["code"], manifest["destination"]
    batches = await connection.fetch(
        "SELECT code, state, place FROM batch WHERE manifest = $1 ORDER BY code", code
    )
    gone = _gone(absent, site)
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
            facts={
                "missing": len(absent),
                "differences": sorted(numbers.values()),
                **({"settles": list(settled)} if settled else {}),
            },
            **common,
        )
    ]
    if lost := [b["code"] for b in batches if b["state"] in ("dispatched", "in_transit")]:
        acts.append(Act("miss", batch_step=BatchStep.MISS, batches=lost, **common))
    taken = await take(session, acts, now)
    entry = taken[0].entry
    await discrepancies.open_numbered(session, [(numbers[d.key], d, entry) for d in new], now)
    await open_cases(session, site, [Gone(card) for card in gone], "receipt", code, entry, now)
    return entry


def _gone(absent: Sequence[Row], site: str) -> list[str]:
    """Cards that are nowhere: on their way still, or in a container that was accepted here."""
    return [
        line["code"]
        for line in absent
        if line["state"] in ("dispatched", "in_transit")
        or (line["state"], line["place"]) == ("delivered", site)
    ]
