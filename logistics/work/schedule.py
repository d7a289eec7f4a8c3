"""Reports that nobody has to ask for: each is made once, on its working day, whatever is restarted meanwhile.

What is due follows from the calendar, what was made from `task_run`; so after any downtime the missing ones are made,
in order. The row and the report are written in one transaction: of several processes one makes it, and a report that
fails leaves no row and is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST, Calendar, business_date
from logistics.rules.permissions import Actor
from logistics.store.database import Database, driver
from logistics.work import day_reports, mailing, management, month_close, month_reports, people

# When the annex opens its post; the report lies there.
MADE_AT = time(8, 30)
# How far back a service that was away makes up for; older reports are made by hand.
MAKES_UP = timedelta(days=62)
TICK_SECONDS = 30.0
# By the names of tasks; a day's report has its place behind it.
TITLES = {
    "undelivered": "P11 月次未交付カード報告（速報）",
    "month_report": "P13 月次報告書",
    "management_report": "P14 管理状況報告書",
    "day_report": "P12 日次報告",
}
ANNOUNCED = "自動作成の報告書ができました。サービスの「報告」画面で開いてください。数値はこのメールには記載していません。"

log = structlog.get_logger("schedule")

_FIRST = "SELECT min(recorded_at) FROM entry"
# A day is reported the next morning on which the post is opened, or when its place closes it after that.
_CLOSED_DAYS = """
SELECT site_day.place, site_day.day
FROM site_day
WHERE day >= $1
  AND NOT EXISTS (SELECT FROM task_run WHERE task = 'day_report ' || site_day.place AND period = site_day.day)
ORDER BY site_day.day, site_day.place
"""
_MADE = "SELECT task, period FROM task_run WHERE period >= $1"
_CLAIM = """
INSERT INTO task_run (task, period, due_at, made_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
RETURNING true
"""
_TELL = "UPDATE task_run SET document = $3 WHERE task = $1 AND period = $2"
_PAGE = """
SELECT task, period, due_at, made_at, document
FROM task_run
WHERE made_at < $1
ORDER BY made_at DESC, task
LIMIT $2
"""

# A site's own are the reports of its days.
_MADE_FOR = """
SELECT task_run.task, task_run.period, task_run.made_at, task_run.document, place.short_name AS place_name
FROM task_run
LEFT JOIN place ON task_run.task = 'day_report ' || place.code
WHERE task_run.document IS NOT NULL AND ($1::text IS NULL OR place.code = $1)
ORDER BY task_run.made_at DESC, task_run.task
LIMIT $2
"""

Make = Callable[[AsyncSession, Actor, date, datetime], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Task:
    """A report made by itself: of which periods, given the days looked at, and how. `make` answers its number."""

    name: str
    periods: Callable[[date, date], Iterator[tuple[date, date]]]
    make: Make


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is to be made, and since when."""

    task: Task
    period: date
    due_at: datetime


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Each month that ended in these days, with the first working day after it."""
    calendar = Calendar()
    month = first.replace(day=1)
    while True:
        following = (month + timedelta(days=32)).replace(day=1)
        day = calendar.next_run_day(following - timedelta(days=1))
        if day > last:
            return
        if day >= first:
            yield month, day
        month = following


async def _undelivered(session: AsyncSession, actor: Actor, month: date, now: datetime) -> str:
    return (await month_close.provisional(session, actor, month, now)).number


async def _month_report(session: AsyncSession, actor: Actor, month: date, now: datetime) -> str:
    return (await month_reports.make(session, actor, month, now)).number


async def _management(session: AsyncSession, actor: Actor, month: date, now: datetime) -> str:
    return (await management.make(session, actor, month, now)).number


# Of a month that is over, a report is made as of its end, however late it is made.
TASKS: Sequence[Task] = (
    Task("undelivered", months, _undelivered),
    Task("month_report", months, _month_report),
    Task("management_report", months, _management),
)


def _title(task: str) -> str:
    name, _, place = task.partition(" ")
    return f"{TITLES.get(name, name)} {place}".strip()


def _day_report(place: str) -> Task:
    async def make(session: AsyncSession, actor: Actor, day: date, now: datetime) -> str:
        return await day_reports.report(session, actor, place, day, now)

    return Task(f"day_report {place}", months, make)


def day_reports_due(closed: Iterable[tuple[str, date]], now: datetime) -> list[Due]:
    """The reports P12 of these places' closed days that should have been made by `now`, the oldest first."""
    calendar = Calendar()
    found = [
        Due(_day_report(place), day, datetime.combine(calendar.next_run_day(day), MADE_AT, JST))
        for place, day in closed
    ]
    return sorted((one for one in found if one.due_at <= now), key=lambda one: (one.due_at, one.task.name))


def due(first: date, now: datetime, made: set[tuple[str, date]], tasks: Sequence[Task] = TASKS) -> list[Due]:
    """What should have been made by `now` of the days from `first`, and was not; the oldest first."""
    found = [
        Due(task, period, datetime.combine(day, MADE_AT, JST))
        for task in tasks
        for period, day in task.periods(first, business_date(now))
        if (task.name, period) not in made
    ]
    return sorted((one for one in found if one.due_at <= now), key=lambda one: (one.due_at, one.task.name))


async def run_due(database: Database, now: datetime, tasks: Sequence[Task] = TASKS) -> list[Due]:
    """Make everything that is due, each in a transaction of its own; what this process made, in order.

    A report that cannot be made is logged and left for the next time; the others are made all the same.
    """
    async with database.read() as session:
        connection = await driver(session)
        began = await connection.fetchval(_FIRST)
        if began is None:
            return []
        first = max(business_date(began), business_date(now - MAKES_UP))
        rows = await connection.fetch(_MADE, first - timedelta(days=62))
        made = {(row["task"], row["period"]) for row in rows}
        closed = [(row["place"], row["day"]) for row in await connection.fetch(_CLOSED_DAYS, first)]
    done = []
    for one in (*day_reports_due(closed, now), *due(first, now, made, tasks)):
        try:
            if await _make(database, one, now):
                done.append(one)
        except Exception:
            log.exception("a report could not be made", task=one.task.name, period=one.period.isoformat())
    return done


async def keep_making(database: Database, clock: Callable[[], datetime]) -> None:
    """Make what is due, now and every half minute, until cancelled."""
    while True:
        try:
            await run_due(database, clock())
        except Exception as fault:
            # The database is away; what is due stays due.
            log.warning("nothing could be made", error=type(fault).__name__)
        await asyncio.sleep(TICK_SECONDS)


async def runs(session: AsyncSession, before: datetime, limit: int) -> list[dict[str, Any]]:
    """What was made by itself before a time, the latest first."""
    return [dict(row) for row in await (await driver(session)).fetch(_PAGE, before, limit)]


async def made_for(session: AsyncSession, place: str | None, limit: int) -> list[dict[str, Any]]:
    """Reports made by themselves, the latest first: of every place and the whole, or those about one place."""
    return [dict(row) for row in await (await driver(session)).fetch(_MADE_FOR, place, limit)]


async def _make(database: Database, one: Due, now: datetime) -> bool:
    async with database.begin() as session:
        connection = await driver(session)
        if not await connection.fetchval(_CLAIM, one.task.name, one.period, one.due_at, now):
            return False
        # Who makes it must be allowed to at the time of making.
        # A report of many years may take longer than any request.
        await connection.execute("SET LOCAL statement_timeout = '10min'")
        document = await one.task.make(session, await people.service(session), one.period, now)
        await connection.execute(_TELL, one.task.name, one.period, document)
        if document is not None:
            subject = f"{_title(one.task.name)} {one.period.isoformat()} {document}"
            await mailing.tell(session, "report.made", document, subject, ANNOUNCED, now)
        return True
