"""The end of the contract: what was there when it was handed on, to whom it went, who acknowledged it; spent papers."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.rules.succeeding import HowSpent, Receiver, Side
from logistics.store.tables.columns import key, one_of, text, time


def _entry() -> Any:
    return Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


class Succession(SQLModel, table=True):
    """引継ぎ: everything that is left goes to the next contractor, or to the city, as the city directed (`reference`).

    Its code is a party of the log, too: the custodian of what was handed on.
    """

    __table_args__ = (one_of("receiver", Receiver), sa.CheckConstraint("cards >= 0", name="cards"))
    code: str = text(primary_key=True)
    receiver: str = text()
    successor: str = text()
    reference: str = text()
    directed_by: str = key("person.code")
    cards: int
    opened_by: str = key("person.code")
    opened_at: datetime = time()
    entry: int = _entry()


class SuccessionCard(SQLModel, table=True):
    """What was in a place's stock when the succession was opened; each of it needs an end."""

    __tablename__ = "succession_card"
    succession: str = key("succession.code", primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    place: str = key("place.code")
    slot: str | None = text(default=None)
    state: str = text()


class SuccessionEnd(SQLModel, table=True):
    """How a succession ended: concluded, with its paper P18, when nothing was left; or given up, with a reason."""

    __tablename__ = "succession_end"
    __table_args__ = (sa.CheckConstraint("(document IS NULL) = (reason IS NOT NULL)", name="document"),)
    succession: str = key("succession.code", primary_key=True)
    document: str | None = key("document.number", default=None, unique=True)
    reason: str | None = text(default=None)
    ended_by: str = key("person.code")
    ended_at: datetime = time()
    entry: int = _entry()


class SuccessionAcknowledgement(SQLModel, table=True):
    """Who says for a side that P18 is right: one person cannot say so for both."""

    __tablename__ = "succession_acknowledgement"
    __table_args__ = (
        one_of("side", Side),
        sa.UniqueConstraint("succession", "person", name="succession_acknowledgement_person_key"),
    )
    succession: str = key("succession_end.succession", primary_key=True)
    side: str = text(primary_key=True)
    person: str = key("person.code")
    named: str = text()
    sha256: str = text()
    acknowledged_at: datetime = time()
    entry: int = _entry()


class SpentPaper(SQLModel, table=True):
    """A manifest whose receipt is closed is of no use at its site any more: what became of the paper."""

    __tablename__ = "spent_paper"
    __table_args__ = (one_of("how", HowSpent),)
    manifest: str = key("manifest.code", primary_key=True)
    place: str = key("place.code")
    how: str = text()
    day: date
    recorded_by: str = key("person.code")
    recorded_at: datetime = time()
    entry: int = _entry()
