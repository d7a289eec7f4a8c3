"""What lies where, and for how long, is counted from an index alone.

Revision ID: 0033
Revises: 0032
"""

from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: None = None
depends_on: None = None

STOCK = ["place", "state", "kind", "first_notice_on", "reminded_on", "notice_returned_on"]


def upgrade() -> None:
    op.create_index("card_stock_idx", "card", STOCK)
    op.drop_index("card_place_state_idx", "card")


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
