"""Frozen values of the monthly reports. What a report counts is apart from who issued it and when.

The data of a month are the same bytes whenever they are made; only the paper around them has a date.
"""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.records import NamedPerson, NamedPlace, Record


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
    """A place at the end of the month: its last count, what is still open there, and what is to be destroyed."""

    place: str
    place_name: str
    counted_on: date | None
    counted_by: str | None
    witnessed_by: str | None
    open_differences: int
    to_destroy: int


class UndeliveredData(Record, frozen=True):
    """P11's figures: what was recorded before `until`. `day` is the day on which the ages are counted.

    `beside` are the kinds that lie there too and are not undelivered; papers frozen earlier have none.
    """

    month: date
    until: datetime
    day: date
    lines: tuple[UndeliveredLine, ...]
    places: tuple[PlaceState, ...]
    beside: tuple[UndeliveredLine, ...] = ()


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


class UndeliveredCard(Record, frozen=True):
    """A card that lies undelivered. `slot` is None where more happened to it since than the report counts."""

    card: str
    kind: str
    kind_name: str
    state: str
    slot: str | None
    first_notice_on: date | None
    band: str
    stage: str


class UndeliveredCardsRecord(Record, frozen=True):
    """P24 未交付カード一覧: the cards of one place that P11 counts, kind by kind, the oldest notices first."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    until: datetime
    day: date
    cards: tuple[UndeliveredCard, ...]


class RunLine(Record, frozen=True):
    """One run of a month: what it carried, what came late, what differed."""

    run: str
    day: date
    courier_name: str
    manifests: int
    cards: int
    late: int
    not_arrived: int
    differences: int
    seals: int
    grade: str


class DifferenceLine(Record, frozen=True):
    """Differences of one kind at one place: opened in the month, settled in it, open at its end."""

    place: str
    place_name: str
    kind: str
    opened: int
    settled: int
    open: int


class PlaceStock(Record, frozen=True):
    """What a place received, issued and had left in the month, all kinds together."""

    place: str
    place_name: str
    received: int
    issued: int
    closing: int


class MonthReportRecord(Record, frozen=True):
    """P13 月次報告書 (contract 8(6)ア(イ), 12(1)): how the month's work went, for the monthly meeting."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    month: date
    until: datetime
    runs: tuple[RunLine, ...]
    stock: tuple[PlaceStock, ...]
    differences: tuple[DifferenceLine, ...]
