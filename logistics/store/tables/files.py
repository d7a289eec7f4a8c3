"""Files: what is attached to things, and evidence. A file is its SHA-256; nothing of it is ever changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import key, one_of, text, time

SUBJECTS = ("incident", "discrepancy", "destruction")


def _sha256(**options: Any) -> Any:
    return Field(sa_column=sa.Column(sa.LargeBinary, nullable=False, **options))


class StoredFile(SQLModel, table=True):
    """A file's content. The database recomputes the digest."""

    __tablename__ = "stored_file"
    __table_args__ = (
        sa.CheckConstraint("sha256 = sha256(content)", name="sha256"),
        sa.CheckConstraint("size = octet_length(content) AND size > 0", name="size"),
    )
    sha256: bytes = _sha256(primary_key=True)
    media_type: str = text()
    size: int
    content: bytes = _sha256()
    stored_at: datetime = time()


class Attachment(SQLModel, table=True):
    """A file attached to a thing: its name as given, what was received and what of it was kept."""

    __table_args__ = (
        one_of("subject_type", SUBJECTS),
        sa.Index("attachment_subject_idx", "subject_type", "subject"),
    )
    id: UUID = Field(primary_key=True)
    subject_type: str = text()
    subject: str = text()
    place: str = key("place.code")
    name: str = text()
    received_sha256: bytes = _sha256()
    file: bytes = Field(
        sa_column=sa.Column(sa.LargeBinary, sa.ForeignKey("stored_file.sha256"), nullable=False)
    )
    added_by: str = key("person.code")
    added_at: datetime = time()
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
