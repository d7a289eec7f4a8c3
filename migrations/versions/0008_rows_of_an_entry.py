"""What cites an entry is found by the entry: for checking copies against bodies, and for days that are summed up.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: None = None
depends_on: None = None

# Rows come in the order of their entries. A block range index is enough for that, and costs next to nothing to keep.
TABLES = ("entry_batch", "scan", "document_print")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(
            f"{table}_entry_range_idx",
            table,
            ["entry"],
            postgresql_using="brin",
            postgresql_with={"autosummarize": "on", "pages_per_range": 16},
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"{table}_entry_range_idx", table)
