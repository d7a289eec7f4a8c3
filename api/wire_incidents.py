"""Incidents, corrective actions and evidence, as they cross HTTP. See `wire`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from api.wire import ApprovalCode, Input, Output, PersonCode, PlaceCode, Reason, Words
from logistics.rules.incidents import ClockName, IncidentClass, IncidentKind
from logistics.rules.lifecycle import IncidentState, IncidentStep
from logistics.work import archives
from logistics.work.incidents import Item, NewIncident

Code = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z][0-9A-Z]{3,11}$",
        max_length=12,
        examples=["C0XK3WYPMU"],
        description="Code of a card, batch, manifest, run, box, slot, vault, place, difference, case, count, proposal,"
        " device or paper",
    ),
]
Text = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=2_000,
        pattern=r"^[^\u0000]*$",
        examples=["開封時に1枚不足していた"],
        description="No name, address or number of a citizen",
    ),
]


class IncidentItemIn(Input, frozen=True, kw_only=True):
    """What an incident concerns; `pin_set` says whether a card's PIN is set, which raises the class."""

    code: Code
    pin_set: bool | None = None

    def item(self) -> Item:
        """The item as the domain knows it."""
        return Item(self.code, self.pin_set)


class ReportIncident(Input, frozen=True, kw_only=True):
    """An incident that somebody saw: what, when it was noticed, and what it concerns. More can be added later."""

    kind: IncidentKind
    happened: Text
    noticed_at: datetime
    items: Annotated[list[IncidentItemIn], Meta(max_length=500)]
    place: PlaceCode | None = None

    def new(self) -> NewIncident:
        """The incident as the domain takes it."""
        items = [one.item() for one in self.items]
        return NewIncident(self.kind, self.happened, self.noticed_at, items, self.place)


class WriteCourse(Input, frozen=True, kw_only=True):
    """Something for an incident's course. `whom` names who at the city was told; a decision says yes or no."""

    kind: Literal[
        "course",
        "told_city",
        "contained",
        "contacted",
        "recovered",
        "cause",
        "prevention",
        "reportable",
        "malicious",
    ]
    words: Text
    occurred_at: datetime | None = None
    whom: Words | None = None
    decided: bool | None = None


class AddIncidentItems(Input, frozen=True, kw_only=True):
    """What else an incident concerns, or what is now known of what it concerns."""

    items: Annotated[list[IncidentItemIn], Meta(min_length=1, max_length=500)]
    words: Reason


class AddAction(Input, frozen=True, kw_only=True):
    """What is to be done so that it does not happen again, by whom and until when."""

    what: Text
    responsible: PersonCode
    due_on: date


class EndAction(Input, frozen=True, kw_only=True):
    """A corrective action was done, or is dropped."""

    how: Literal["done", "dropped"]
    words: Reason


class IssueReport(Input, frozen=True, kw_only=True):
    """Which report of an incident is issued now."""

    stage: Literal["first_report", "follow_up", "final_report"]


class SendBack(Input, frozen=True, kw_only=True):
    """What the city wants to know before it decides."""

    words: Reason


class CloseIncident(Input, frozen=True, kw_only=True):
    """The words of the city's decision, and the approval a city employee gave on them."""

    reason: Reason
    approval: ApprovalCode | None = None


class TakeEvidence(Input, frozen=True, kw_only=True):
    """What sealed evidence leaves for, under which approval; `password` encrypts the archive and is kept nowhere."""

    purpose: Annotated[str, Meta(min_length=1, max_length=100, examples=["事故調査"])]
    approval: Annotated[str, Meta(min_length=1, max_length=40, examples=["市監第1号"])]
    password: Annotated[
        str,
        Meta(
            min_length=archives.SHORTEST_PASSWORD,
            max_length=100,
            examples=["k7wmq-z4hd9-x2vnc-8tjrp-f5ybe-g3ks6"],
        ),
    ]


class IncidentClock(Output, frozen=True, kw_only=True):
    """By when something is due, when it was done, whether that is or was late."""

    name: ClockName
    due_at: datetime
    done_at: datetime | None
    overdue: bool


class Incident(Output, frozen=True, kw_only=True):
    """An incident as it stands. `told_at` is when the first notice arrived at the city, by whatever way."""

    code: str
    kind: IncidentKind
    grade: IncidentClass
    state: IncidentState
    possible_steps: list[IncidentStep]
    place: str
    place_name: str
    happened: str
    noticed_at: datetime
    by_itself: bool
    opened_by: str
    opened_at: datetime
    told_at: datetime | None
    first_at: datetime | None
    final_at: datetime | None
    closed_at: datetime | None
    malicious: bool
    reportable: bool | None
    pin_set: bool
    cards: int
    open_actions: int
    late_actions: int
    evidence: int
    overdue: bool
    clocks: list[IncidentClock]


class IncidentItem(Output, frozen=True, kw_only=True):
    """Something an incident concerns; a card as it is now."""

    code: str
    type_name: str
    kind_name: str | None
    card_state: str | None
    pin_set: bool | None
    added_at: datetime


class CourseEvent(Output, frozen=True, kw_only=True):
    """One thing in an incident's course; a report names its paper."""

    kind: str
    occurred_at: datetime
    words: str
    whom: str | None
    decided: bool | None
    document: str | None
    step: IncidentStep | None
    recorded_by: str
    recorded_at: datetime


class CorrectiveAction(Output, frozen=True, kw_only=True):
    """A corrective action and its end."""

    number: int
    what: str
    responsible: str
    responsible_name: str
    due_on: date
    overdue: bool
    how: Literal["done", "dropped"] | None
    words: str | None
    ended_by: str | None
    ended_at: datetime | None


class Evidence(Output, frozen=True, kw_only=True):
    """A sealed export of all entries concerned; the SHA-256 of its file is in the log."""

    id: int
    sha256: str
    entries: int
    size: int
    frozen_by: str
    frozen_at: datetime


class IncidentFile(Output, frozen=True, kw_only=True):
    """All that is known of an incident; `lacking` is what the final report still needs."""

    incident: Incident
    items: list[IncidentItem]
    course: list[CourseEvent]
    actions: list[CorrectiveAction]
    evidence: list[Evidence]
    lacking: list[str]


class IncidentReport(Output, frozen=True, kw_only=True):
    """A report that was issued: the number of its paper, and how the incident stands."""

    document: str
    incident: Incident


class DifferenceReport(Output, frozen=True, kw_only=True):
    """P10 of a difference."""

    document: str
    discrepancy: str
