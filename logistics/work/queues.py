"""Rows of numbers: a browser numbers its scans without gaps, so that one that never arrived is seen to be missing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.store.database import driver
from logistics.work.scans import Scan

# So far back a gap is looked for, and so many are named.
MOST_NUMBERS, MOST_GAPS = 2_000, 20

_NOTE = """
INSERT INTO queued_scan (queue, sequence, scan)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[])
ON CONFLICT DO NOTHING
"""

_GAPS = """
WITH newest AS (SELECT max(sequence) AS number FROM queued_scan WHERE queue = $1)
SELECT awaited.number
FROM newest
CROSS JOIN generate_series(GREATEST(1, newest.number - $2), newest.number) AS awaited (number)
WHERE NOT EXISTS (SELECT FROM queued_scan WHERE queue = $1 AND sequence = awaited.number)
ORDER BY awaited.number
LIMIT $3
"""


async def note(session: AsyncSession, scans: Sequence[Scan]) -> None:
    """Keep the numbers of recorded scans; a repeat has the number it had."""
    numbered = [scan for scan in scans if scan.queue and scan.sequence]
    if numbered:
        await (await driver(session)).execute(
            _NOTE,
            [scan.queue for scan in numbered],
            [scan.sequence for scan in numbered],
            [scan.id for scan in numbered],
        )


async def gaps(session: AsyncSession, queue: str) -> list[int]:
    """Numbers of a row that never arrived although later ones did, the first twenty of the last two thousand."""
    rows = await (await driver(session)).fetch(_GAPS, queue, MOST_NUMBERS, MOST_GAPS)
    return [row["number"] for row in rows]
