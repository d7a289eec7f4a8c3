"""Exports and the ends of large counts are made beside the requests, too.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: None = None
depends_on: None = None

KINDS = (
    "'undelivered', 'undelivered_cards', 'month_report', 'management_report', 'close_month', 'export',"
    " 'finish_count', 'conclude_count'"
)
GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT SELECT, INSERT, UPDATE ON job_piece TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.add_column("job", sa.Column("count", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("device", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("details", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("secret", sa.LargeBinary(), nullable=True))
    op.add_column("job", sa.Column("size", sa.BigInteger(), nullable=True))
    op.create_foreign_key("job_count_fkey", "job", "stock_count", ["count"], ["code"])
    op.drop_constraint("job_kind_check", "job")
    op.create_check_constraint("kind", "job", f"kind IN ({KINDS})")
    op.drop_constraint("job_ended_check", "job")
    op.create_check_constraint(
        "ended", "job", "ended_at IS NOT NULL OR (content IS NULL AND fault_ja IS NULL)"
    )
    op.create_check_constraint("secret", "job", "ended_at IS NULL OR secret IS NULL")
    op.create_index(
        "job_count_idx", "job", ["count"], postgresql_where=sa.text("count IS NOT NULL AND ended_at IS NULL")
    )
    op.create_table(
        "job_piece",
        sa.Column("job", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("job_piece_job_fkey")),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("job_piece_pkey")),
    )
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
