"""The day report P12 日次報告: made the morning after from the log and the frozen close, once; then only printed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.calendar import JST, business_date
from logistics.rules.codes import CodeType
from logistics.rules.counting import CountKind
from logistics.rules.day_records import (
    DayCase,
    DayCount,
    DayDifference,
    DayLine,
    DayProblem,
    DayReceipt,
    DayReportRecord,
)
from logistics.rules.errors import DayNotClosed, InvalidValue
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.rules.vaulting import AlarmKind
from logistics.store.database import driver
from logistics.work import alarms, day_closing, documents, people, places
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P12"

_NUMBER = "SELECT number FROM document WHERE subject = $1 AND catalogue = 'P12'"
_COUNTS = """
SELECT counted.code, counted.kind, vault.name AS vault, counted.opened_by, counted.witness, counted.expected,
       ended.missing, ended.unexpected + ended.misplaced AS unexpected
FROM stock_count AS counted
JOIN vault ON vault.code = counted.vault
JOIN stock_count_end AS ended ON ended.count = counted.code AND ended.how = 'concluded'
WHERE counted.place = $1 AND counted.day = $2
ORDER BY counted.code
"""
_RECEIPTS = """
SELECT manifest.code, manifest.receipt, document.record
FROM manifest
JOIN document ON document.number = manifest.receipt
WHERE manifest.destination = $1 AND manifest.closed_at >= $2 AND manifest.closed_at < $3
ORDER BY manifest.code
"""
_DIFFERENCES = """
SELECT discrepancy.code, discrepancy.kind, discrepancy.card, discrepancy.note, ended.how
FROM discrepancy
LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
WHERE discrepancy.place = $1 AND discrepancy.opened_at >= $2 AND discrepancy.opened_at < $3
ORDER BY discrepancy.code
"""
_CASES = """
SELECT missing_case.code, missing_case.card, missing_case.cause, missing_case.opened_at, card.sighted_at, ended.how
FROM missing_case
JOIN card ON card.code = missing_case.card
LEFT JOIN missing_case_end AS ended ON ended.case_code = missing_case.code
WHERE missing_case.place = $1
  AND (missing_case.opened_at >= $2 AND missing_case.opened_at < $3 OR ended.ended_at >= $2 AND ended.ended_at < $3)
ORDER BY missing_case.code
"""
# Entries of the day by index of the place; what is late came in after the close and occurred before the day's end.
_ENTRIES = """
SELECT count(*) AS entries, count(*) FILTER (WHERE id > $4 AND occurred_at < recorded_at - INTERVAL '1 minute') AS late,
       (SELECT count(*) FROM entry_card JOIN entry AS taken ON taken.id = entry_card.entry
        WHERE taken.site = $1 AND taken.act = 'take_out' AND taken.occurred_at >= $2 AND taken.occurred_at < $3) AS in_hand
FROM entry
WHERE site = $1 AND recorded_at >= $2 AND recorded_at < $5 AND occurred_at >= $2 AND occurred_at < $3
"""
_OVERDUE = """
SELECT count(*) FROM card
WHERE place = $1 AND state IN ('arrived', 'ready', 'received', 'held', 'stored', 'proposed', 'approved', 'picked')
  AND (sighted_at IS NULL OR sighted_at < $2)
"""


async def report(session: AsyncSession, actor: Actor, place: str, day: date, now: datetime) -> str:
    """The number of a day's report; made, if it is not there yet. The day is over and closed by then.

    Raises NotFound for a place that is not the caller's to see, InvalidValue before the next morning, DayNotClosed.
    """
    permissions.require_over(actor, "make_report", "place", place, holder=place)
    connection = await driver(session)
    subject = f"{place} {day.isoformat()}"
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 5))", subject)
    known: str | None = await connection.fetchval(_NUMBER, subject)
    if known is not None:
        return known
    if business_date(now) <= day:
        raise InvalidValue("day", "its report is made the next morning")
    closed = await day_closing.one(session, place, day, now)
    if closed["closed_at"] is None:
        raise DayNotClosed(place, day.isoformat())
    record = await _record(session, actor, closed, now)
    await documents.freeze(session, [Paper(record.number, CATALOGUE, subject, record)], now)
    return record.number


async def _record(
    session: AsyncSession, actor: Actor, closed: dict[str, Any], now: datetime
) -> DayReportRecord:
    connection = await driver(session)
    place, day = closed["place"], closed["day"]
    start = datetime.combine(day, time(), JST)
    end = start + timedelta(days=1)
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    counts = await connection.fetch(_COUNTS, place, day)
    named = await _named(session, closed, counts)
    last = await connection.fetchval(
        "SELECT last_entry FROM site_day WHERE place = $1 AND day = $2", place, day
    )
    acts = await connection.fetchrow(_ENTRIES, place, start, end, last, now)
    return DayReportRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=(await places.named(session, [place]))[place],
        day=day,
        due_at=closed["due_at"],
        closed_at=closed["closed_at"],
        closed_by=named[closed["closed_by"]],
        second=named[closed["second"]],
        reason=closed["reason"],
        problems=tuple(msgspec.convert(closed["problems"], list[DayProblem])),
        lines=tuple(msgspec.convert(closed["lines"], list[DayLine])),
        in_hand=acts["in_hand"],
        counts=tuple(_count(row, named) for row in counts),
        receipts=tuple(_receipt(row) for row in await connection.fetch(_RECEIPTS, place, start, end)),
        differences=tuple(
            DayDifference(row["code"], row["kind"], row["card"], row["note"], row["how"])
            for row in await connection.fetch(_DIFFERENCES, place, start, end)
        ),
        cases=tuple(
            DayCase(*(row[name] for name in ("code", "card", "cause", "opened_at", "sighted_at", "how")))
            for row in await connection.fetch(_CASES, place, start, end)
        ),
        entries=acts["entries"],
        late=acts["late"],
        overdue=await connection.fetchval(
            _OVERDUE, place, end - await alarms.limit(session, AlarmKind.UNSIGHTED, place, end)
        ),
    )


async def _named(session: AsyncSession, closed: dict[str, Any], counts: Any) -> dict[str, NamedPerson]:
    codes = {closed["closed_by"], closed["second"]}
    codes |= {row[name] for row in counts for name in ("opened_by", "witness") if row[name]}
    known = await people.actors(session, codes)
    return {code: NamedPerson(person.code, person.name) for code, person in known.items()}


def _count(row: Any, named: dict[str, NamedPerson]) -> DayCount:
    return DayCount(
        count=row["code"],
        kind=CountKind(row["kind"]),
        vault=row["vault"],
        counter=named[row["opened_by"]],
        witness=named.get(row["witness"] or ""),
        expected=row["expected"],
        missing=row["missing"],
        unexpected=row["unexpected"],
    )


def _receipt(row: Any) -> DayReceipt:
    said = msgspec.json.decode(row["record"])
    figures = (said[name] for name in ("dispatched", "accepted", "rejected", "missing"))
    return DayReceipt(row["code"], row["receipt"], *figures)
