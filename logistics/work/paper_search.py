"""The archive of papers, searched: by number, kind, subject and day, newest first; and every print of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST
from logistics.rules.errors import NotFound
from logistics.store.database import driver

_FOUND = """
SELECT document.number, document.catalogue, document.subject, document.created_at,
       (SELECT count(*) FROM document_print AS printed WHERE printed.document = document.number) AS prints
FROM document
WHERE ($1::text IS NULL OR document.number = $1)
  AND ($2::text IS NULL OR document.catalogue = $2)
  AND ($3::text IS NULL OR document.subject = $3)
  AND ($4::timestamptz IS NULL OR document.created_at >= $4)
  AND ($5::timestamptz IS NULL OR document.created_at < $5)
  AND ($6::text IS NULL OR (document.created_at, document.number)
       < (SELECT last.created_at, last.number FROM document AS last WHERE last.number = $6))
  AND ($7::text IS NULL OR $7 IN (document.subject, document.record::json #>> '{place,code}') OR EXISTS (
      SELECT FROM manifest JOIN run ON run.code = manifest.run
      WHERE manifest.code = document.subject AND $7 IN (manifest.origin, manifest.destination, run.courier)))
ORDER BY document.created_at DESC, document.number DESC
LIMIT $8
"""
_ONE = "SELECT number, catalogue, subject, created_at, digest FROM document WHERE number = $1"
_PRINTS = """
SELECT printed.copy_number, printed.printed_at, printed.sha256, entry.actor, person.name AS actor_name,
       entry.site, entry.device
FROM document_print AS printed
JOIN entry ON entry.id = printed.entry
JOIN person ON person.code = entry.actor
WHERE printed.document = $1
ORDER BY printed.copy_number DESC
LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; None leaves it open."""

    number: str | None = None
    catalogue: str | None = None
    subject: str | None = None
    day: date | None = None


async def search(
    session: AsyncSession,
    wanted: Wanted,
    scope: str | None,
    limit: int,
    before: str | None = None,
) -> Sequence[dict[str, Any]]:
    """Papers that fit, newest first, each with how often it was printed; with `scope`, those of that site alone.

    `before` is the number of the last one of the page before.
    """
    start = datetime.combine(wanted.day, time(), JST) if wanted.day else None
    rows = await (await driver(session)).fetch(
        _FOUND,
        wanted.number,
        wanted.catalogue,
        wanted.subject,
        start,
        start + timedelta(days=1) if start else None,
        before,
        scope,
        limit,
    )
    return [dict(row) for row in rows]


async def one(session: AsyncSession, number: str) -> dict[str, Any]:
    """A paper by its number. NotFound."""
    row = await (await driver(session)).fetchrow(_ONE, number)
    if row is None:
        raise NotFound("document", number)
    return {**dict(row), "digest": row["digest"].hex()}


async def prints(session: AsyncSession, number: str, limit: int = 200) -> Sequence[dict[str, Any]]:
    """Every print of a paper, last first: copy 0 is the original, n the n-th reprint."""
    rows = await (await driver(session)).fetch(_PRINTS, number, limit)
    return [{**dict(row), "sha256": row["sha256"].hex()} for row in rows]
