"""Disposal: what was proposed, what the city decided, what was destroyed in whose presence. Written once."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

from logistics.rules.disposal import Chip, Method
from logistics.store.tables.columns import key, one_of, text, time


def _entry() -> Any:
    return Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


class Proposal(SQLModel, table=True):
    """廃棄伺い: cards that the policy lets go, put before the city. Its paper P7 has its number."""

    __table_args__ = (sa.CheckConstraint("cards > 0", name="cards"),)
    code: str = text(primary_key=True)
    place: str = key("place.code")
    policy: str | None = text(default=None)
    note: str = text()
    cards: int
    proposed_by: str = key("person.code")
    proposed_at: datetime = time()
    entry: int = _entry()


class ProposalCard(SQLModel, table=True):
    """The frozen lines of a proposal, with the ground on which each card may go."""

    __tablename__ = "proposal_card"
    __table_args__ = (sa.Index("proposal_card_card_idx", "card", "proposal"),)
    proposal: str = key("proposal.code", primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    position: int
    due_on: date
    rule: str = text()


class ProposalDecision(SQLModel, table=True):
    """What the city decided, once: never the person who proposed."""

    __tablename__ = "proposal_decision"
    __table_args__ = (
        sa.CheckConstraint("decided_by <> proposed_by", name="two_people"),
        sa.CheckConstraint("approved = (certificate_due_on IS NOT NULL)", name="certificate"),
    )
    proposal: str = key("proposal.code", primary_key=True)
    approved: bool
    reason: str | None = text(default=None)
    witness_requested: bool
    photos_requested: bool
    certificate_due_on: date | None = None
    proposed_by: str = key("person.code")
    decided_by: str = key("person.code")
    decided_at: datetime = time()
    entry: int = _entry()


class Destruction(SQLModel, table=True):
    """One sitting at the machine; `counted` cards were taken out of the locked stock and counted before it began."""

    __table_args__ = (
        one_of("method", Method),
        one_of("chip", Chip),
        sa.CheckConstraint("counted > 0", name="counted"),
        sa.Index("destruction_proposal_idx", "proposal"),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    proposal: str = key("proposal.code")
    method: str = text()
    chip: str = text()
    machine: str = text()
    counted: int
    begun_by: str = key("person.code")
    begun_at: datetime = time()
    entry: int = _entry()


class DestructionWitness(SQLModel, table=True):
    """A witness comes (`present`) or leaves; who operates the machine is no witness."""

    __tablename__ = "destruction_witness"
    __table_args__ = (
        sa.CheckConstraint("person <> begun_by", name="two_people"),
        sa.Index("destruction_witness_destruction_idx", "destruction", "id"),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    destruction: int = Field(
        sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("destruction.id"), nullable=False)
    )
    person: str = key("person.code")
    begun_by: str = key("person.code")
    present: bool
    at: datetime = time()
    entry: int = _entry()


class DestructionEnd(SQLModel, table=True):
    """The end of a sitting; its certificate P8, where anything was destroyed."""

    __tablename__ = "destruction_end"
    destruction: int = Field(
        sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("destruction.id"), primary_key=True)
    )
    destroyed: int
    remaining: int
    photos: list[str] = Field(default_factory=list, sa_type=pg.ARRAY(sa.Text))
    certificate: str | None = text(unique=True, default=None)
    ended_by: str = key("person.code")
    ended_at: datetime = time()
    entry: int = _entry()
