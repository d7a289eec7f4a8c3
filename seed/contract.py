"""The contract's tables as typed values: places, vaults, kinds, sessions, working days, counts, staff.

Each value names its section of the contract in `source`. Nothing is corrected: where the print
contradicts itself, the data keep what is printed and `totals_that_disagree` says so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, time
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec

from logistics.rules.calendar import Calendar, PlaceKind, Service, month_days

SITES = range(1, 14)  # place numbers: the twelve counters and the Center
REFERENCE_YEAR = 2025  # 参考資料 counts April to November of Reiwa 7
_DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a table and where it comes from."""

    source: str


class Place(Row, frozen=True, kw_only=True):
    """A place; 0 is the annex, 1 to 12 the counters in the order of section 4, 13 the Center."""

    number: int
    slug: str
    name: str
    short_name: str
    kind: PlaceKind
    address: str
    windows: int


class Vault(Row, frozen=True, kw_only=True):
    """A locked store at a place, for stock or for what awaits disposal; its size is our assumption."""

    place: int
    number: int
    name: str
    purpose: str
    lock_type: str
    shelves: int
    slots_per_shelf: int
    cards_per_slot: int

    @property
    def capacity(self) -> int:
        """Cards it can hold."""
        return self.shelves * self.slots_per_shelf * self.cards_per_slot


class Kind(Row, frozen=True, kw_only=True):
    """A kind of item, valid from `starts` through `ends`; `retention`: whether a limit of keeping applies."""

    code: str
    name: str
    starts: date
    ends: date | None = None
    retention: bool


class SessionRow(Row, frozen=True, kw_only=True):
    """Hours and booking slots of a service; counters have one slot for each of their windows."""

    service: Service
    place_kind: PlaceKind
    floor: int | None = None
    weekdays: str = ""
    opens: time
    closes: time
    windows: int | None = None
    slots: int | None = None
    bookings_per_slot: int | None = None
    bookings_a_day: int | None = None

    def days(self) -> frozenset[int]:
        """Days of the week, 0 is Monday; none for announced days only."""
        return frozenset(_DAYS_OF_WEEK.index(day) for day in self.weekdays.split())


class WorkingDays(Row, frozen=True, kw_only=True):
    """A line of 資料2 or 資料3; `month` is "2026-04", or "total" for the printed sum."""

    month: str
    weekdays: int
    mon_wed: int
    tue_thu_fri: int
    irregular: int | None = None
    weekends: int


class MonthlyCount(Row, frozen=True, kw_only=True):
    """One measure by month (first day of the month), with the total as printed; no place means the city."""

    place: int | None
    measure: str
    name: str
    months: dict[date, int]
    printed_total: int


class Staffing(Row, frozen=True, kw_only=True):
    """A line of 資料1; `sum` is "subtotal" (counters) or "total" where the line is a printed sum."""

    service: Service | None = None
    place: int | None = None
    sum: str = ""
    managers: int
    leaders: int
    staff_min: int
    staff_max: int
    people_min: int
    people_max: int


class Disagreement(msgspec.Struct, frozen=True):
    """A printed total that is not the sum of its parts."""

    where: str
    printed: int
    added: int


R = TypeVar("R", bound=Row)


def _lines(name: str) -> list[dict[str, str]]:
    text = files("seed").joinpath(name).read_text(encoding="utf-8")
    return [{k: v for k, v in line.items() if v} for line in csv.DictReader(text.splitlines())]


def _read(name: str, row: type[R]) -> tuple[R, ...]:
    return tuple(msgspec.convert(line, row, strict=False) for line in _lines(name))


@cache
def places() -> tuple[Place, ...]:
    """The annex and the 13 sites, by number."""
    return _read("places.csv", Place)


@cache
def vaults() -> tuple[Vault, ...]:
    """All vaults, by place and number; the Center has two, 3F and 1F."""
    return _read("vaults.csv", Vault)


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds of items, also those that start during the contract."""
    return _read("kinds.csv", Kind)


@cache
def sessions() -> tuple[SessionRow, ...]:
    """Section 5: hours, windows and booking slots."""
    return _read("sessions.csv", SessionRow)


@cache
def working_days(fiscal_year: int) -> tuple[WorkingDays, ...]:
    """資料2 (2025) or 資料3 (2026): twelve months and the printed sum."""
    return _read({2025: "working_days_r7.csv", 2026: "working_days_r8.csv"}[fiscal_year], WorkingDays)


@cache
def staffing() -> tuple[Staffing, ...]:
    """資料1: people by site in Reiwa 7."""
    return _read("staffing_r7.csv", Staffing)


@cache
def monthly_city() -> tuple[MonthlyCount, ...]:
    """参考資料(1): the whole city, April to October 2025."""
    return _monthly("monthly_city.csv")


@cache
def monthly_center() -> tuple[MonthlyCount, ...]:
    """参考資料(2): the Center, April to November 2025."""
    return _monthly("monthly_center.csv")


@cache
def monthly_sites() -> tuple[MonthlyCount, ...]:
    """参考資料(3): the twelve counters, April to November 2025."""
    return _monthly("monthly_sites.csv")


def _monthly(name: str) -> tuple[MonthlyCount, ...]:
    rows = []
    for line in _lines(name):
        months = {f"{key}-01": line.pop(key) for key in list(line) if key[:4].isdigit()}
        rows.append(msgspec.convert({"place": None, **line, "months": months}, MonthlyCount, strict=False))
    return tuple(rows)


def count(place: int, measure: str) -> MonthlyCount:
    """One measure of one of the 13 sites: issued, applied, certificates, express (Center: portal_help too)."""
    return next(
        row for row in monthly_sites() + monthly_center() if (row.place, row.measure) == (place, measure)
    )


def month_volume(place: int, month: int) -> int:
    """Cards that a site needs in a month (1 to 12): those it issued in that month of 2025.

    December to March were not printed; they take the mean of the eight months, rounded.
    """
    issued = count(place, "issued").months
    mean = round(Fraction(sum(issued.values()), len(issued)))
    return issued.get(date(REFERENCE_YEAR, month, 1), mean)


def volume(place: int, day: date, calendar: Calendar) -> int:
    """Cards that the run of `day` brings to a site; 0 where none goes.

    The month's cards over its run days, as evenly as whole cards allow; the days add up to the month.
    """
    month = month_days(day.year, day.month)
    runs = calendar.run_days(month[0], month[-1], place)
    return spread(month_volume(place, day.month), len(runs))[runs.index(day)] if day in runs else 0


def daily_volumes(day: date, calendar: Calendar) -> dict[int, int]:
    """Cards that the run of `day` brings to each of the 13 sites, by place number."""
    return {place: volume(place, day, calendar) for place in SITES}


def spread(total: int, parts: int) -> list[int]:
    """`total` in whole parts that differ by at most one, the larger ones evenly among the others."""
    return [total * (n + 1) // parts - total * n // parts for n in range(parts)]


def express_share(place: int | None = None) -> Fraction:
    """Express cards per card issued, April to November 2025, at one site or all 13.

    They go straight home, so this is what does not pass through stock, beside the cards issued.
    """
    asked = SITES if place is None else (place,)
    express, issued = (sum(sum(count(p, m).months.values()) for p in asked) for m in ("express", "issued"))
    return Fraction(express, issued)


def totals_that_disagree() -> tuple[Disagreement, ...]:
    """Every printed total of 資料1–3, 参考資料 and section 5 that is not the sum (product) of its parts."""
    checks = (*_monthly_checks(), *_working_day_checks(), *_staffing_checks(), *_booking_checks())
    return tuple(Disagreement(*check) for check in checks if check[1] != check[2])


def _monthly_checks() -> Iterator[tuple[str, int, int]]:
    for row in monthly_city() + monthly_center() + monthly_sites():
        yield f"{_paper(row)} {row.place or '市'} {row.name}", row.printed_total, sum(row.months.values())


def _working_day_checks() -> Iterator[tuple[str, int, int]]:
    for year, paper in ((2025, "資料2"), (2026, "資料3")):
        *months, printed = working_days(year)
        for column in ("weekdays", "mon_wed", "tue_thu_fri", "irregular", "weekends"):
            yield f"{paper} {column}", getattr(printed, column) or 0, _added(months, column)
        for row in (*months, printed):
            yield f"{paper} {row.month}", row.weekdays, row.mon_wed + row.tue_thu_fri


def _staffing_checks() -> Iterator[tuple[str, int, int]]:
    lines = staffing()
    by_day = (Service.COUNTER_DAY, Service.CENTER_3F_DAY)
    weekday = [row for row in lines if row.service in by_day and not row.sum]
    counters = [row for row in weekday if row.service is Service.COUNTER_DAY]
    for printed in (row for row in lines if row.sum):
        for column in ("managers", "leaders", "staff_min", "staff_max", "people_min", "people_max"):
            added = _added(counters if printed.sum == "subtotal" else weekday, column)
            yield f"{_paper(printed)} {column}", getattr(printed, column), added
    for row in (row for row in lines if not row.sum):
        yield f"{row.source} {row.place} min", row.people_min, row.managers + row.leaders + row.staff_min
        yield f"{row.source} {row.place} max", row.people_max, row.managers + row.leaders + row.staff_max


def _booking_checks() -> Iterator[tuple[str, int, int]]:
    for row in sessions():
        if row.slots and row.bookings_per_slot and row.bookings_a_day:
            yield f"section 5 {row.service}", row.bookings_a_day, row.slots * row.bookings_per_slot


def _paper(row: Row) -> str:
    return row.source.split(";")[0]


def _added(rows: Sequence[Row], column: str) -> int:
    return sum(getattr(row, column) or 0 for row in rows)
