"""Incidents that are open or past one of their clocks, and a month that nobody will be able to close: three of the alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST, business_date
from logistics.rules.permissions import MANAGERS
from logistics.rules.vaulting import AlarmKind
from logistics.work import incidents, people, places
from logistics.work.scans import Row

_MOST = 10_000
# As long before as papers that run out are told.
AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OpenIncidents:
    """How many incidents are not closed, and how many of them are past a clock of theirs or a corrective action's day."""

    open: int
    overdue: int


async def open_incidents(session: AsyncSession, place: str | None, now: datetime) -> OpenIncidents:
    """Those of a place, or of all of them."""
    rows = await incidents.page(session, now, limit=_MOST, place=place, is_open=True)
    return OpenIncidents(len(rows), sum(row["overdue"] for row in rows))


async def uncovered_close(session: AsyncSession, today: date) -> date | None:
    """The day of the next close of a month, if it comes within 30 days and no manager's papers hold until then.

    A month is closed on the first run day after it, by a manager who is registered and trained on that day.
    """
    calendar = await places.calendar(session)
    for month in (today.replace(day=1), (today.replace(day=1) + timedelta(days=32)).replace(day=1)):
        due = calendar.next_run_day(month - timedelta(days=1))
        if today < due <= today + AHEAD and not await _somebody(session, due):
            return due
    return None


async def waiting(session: AsyncSession, place: str | None, now: datetime) -> list[dict[str, Any]]:
    """One alarm for each place with open incidents, one for those overdue there; one for a close that nobody can make."""
    rows = await incidents.page(session, now, limit=_MOST, place=place, is_open=True)
    found: list[dict[str, Any]] = []
    for where in sorted({row["place"] for row in rows}):
        there = [row for row in rows if row["place"] == where]
        found.append(_told(AlarmKind.INCIDENT_OPEN, where, there, min(row["opened_at"] for row in there)))
        if late := [row for row in there if row["overdue"]]:
            found.append(
                _told(AlarmKind.INCIDENT_OVERDUE, where, late, min(_late_since(row, now) for row in late))
            )
    annex = await places.annex(session)
    if place in (None, annex) and (due := await uncovered_close(session, business_date(now))):
        since = datetime.combine(due - AHEAD, time(), JST)
        found.append(
            {"kind": AlarmKind.CLOSE_UNCOVERED.value, "place": annex, "holder": None, "since": since}
        )
    return found


def _told(kind: AlarmKind, place: str, rows: Sequence[Row], since: datetime) -> dict[str, Any]:
    return {"kind": kind.value, "place": place, "holder": None, "since": since, "count": len(rows)}


def _late_since(row: Row, now: datetime) -> datetime:
    """When its first clock ran out that still runs; a corrective action's day is told as of now."""
    return min(
        (clock.due_at for clock in row["clocks"] if clock.overdue and clock.done_at is None), default=now
    )


async def _somebody(session: AsyncSession, day: date) -> bool:
    """Whether any manager's registration and training hold on a day to come, as the register stands."""
    return any(
        row["role"] in MANAGERS
        and not row["fault"]
        and row["registered_to"] >= day
        and row["trained_to"] is not None
        and row["trained_to"] >= day
        for row in await people.people(session, None, "", _MOST)
    )
