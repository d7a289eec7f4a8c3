"""What lies where now, by the days since its first notice: the picture beside the monthly report."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.lifecycle import IN_STOCK
from logistics.rules.undelivered import BAND_STARTS, BANDS, Band
from logistics.store.database import driver

_AGES = """
SELECT card.place, width_bucket($1::date - card.first_notice_on, $2::int[]) AS band, count(*)::int AS cards
FROM card
WHERE card.state = ANY ($3::text[]) AND ($4::text IS NULL OR card.place = $4)
GROUP BY 1, 2
"""


async def ages(session: AsyncSession, today: date, place: str | None) -> dict[str, dict[Band, int]]:
    """Cards in stock today by place and band, as the report counts them; of one place where given."""
    rows: Any = await (await driver(session)).fetch(_AGES, today, list(BAND_STARTS), sorted(IN_STOCK), place)
    found: dict[str, dict[Band, int]] = {}
    for row in rows:
        band = Band.NOT_YET if row["band"] is None else BANDS[row["band"]]
        found.setdefault(row["place"], {})[band] = row["cards"]
    return found
