"""The monthly undelivered-card report as paper: frozen and numbered when the month is closed, or provisionally.

A closed month never changes; what is recorded later about it is a correction of the month in which it was recorded.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.log import timestamp
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import MonthNotOver, MonthUnexplained, NotFound
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.rules.report_records import MonthTotal, UndeliveredData, UndeliveredLine, UndeliveredRecord
from logistics.store.database import driver
from logistics.work import documents, undelivered
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P11"
TREND_MONTHS = 12

_CLOSED = "SELECT document FROM month_close WHERE month = $1"
_CLOSE = """
INSERT INTO month_close (month, document, closing, entry, closed_at)
VALUES ($1, $2, $3, $4, $5)
"""
_HISTORY = """
SELECT month_close.month, month_close.document, month_close.closing, month_close.closed_at,
       entry.body::jsonb #>> '{facts,sha256}' AS digest
FROM month_close
JOIN entry ON entry.id = month_close.entry
WHERE month < $1
ORDER BY month DESC
LIMIT $2
"""
_TREND = """
SELECT month, closing FROM month_close WHERE month < $1 ORDER BY month DESC LIMIT $2
"""


async def close(session: AsyncSession, actor: Actor, month: date, now: datetime) -> UndeliveredRecord:
    """Freeze the report of a month that is over, under a number; again returns the same one.

    MonthNotOver, and MonthUnexplained if some movements do not lead from opening to closing.
    """
    permissions.require(actor, "close_month")
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", month.isoformat())
    known = await connection.fetchval(_CLOSED, month)
    if known is not None:
        return await documents.record(session, known, UndeliveredRecord)
    data = await undelivered.data(session, month, now)
    if data.until != undelivered.end_of(month):
        raise MonthNotOver(f"{month:%Y-%m}")
    if wrong := [_said(line) for line in (*data.lines, *data.beside) if remainder(line)]:
        raise MonthUnexplained(f"{month:%Y-%m}", wrong)
    return await _freeze(session, actor, data, now, final=True)


async def provisional(
    session: AsyncSession, actor: Actor, month: date, now: datetime, as_of: datetime | None = None
) -> UndeliveredRecord:
    """Freeze the report as it is known now or was at `as_of`, as a numbered paper that says it is provisional."""
    permissions.require(actor, "make_report", permissions.relations(actor))
    return await _freeze(session, actor, await undelivered.data(session, month, now, as_of), now, final=False)


async def number(session: AsyncSession, month: date) -> str:
    """The number of a closed month's report. NotFound while it is not closed."""
    found: str | None = await (await driver(session)).fetchval(_CLOSED, month)
    if found is None:
        raise NotFound("closed month", f"{month:%Y-%m}")
    return found


async def frozen(session: AsyncSession, month: date) -> UndeliveredData | None:
    """The data of a closed month as it was frozen; None while it is open."""
    known = await (await driver(session)).fetchval(_CLOSED, month)
    return (await documents.record(session, known, UndeliveredRecord)).data if known else None


async def history(session: AsyncSession, before: date, limit: int) -> list[dict[str, Any]]:
    """Closed months before `before`, the latest first: their stock at the end, and the SHA-256 of the report's data."""
    return [dict(row) for row in await (await driver(session)).fetch(_HISTORY, before, limit)]


async def _freeze(
    session: AsyncSession, actor: Actor, data: UndeliveredData, now: datetime, *, final: bool
) -> UndeliveredRecord:
    connection = await driver(session)
    (code,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    trend = await connection.fetch(_TREND, data.month, TREND_MONTHS - 1)
    record = UndeliveredRecord(
        number=code,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        final=final,
        data=data,
        trend=tuple(MonthTotal(row["month"], row["closing"]) for row in reversed(trend)),
    )
    closing = sum(line.closing for line in data.lines)
    act = Act(
        "close_month" if final else "make_report",
        actor,
        actor.home,
        now,
        facts={
            "catalogue": CATALOGUE,
            "document": code,
            "month": f"{data.month:%Y-%m}",
            "until": timestamp(data.until),
            "closing": closing,
            "sha256": hashlib.sha256(msgspec.json.encode(data)).hexdigest(),
        },
    )
    (taken,) = await take(session, [act], now)
    await documents.freeze(session, [Paper(code, CATALOGUE, f"{data.month:%Y-%m}", record)], now)
    if final:
        await connection.execute(_CLOSE, data.month, code, closing, taken.entry, now)
    return record


def remainder(line: UndeliveredLine) -> int:
    """What the movements of a line do not explain; anything but 0 blocks the close."""
    moved = line.received - line.issued - line.returned - line.destroyed + line.corrections
    return line.closing - line.opening - moved


def _said(line: UndeliveredLine) -> str:
    return f"{line.place_name} {line.kind_name} {remainder(line):+d}"
