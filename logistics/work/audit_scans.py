"""Changes of hands that took long, and scans that were refused: the rows of the log behind an auditor's list."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.store.database import driver
from logistics.work.audit import span_of
from logistics.work.audit_places import Key, Keyed
from logistics.work.audit_sources import EXAMINED, Filters

# Releases looked at for one page; each looks up its acceptance.
EXAMINED_RELEASES = 2_000

# Annex to courier, and courier to site. A container that is taken back or lost was not accepted by anybody.
_GAPS = """
WITH released AS (
    SELECT entry, batch, step
    FROM entry_batch
    WHERE step IN ('dispatch', 'take_over') AND (entry, batch) > ($1::bigint, $2::text)
      AND entry > $3 AND ($4::bigint IS NULL OR entry <= $4)
    ORDER BY entry, batch
    LIMIT $5
)
SELECT released.entry, released.batch, released.step, release.manifest, release.run, release.actor AS released_by,
       batch.destination, release.occurred_at AS released_at, accepted.entry AS accepted_entry,
       accepted.act AS accepted_as, accepted.actor AS accepted_by, accepted.occurred_at AS accepted_at,
       (EXTRACT(EPOCH FROM COALESCE(accepted.occurred_at, $6) - release.occurred_at) / 60)::int AS minutes,
       COALESCE(accepted.occurred_at, $6) - release.occurred_at > make_interval(mins => $7)
       AND ($8::text IS NULL OR batch.destination = $8)
       AND ($9::timestamptz IS NULL OR release.occurred_at >= $9)
       AND ($10::timestamptz IS NULL OR release.occurred_at < $10) AS fits
FROM released
JOIN entry AS release ON release.id = released.entry
JOIN batch ON batch.code = released.batch
LEFT JOIN LATERAL (
    SELECT later.entry, entry.act, entry.actor, entry.occurred_at
    FROM entry_batch AS later
    JOIN entry ON entry.id = later.entry
    WHERE later.batch = released.batch AND later.entry > released.entry
      AND (later.step = 'hand_over' OR (later.step = 'take_over' AND released.step = 'dispatch'))
    ORDER BY later.entry
    LIMIT 1
) AS accepted ON true
ORDER BY released.entry, released.batch
"""

_REFUSED = """
WITH refused AS (
    SELECT id, entry
    FROM scan
    WHERE NOT accepted AND (entry, id) > ($1::bigint, $2::uuid)
      AND entry > $3 AND ($4::bigint IS NULL OR entry <= $4)
    ORDER BY entry, id
    LIMIT $5
)
SELECT refused.entry, scan.id AS scan, scan.purpose, scan.subject, scan.code, scan.outcome, scan.belongs_to,
       scan.occurred_at, entry.recorded_at, entry.site, entry.actor, entry.device,
       ($6::text IS NULL OR entry.site = $6) AND ($7::text IS NULL OR scan.outcome = $7)
       AND ($8::timestamptz IS NULL OR scan.occurred_at >= $8)
       AND ($9::timestamptz IS NULL OR scan.occurred_at < $9) AS fits
FROM refused
JOIN scan USING (id)
JOIN entry ON entry.id = refused.entry
ORDER BY refused.entry, refused.id
"""

# The digits of a scan's id as letters: a key in an address must not look like anybody's number.
_AS_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_AS_DIGITS = str.maketrans("ghijklmnop", "0123456789")
_BEFORE_EVERY_SCAN = "u" + "g" * 32


async def gaps(
    session: AsyncSession,
    minutes: int,
    now: datetime,
    filters: Filters,
    after: Key | None,
    limit: int,
) -> Keyed:
    """Releases that nobody accepted within so many minutes, container by container; open ones count until now.

    `filters`: `place` is the destination, the occurred period that of the release.
    """
    connection = await driver(session)
    span = await span_of(connection, replace(filters, place=None))
    if span is None:
        return Keyed([], None)
    entry, batch = after or (0, "")
    rows = await connection.fetch(
        _GAPS,
        entry,
        batch,
        span.low,
        span.high,
        EXAMINED_RELEASES,
        now,
        minutes,
        filters.place,
        filters.occurred_from,
        filters.occurred_to,
    )
    return _page(rows, limit, EXAMINED_RELEASES, "batch")


async def refused(session: AsyncSession, filters: Filters, after: Key | None, limit: int) -> Keyed:
    """Scans that did not do what they were meant to, in log order; by site, period and outcome."""
    connection = await driver(session)
    # A site that was offline tells of its refused scans late: only the start of the period bounds the walk.
    span = await span_of(connection, Filters(occurred_from=filters.occurred_from))
    if span is None:
        return Keyed([], None)
    entry, scan = after or (0, _BEFORE_EVERY_SCAN)
    rows = await connection.fetch(
        _REFUSED,
        entry,
        UUID(scan[1:].translate(_AS_DIGITS)),
        span.low,
        None,
        EXAMINED,
        filters.place,
        filters.outcome,
        filters.occurred_from,
        filters.occurred_to,
    )
    return _page(rows, limit, EXAMINED, "scan")


def _page(rows: list[Any], limit: int, examined: int, key: str) -> Keyed:
    fits = [dict(row) for row in rows if row["fits"]]
    last = rows[-1] if len(rows) == examined else None
    if len(fits) > limit or (len(fits) == limit and last):
        last = fits[limit - 1]
    following = (last["entry"], _letters(last[key])) if last else None
    return Keyed(fits[:limit], following)


def _letters(code: Any) -> str:
    return code if isinstance(code, str) else f"u{code.hex.translate(_AS_LETTERS)}"
