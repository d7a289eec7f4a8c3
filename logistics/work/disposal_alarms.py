"""What waits too long on its way to destruction, and certificates that are overdue: two of the alarms."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST, business_date
from logistics.rules.vaulting import AlarmKind
from logistics.work import picking, proposing

_MOST = 10_000
_SHOWN = 100


async def overdue(session: AsyncSession, place: str | None, now: datetime) -> list[dict[str, Any]]:
    """One alarm for each place's locked stock in which something waits past its day, and for each late certificate."""
    late = [row for row in await picking.stock(session, now, "", _MOST) if row["overdue"]]
    found: list[dict[str, Any]] = []
    for where in sorted({row["place"] for row in late}):
        there = sorted(
            (row for row in late if row["place"] == where), key=lambda row: (row["due_on"], row["code"])
        )
        found.append(
            {
                "kind": AlarmKind.AWAITING_DESTRUCTION.value,
                "place": where,
                "holder": None,
                "since": _end_of(there[0]["due_on"]),
                "cards": [row["code"] for row in there[:_SHOWN]],
                "count": len(there),
            }
        )
    for row in await proposing.page(session, business_date(now), limit=_MOST):
        if row["certificate_overdue"]:
            found.append(
                {
                    "kind": AlarmKind.CERTIFICATE_OVERDUE.value,
                    "place": row["place"],
                    "holder": row["proposed_by"],
                    "since": _end_of(row["certificate_due_on"]),
                }
            )
    return [alarm for alarm in found if place in (None, alarm["place"])]


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), JST)
