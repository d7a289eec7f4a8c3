"""What an auditor keeps for the next time: questions under a name."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import key, text, time


class SavedQuestion(SQLModel, table=True):
    """A question to the log with its parameters (JSON), of one person; not shown any more once it is dropped.

    It is no fact of the custody: what was asked, and when, is an entry each time.
    """

    __tablename__ = "saved_question"
    __table_args__ = (
        sa.Index(
            "saved_question_name_key",
            "person",
            "name",
            unique=True,
            postgresql_where=sa.text("dropped_at IS NULL"),
        ),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    person: str = key("person.code")
    name: str = text()
    question: str = text()
    parameters: str = text()
    saved_at: datetime = time()
    dropped_at: datetime | None = time(default=None)
