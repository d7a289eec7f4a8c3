"""The counter: lists of what is booked, what a clerk may have in hand, cards with the city, notices' hashes."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.rules.vaulting import HandOverReason
from logistics.store.tables.columns import key, one_of, text, time


def _number() -> int | None:
    number: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    return number


def _entry() -> sa.Column[int]:
    return sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False)


class PickList(SQLModel, table=True):
    """What is to be taken out for one session of one day at a site."""

    __tablename__ = "pick_list"
    __table_args__ = (sa.UniqueConstraint("place", "day", "service"),)
    code: str = text(primary_key=True)
    place: str = key("place.code")
    day: date
    service: str = text()
    made_at: datetime = time()
    made_by: str = key("person.code")
    entry: int = Field(sa_column=_entry())


class PickLine(SQLModel, table=True):
    """A card on a pick list; `booked_for` is the time of day that the booking system says, such as 09:30."""

    __tablename__ = "pick_line"
    __table_args__ = (sa.Index("pick_line_card_idx", "card"),)
    pick_list: str = key("pick_list.code", primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    booked_for: str | None = text(default=None)
    entry: int = Field(sa_column=_entry())


class HandAllowance(SQLModel, table=True):
    """A leader lets a clerk have more than one card in hand, until a time."""

    __tablename__ = "hand_allowance"
    __table_args__ = (
        sa.CheckConstraint("cards > 0", name="cards"),
        sa.CheckConstraint("person <> allowed_by", name="two_persons"),
        sa.Index("hand_allowance_person_id_idx", "person", "id"),
    )
    id: int | None = _number()
    person: str = key("person.code")
    cards: int
    allowed_at: datetime = time()
    allowed_by: str = key("person.code")
    until: datetime = time()
    reason: str = text()
    entry: int = Field(sa_column=_entry())


class CityHandOver(SQLModel, table=True):
    """Cards handed to a city employee in the site, under the number of the slip (contract 8(3)ア(イ))."""

    __tablename__ = "city_handover"
    __table_args__ = (
        one_of("reason", HandOverReason),
        sa.Index("city_handover_place_number_idx", "place", "number"),
    )
    number: str = text(primary_key=True)
    place: str = key("place.code")
    handed_by: str = key("person.code")
    handed_to: str = key("person.code")
    reason: str = text()
    handed_at: datetime = time()


class CityHandOverCard(SQLModel, table=True):
    """A card of a hand-over to the city."""

    __tablename__ = "city_handover_card"
    __table_args__ = (sa.Index("city_handover_card_card_idx", "card"),)
    handover: str = key("city_handover.number", primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))


class NoticeHash(SQLModel, table=True):
    """A keyed hash of the number on a card's pickup notice; the latest counts. The key is not in the database."""

    __tablename__ = "notice_hash"
    __table_args__ = (
        sa.CheckConstraint("octet_length(hash) = 32", name="hash"),
        sa.Index("notice_hash_card_id_idx", "card", "id"),
    )
    id: int | None = _number()
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), nullable=False))
    key_id: str = text()
    hash: bytes
    entry: int = Field(sa_column=_entry())
