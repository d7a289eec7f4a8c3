"""Four eyes: requests, decisions and uses of approvals, each written once.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
TABLES = ("approval", "approval_decision", "approval_use")
ASKED = ("code", "digest", "requested_by", "requested_session", "expires_at")
DECIDED = ("approval", "approved", "digest", "requested_by", "decided_by", "decided_at")

GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON {", ".join(TABLES)} TO {SERVICE};
    END IF;
END
$$
"""


def upgrade() -> None:
    _asked()
    _decided()
    _used()
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate")
    op.execute(GRANT)


def _asked() -> None:
    op.create_table(
        "approval",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_session", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("digest = sha256(convert_to(shown, 'UTF8'))", name=op.f("approval_digest_check")),
        sa.CheckConstraint(
            "expires_at > requested_at AND expires_at <= requested_at + INTERVAL '14 days'",
            name=op.f("approval_expires_check"),
        ),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("approval_entry_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("approval_place_fkey")),
        sa.ForeignKeyConstraint(["requested_by"], ["person.code"], name=op.f("approval_requested_by_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("approval_pkey")),
        sa.UniqueConstraint(*ASKED, name="approval_asked_key"),
    )
    op.create_index("approval_place_requested_at_idx", "approval", ["place", "requested_at"])


def _decided() -> None:
    op.create_table(
        "approval_decision",
        sa.Column("approval", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_session", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_session", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("approval_decision_two_people_check")),
        sa.CheckConstraint(
            "decided_session <> requested_session", name=op.f("approval_decision_two_sessions_check")
        ),
        sa.CheckConstraint(
            "confirmed_at <= decided_at AND decided_at <= confirmed_at + INTERVAL '5 minutes'",
            name=op.f("approval_decision_confirmed_check"),
        ),
        sa.CheckConstraint("decided_at <= expires_at", name=op.f("approval_decision_in_time_check")),
        sa.ForeignKeyConstraint(
            ["approval", *ASKED[1:]],
            [f"approval.{name}" for name in ASKED],
            name="approval_decision_asked_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.code"], name=op.f("approval_decision_decided_by_fkey")
        ),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("approval_decision_entry_fkey")),
        sa.PrimaryKeyConstraint("approval", name=op.f("approval_decision_pkey")),
        sa.UniqueConstraint(*DECIDED, name="approval_decision_decided_key"),
    )


def _used() -> None:
    op.create_table(
        "approval_use",
        sa.Column("approval", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("approved", name=op.f("approval_use_approved_check")),
        sa.CheckConstraint("used_by IN (requested_by, decided_by)", name=op.f("approval_use_used_by_check")),
        sa.CheckConstraint(
            "used_at >= decided_at AND used_at <= decided_at + INTERVAL '30 minutes'",
            name=op.f("approval_use_in_time_check"),
        ),
        sa.ForeignKeyConstraint(
            list(DECIDED), [f"approval_decision.{name}" for name in DECIDED], name="approval_use_decided_fkey"
        ),
        sa.ForeignKeyConstraint(["used_by"], ["person.code"], name=op.f("approval_use_used_by_fkey")),
        sa.PrimaryKeyConstraint("approval", name=op.f("approval_use_pkey")),
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
