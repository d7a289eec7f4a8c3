"""When places serve and when runs go: the contract's rules, changed by dated overrides.

Days are Japanese calendar days. Nothing here reads a clock or a table: overrides come in as values.
Sources: contract section 5 (days and hours), section 8(4)ア(エ) (one run per weekday).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import cached_property, lru_cache

import holidays

JST = timezone(timedelta(hours=9), "JST")
# Days of the week as date.weekday() numbers them: 0 is Monday.
WEEKDAYS = frozenset(range(5))
MON_WED = frozenset({0, 2})
WEEKEND = frozenset({5, 6})
_ONE_DAY = timedelta(days=1)
_YEAR_BEFORE_REIWA = 2018


class PlaceKind(StrEnum):
    """What a place is in the contract: sections 2(1) and 4."""

    ANNEX = "annex"
    COUNTER = "counter"
    CENTER = "center"


class Service(StrEnum):
    """What a day can hold: the run, or one kind of session."""

    RUN = "run"
    ANNEX_DAY = "annex_day"
    COUNTER_DAY = "counter_day"
    CENTER_3F_DAY = "center_3f_day"
    CENTER_1F_DAY = "center_1f_day"
    CENTER_1F_EVENING = "center_1f_evening"
    CENTER_1F_WEEKEND = "center_1f_weekend"


class Change(StrEnum):
    """What an override does to a service on its day."""

    CLOSED = "closed"
    OPENED = "opened"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Hours:
    """Local times of one day; `closes` is the first moment that is no longer open."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens.tzinfo or self.closes.tzinfo or self.opens >= self.closes:
            raise ValueError(f"{self.opens} to {self.closes} are not opening hours in local time")


_DAYTIME = Hours(time(9), time(17))


@dataclass(frozen=True, slots=True)
class TimetableRow:
    """A service that takes place on `weekdays` by rule, from `starts` through `ends`.

    No weekdays: it takes place on announced days only. `floor` is set where one place has several.
    """

    service: Service
    place_kind: PlaceKind
    floor: int | None
    weekdays: frozenset[int]
    hours: Hours
    starts: date = date.min
    ends: date = date.max

    def is_on(self, day: date) -> bool:
        """Whether the rule alone lets the service take place on `day`."""
        return self.starts <= day <= self.ends and day.weekday() in self.weekdays and not is_rest_day(day)


# Section 5. The contract gives no hours for the annex; it works the hours of the counters it serves.
TIMETABLE = (
    TimetableRow(Service.ANNEX_DAY, PlaceKind.ANNEX, None, WEEKDAYS, _DAYTIME),
    TimetableRow(Service.COUNTER_DAY, PlaceKind.COUNTER, None, WEEKDAYS, _DAYTIME),
    TimetableRow(Service.CENTER_3F_DAY, PlaceKind.CENTER, 3, WEEKDAYS, _DAYTIME),
    TimetableRow(Service.CENTER_1F_DAY, PlaceKind.CENTER, 1, frozenset(), _DAYTIME),
    TimetableRow(Service.CENTER_1F_EVENING, PlaceKind.CENTER, 1, MON_WED, Hours(time(17), time(19))),
    TimetableRow(Service.CENTER_1F_WEEKEND, PlaceKind.CENTER, 1, WEEKEND, _DAYTIME),
)


@dataclass(frozen=True, slots=True)
class Override:
    """One decision about one day, with its reason and who approved it.

    `service` None means every service, `place` None every place that has it. A place is its number:
    0 the annex, 1 to 12 the counters, 13 the Center. Without hours, OPENED takes those of the timetable.
    """

    day: date
    change: Change
    service: Service | None
    reason: str
    approved_by: str
    place: int | None = None
    hours: Hours | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip() or not self.approved_by.strip():
            raise ValueError("an override needs a reason and an approver")
        if self.change is not Change.CLOSED and self.service is None:
            raise ValueError("only a closure can be for every service; name the service")
        if self.change is not Change.OPENED and (self.change is Change.HOURS) != (self.hours is not None):
            raise ValueError("a change of hours needs its hours; a closure has none")
        if self.service is Service.RUN and self.hours is not None:
            raise ValueError("a run has no hours")

    def applies_to(self, service: Service, place: int | None) -> bool:
        """Whether the decision concerns `service` at `place`; None asks about the kind of place as a whole."""
        return self.service in (None, service) and self.place in (None, place)


@dataclass(frozen=True, slots=True)
class Session:
    """One opening of a place."""

    service: Service
    day: date
    floor: int | None
    hours: Hours

    @property
    def opens_at(self) -> datetime:
        return datetime.combine(self.day, self.hours.opens, JST)

    @property
    def closes_at(self) -> datetime:
        return datetime.combine(self.day, self.hours.closes, JST)


@dataclass(frozen=True, slots=True)
class MonthCounts:
    """Days of one month as 資料2 and 資料3 count them; `irregular` days are among the two columns before."""

    weekdays: int
    mon_wed: int
    tue_thu_fri: int
    irregular: int
    weekends: int


@dataclass(frozen=True)
class Calendar:
    """The timetable with the overrides decided so far; where two concern the same service, the later wins.

    Questions take a place number where an override for that one place shall count.
    """

    overrides: tuple[Override, ...] = ()
    timetable: tuple[TimetableRow, ...] = TIMETABLE

    def is_run_day(self, day: date, place: int | None = None) -> bool:
        """Whether a run goes on `day` (to `place`): weekdays, one run each."""
        runs = day.weekday() in WEEKDAYS and not is_rest_day(day)
        for override in self._decisions(day, Service.RUN, place):
            runs = override.change is Change.OPENED
        return runs

    def next_run_day(self, after: date, place: int | None = None) -> date:
        """The first run day later than `after`."""
        day = after + _ONE_DAY
        while not self.is_run_day(day, place):
            day += _ONE_DAY
        return day

    def last_run_day_before(self, day: date, place: int | None = None) -> date:
        """The run by which cards must come to be at the site when it opens on `day`: never `day` itself."""
        earlier = day - _ONE_DAY
        while not self.is_run_day(earlier, place):
            earlier -= _ONE_DAY
        return earlier

    def run_days(self, first: date, last: date, place: int | None = None) -> tuple[date, ...]:
        """All run days from `first` through `last`."""
        return tuple(day for day in _days(first, last) if self.is_run_day(day, place))

    def sessions(self, kind: PlaceKind, day: date, place: int | None = None) -> tuple[Session, ...]:
        """The sessions of `day` in order of opening, then of floor."""
        found = [
            Session(row.service, day, row.floor, hours)
            for row in self.timetable
            if row.place_kind == kind and (hours := self._hours(row, day, place))
        ]
        return tuple(sorted(found, key=lambda s: (s.hours.opens, s.floor or 0)))

    def is_open(self, kind: PlaceKind, at: datetime, place: int | None = None) -> bool:
        """Whether any session is running at the aware moment `at`; the closing moment is closed."""
        sessions = self.sessions(kind, business_date(at), place)
        return any(s.opens_at <= at < s.closes_at for s in sessions)

    def counts(self, year: int, month: int) -> MonthCounts:
        """The columns 平日, ①月・水, ②火・木・金, ③1階日中, 土・日 of one month."""
        days = month_days(year, month)
        center = [day.weekday() for day in days if self._is_held(Service.CENTER_3F_DAY, day)]
        return MonthCounts(
            weekdays=sum(self._is_held(Service.COUNTER_DAY, day) for day in days),
            mon_wed=sum(weekday in MON_WED for weekday in center),
            tue_thu_fri=sum(weekday in WEEKDAYS - MON_WED for weekday in center),
            irregular=sum(self._is_held(Service.CENTER_1F_DAY, day) for day in days),
            weekends=sum(self._is_held(Service.CENTER_1F_WEEKEND, day) for day in days),
        )

    @cached_property
    def _by_day(self) -> dict[date, list[Override]]:
        index: dict[date, list[Override]] = {}
        for override in self.overrides:
            index.setdefault(override.day, []).append(override)
        return index

    def _decisions(self, day: date, service: Service, place: int | None) -> Iterator[Override]:
        return (o for o in self._by_day.get(day, ()) if o.applies_to(service, place))

    def _hours(self, row: TimetableRow, day: date, place: int | None) -> Hours | None:
        hours = row.hours if row.is_on(day) else None
        for override in self._decisions(day, row.service, place):
            if override.change is Change.CLOSED:
                hours = None
            elif override.change is Change.OPENED or hours is not None:
                hours = override.hours or row.hours
        return hours

    def _is_held(self, service: Service, day: date) -> bool:
        return any(row.service == service and self._hours(row, day, None) for row in self.timetable)


def business_date(at: datetime) -> date:
    """The Japanese calendar day of an aware moment."""
    if at.utcoffset() is None:
        raise ValueError("a moment without a time zone belongs to no day")
    return at.astimezone(JST).date()


def fiscal_year(day: date) -> int:
    """The year in which the fiscal year (年度) of `day` began, on 1 April."""
    return day.year if day.month >= 4 else day.year - 1


def reiwa_year(year: int) -> int:
    """The Reiwa number of a calendar or fiscal year: 2026 is 8. Papers are numbered by fiscal year."""
    if year <= _YEAR_BEFORE_REIWA:
        raise ValueError(f"{year} is before the Reiwa era")
    return year - _YEAR_BEFORE_REIWA


def is_holiday(day: date) -> bool:
    """National holidays, substitute holidays and the days between two; known for 1949 to 2099."""
    return day in _holidays_of(day.year)


def is_year_end(day: date) -> bool:
    """年末年始: 29 December to 3 January."""
    return (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)


def is_stop_sunday(day: date) -> bool:
    """システム停止日: the Sunday after the third Saturday of a month, hence the 16th to the 22nd."""
    return day.weekday() == 6 and 16 <= day.day <= 22


def is_rest_day(day: date) -> bool:
    """Whether section 5 closes everything on `day`, whatever day of the week it is."""
    return is_year_end(day) or is_stop_sunday(day) or is_holiday(day)


def month_days(year: int, month: int) -> tuple[date, ...]:
    """All days of a month."""
    first = date(year, month, 1)
    return tuple(_days(first, (first + timedelta(days=31)).replace(day=1) - _ONE_DAY))


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


@lru_cache(maxsize=256)
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("JP", years=year))
