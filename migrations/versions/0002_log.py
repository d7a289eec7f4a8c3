"""The Merkle log over the custody entries, and a service that may only do what it needs.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: None = None
depends_on: None = None

APPEND_ONLY = ("log_identity", "leaf", "node", "checkpoint")
CHANGEABLE = ("box", "run", "manifest", "batch", "card", "slot", "numbering")

# What the owner loads and the service only reads.
GIVEN = (
    "alembic_version",
    "calendar_override",
    "courier",
    "kind",
    "legal_step",
    "log_identity",
    "party",
    "person",
    "place",
    "slot",
    "vault",
)

# A role of this name is given rights where it exists; the owner, who migrates, is another.
SERVICE = "logistics_service"

# gen_random_uuid: a database made anew is another log, and its papers say so.
IDENTITY = "INSERT INTO log_identity (origin) VALUES ('card-logistics/' || gen_random_uuid())"

GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO {SERVICE}', current_schema());
        EXECUTE format('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA %I TO {SERVICE}', current_schema());
        GRANT UPDATE ON {", ".join(CHANGEABLE)} TO {SERVICE};
        REVOKE INSERT ON {", ".join(GIVEN)} FROM {SERVICE};
    END IF;
END
$$
"""  # noqa: S608 - constants only


def upgrade() -> None:
    op.execute("ALTER TABLE entry ADD COLUMN xid xid8 DEFAULT pg_current_xact_id() NOT NULL")
    op.create_index(op.f("entry_xid_idx"), "entry", ["xid"])
    op.create_table(
        "log_identity",
        sa.Column("only_one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint("only_one", name=op.f("log_identity_only_one_check")),
        sa.PrimaryKeyConstraint("only_one", name=op.f("log_identity_pkey")),
    )
    op.create_table(
        "leaf",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("leaf_entry_fkey")),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("leaf_pkey")),
        sa.UniqueConstraint("entry", name=op.f("leaf_entry_key")),
    )
    op.create_table(
        "node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("node_pkey")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("checkpoint_pkey")),
    )
    op.execute(IDENTITY)
    for table in APPEND_ONLY:
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


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
