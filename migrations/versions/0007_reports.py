"""Reports of a month read the entries of that month, whatever came before and after.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    # Entries are numbered as they come, so a block range index is enough, and costs a scan nothing.
    op.create_index(
        "entry_card_entry_idx",
        "entry_card",
        ["entry"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 16, "autosummarize": True},
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
