"""Who may come in, from where, and who is in: accounts, tries, passkeys, devices, sessions, tokens. Hashes only."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import key, one_of, partial, text, time


class Account(SQLModel, table=True):
    """How a person signs in. `password` is argon2id's own form, `totp` is sealed (see store.sealing).

    `totp_step` is the last time step whose code was used. An `enrol_code` lets its holder set both anew, once;
    `issued_by` is who handed out the last one, None where the operator did.
    """

    person: str = key("person.code", primary_key=True)
    password: str | None = text(default=None)
    totp: bytes | None = None
    totp_step: int | None = Field(default=None, sa_type=sa.BigInteger)
    enrol_code: bytes | None = None
    enrol_totp: bytes | None = None
    enrol_until: datetime | None = time(default=None)
    disabled_at: datetime | None = time(default=None)
    issued_by: str | None = key("person.code", default=None)
    issued_at: datetime | None = time(default=None)
    break_glass: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


class SignInTry(SQLModel, table=True):
    """Failures in a row under a name, whether or not anybody has it: both must answer alike."""

    __tablename__ = "sign_in_try"
    __table_args__ = (sa.CheckConstraint("failures >= 0", name="failures"),)
    name: str = text(primary_key=True)
    failures: int
    failed_at: datetime = time()


class Passkey(SQLModel, table=True):
    """A FIDO2 credential of a person. `challenged_at` is the challenge it answered last: none is answered twice."""

    id: bytes = Field(primary_key=True)
    person: str = key("person.code", index=True)
    name: str = text()
    public_key: bytes
    sign_count: int = Field(sa_type=sa.BigInteger)
    created_at: datetime = time()
    challenged_at: datetime = time()
    used_at: datetime | None = time(default=None)
    revoked_at: datetime | None = time(default=None)


class Device(SQLModel, table=True):
    """A registered station or handheld, bound to a place and an area of it. It has an enrol code or a secret."""

    __table_args__ = (
        sa.CheckConstraint("enrol_code IS NULL OR secret IS NULL", name="enrolled"),
        sa.CheckConstraint("(secret IS NULL) = (enrolled_at IS NULL)", name="enrolled_at"),
    )
    code: str = text(primary_key=True)
    name: str = text()
    place: str = key("place.code", index=True)
    area: str = text()
    created_at: datetime = time()
    created_by: str = key("person.code")
    enrol_code: bytes | None = Field(default=None, unique=True)
    enrol_until: datetime | None = time(default=None)
    secret: bytes | None = Field(default=None, unique=True)
    enrolled_at: datetime | None = time(default=None)
    revoked_at: datetime | None = time(default=None)
    revoked_by: str | None = key("person.code", default=None)


class SignedIn(SQLModel, table=True):
    """A session. It ends at a time, or when somebody ends it; it is locked by hand, or when nobody is there."""

    __tablename__ = "session"
    __table_args__ = (
        sa.CheckConstraint("expires_at <= created_at + INTERVAL '10 hours'", name="expires_at"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended"),
        one_of("method", ("password", "passkey")),
        sa.Index("session_person_key", "person", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        partial("session_device_idx", "device", "id"),
    )
    id: UUID = Field(primary_key=True)
    token: bytes = Field(unique=True)
    person: str = key("person.code")
    device: str | None = key("device.code", default=None)
    method: str = text()
    created_at: datetime = time()
    last_seen_at: datetime = time()
    confirmed_at: datetime = time()
    expires_at: datetime = time()
    locked_at: datetime | None = time(default=None)
    ended_at: datetime | None = time(default=None)
    ended_why: str | None = text(default=None)


class ApiToken(SQLModel, table=True):
    """What a scanner or a machine acts with, for one person, on one device, within its scopes, until its time."""

    __tablename__ = "api_token"
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    token: bytes = Field(unique=True)
    name: str = text()
    person: str = key("person.code", index=True)
    device: str = key("device.code", index=True)
    scopes: list[str] = Field(sa_type=sa.ARRAY(sa.Text))
    created_at: datetime = time()
    created_by: str = key("person.code")
    expires_at: datetime = time()
    revoked_at: datetime | None = time(default=None)
    revoked_by: str | None = key("person.code", default=None)
