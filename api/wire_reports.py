"""What the reports send over HTTP: the figures of a month, and the months that are closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from api.wire import Input, Output, PlaceCode
from logistics.rules.lifecycle import CardState
from logistics.rules.performance import Grade
from logistics.rules.undelivered import Band, Stage

MONTH = r"^20\d\d-(0[1-9]|1[0-2])$"
Month = Annotated[str, Meta(pattern=MONTH, examples=["2026-05"], description="A calendar month")]


class CloseMonth(Input, frozen=True, kw_only=True):
    """The month to close."""

    month: Month


class ProvisionalReport(Input, frozen=True, kw_only=True):
    """The month to report on, and as it was known when; by default, now."""

    month: Month
    as_of: datetime | None = None


class UndeliveredLine(Output, frozen=True, kw_only=True):
    """One place and kind, in cards. `ages` are: not yet noticed, ≤ 30 days, ≤ 90, ≤ 180, ≤ 365, over 365; `stages`:
    not yet noticed, first notice, reminder, notice returned."""

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


class PlaceState(Output, frozen=True, kw_only=True):
    """A place at the end of the month: its last count, and what is still open there."""

    place: str
    place_name: str
    counted_on: date | None
    counted_by: str | None
    witnessed_by: str | None
    open_differences: int
    to_destroy: int


class Undelivered(Output, frozen=True, kw_only=True):
    """P11's figures: what was recorded before `until`; ages are counted on `day`. `beside` is what lies there too and is
    not undelivered: collected cards, bundles of papers, temporary custody."""

    month: date
    until: datetime
    day: date
    lines: list[UndeliveredLine]
    places: list[PlaceState]
    beside: list[UndeliveredLine]


class UndeliveredCard(Output, frozen=True, kw_only=True):
    """A card that lies undelivered. `slot` is null where more happened to it since than the list counts."""

    card: str
    kind: str
    kind_name: str
    state: CardState
    slot: str | None
    first_notice_on: date | None
    band: Band
    stage: Stage


class UndeliveredCards(Output, frozen=True, kw_only=True):
    """A page of the cards of one place in order of their codes; `next`, given as `after`, continues."""

    place: str
    until: datetime
    day: date
    items: list[UndeliveredCard]
    next: str | None


class ListUndelivered(Input, frozen=True, kw_only=True):
    """Of which place, as of the end of which month; without a month, as of now. A leader needs not say the own site."""

    place: PlaceCode | None = None
    month: Month | None = None


class UndeliveredList(Output, frozen=True, kw_only=True):
    """The frozen list of a place, by the number of its paper."""

    number: str
    place: str
    until: datetime
    issued_at: datetime
    cards: int


class ClosedMonth(Output, frozen=True, kw_only=True):
    """A month whose report is frozen, under the number of its paper; `digest` is the SHA-256 of its data."""

    month: date
    document: str
    closing: int
    closed_at: datetime
    digest: str


class Doubt(Output, frozen=True, kw_only=True):
    """A printed total that is not the sum of its parts."""

    where: str
    printed: int
    added: int
    message_ja: str


class Total(Output, frozen=True, kw_only=True):
    """What the places of a table add up to; `months` are in order, `added` is over all of them."""

    measure: str
    name: str
    places: int
    months: dict[str, int]
    added: int


class SummaryImported(Output, frozen=True, kw_only=True):
    """An imported table: its lines, the totals that do not add up in print, and what its places add up to."""

    code: str
    lines: int
    doubts: list[Doubt]
    totals: list[Total]


class HistoryLine(Output, frozen=True, kw_only=True):
    """A measure by month at a place, or of the whole city; `added` is the sum of the months."""

    place: str | None
    measure: str
    name: str
    months: dict[str, int]
    printed_total: int | None
    added: int
    source: str


class History(Output, frozen=True, kw_only=True):
    """Imported figures; `totals` adds places that count the same thing over the same months, and nothing else."""

    lines: list[HistoryLine]
    doubts: list[Doubt]
    totals: list[Total]


class MadeReport(Output, frozen=True, kw_only=True):
    """A report that the service made by itself on its working day."""

    task: str
    period: date
    due_at: datetime
    made_at: datetime
    document: str | None


class RunPerformance(Output, frozen=True, kw_only=True):
    """One run: what it carried, what came after its site had closed or not at all, what differed."""

    run: str
    day: date
    courier: str
    courier_name: str
    manifests: int
    cards: int
    late: int
    not_arrived: int
    differences: int
    seals: int
    grade: Grade


class Performance(Output, frozen=True, kw_only=True):
    """The runs of a month; a rate of differences of 0.1 % warns, of 0.5 % is an alarm (appendix 1 article 15)."""

    month: date
    until: datetime
    runs: list[RunPerformance]
    cards: int
    differences: int
    grade: Grade


class ReportPaper(Output, frozen=True, kw_only=True):
    """A report frozen as paper; `final` unless its month is not closed."""

    number: str
    month: date
    issued_at: datetime
    final: bool
    closing: int
