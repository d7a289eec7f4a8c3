"""Work that somebody asked for and that takes longer than a request: what it is, how far it is, how it ended."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.rules.jobs import JobKind
from logistics.store.tables.columns import key, one_of, text, time


class Job(SQLModel, table=True):
    """What somebody asked for, at which device. It ends once: done, or with what is wrong in two languages.

    Of a report `document` is frozen first; `content` is its original as it was drawn, whose hash is in the log like
    that of every print. Of an export `details` are its order, `secret` its sealed password until it is made, `size` the
    bytes of its archive as long as that is kept.
    """

    __table_args__ = (
        one_of("kind", JobKind),
        sa.CheckConstraint("ended_at IS NOT NULL OR (content IS NULL AND fault_ja IS NULL)", name="ended"),
        sa.CheckConstraint("ended_at IS NULL OR secret IS NULL", name="secret"),
        sa.CheckConstraint("(fault_ja IS NULL) = (fault_en IS NULL)", name="fault"),
        sa.CheckConstraint("content IS NULL OR document IS NOT NULL", name="content"),
        sa.Index("job_waiting_idx", "asked_at", postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index(
            "job_count_idx", "count", postgresql_where=sa.text("count IS NOT NULL AND ended_at IS NULL")
        ),
        sa.Index("job_asked_by_asked_at_idx", "asked_by", "asked_at"),
    )
    id: UUID = Field(primary_key=True)
    kind: str = text()
    month: str | None = text(default=None)
    place: str | None = key("place.code", default=None)
    count: str | None = key("stock_count.code", default=None)
    reason: str | None = text(default=None)
    details: str | None = text(default=None)
    secret: bytes | None = None
    asked_by: str = key("person.code")
    device: str | None = text(default=None)
    asked_at: datetime = time()
    ended_at: datetime | None = time(default=None)
    document: str | None = key("document.number", default=None)
    content: bytes | None = None
    size: int | None = Field(default=None, sa_type=sa.BigInteger)
    fault_ja: str | None = text(default=None)
    fault_en: str | None = text(default=None)


class JobProgress(SQLModel, table=True):
    """How far a job is, told from beside the transaction that does it; `tries` counts how often it was begun."""

    __tablename__ = "job_progress"
    job: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("job.id"), primary_key=True))
    tries: int
    done: int
    steps: int
    told_at: datetime = time()


class JobPiece(SQLModel, table=True):
    """A piece of the archive that an export made; empty once the archive is not kept any more."""

    __tablename__ = "job_piece"
    job: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("job.id"), primary_key=True))
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    content: bytes | None = None
