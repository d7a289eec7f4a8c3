"""Reports that the service makes by itself, each once.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: None = None
depends_on: None = None

GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT SELECT, INSERT, UPDATE ON task_run TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "task_run",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["document.number"], name=op.f("task_run_document_fkey")),
        sa.PrimaryKeyConstraint("task", "period", name=op.f("task_run_pkey")),
    )
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
