"""Four eyes: what was asked, what a second person said to it, and that it was used once.

Each row carries what the rows before it say, by foreign key, so that a CHECK can compare two people.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import key, text, time

ASKED = ("code", "digest", "requested_by", "requested_session", "expires_at")
DECIDED = ("approval", "approved", "digest", "requested_by", "decided_by", "decided_at")


class Approval(SQLModel, table=True):
    """A request for a second person's approval of one act. `shown` is exactly what that person is shown."""

    __table_args__ = (
        sa.CheckConstraint("digest = sha256(convert_to(shown, 'UTF8'))", name="digest"),
        sa.CheckConstraint(
            "expires_at > requested_at AND expires_at <= requested_at + INTERVAL '14 days'", name="expires"
        ),
        sa.UniqueConstraint(*ASKED, name="approval_asked_key"),
        sa.Index("approval_place_requested_at_idx", "place", "requested_at"),
    )
    code: str = text(primary_key=True)
    act: str = text()
    subject: str = text()
    place: str = key("place.code")
    shown: str = text()
    digest: bytes
    reason: str = text()
    requested_by: str = key("person.code")
    requested_session: UUID
    requested_at: datetime = time()
    expires_at: datetime = time()
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


class ApprovalDecision(SQLModel, table=True):
    """What the second person said: another person, in another session, whose identity was proved just before."""

    __tablename__ = "approval_decision"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["approval", *ASKED[1:]],
            [f"approval.{name}" for name in ASKED],
            name="approval_decision_asked_fkey",
        ),
        sa.CheckConstraint("decided_by <> requested_by", name="two_people"),
        sa.CheckConstraint("decided_session <> requested_session", name="two_sessions"),
        sa.CheckConstraint(
            "confirmed_at <= decided_at AND decided_at <= confirmed_at + INTERVAL '5 minutes'",
            name="confirmed",
        ),
        sa.CheckConstraint("decided_at <= expires_at", name="in_time"),
        sa.UniqueConstraint(*DECIDED, name="approval_decision_decided_key"),
    )
    approval: str = text(primary_key=True)
    digest: bytes
    requested_by: str = text()
    requested_session: UUID
    expires_at: datetime = time()
    approved: bool
    reason: str | None = text(default=None)
    decided_by: str = key("person.code")
    decided_session: UUID
    confirmed_at: datetime = time()
    decided_at: datetime = time()
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


class ApprovalUse(SQLModel, table=True):
    """The one act that an approval was for was done, by one of the two people, within half an hour."""

    __tablename__ = "approval_use"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            list(DECIDED), [f"approval_decision.{name}" for name in DECIDED], name="approval_use_decided_fkey"
        ),
        sa.CheckConstraint("approved", name="approved"),
        sa.CheckConstraint("used_by IN (requested_by, decided_by)", name="used_by"),
        sa.CheckConstraint(
            "used_at >= decided_at AND used_at <= decided_at + INTERVAL '30 minutes'", name="in_time"
        ),
    )
    approval: str = text(primary_key=True)
    approved: bool
    digest: bytes
    requested_by: str = text()
    decided_by: str = text()
    decided_at: datetime = time()
    used_by: str = key("person.code")
    used_at: datetime = time()
