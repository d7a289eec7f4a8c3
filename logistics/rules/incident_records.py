"""What the papers of incidents say: reports (P9), differences (P10), whom to call (P21). See `records`."""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.records import DifferenceKind, NamedPerson, NamedPlace, Record


class ItemLine(Record, frozen=True):
    """Something an incident concerns: `kind_name` and `state` are a card's; `pin_set` None is not known."""

    code: str
    type_name: str
    kind_name: str | None
    state: str | None
    pin_set: bool | None


class ClockLine(Record, frozen=True):
    """By when something was due, when it was done, and whether that was late."""

    name: str
    due_at: datetime
    done_at: datetime | None
    overdue: bool


class CourseLine(Record, frozen=True):
    """One thing in an incident's course."""

    kind: str
    occurred_at: datetime
    words: str
    by: str
    whom: str | None
    decided: bool | None


class CustodyLine(Record, frozen=True):
    """An entry of the log about a card concerned."""

    card: str
    occurred_at: datetime
    act: str
    place: str
    by: str
    to_state: str | None


class ToldLine(Record, frozen=True):
    """A notice that arrived: by mail or webhook, or what somebody said he told."""

    at: datetime
    how: str
    whom: str


class ActionLine(Record, frozen=True):
    """A corrective action and its end."""

    number: int
    what: str
    responsible: NamedPerson
    due_on: date
    how: str | None
    ended_at: datetime | None


class EvidenceLine(Record, frozen=True):
    """A sealed export of the entries concerned, or an attached file: its SHA-256 is in the log."""

    at: datetime
    name: str
    entries: int | None
    sha256: str


class IncidentReportRecord(Record, frozen=True):
    """P9 事故報告書: `stage` is first_report, follow_up or final_report, `version` counts an incident's reports from 1."""

    number: str
    incident: str
    stage: str
    version: int
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    kind: str
    grade: str
    malicious: bool
    reportable: bool | None
    noticed_at: datetime
    opened_at: datetime
    opened_by: NamedPerson
    by_itself: bool
    happened: str
    items: tuple[ItemLine, ...]
    clocks: tuple[ClockLine, ...]
    told: tuple[ToldLine, ...]
    course: tuple[CourseLine, ...]
    custody: tuple[CustodyLine, ...]
    actions: tuple[ActionLine, ...]
    evidence: tuple[EvidenceLine, ...]
    files: tuple[EvidenceLine, ...]


class NoteLine(Record, frozen=True):
    """A word on a difference."""

    at: datetime
    by: str
    words: str


class DifferenceRecord(Record, frozen=True):
    """P10 差異報告書: one difference as it stood when the paper was made, with what the log says of its card."""

    number: str
    difference: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    kind: DifferenceKind
    card: str | None
    kind_name: str | None
    card_state: str | None
    batch: str | None
    manifest: str | None
    box: str | None
    note: str
    opened_at: datetime
    opened_by: NamedPerson
    how: str | None
    reason: str | None
    resolved_at: datetime | None
    notes: tuple[NoteLine, ...]
    custody: tuple[CustodyLine, ...]
    files: tuple[EvidenceLine, ...]


class ContactEntry(Record, frozen=True):
    """Whom to call; `notified` gets the service's mails about incidents."""

    position: int
    party: str
    duty: str
    name: str
    phone: str
    hours: str
    mail: str | None
    notified: bool


class ContactsRecord(Record, frozen=True):
    """P21 緊急連絡体制表 (body 13(7), appendix 1 article 13-2)."""

    number: str
    version: int
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    reason: str
    lines: tuple[ContactEntry, ...]
