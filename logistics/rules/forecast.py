"""What the next weeks bring a site: from bookings, from what was issued before, and from the calendar. Pure.

A day on which a site is open brings what is booked, or what such a day has brought before, whichever is more. Cards
come only with a run: what a gap of holidays will need lies at the site by the last run day before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from logistics.rules.calendar import Calendar, PlaceKind

WEEKS = 4
# A gap is worth a word from so many days without a run.
GAP_DAYS = 4
# Of a vault's room; beyond it another place for the cards is to be found.
FULL = 0.9
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days without a run, `first` through `last`; what is needed in them comes by `by`. `open` are sites' days in it."""

    first: date
    last: date
    by: date
    open: Sequence[date]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on, or from today: cards to hand out, those booked among them, cards that come in.

    `stock` is what lies at the site when it ends.
    """

    first: date
    last: date
    sessions: int
    runs: int
    booked: int
    cards: int
    incoming: int
    stock: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """A session to which no run can come any more: what is booked, how much of it is at the site, and by when it must be."""

    day: date
    service: str
    by: date
    booked: int
    there: int

    @property
    def missing(self) -> int:
        """Booked and not at the site."""
        return self.booked - self.there


@dataclass(frozen=True, slots=True)
class SiteForecast:
    """A site's next weeks against the room in its vaults. `basis` says where its daily rate comes from."""

    place: str
    place_name: str
    rate: float
    basis: str
    stock: int
    capacity: int
    weeks: Sequence[Week]
    readiness: Sequence[Readiness]

    @property
    def is_full(self) -> bool:
        """Whether a week ends with more than FULL of the room taken."""
        return any(week.stock > self.capacity * FULL for week in self.weeks)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a site: cards it handed out and received in the last four weeks, imported months, bookings."""

    place: str
    place_name: str
    kind: PlaceKind
    number: int
    stock: int
    capacity: int
    issued: int
    received: int
    months: Mapping[date, int]
    booked: Mapping[tuple[date, str], tuple[int, int]]


def site(known: Known, calendar: Calendar, today: date) -> SiteForecast:
    """The next weeks of a site, from `today` on."""
    rate, basis = _rate(known, calendar, today)
    last = today + timedelta(days=WEEKS * 7 - 1 - today.weekday())
    days = [today + timedelta(days=n) for n in range((last - today).days + 1)]
    runs_before = len(calendar.run_days(today - timedelta(days=28), today - _ONE_DAY, known.number))
    # A site that has received nothing yet is thought to get what it hands out.
    inward = known.received / runs_before if runs_before and known.received else None
    weeks, stock = [], known.stock
    for first in (day for day in days if day == today or day.weekday() == 0):
        of_week = [day for day in days if first <= day < first + timedelta(days=7 - first.weekday())]
        held = [day for day in of_week if calendar.sessions(known.kind, day, known.number)]
        booked = {day: sum(n for (on, _), (n, _) in known.booked.items() if on == day) for day in of_week}
        cards = round(sum(max(rate if day in held else 0.0, booked[day]) for day in of_week))
        runs = len(calendar.run_days(of_week[0], of_week[-1], known.number))
        incoming = round(inward * runs) if inward is not None else cards
        stock = max(0, stock + incoming - cards)
        weeks.append(
            Week(of_week[0], of_week[-1], len(held), runs, sum(booked.values()), cards, incoming, stock)
        )
    return SiteForecast(
        known.place,
        known.place_name,
        rate,
        basis,
        known.stock,
        known.capacity,
        weeks,
        list(_readiness(known, calendar, days[:14])),
    )


def gaps(calendar: Calendar, today: date, kinds: Sequence[tuple[PlaceKind, int]]) -> list[Gap]:
    """The gaps between runs of GAP_DAYS and more in the next weeks, the one that we are in included."""
    found, last = [], today + timedelta(days=WEEKS * 7)
    by = calendar.last_run_day_before(today + _ONE_DAY)
    while by <= last:
        following = calendar.next_run_day(by)
        if (following - by).days > GAP_DAYS:
            between = [by + timedelta(days=n) for n in range(1, (following - by).days)]
            opened = [day for day in between if any(calendar.sessions(kind, day, n) for kind, n in kinds)]
            found.append(Gap(between[0], between[-1], by, opened))
        by = following
    return found


def _rate(known: Known, calendar: Calendar, today: date) -> tuple[float, str]:
    """Cards a day on which the site is open, and where the figure comes from."""
    before = [today - timedelta(days=n) for n in range(1, 29)]
    held = sum(bool(calendar.sessions(known.kind, day, known.number)) for day in before)
    if known.issued and held:
        return known.issued / held, "actual"
    month = _like(known.months, today)
    if month is None:
        return 0.0, "none"
    days = [month + timedelta(days=n) for n in range(31) if (month + timedelta(days=n)).month == month.month]
    open_days = sum(bool(calendar.sessions(known.kind, day, known.number)) for day in days)
    return (known.months[month] / open_days if open_days else 0.0), f"history {month:%Y-%m}"


def _like(months: Mapping[date, int], today: date) -> date | None:
    """The latest imported month of the same name, or else the latest of all."""
    same = [month for month in months if month.month == today.month]
    return max(same or months, default=None)


def _readiness(known: Known, calendar: Calendar, days: Sequence[date]) -> list[Readiness]:
    found = []
    for day in days:
        if calendar.is_run_day(day, known.number):
            continue
        by = calendar.last_run_day_before(day, known.number)
        for held in calendar.sessions(known.kind, day, known.number):
            booked, there = known.booked.get((day, held.service.value), (0, 0))
            found.append(Readiness(day, held.service.value, by, booked, there))
    return found
