"""The vault: who has its keys, when it was opened, what was rearranged in it, and when somebody must be told."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.rules.vaulting import AlarmKind, Source
from logistics.store.tables.columns import key, one_of, text, time


def _number() -> int | None:
    number: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    return number


def _entry(**options: bool) -> sa.Column[int]:
    return sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=options.get("nullable", False))


class VaultKey(SQLModel, table=True):
    """A key, or the right to a lock, in a person's hands; given back once."""

    __tablename__ = "vault_key"
    __table_args__ = (
        sa.Index(
            "vault_key_held_key",
            "vault",
            "holder",
            unique=True,
            postgresql_where=sa.text("returned_at IS NULL"),
        ),
        sa.CheckConstraint("(returned_at IS NULL) = (returned_entry IS NULL)", name="returned"),
    )
    id: int | None = _number()
    vault: str = key("vault.code")
    holder: str = key("person.code")
    given_at: datetime = time()
    given_by: str = key("person.code")
    entry: int = Field(sa_column=_entry())
    returned_at: datetime | None = time(default=None)
    returned_entry: int | None = Field(default=None, sa_column=_entry(nullable=True))


class VaultAccess(SQLModel, table=True):
    """Somebody opened a vault or, where `vault` is null, entered the room; stamped once when it ends.

    `holds_key`: whether the person was among those who had the key then; null where no keys are given out.
    """

    __tablename__ = "vault_access"
    __table_args__ = (
        one_of("source", Source),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by"),
        sa.CheckConstraint("closed_at >= opened_at", name="closed_at"),
        sa.Index(
            "vault_access_open_key",
            "vault",
            unique=True,
            postgresql_where=sa.text("vault IS NOT NULL AND closed_at IS NULL"),
        ),
        sa.Index(
            "vault_access_inside_key",
            "place",
            "opened_by",
            unique=True,
            postgresql_where=sa.text("vault IS NULL AND closed_at IS NULL"),
        ),
        sa.Index("vault_access_place_opened_at_idx", "place", "opened_at"),
        sa.Index("vault_access_vault_opened_at_idx", "vault", "opened_at"),
    )
    id: int | None = _number()
    place: str = key("place.code")
    vault: str | None = key("vault.code", default=None)
    opened_at: datetime = time()
    opened_by: str = key("person.code")
    reason: str | None = text(default=None)
    source: str = text()
    holds_key: bool | None = None
    entry: int = Field(sa_column=_entry())
    closed_at: datetime | None = time(default=None)
    closed_by: str | None = key("person.code", default=None)
    closed_entry: int | None = Field(default=None, sa_column=_entry(nullable=True))


class Rearrangement(SQLModel, table=True):
    """A time in which the cards of a vault are put in another order; it ends with a count of the slots touched."""

    __table_args__ = (
        sa.Index(
            "rearrangement_open_key", "vault", unique=True, postgresql_where=sa.text("ended_at IS NULL")
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by"),
    )
    id: int | None = _number()
    vault: str = key("vault.code")
    started_at: datetime = time()
    started_by: str = key("person.code")
    reason: str = text()
    entry: int = Field(sa_column=_entry())
    ended_at: datetime | None = time(default=None)
    ended_by: str | None = key("person.code", default=None)


class RearrangementSlot(SQLModel, table=True):
    """A slot that a rearrangement took cards from, or put cards in."""

    __tablename__ = "rearrangement_slot"
    rearrangement: int = Field(
        sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("rearrangement.id"), primary_key=True)
    )
    slot: str = key("slot.code", primary_key=True)


class SlotCount(SQLModel, table=True):
    """Cards counted in a slot by hand, beside what was recorded then."""

    __tablename__ = "slot_count"
    __table_args__ = (sa.Index("slot_count_slot_id_idx", "slot", "id"),)
    id: int | None = _number()
    slot: str = key("slot.code")
    counted: int
    recorded: int
    counted_by: str = key("person.code")
    counted_at: datetime = time()
    rearrangement: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("rearrangement.id"))
    )
    entry: int = Field(sa_column=_entry())


class AlarmLimit(SQLModel, table=True):
    """How long something may last before it is an alarm: the latest row that is in force, a place's own first."""

    __tablename__ = "alarm_limit"
    __table_args__ = (
        one_of("kind", AlarmKind),
        sa.CheckConstraint("minutes >= 0", name="minutes"),
        sa.Index("alarm_limit_kind_place_idx", "kind", "place", "valid_from"),
    )
    id: int | None = _number()
    kind: str = text()
    place: str | None = key("place.code", default=None)
    minutes: int
    valid_from: datetime = time()
    set_by: str = key("person.code")
    reason: str = text()
    entry: int = Field(sa_column=_entry())
