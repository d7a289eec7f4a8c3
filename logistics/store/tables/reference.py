"""What there is before anything moves: places, people, vaults, kinds, the calendar, the legal steps."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import key, one_of, text


class LegalStep(SQLModel, table=True):
    """The edges of both lifecycles; custody entries refer to them, so the service can record no other, not even by psql."""

    __tablename__ = "legal_step"
    lifecycle: str = text(primary_key=True)
    from_state: str = text(primary_key=True)
    step: str = text(primary_key=True)
    to_state: str = text(primary_key=True)


class Party(SQLModel, table=True):
    """Who can hold custody: a place of ours, or a courier."""

    code: str = text(primary_key=True)
    name: str = text()


class Place(SQLModel, table=True):
    """The annex, the 13 sites, and one vehicle per courier; `party` is who answers for what lies there."""

    __table_args__ = (one_of("kind", ("annex", "counter", "center", "vehicle")),)
    code: str = text(primary_key=True)
    number: int = Field(unique=True)
    slug: str = text(unique=True)
    name: str = text()
    short_name: str = text()
    kind: str = text()
    address: str = text()
    windows: int
    party: str = key("party.code")


class Courier(SQLModel, table=True):
    """A company that may carry, with the consent that lets it (appendix 1 articles 9 and 10-10)."""

    code: str = key("party.code", primary_key=True)
    name: str = text()
    consent_number: str = text()
    valid_from: date
    valid_to: date


class Person(SQLModel, table=True):
    """A named member of staff. `place` is null for courier crew; `courier` is null for all others."""

    __table_args__ = (sa.CheckConstraint("(place IS NULL) <> (courier IS NULL)", name="belongs"),)
    code: str = text(primary_key=True)
    name: str = text()
    role: str = text()
    place: str | None = key("place.code", default=None)
    courier: str | None = key("courier.code", default=None)


class Kind(SQLModel, table=True):
    """An item kind with the dates between which it may be handled."""

    code: str = text(primary_key=True)
    name: str = text()
    starts_on: date
    ends_on: date | None = None


class Vault(SQLModel, table=True):
    """A lockable store at a place; what is to be destroyed waits in one of its own."""

    __table_args__ = (one_of("purpose", ("stock", "disposal")),)
    code: str = text(primary_key=True)
    place: str = key("place.code", index=True)
    name: str = text()
    lock_type: str = text()
    purpose: str = Field(default="stock", sa_type=sa.Text, sa_column_kwargs={"server_default": "stock"})


class Slot(SQLModel, table=True):
    """Where cards lie. `occupied` is kept by the gate; CHECKs are the hard capacity, and that its vault is registered."""

    __table_args__ = (
        sa.CheckConstraint("occupied BETWEEN 0 AND capacity", name="capacity"),
        sa.CheckConstraint("occupied = 0 OR registration IS NOT NULL", name="registered"),
        sa.ForeignKeyConstraint(
            ["registration", "vault"], ["premises.number", "premises.vault"], name="slot_registration_fkey"
        ),
    )
    code: str = text(primary_key=True)
    vault: str = key("vault.code", index=True)
    place: str = key("place.code", index=True)
    shelf: str = text()
    position: int
    capacity: int
    occupied: int = 0
    registration: str | None = text(default=None)


class CalendarOverride(SQLModel, table=True):
    """A dated exception to the calendar's rules, with its reason and who approved it."""

    __tablename__ = "calendar_override"
    id: int | None = Field(default=None, primary_key=True)
    day: date = Field(index=True)
    record: str = text()


class Numbering(SQLModel, table=True):
    """The last number given out in a series; papers are numbered without gaps."""

    series: str = text(primary_key=True)
    last: int
