"""Monthly figures of earlier years, imported as they were printed: for forecasts and for comparing, never for custody."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions, summaries
from logistics.rules.codes import CodeType
from logistics.rules.errors import AlreadyImported, ListInvalid
from logistics.rules.permissions import Actor
from logistics.rules.summaries import Doubt, Summary, Total
from logistics.store.database import driver
from logistics.work.numbering import next_codes

_PLACES = "SELECT code, number, slug, name, short_name FROM place WHERE kind <> 'vehicle'"
_IMPORT = """
INSERT INTO summary_import (code, digest, imported_at, imported_by, entry) VALUES ($1, $2, $3, $4, $5)
"""
_LINES = """
INSERT INTO summary_count (import, line, place, measure, name, month, cards, printed_total, source)
SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::date[], $7::int[], $8::int[], $9::text[])
"""
_FOUND = """
SELECT import, line, place, measure, name, month, cards, printed_total, source
FROM summary_count
WHERE ($1::text IS NULL OR measure = $1) AND ($2::text IS NULL OR place = $2)
ORDER BY import, line, month
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought: its code, its lines, totals that do not add up, and what its places add up to."""

    code: str
    lines: int
    doubts: Sequence[Doubt]
    totals: Sequence[Total]


async def import_table(session: AsyncSession, actor: Actor, content: bytes, now: datetime) -> Imported:
    """Import a table of monthly figures, all of it or nothing; a total that is wrong in print is a doubt, not a fault.

    Raises ListInvalid with every fault at once, AlreadyImported for the same bytes again.
    """
    permissions.require(actor, "import_summary")
    connection = await driver(session)
    digest = hashlib.sha256(content).digest()
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('import_summary', 0))")
    if before := await connection.fetchval("SELECT code FROM summary_import WHERE digest = $1", digest):
        raise AlreadyImported(before)
    places = {
        str(name): row["code"]
        for row in await connection.fetch(_PLACES)
        for name in (row["code"], row["number"], row["slug"], row["name"], row["short_name"])
    }
    lines, faults = summaries.parse(content, places)
    if faults:
        raise ListInvalid(faults)
    (code,) = await next_codes(session, CodeType.FIGURES, 1, now)
    found = summaries.doubts(lines)
    act = Act(
        "import_summary",
        actor,
        actor.home,
        now,
        facts={
            "import": code,
            "lines": len(lines),
            "sha256": digest.hex(),
            "doubts": [{"where": d.where, "printed": d.printed, "added": d.added} for d in found],
        },
    )
    (taken,) = await take(session, [act], now)
    await connection.execute(_IMPORT, code, digest, now, actor.code, taken.entry)
    cells = [(line, month, cards) for line in lines for month, cards in sorted(line.months.items())]
    await connection.execute(
        _LINES,
        code,
        [line.number for line, _, _ in cells],
        [line.place for line, _, _ in cells],
        [line.measure for line, _, _ in cells],
        [line.name for line, _, _ in cells],
        [month for _, month, _ in cells],
        [cards for _, _, cards in cells],
        [line.printed_total for line, _, _ in cells],
        [line.source for line, _, _ in cells],
    )
    return Imported(code, len(lines), found, summaries.totals(lines))


async def figures(
    session: AsyncSession, measure: str | None = None, place: str | None = None
) -> list[Summary]:
    """All imported lines, in the order in which they came."""
    lines: dict[tuple[str, int], Summary] = {}
    for row in await (await driver(session)).fetch(_FOUND, measure, place):
        months: dict[date, int]
        if (row["import"], row["line"]) in lines:
            months = dict(lines[row["import"], row["line"]].months)
        else:
            months = {}
        months[row["month"]] = row["cards"]
        lines[row["import"], row["line"]] = Summary(
            row["line"],
            row["place"],
            row["measure"],
            row["name"],
            months,
            row["printed_total"],
            row["source"],
        )
    return list(lines.values())
