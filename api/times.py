"""What clients say about time, held against the service's clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from api import wire
from logistics.ledger.log import timestamp
from logistics.rules.errors import FutureTime, InvalidValue
from logistics.work.scans import Scan

# Clocks of counter PCs run a little fast; more than this is a wrong clock, and the clerk should know.
SKEW = timedelta(minutes=5)
# The first card was issued in January 2016; the calendar knows its holidays till then and beyond.
FIRST_DAY, LAST_DAY = date(2016, 1, 1), date(2099, 12, 31)


def read_scans(scans: Sequence[wire.ScanIn], now: datetime, field: str = "scans") -> list[Scan]:
    """Scans as the domain takes them. FutureTime, naming the field, for one that was made after now.

    InvalidValue for one older than any card: a clock that was never set.
    """
    for n, scan in enumerate(scans):
        require_past(scan.occurred_at, f"{field}[{n}].occurred_at", now)
    return [
        Scan(
            s.id,
            s.code,
            s.occurred_at,
            s.damaged,
            s.seal_number,
            s.seal_intact,
            queue=s.queue,
            sequence=s.sequence,
            typed=s.typed,
        )
        for s in scans
    ]


def require_past(occurred_at: datetime, field: str, now: datetime) -> None:
    """Return if something can have occurred then; FutureTime or InvalidValue, naming the field, if not."""
    if occurred_at < datetime.combine(FIRST_DAY, time(), UTC):
        raise InvalidValue(field, "lies before the first card was issued")
    if occurred_at > now + SKEW:
        raise FutureTime(field, timestamp(now))


def on_calendar(day: date, field: str) -> date:
    """`day` itself; InvalidValue for one that the calendar does not reach."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidValue(field, f"lies outside {FIRST_DAY.year} to {LAST_DAY.year}")
    return day
