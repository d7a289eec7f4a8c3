"""People sign in: accounts, tries, passkeys, devices, sessions, tokens of machines.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: None = None
depends_on: None = None


SERVICE = "logistics_service"
# What of a row may change; the rest is as it was made.
CHANGES = {
    "account": "password, totp, totp_step, enrol_code, enrol_totp, enrol_until, disabled_at",
    "sign_in_try": "failures, failed_at",
    "passkey": "sign_count, challenged_at, used_at, revoked_at",
    "device": "enrol_code, enrol_until, secret, enrolled_at, revoked_at, revoked_by",
    "session": "token, last_seen_at, confirmed_at, locked_at, ended_at, ended_why",
    "api_token": "revoked_at, revoked_by",
}
GRANTS = "".join(
    f"        GRANT SELECT, INSERT, UPDATE ({columns}) ON {table} TO {SERVICE};\n"
    for table, columns in CHANGES.items()
)
GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
{GRANTS}    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "sign_in_try",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("sign_in_try_failures_check")),
        sa.PrimaryKeyConstraint("name", name=op.f("sign_in_try_pkey")),
    )
    op.create_table(
        "account",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("enrol_code", sa.LargeBinary(), nullable=True),
        sa.Column("enrol_totp", sa.LargeBinary(), nullable=True),
        sa.Column("enrol_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("break_glass", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("account_person_fkey")),
        sa.PrimaryKeyConstraint("person", name=op.f("account_pkey")),
    )
    op.create_table(
        "device",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("enrol_code", sa.LargeBinary(), nullable=True),
        sa.Column("enrol_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(secret IS NULL) = (enrolled_at IS NULL)", name=op.f("device_enrolled_at_check")),
        sa.CheckConstraint("enrol_code IS NULL OR secret IS NULL", name=op.f("device_enrolled_check")),
        sa.ForeignKeyConstraint(["created_by"], ["person.code"], name=op.f("device_created_by_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("device_place_fkey")),
        sa.ForeignKeyConstraint(["revoked_by"], ["person.code"], name=op.f("device_revoked_by_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("device_pkey")),
        sa.UniqueConstraint("enrol_code", name=op.f("device_enrol_code_key")),
        sa.UniqueConstraint("secret", name=op.f("device_secret_key")),
    )
    op.create_index(op.f("device_place_idx"), "device", ["place"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("challenged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("passkey_person_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("passkey_pkey")),
    )
    op.create_index(op.f("passkey_person_idx"), "passkey", ["person"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.code"], name=op.f("api_token_created_by_fkey")),
        sa.ForeignKeyConstraint(["device"], ["device.code"], name=op.f("api_token_device_fkey")),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("api_token_person_fkey")),
        sa.ForeignKeyConstraint(["revoked_by"], ["person.code"], name=op.f("api_token_revoked_by_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_token_pkey")),
        sa.UniqueConstraint("token", name=op.f("api_token_token_key")),
    )
    op.create_index(op.f("api_token_device_idx"), "api_token", ["device"], unique=False)
    op.create_index(op.f("api_token_person_idx"), "api_token", ["person"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "expires_at <= created_at + INTERVAL '10 hours'", name=op.f("session_expires_at_check")
        ),
        sa.CheckConstraint("method IN ('password', 'passkey')", name=op.f("session_method_check")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name=op.f("session_ended_check")),
        sa.ForeignKeyConstraint(["device"], ["device.code"], name=op.f("session_device_fkey")),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("session_person_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("session_pkey")),
        sa.UniqueConstraint("token", name=op.f("session_token_key")),
    )
    op.create_index(
        "session_device_idx",
        "session",
        ["device", "id"],
        unique=False,
        postgresql_where=sa.text("device IS NOT NULL"),
    )
    op.create_index(
        "session_person_key", "session", ["person"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
