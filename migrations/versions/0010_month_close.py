"""Closed months: the report that the city signed is frozen, and each month is closed once.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: None = None
depends_on: None = None

GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT SELECT, INSERT ON month_close TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "month_close",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("closing", sa.Integer(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("date_trunc('month', month) = month", name=op.f("month_close_month_check")),
        sa.ForeignKeyConstraint(["document"], ["document.number"], name=op.f("month_close_document_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("month_close_entry_fkey")),
        sa.PrimaryKeyConstraint("month", name=op.f("month_close_pkey")),
        sa.UniqueConstraint("document", name=op.f("month_close_document_key")),
    )
    for moment, each in (
        ("append_only BEFORE UPDATE OR DELETE", "ROW"),
        ("no_truncate BEFORE TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER month_close_{moment} ON month_close FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE month_close ENABLE ALWAYS TRIGGER month_close_{moment.split()[0]}")
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
