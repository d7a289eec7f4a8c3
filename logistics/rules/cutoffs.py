"""By when on its day a run should have come how far. Later than that is late, and the board says so.

The contract gives a receipt cut-off and the closing hour of the counters (section 5(1)); the times between are our
own, set so that a card of the day is in its vault before the counter closes. They are data with a first day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from logistics.rules.calendar import JST


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Local times of one day, in the order of the way."""

    dispatched: time
    taken_over: time
    arrived: time
    counted: time
    stored: time


# Newest first: (from this day on, the times).
SINCE: tuple[tuple[date, Cutoffs], ...] = (
    (date.min, Cutoffs(time(10, 0), time(10, 30), time(12, 30), time(15, 0), time(17, 0))),
)


def cutoffs(day: date) -> Cutoffs:
    """The times that hold on `day`."""
    return next(times for first_day, times in SINCE if first_day <= day)


def moment(day: date, cutoff: time) -> datetime:
    """A cut-off of `day` as a moment."""
    return datetime.combine(day, cutoff, JST)
