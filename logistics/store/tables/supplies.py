"""What the city supplies and lends: the items, every move of them, and what is left at each place."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.rules.supplying import Move
from logistics.store.tables.columns import key, one_of, text, time


class SupplyItem(SQLModel, table=True):
    """A thing that is counted by the piece; `lent` (貸与品) comes back, what is supplied (支給品) is used up."""

    __tablename__ = "supply_item"
    __table_args__ = (sa.CheckConstraint("code ~ '^[a-z_]{1,40}$'", name="code"),)
    code: str = text(primary_key=True)
    name: str = text()
    unit: str = text()
    lent: bool


class SupplyMove(SQLModel, table=True):
    """Pieces that came, were used, went back or were lost, with the paper that says so. Written once."""

    __tablename__ = "supply_move"
    __table_args__ = (
        one_of("move", Move),
        sa.CheckConstraint("pieces > 0", name="pieces"),
        sa.CheckConstraint("(move IN ('received', 'returned')) = (city IS NOT NULL)", name="city"),
        sa.CheckConstraint(
            "(move IN ('moved_in', 'moved_out')) = (other_place IS NOT NULL) AND other_place <> place",
            name="other_place",
        ),
        sa.CheckConstraint("move <> 'lost' OR reason IS NOT NULL", name="reason"),
        sa.CheckConstraint("move <> 'received' OR document IS NOT NULL", name="document"),
        sa.CheckConstraint("incident IS NULL OR move = 'lost'", name="incident"),
        sa.Index("supply_move_place_day_idx", "place", "day", "id"),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    item: str = key("supply_item.code")
    place: str = key("place.code")
    move: str = text()
    pieces: int
    day: date
    city: str | None = key("person.code", default=None)
    other_place: str | None = key("place.code", default=None)
    reason: str | None = text(default=None)
    document: str | None = key("document.number", default=None)
    incident: str | None = key("incident.code", default=None)
    recorded_by: str = key("person.code")
    recorded_at: datetime = time()
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


class SupplyStock(SQLModel, table=True):
    """How many pieces of an item a place has; it cannot give more than it has."""

    __tablename__ = "supply_stock"
    __table_args__ = (sa.CheckConstraint("balance >= 0", name="balance"),)
    item: str = key("supply_item.code", primary_key=True)
    place: str = key("place.code", primary_key=True)
    balance: int
