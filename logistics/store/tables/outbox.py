"""What is told to the outside by mail and webhook, and how far each telling has come."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import one_of, text, time

CHANNELS = ("mail", "webhook")


class Message(SQLModel, table=True):
    """Something to tell: written in the transaction of what it tells. `recipients` get it besides the usual ones."""

    __table_args__ = (
        sa.CheckConstraint("event ~ '^[a-z]+[.][a-z_]+$'", name="event"),
        sa.CheckConstraint("subject ~ '^[^[:cntrl:]]+$'", name="subject"),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    uuid: UUID = Field(unique=True)
    event: str = text()
    about: str = text(index=True)
    subject: str = text()
    body: str = text()
    recipients: list[str] = Field(sa_type=pg.ARRAY(sa.Text))
    created_at: datetime = time(index=True)


class Delivery(SQLModel, table=True):
    """One message to one recipient: `next_try_at` is also until when the process that is trying has it to itself."""

    __table_args__ = (
        one_of("channel", CHANNELS),
        sa.CheckConstraint("sent_at IS NULL OR gave_up_at IS NULL", name="end"),
        sa.UniqueConstraint("message", "channel", "recipient", name="delivery_recipient_key"),
        sa.Index(
            "delivery_waiting_idx",
            "channel",
            "next_try_at",
            postgresql_where=sa.text("sent_at IS NULL AND gave_up_at IS NULL"),
        ),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    message: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("message.id"), nullable=False))
    channel: str = text()
    recipient: str = text()
    tries: int
    next_try_at: datetime = time()
    sent_at: datetime | None = time(default=None)
    gave_up_at: datetime | None = time(default=None)
    said: str | None = text(default=None)
