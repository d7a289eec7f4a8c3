"""The papers of a departure: manifest P1 and transfer slip P2, frozen in the transaction that releases the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.permissions import Actor
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
from logistics.store.database import driver
from logistics.work import documents, places
from logistics.work.scans import Row


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
    annex = str(actor.place)
    named = await places.named(session, [annex, *(d.destination for d in departures)])
    carriage = await _carriage(session, run)
    issuer = NamedPerson(actor.code, actor.name)
    papers: list[documents.Paper] = []
    for d in departures:
        batches = tuple(_sealed(b, [c for c in d.cards if c["batch"] == b["code"]]) for b in d.batches)
        manifest = ManifestRecord(
            number=d.manifest,
            issued_at=now,
            issued_by=issuer,
            run=run["code"],
            run_date=run["day"],
            run_sequence=run["sequence"],
            origin=named[annex],
            destination=named[d.destination],
            carriage=carriage,
            batches=batches,
            counts=_counts(d.cards),
            lines=tuple(
                ManifestLine(position, card["code"], card["kind"], card["kind_name"], card["batch"])
                for position, card in enumerate(d.cards, start=1)
            ),
            transfer_slip=d.slip,
        )
        slip = TransferSlipRecord(
            number=d.slip,
            issued_at=now,
            issued_by=issuer,
            manifest=d.manifest,
            run=run["code"],
            run_date=run["day"],
            run_sequence=run["sequence"],
            origin=named[annex],
            destination=named[d.destination],
            carriage=carriage,
            batches=batches,
            cards=len(d.cards),
            taken_over=HandOver(None, issuer, None),
            delivered=HandOver(None, None, None),
        )
        papers.append(documents.Paper(d.manifest, "P1", d.manifest, manifest))
        papers.append(documents.Paper(d.slip, "P2", d.manifest, slip))
    await documents.freeze(session, papers, now)


async def _carriage(session: AsyncSession, run: Row) -> Carriage:
    row = await (await driver(session)).fetchrow(
        "SELECT code, name, consent_number FROM courier WHERE code = $1", run["courier"]
    )
    return Carriage(row["code"], row["name"], row["consent_number"], tuple(run["crew"]), run["vehicle"] or "")


def _sealed(batch: Row, cards: Sequence[Row]) -> SealedBatch:
    return SealedBatch(batch["code"], batch["seal_number"], len(cards), _counts(cards), batch["loaded_at"])


def _counts(cards: Iterable[Row]) -> tuple[KindCount, ...]:
    counted = Counter((card["kind"], card["kind_name"]) for card in cards)
    return tuple(KindCount(kind, name, count) for (kind, name), count in sorted(counted.items()))
