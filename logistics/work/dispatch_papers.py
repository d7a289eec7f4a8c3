"""The papers of a departure: manifest P1 (from a site return slip P4) and transfer slip P2, frozen as it leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.permissions import Actor, Where
from logistics.rules.records import (
    Carriage,
    HandOver,
    KindCount,
    ManifestLine,
    ManifestRecord,
    NamedPerson,
    SealedBatch,
    TransferSlipRecord,
)
from logistics.rules.return_records import ReasonCount, ReturnLine, ReturnRecord
from logistics.rules.returns import WhyReturned
from logistics.store.database import driver
from logistics.work import documents, places
from logistics.work.scans import Row

_REASONS = """
SELECT DISTINCT ON (card) card, reason
FROM return_reason
WHERE batch = ANY ($1::text[])
ORDER BY card, entry DESC
"""


@dataclass(frozen=True, slots=True)
class Departure:
    """What leaves for one destination."""

    manifest: str
    slip: str
    destination: str
    batches: Sequence[Row]
    cards: Sequence[Row]


async def freeze(
    session: AsyncSession, actor: Actor, run: Row, departures: Sequence[Departure], now: datetime
) -> None:
    """Freeze both papers of each departure, under the numbers it was given."""
    origin = str(actor.place)
    returning = actor.where is Where.SITE
    named = await places.named(session, [origin, *(d.destination for d in departures)])
    reasons = await _reasons(session, departures) if returning else {}
    carriage = await _carriage(session, run)
    issuer = NamedPerson(actor.code, actor.name)
    papers: list[documents.Paper] = []
    for d in departures:
        batches = tuple(_sealed(b, [c for c in d.cards if c["batch"] == b["code"]]) for b in d.batches)
        listed = {
            "number": d.manifest,
            "issued_at": now,
            "issued_by": issuer,
            "run": run["code"],
            "run_date": run["day"],
            "run_sequence": run["sequence"],
            "origin": named[origin],
            "destination": named[d.destination],
            "carriage": carriage,
            "batches": batches,
            "counts": _counts(d.cards),
            "transfer_slip": d.slip,
        }
        manifest: ManifestRecord | ReturnRecord
        if returning:
            manifest = ReturnRecord(**listed, **_returned(d.cards, reasons))
        else:
            manifest = ManifestRecord(**listed, lines=_lines(d.cards))
        slip = TransferSlipRecord(
            number=d.slip,
            issued_at=now,
            issued_by=issuer,
            manifest=d.manifest,
            run=run["code"],
            run_date=run["day"],
            run_sequence=run["sequence"],
            origin=named[origin],
            destination=named[d.destination],
            carriage=carriage,
            batches=batches,
            cards=len(d.cards),
            returning=returning,
            taken_over=HandOver(None, issuer, None),
            delivered=HandOver(None, None, None),
        )
        papers.append(documents.Paper(d.manifest, "P4" if returning else "P1", d.manifest, manifest))
        papers.append(documents.Paper(d.slip, "P2", d.manifest, slip))
    await documents.freeze(session, papers, now)


def _lines(cards: Sequence[Row]) -> tuple[ManifestLine, ...]:
    return tuple(
        ManifestLine(position, card["code"], card["kind"], card["kind_name"], card["batch"])
        for position, card in enumerate(cards, start=1)
    )


def _returned(cards: Sequence[Row], reasons: Mapping[int, WhyReturned]) -> dict[str, Any]:
    """What a return slip says beside a manifest: why each card goes back, and how many for each reason."""
    counted = Counter(reasons[card["id"]] for card in cards)
    return {
        "reasons": tuple(ReasonCount(why, counted[why]) for why in WhyReturned if counted[why]),
        "lines": tuple(
            ReturnLine(line.position, line.card, line.kind, line.kind_name, line.batch, reasons[card["id"]])
            for line, card in zip(_lines(cards), cards, strict=True)
        ),
    }


async def _reasons(session: AsyncSession, departures: Sequence[Departure]) -> dict[int, WhyReturned]:
    """Why each card goes back: what was said when it was put into its batch for the last time."""
    rows = await (await driver(session)).fetch(
        _REASONS, [batch["code"] for d in departures for batch in d.batches]
    )
    return {row["card"]: WhyReturned(row["reason"]) for row in rows}


async def _carriage(session: AsyncSession, run: Row) -> Carriage:
    row = await (await driver(session)).fetchrow(
        "SELECT code, name FROM courier WHERE code = $1", run["courier"]
    )
    return Carriage(row["code"], row["name"], run["consent"], tuple(run["crew"]), run["vehicle"] or "")


def _sealed(batch: Row, cards: Sequence[Row]) -> SealedBatch:
    return SealedBatch(batch["code"], batch["seal_number"], len(cards), _counts(cards), batch["loaded_at"])


def _counts(cards: Iterable[Row]) -> tuple[KindCount, ...]:
    counted = Counter((card["kind"], card["kind_name"]) for card in cards)
    return tuple(KindCount(kind, name, count) for (kind, name), count in sorted(counted.items()))
