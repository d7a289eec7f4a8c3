"""Frozen values of the monthly reports. What a report counts is apart from who issued it and when.

The data of a month are the same bytes whenever they are made; only the paper around them has a date.
"""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.records import NamedPerson, Record


class UndeliveredLine(Record, frozen=True):
    """One place and kind in a month, in cards; `ages` and `stages` are in the order of their enums."""

    place: str
    place_name: str
    kind: str
    kind_name: str
    opening: int
    received: int
    issued: int
    returned: int
    destroyed: int
    corrections: int
    closing: int
    ages: tuple[int, ...]
    stages: tuple[int, ...]


class PlaceState(Record, frozen=True):
    """A place at the end of the month: its last count, and what is still open there."""

    place: str
    place_name: str
    counted_on: date | None
    counted_by: str | None
    witnessed_by: str | None
    open_differences: int
    candidates: int


class UndeliveredData(Record, frozen=True):
    """P11's figures: what was recorded before `until`. `day` is the day on which the ages are counted."""

    month: date
    until: datetime
    day: date
    lines: tuple[UndeliveredLine, ...]
    places: tuple[PlaceState, ...]


class MonthTotal(Record, frozen=True):
    """The stock at the end of a closed month."""

    month: date
    closing: int


class UndeliveredRecord(Record, frozen=True):
    """P11 月次未交付カード報告. `final` once the month is closed; `trend` has the closed months before, oldest first."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    final: bool
    data: UndeliveredData
    trend: tuple[MonthTotal, ...]
