"""What says how long something is kept: policies, clocks nothing else tells, holds from disposal. Written once."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.rules.retention import TOLD_BY_ACTS, Clock, Requester
from logistics.store.tables.columns import key, one_of, text, time


def _entry() -> Any:
    return Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


def _card() -> Any:
    return Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), nullable=False))


class RetentionPolicy(SQLModel, table=True):
    """One version of the policy, decided by the city; the latest one in force on a day is the one that counts."""

    __tablename__ = "retention_policy"
    __table_args__ = (
        sa.CheckConstraint("recorded_by <> approver", name="two_people"),
        sa.Index("retention_policy_effective_from_idx", "effective_from"),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    effective_from: date
    approver: str = key("person.code")
    reference: str = text()
    note: str = text()
    remind_after: str = text()
    recorded_by: str = key("person.code")
    recorded_at: datetime = time()
    entry: int = _entry()


class RetentionRule(SQLModel, table=True):
    """What a policy says of one kind; a kind without a row of its own stays suspended."""

    __tablename__ = "retention_rule"
    policy: int = Field(
        sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("retention_policy.id"), primary_key=True)
    )
    kind: str = key("kind.code", primary_key=True)
    preset: str | None = text(default=None)
    rule: str = text()


class RetentionClock(SQLModel, table=True):
    """A day that a clock counts from, as it was told; of several the last one told is true."""

    __tablename__ = "retention_clock"
    __table_args__ = (
        one_of("clock", sorted(set(Clock) - TOLD_BY_ACTS)),
        sa.Index("retention_clock_card_clock_idx", "card", "clock", "id"),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    card: int = _card()
    clock: str = text()
    day: date
    entry: int = _entry()


class RetentionHold(SQLModel, table=True):
    """廃棄留保: a card that is not disposed of until a day, for a reason, at somebody's request."""

    __tablename__ = "retention_hold"
    __table_args__ = (one_of("requester", Requester), sa.Index("retention_hold_card_idx", "card"))
    code: str = text(primary_key=True)
    card: int = _card()
    reason: str = text()
    requester: str = text()
    until: date
    placed_by: str = key("person.code")
    placed_at: datetime = time()
    entry: int = _entry()


class RetentionRelease(SQLModel, table=True):
    """The end of a hold before its day."""

    __tablename__ = "retention_release"
    hold: str = key("retention_hold.code", primary_key=True)
    reason: str = text()
    released_by: str = key("person.code")
    released_at: datetime = time()
    entry: int = _entry()
