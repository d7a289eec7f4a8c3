"""Monthly figures of earlier years, as they were printed.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: None = None
depends_on: None = None

TABLES = ("summary_import", "summary_count")

GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT SELECT, INSERT ON summary_import, summary_count TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "summary_import",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("summary_import_entry_fkey")),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["person.code"], name=op.f("summary_import_imported_by_fkey")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("summary_import_pkey")),
        sa.UniqueConstraint("digest", name=op.f("summary_import_digest_key")),
    )
    op.create_table(
        "summary_count",
        sa.Column("import", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("printed_total", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("cards >= 0", name=op.f("summary_count_cards_check")),
        sa.ForeignKeyConstraint(["import"], ["summary_import.code"], name=op.f("summary_count_import_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("summary_count_place_fkey")),
        sa.PrimaryKeyConstraint("import", "line", "month", name=op.f("summary_count_pkey")),
    )
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


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
