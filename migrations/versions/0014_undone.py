"""A scan can be taken back, and a browser's scans are numbered.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
NEW = ("queued_scan", "scan_undone")

GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON {", ".join(NEW)} TO {SERVICE};
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "queued_scan",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("scan", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("queue", "sequence", name=op.f("queued_scan_pkey")),
        sa.ForeignKeyConstraint(["scan"], ["scan.id"], name=op.f("queued_scan_scan_fkey")),
    )
    op.create_table(
        "scan_undone",
        sa.Column("scan", sa.Uuid(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scan", name=op.f("scan_undone_pkey")),
        sa.ForeignKeyConstraint(["scan"], ["scan.id"], name=op.f("scan_undone_scan_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("scan_undone_entry_fkey")),
    )
    for table in NEW:
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
    # A receipt that was taken back may be made again: that a card is received once is the legal step's business.
    op.drop_index("scan_manifest_card_key", "scan")
    op.create_index(
        "scan_manifest_card_idx",
        "scan",
        ["manifest", "card"],
        postgresql_where=sa.text("accepted AND purpose = 'receive'"),
    )
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
