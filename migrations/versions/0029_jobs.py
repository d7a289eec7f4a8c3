"""Reports that somebody asks for are made beside the requests, and survive whoever makes them.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: None = None
depends_on: None = None

KINDS = "'undelivered', 'undelivered_cards', 'month_report', 'management_report', 'close_month'"
GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT SELECT, INSERT, UPDATE ON job, job_progress TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("fault_ja", sa.Text(), nullable=True),
        sa.Column("fault_en", sa.Text(), nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("job_kind_check")),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (content IS NOT NULL OR fault_ja IS NOT NULL)",
            name=op.f("job_ended_check"),
        ),
        sa.CheckConstraint("(fault_ja IS NULL) = (fault_en IS NULL)", name=op.f("job_fault_check")),
        sa.CheckConstraint("content IS NULL OR document IS NOT NULL", name=op.f("job_content_check")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.code"], name=op.f("job_asked_by_fkey")),
        sa.ForeignKeyConstraint(["document"], ["document.number"], name=op.f("job_document_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("job_place_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("job_pkey")),
    )
    op.create_index("job_waiting_idx", "job", ["asked_at"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_index("job_asked_by_asked_at_idx", "job", ["asked_by", "asked_at"])
    op.create_table(
        "job_progress",
        sa.Column("job", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("job_progress_job_fkey")),
        sa.PrimaryKeyConstraint("job", name=op.f("job_progress_pkey")),
    )
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
