"""Monthly figures of earlier years, as they were printed."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import key, text, time


class SummaryImport(SQLModel, table=True):
    """One imported table of monthly figures."""

    __tablename__ = "summary_import"
    code: str = text(primary_key=True)
    digest: bytes = Field(unique=True)
    imported_at: datetime = time()
    imported_by: str = key("person.code")
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


class SummaryCount(SQLModel, table=True):
    """One figure: a measure in a month at a place, or of the whole city where there is none."""

    __tablename__ = "summary_count"
    __table_args__ = (sa.CheckConstraint("cards >= 0", name="cards"),)
    import_: str = Field(
        sa_column=sa.Column("import", sa.Text, sa.ForeignKey("summary_import.code"), primary_key=True)
    )
    line: int = Field(primary_key=True)
    month: date = Field(primary_key=True)
    place: str | None = key("place.code", default=None)
    measure: str = text()
    name: str = text()
    cards: int
    printed_total: int | None = None
    source: str = text()
