"""Days of a place that are closed: added up from the log once, and kept as they were."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import key, text, time


class SiteDay(SQLModel, table=True):
    """The close of a place's day. It adds up the entries after those of the close before: up to `last_entry`.

    `holes` are ids below it that nobody could see yet; where an entry with one of them comes to light, it belongs to
    the next close.
    """

    __tablename__ = "site_day"
    __table_args__ = (sa.Index("site_day_day_idx", "day"),)
    place: str = key("place.code", primary_key=True)
    day: date = Field(primary_key=True)
    closed_at: datetime = time()
    closed_by: str = key("person.code")
    second: str = key("person.code")
    reason: str | None = text(default=None)
    problems: str = text()
    last_entry: int = Field(sa_type=sa.BigInteger)
    holes: list[int] = Field(sa_type=pg.ARRAY(sa.BigInteger))
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


class SiteDayLine(SQLModel, table=True):
    """One kind of item on a closed day, in cards. The CHECK is the law of conservation."""

    __tablename__ = "site_day_line"
    __table_args__ = (
        sa.ForeignKeyConstraint(["place", "day"], ["site_day.place", "site_day.day"]),
        sa.CheckConstraint(
            "opening + incoming + found - issued - returned - transferred - destroyed - lost - undone = closing",
            name="conserved",
        ),
    )
    place: str = text(primary_key=True)
    day: date = Field(primary_key=True)
    kind: str = key("kind.code", primary_key=True)
    opening: int
    incoming: int
    found: int
    issued: int
    returned: int
    transferred: int
    destroyed: int
    lost: int
    undone: int
    closing: int
