"""The day's closing sheet: what the log was when the day ended, frozen for paper and both archives."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.calendar import JST, business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.rules.records import ActCount, ClosingRecord, NamedPerson, NamedPlace
from logistics.store.database import driver
from logistics.work import documents, places
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P0"

_NUMBER = "SELECT number FROM document WHERE subject = $1 AND catalogue = 'P0'"
_ACTS = """
SELECT act, count(*) AS entries
FROM entry
WHERE recorded_at >= $1 AND recorded_at < $2
GROUP BY act
ORDER BY act
"""
_UNSIGNED = """
SELECT count(*)
FROM entry
LEFT JOIN leaf ON leaf.entry = entry.id
WHERE entry.recorded_at >= $1 AND entry.recorded_at < $2
  AND (leaf.leaf_index IS NULL OR leaf.leaf_index >= $3)
"""


async def close(
    session: AsyncSession, actor: Actor, day: date, vkey: str | None, now: datetime
) -> ClosingRecord:
    """Freeze the sheet of a day; again returns the same one. InvalidValue for a day to come or an unsigned log."""
    permissions.require(actor, "close_log")
    if day > business_date(now):
        raise InvalidValue("day", "it has not begun yet")
    connection = await driver(session)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", day.isoformat())
    known = await connection.fetchval(_NUMBER, day.isoformat())
    if known is not None:
        return await documents.record(session, known, ClosingRecord)
    record = await _record(session, actor, day, vkey, now)
    await documents.freeze(session, [Paper(record.number, CATALOGUE, day.isoformat(), record)], now)
    return record


async def number(session: AsyncSession, day: date) -> str:
    """The number of a day's sheet. NotFound."""
    found: str | None = await (await driver(session)).fetchval(_NUMBER, day.isoformat())
    if found is None:
        raise NotFound("closing sheet", day.isoformat())
    return found


async def _record(
    session: AsyncSession, actor: Actor, day: date, vkey: str | None, now: datetime
) -> ClosingRecord:
    connection = await driver(session)
    last = await connection.fetchrow("SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1")
    if last is None:
        raise InvalidValue("day", "the log has not been signed yet; try again in a few seconds")
    start = datetime.combine(day, time(), JST)
    end = start + timedelta(days=1)
    acts = tuple(ActCount(row["act"], row["entries"]) for row in await connection.fetch(_ACTS, start, end))
    (code,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    place = await places.place(session, str(actor.place))
    return ClosingRecord(
        number=code,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=NamedPlace(place["code"], place["name"], place["address"]),
        day=day,
        acts=acts,
        entries=sum(one.entries for one in acts),
        unsigned=await connection.fetchval(_UNSIGNED, start, end, last["size"]),
        size=last["size"],
        root=last["root"].hex(),
        note=last["note"],
        vkey=vkey,
    )
