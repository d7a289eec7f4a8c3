"""Incidents: what was reported, what they concern, their course, what is done so that they do not happen again.

Written once, all of it. What an incident's state, class and clocks are follows from these rows.
"""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.rules.incidents import EventKind, IncidentKind
from logistics.store.tables.columns import key, one_of, text, time

ENDS = ("done", "dropped")


def _entry() -> Any:
    return Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


def _id() -> Any:
    return Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))


class Incident(SQLModel, table=True):
    """What somebody reported, or the service itself found (`by_itself`); `noticed_at` starts the clocks."""

    __table_args__ = (
        one_of("kind", IncidentKind),
        sa.Index("incident_place_code_idx", "place", "code"),
    )
    code: str = text(primary_key=True)
    kind: str = text()
    place: str = key("place.code")
    happened: str = text()
    noticed_at: datetime = time()
    by_itself: bool
    opened_by: str = key("person.code")
    opened_at: datetime = time()
    entry: int = _entry()


class IncidentItem(SQLModel, table=True):
    """What an incident concerns, by its code; of several rows of one code the last says whether a PIN is set."""

    __tablename__ = "incident_item"
    __table_args__ = (
        sa.Index("incident_item_incident_code_idx", "incident", "code", "id"),
        sa.Index("incident_item_code_idx", "code"),
    )
    id: int | None = _id()
    incident: str = key("incident.code")
    code: str = text()
    pin_set: bool | None = None
    added_by: str = key("person.code")
    added_at: datetime = time()
    entry: int = _entry()


class IncidentEvent(SQLModel, table=True):
    """One thing in an incident's course. Where it is a step, the table of legal steps knows it."""

    __tablename__ = "incident_event"
    __table_args__ = (
        one_of("kind", EventKind),
        sa.CheckConstraint("(kind = 'step') = (step IS NOT NULL)", name="step"),
        sa.CheckConstraint("(kind IN ('reportable', 'malicious')) = (decided IS NOT NULL)", name="decided"),
        sa.CheckConstraint(
            "(step IS NULL) = (from_state IS NULL) AND (step IS NULL) = (to_state IS NULL)"
            " AND (step IS NULL) = (lifecycle IS NULL) AND (lifecycle IS NULL OR lifecycle = 'incident')",
            name="states",
        ),
        sa.ForeignKeyConstraint(
            ["lifecycle", "from_state", "step", "to_state"],
            ["legal_step.lifecycle", "legal_step.from_state", "legal_step.step", "legal_step.to_state"],
            name="incident_event_legal_step_fkey",
        ),
        sa.Index("incident_event_incident_id_idx", "incident", "id"),
    )
    id: int | None = _id()
    incident: str = key("incident.code")
    kind: str = text()
    occurred_at: datetime = time()
    words: str = text()
    whom: str | None = text(default=None)
    decided: bool | None = None
    document: str | None = key("document.number", default=None)
    lifecycle: str | None = text(default=None)
    from_state: str | None = text(default=None)
    step: str | None = text(default=None)
    to_state: str | None = text(default=None)
    recorded_by: str = key("person.code")
    recorded_at: datetime = time()
    entry: int = _entry()


class CorrectiveAction(SQLModel, table=True):
    """再発防止の実施: what is to be done, by whom, until when."""

    __tablename__ = "corrective_action"
    incident: str = key("incident.code", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    what: str = text()
    responsible: str = key("person.code")
    due_on: date
    recorded_by: str = key("person.code")
    recorded_at: datetime = time()
    entry: int = _entry()


class CorrectiveActionEnd(SQLModel, table=True):
    """How a corrective action ended: done, or dropped with a reason."""

    __tablename__ = "corrective_action_end"
    __table_args__ = (
        one_of("how", ENDS),
        sa.ForeignKeyConstraint(
            ["incident", "number"],
            ["corrective_action.incident", "corrective_action.number"],
            name="corrective_action_end_incident_fkey",
        ),
    )
    incident: str = text(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    how: str = text()
    words: str = text()
    ended_by: str = key("person.code")
    ended_at: datetime = time()
    entry: int = _entry()


class IncidentEvidence(SQLModel, table=True):
    """An export of all entries concerned, sealed: the file's digest is in the log, its tree is signed."""

    __tablename__ = "incident_evidence"
    __table_args__ = (sa.Index("incident_evidence_incident_id_idx", "incident", "id"),)
    id: int | None = _id()
    incident: str = key("incident.code")
    file: bytes = Field(
        sa_column=sa.Column(sa.LargeBinary, sa.ForeignKey("stored_file.sha256"), nullable=False)
    )
    entries: int
    frozen_by: str = key("person.code")
    frozen_at: datetime = time()
    entry: int = _entry()


class ContactSheet(SQLModel, table=True):
    """緊急連絡体制表 P21: the highest version holds; the city gets each at once (body 13(7))."""

    __tablename__ = "contact_sheet"
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    reason: str = text()
    document: str = key("document.number")
    recorded_by: str = key("person.code")
    recorded_at: datetime = time()
    entry: int = _entry()


class ContactLine(SQLModel, table=True):
    """Whom to call, in this order; `notified` gets the service's mails about incidents."""

    __tablename__ = "contact_line"
    __table_args__ = (sa.CheckConstraint("NOT notified OR mail IS NOT NULL", name="notified"),)
    version: int = Field(primary_key=True, foreign_key="contact_sheet.version")
    position: int = Field(primary_key=True)
    party: str = text()
    duty: str = text()
    name: str = text()
    phone: str = text()
    hours: str = text()
    mail: str | None = text(default=None)
    notified: bool
