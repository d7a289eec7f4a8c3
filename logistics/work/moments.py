"""Where a time lies in the log, and among the cards.

Row ids follow recording but for SLACK: the entries of so long a time may have their ids and times in another order,
and so may the cards that they made known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.store.database import driver
from logistics.work.audit_sources import SLACK

# The first id after a time is near the first time after it.
_FIRST_AFTER = """
SELECT min(entry.id)
FROM (SELECT recorded_at FROM entry WHERE recorded_at >= $1 ORDER BY recorded_at LIMIT 1) AS first
JOIN entry ON entry.recorded_at BETWEEN first.recorded_at AND first.recorded_at + $2::interval
"""
_EARLY = """
SELECT id
FROM entry
WHERE id >= $3 AND recorded_at < $1 AND recorded_at >= $1 - $2::interval
ORDER BY id
"""
# Of the cards between two ids, the one in the middle, and the entry that made it known.
_MIDDLE = """
SELECT id, (SELECT min(entry) FROM entry_card WHERE entry_card.card = card.id) AS entry
FROM card
WHERE id >= ($1::bigint + $2::bigint) / 2 AND id < $2
ORDER BY id
LIMIT 1
"""

# Beyond every id there will ever be.
NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and where it lies in the log: entries before row id `first`, and `early`, were recorded before it."""

    at: datetime
    first: int
    early: Sequence[int]

    @property
    def is_now(self) -> bool:
        """Whether nothing has been recorded since."""
        return self.first == NEVER


async def moment(session: AsyncSession, at: datetime) -> Moment:
    """Where `at` lies in the log."""
    connection = await driver(session)
    first = await connection.fetchval(_FIRST_AFTER, at, SLACK)
    if first is None:
        return Moment(at, NEVER, ())
    return Moment(at, first, [row["id"] for row in await connection.fetch(_EARLY, at, SLACK, first)])


async def unborn(session: AsyncSession, moment: Moment) -> int:
    """A row id from which on every card was made known after the moment; of the cards before it some were, too.

    Whole lives lie after a moment of long ago. Who asks what was then need not look at them, nor at their entries.
    """
    connection = await driver(session)
    after: int | None = await connection.fetchval(_FIRST_AFTER, moment.at + SLACK, SLACK)
    if after is None:
        return NEVER
    # Cards are numbered as they are made known, so they are halved again and again; what has no entry counts as old.
    low, high = 0, 1 + (await connection.fetchval("SELECT max(id) FROM card") or 0)
    while low < high:
        row = await connection.fetchrow(_MIDDLE, low, high)
        if row is None or (row["entry"] is not None and row["entry"] >= after):
            high = (low + high) // 2
        else:
            low = row["id"] + 1
    return high
