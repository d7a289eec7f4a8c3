"""Numbers of papers and differences: one series per type and fiscal year, without gaps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import business_date, fiscal_year, reiwa_year
from logistics.rules.codes import CodeType, sequenced_code
from logistics.store.database import driver

_NEXT = """
INSERT INTO numbering (series, last) VALUES ($1, $2)
ON CONFLICT (series) DO UPDATE SET last = numbering.last + $2
RETURNING last
"""


async def next_codes(session: AsyncSession, kind: CodeType, count: int, now: datetime) -> list[str]:
    """The next `count` codes of the series, in order: prefix, Reiwa fiscal year, six digits, check character.

    The series' row stays locked until the transaction ends, so a rollback leaves no gap.
    """
    year = reiwa_year(fiscal_year(business_date(now)))
    last = await (await driver(session)).fetchval(_NEXT, f"{kind}{year:02d}", count)
    return [sequenced_code(kind, n, fiscal_year=year) for n in range(last - count + 1, last + 1)]
