"""Differences, papers, and the months whose report is frozen."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import by_entry, key, one_of, text, time


class Discrepancy(SQLModel, table=True):
    """A difference between what should be and what was found, opened by the service; `note` is for people.

    `card` and `batch` may be codes that nobody knows: that is a difference too.
    """

    __table_args__ = (
        one_of("kind", ("short", "over", "damaged", "misrouted", "unknown", "broken_seal")),
        sa.Index("discrepancy_place_code_idx", "place", "code"),
        sa.Index("discrepancy_manifest_idx", "manifest", postgresql_where=sa.text("manifest IS NOT NULL")),
        sa.Index("discrepancy_card_idx", "card", postgresql_where=sa.text("card IS NOT NULL")),
    )
    code: str = text(primary_key=True)
    kind: str = text()
    place: str = key("place.code")
    card: str | None = text(default=None)
    batch: str | None = text(default=None)
    manifest: str | None = key("manifest.code", default=None)
    box: str | None = key("box.code", default=None)
    note: str = text()
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    opened_at: datetime = time()


class DiscrepancyResolution(SQLModel, table=True):
    """How a difference ended; one per difference."""

    __tablename__ = "discrepancy_resolution"
    discrepancy: str = key("discrepancy.code", primary_key=True)
    how: str = text()
    reason: str = text()
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    resolved_at: datetime = time()


class Document(SQLModel, table=True):
    """A paper's frozen record, as the JSON text it was hashed from."""

    __table_args__ = (
        sa.CheckConstraint("digest = sha256(convert_to(record, 'UTF8'))", name="digest"),
        sa.Index("document_subject_idx", "subject"),
        sa.Index("document_created_at_idx", "created_at", "number"),
    )
    number: str = text(primary_key=True)
    catalogue: str = text()
    subject: str = text()
    record: str = text()
    digest: bytes
    created_at: datetime = time()


class DocumentPrint(SQLModel, table=True):
    """One print of a paper: 0 is the original, n the n-th reprint. `sha256` is that of the file handed out."""

    __tablename__ = "document_print"
    __table_args__ = (sa.Index("document_print_sha256_idx", "sha256"), by_entry("document_print"))
    document: str = key("document.number", primary_key=True)
    copy_number: int = Field(primary_key=True)
    sha256: bytes
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    printed_at: datetime = time()


class MonthClose(SQLModel, table=True):
    """A month whose undelivered-card report is frozen; `closing` is the stock of all places at its end."""

    __tablename__ = "month_close"
    __table_args__ = (sa.CheckConstraint("date_trunc('month', month) = month", name="month"),)
    month: date = Field(primary_key=True)
    document: str = key("document.number", unique=True)
    closing: int
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    closed_at: datetime = time()


class TaskRun(SQLModel, table=True):
    """A report that the service made by itself; the key lets each be made once."""

    __tablename__ = "task_run"
    task: str = text(primary_key=True)
    period: date = Field(primary_key=True)
    due_at: datetime = time()
    made_at: datetime = time()
    document: str | None = key("document.number", default=None)
