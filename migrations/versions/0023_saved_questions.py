"""Questions to the log that a person keeps under a name, and papers by the day on which they were made.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: None = None
depends_on: None = None

GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT SELECT, INSERT, UPDATE ON saved_question TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "saved_question",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("saved_question_person_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("saved_question_pkey")),
    )
    op.create_index(
        "saved_question_name_key",
        "saved_question",
        ["person", "name"],
        unique=True,
        postgresql_where=sa.text("dropped_at IS NULL"),
    )
    op.create_index("document_created_at_idx", "document", ["created_at", "number"])
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
