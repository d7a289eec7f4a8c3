"""P18 引継書 as a frozen record: what was left, where it went, the full counts before it, what is still open."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import business_date, fiscal_year
from logistics.rules.permissions import Actor
from logistics.rules.records import KindCount, NamedPerson, NamedPlace
from logistics.rules.succeeding import Receiver, Way
from logistics.rules.succession_records import (
    OpenDifference,
    SuccessionCount,
    SuccessionPlace,
    SuccessionRecord,
    SuccessionSlot,
    WayCount,
)
from logistics.store.database import driver
from logistics.work import documents, people, places, supply_papers
from logistics.work.documents import Paper

CATALOGUE = "P18"

_HANDED_ON = """
SELECT card.code, card.kind, kind.name AS kind_name, place.code AS place, place.short_name AS name, frozen.slot
FROM succession_card AS frozen
JOIN card ON card.id = frozen.card
JOIN kind ON kind.code = card.kind
JOIN place ON place.code = frozen.place
WHERE frozen.succession = $1 AND card.state = 'transferred'
ORDER BY place.number, frozen.slot NULLS FIRST, kind.name, card.code
"""
_COUNTS = """
SELECT place.short_name AS place, vault.name AS vault_name, counted.code AS count, ended.report, counted.day,
       counter.name AS counted_by, witness.name AS witnessed_by, counted.expected, ended.missing, ended.unexpected
FROM stock_count AS counted
JOIN stock_count_end AS ended ON ended.count = counted.code AND ended.how = 'concluded'
JOIN vault ON vault.code = counted.vault
JOIN place ON place.code = counted.place
JOIN person AS counter ON counter.code = counted.opened_by
LEFT JOIN person AS witness ON witness.code = counted.witness
WHERE counted.kind = 'full' AND counted.opened_at >= $1
ORDER BY place.number, vault.code, counted.code
"""
_OPEN = """
SELECT discrepancy.code, place.short_name AS place, discrepancy.kind, discrepancy.card, discrepancy.opened_at
FROM discrepancy
JOIN place ON place.code = discrepancy.place
LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
WHERE ended.discrepancy IS NULL
ORDER BY discrepancy.code
"""


async def freeze(
    session: AsyncSession, actor: Actor, number: str, known: Mapping[str, Any], now: datetime
) -> None:
    """Freeze P18 of a succession of which nothing is left."""
    connection = await driver(session)
    here = await places.place(session, str(actor.place))
    directed = (await people.actors(session, [known["directed_by"]]))[known["directed_by"]]
    cards = [dict(row) for row in await connection.fetch(_HANDED_ON, known["code"])]
    counted = await connection.fetch(_COUNTS, known["opened_at"])
    today = business_date(now)
    record = SuccessionRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=NamedPlace(here["code"], here["name"], here["address"]),
        succession=known["code"],
        receiver=Receiver(known["receiver"]),
        successor=known["successor"],
        reference=known["reference"],
        directed_by=NamedPerson(directed.code, directed.name),
        opened_at=known["opened_at"],
        opening=known["cards"],
        ways=_ways(_sum(known["places"])),
        counts=tuple(KindCount(kind, name, n) for (kind, name), n in _by(cards, "kind", "kind_name")),
        listed=_digest(cards),
        places=tuple(
            SuccessionPlace(row["place"], row["name"], row["opening"], _ways(row)) for row in known["places"]
        ),
        slots=tuple(
            SuccessionSlot(place, name, slot, kind, n)
            for (place, name, slot, kind), n in _by(cards, "place", "name", "slot", "kind_name")
        ),
        full_counts=tuple(SuccessionCount(**row) for row in counted),
        differences=tuple(OpenDifference(**row) for row in await connection.fetch(_OPEN)),
        supplies=await supply_papers.lines(session, None, date(fiscal_year(today), 4, 1), today),
    )
    await documents.freeze(session, [Paper(number, CATALOGUE, known["code"], record)], now)


def _ways(row: Mapping[str, Any]) -> tuple[WayCount, ...]:
    return tuple(WayCount(way, row[way.value]) for way in Way)


def _sum(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {way.value: sum(row[way.value] for row in rows) for way in Way}


def _by(rows: list[dict[str, Any]], *names: str) -> list[tuple[tuple[Any, ...], int]]:
    counts: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        counts[key] = counts.get(key, 0) + 1
    return list(counts.items())


def _digest(cards: list[dict[str, Any]]) -> str:
    ordered = sorted(cards, key=lambda card: str(card["code"]))
    lines = [f"{card['code']} {card['kind']} {card['place']} {card['slot'] or '-'}\n" for card in ordered]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
