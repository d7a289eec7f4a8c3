"""What P14 sends over HTTP."""

from __future__ import annotations

from datetime import date, datetime

from api.wire import Input, Output, Reason


class StockLine(Output, frozen=True, kw_only=True):
    """A place at the end of the month, in cards."""

    place: str
    place_name: str
    undelivered: int
    beside: int
    to_destroy: int


class CountLine(Output, frozen=True, kw_only=True):
    """The counts of one kind that a place ended in the month; a place without any has no kind."""

    place: str
    place_name: str
    kind: str | None
    counts: int
    cards: int
    missing: int
    last_on: date | None


class DifferenceLine(Output, frozen=True, kw_only=True):
    """Differences of one kind at one place: opened in the month, settled in it, open at its end."""

    place: str
    place_name: str
    kind: str
    opened: int
    settled: int
    open: int


class CaseFigures(Output, frozen=True, kw_only=True):
    """Cases of missing cards."""

    opened: int
    found: int
    lost: int
    open: int


class AccessLine(Output, frozen=True, kw_only=True):
    """How often an act of access happened, and by how many people."""

    act: str
    times: int
    people: int


class Reviewer(Output, frozen=True, kw_only=True):
    """A person by code and name."""

    code: str
    name: str


class ReviewLine(Output, frozen=True, kw_only=True):
    """A review of the rights and their use."""

    at: datetime
    by: Reviewer
    note: str


class ExpiringLine(Output, frozen=True, kw_only=True):
    """What runs out within 60 days or is lacking: registration, training, pledge, consent, token."""

    what: str
    name: str
    code: str
    until: date | None


class Measure(Output, frozen=True, kw_only=True):
    """A safety measure in force, in the words of the paper."""

    article: str
    measure: str
    state: str


class Management(Output, frozen=True, kw_only=True):
    """P14's figures: what was recorded in the month before `until`; registers and measures as of `day`."""

    month: date
    until: datetime
    day: date
    stock: list[StockLine]
    counts: list[CountLine]
    differences: list[DifferenceLine]
    cases: CaseFigures
    access: list[AccessLine]
    reviews: list[ReviewLine]
    expiring: list[ExpiringLine]
    measures: list[Measure]


class ManagementPaper(Output, frozen=True, kw_only=True):
    """P14, frozen, by the number of its paper."""

    number: str
    month: date
    issued_at: datetime


class AccessReview(Input, frozen=True, kw_only=True):
    """What came of the review."""

    note: Reason
