"""Who works here and may, who may carry, where cards may lie: registers of which nothing is overwritten.

Appendix 1 articles 6, 7, 9, 10-2; appendix 2 articles 3 to 6. A change is a row with the day from which it holds.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

from logistics.rules.permissions import EMPLOYMENTS, REGISTERED_ROLES
from logistics.store.tables.columns import key, one_of, text, time


class Registration(SQLModel, table=True):
    """What a person is from a day on: role, site, employer, and between which days the person is registered.

    A deputy's row ends by itself (`effective_to`); afterwards the row before it holds again. A row that was not there
    from the beginning names the approval of a second person, and nobody makes his own.
    """

    __table_args__ = (
        one_of("role", REGISTERED_ROLES),
        one_of("employment", EMPLOYMENTS),
        sa.CheckConstraint("(place IS NULL) <> (courier IS NULL)", name="belongs"),
        sa.CheckConstraint("(role = 'courier') = (courier IS NOT NULL)", name="crew"),
        sa.CheckConstraint("registered_to >= registered_from", name="registered_to"),
        sa.CheckConstraint(
            "(deputises IS NULL) = (effective_to IS NULL) AND effective_to >= effective_from",
            name="effective_to",
        ),
        sa.CheckConstraint("deputises IS NULL OR role = 'leader'", name="deputises"),
        # Body 6(3): the overall manager is a regular employee, managers are employed full time.
        sa.CheckConstraint("role <> 'overall_manager' OR employment = 'regular'", name="overall_manager"),
        sa.CheckConstraint("role <> 'manager' OR employment IN ('regular', 'full_time')", name="manager"),
        sa.CheckConstraint("recorded_by <> person", name="not_oneself"),
        sa.CheckConstraint("(recorded_by IS NULL) = (approval IS NULL)", name="approved"),
        sa.Index("registration_person_effective_from_idx", "person", "effective_from", "id"),
        sa.Index("registration_place_role_idx", "place", "role"),
        sa.Index(
            "registration_first_key", "person", unique=True, postgresql_where=sa.text("recorded_by IS NULL")
        ),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    person: str = key("person.code")
    effective_from: date
    effective_to: date | None = None
    name: str = text()
    role: str = text()
    place: str | None = key("place.code", default=None)
    courier: str | None = key("courier.code", default=None)
    employer: str = text()
    employment: str = text()
    registered_from: date
    registered_to: date
    deputises: str | None = key("person.code", default=None)
    reason: str = text()
    recorded_at: datetime = time()
    recorded_by: str | None = key("person.code", default=None)
    approval: str | None = key("approval_use.approval", default=None, unique=True)


class Pledge(SQLModel, table=True):
    """A signed promise to keep the common specification (appendix 1 article 6(4))."""

    person: str = key("person.code", primary_key=True)
    received_on: date = Field(primary_key=True)
    reference: str = text()
    recorded_at: datetime = time()
    recorded_by: str | None = key("person.code", default=None)


class Training(SQLModel, table=True):
    """A training attended (appendix 1 article 7, appendix 2 article 5(4)), and until when it counts."""

    __table_args__ = (sa.CheckConstraint("valid_to >= held_on", name="valid_to"),)
    person: str = key("person.code", primary_key=True)
    held_on: date = Field(primary_key=True)
    topic: str = text(primary_key=True)
    valid_to: date
    reference: str = text()
    recorded_at: datetime = time()
    recorded_by: str | None = key("person.code", default=None)


class Consent(SQLModel, table=True):
    """The city's written consent to a courier or a subcontractor: scope and period (appendix 1 articles 9, 10-10)."""

    __table_args__ = (
        sa.CheckConstraint("valid_to >= valid_from", name="valid_to"),
        # What a run copies, so that the database can compare its day with the consent's.
        sa.UniqueConstraint("number", "courier", "valid_from", "valid_to", name="consent_period_key"),
    )
    number: str = text(primary_key=True)
    courier: str = key("courier.code", index=True)
    scope: str = text()
    contract: str = text()
    valid_from: date
    valid_to: date
    recorded_at: datetime = time()
    recorded_by: str | None = key("person.code", default=None)


class Premises(SQLModel, table=True):
    """A room or a vault as it was registered with the city: lock, key holder, number and day (articles 10-2, 5(1), 5(2))."""

    __table_args__ = (
        sa.CheckConstraint("lock_type <> ''", name="lock_type"),
        sa.UniqueConstraint("number", "vault", name="premises_vault_key"),
    )
    number: str = text(primary_key=True)
    place: str = key("place.code", index=True)
    room: str = text()
    vault: str | None = key("vault.code", default=None, index=True)
    lock_type: str = text()
    key_holder: str = key("person.code")
    registered_on: date
    recorded_at: datetime = time()
    recorded_by: str | None = key("person.code", default=None)


class Staffing(SQLModel, table=True):
    """How many people a site needs on a day of one of its services (資料1)."""

    __table_args__ = (sa.CheckConstraint("leaders >= 0 AND staff >= 0 AND managers >= 0", name="people"),)
    place: str = key("place.code", primary_key=True)
    service: str = text(primary_key=True)
    managers: int
    leaders: int
    staff: int


class Roster(SQLModel, table=True):
    """Who is to work where on a day, as handed in; the highest `version` of a site and day holds (body 6(8))."""

    __table_args__ = (sa.CheckConstraint("version >= 1", name="version"),)
    place: str = key("place.code", primary_key=True)
    day: date = Field(primary_key=True)
    version: int = Field(primary_key=True)
    people: list[str] = Field(sa_type=pg.ARRAY(sa.Text))
    recorded_at: datetime = time()
    recorded_by: str = key("person.code")
