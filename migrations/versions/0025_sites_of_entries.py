"""Reports ask of hundreds of thousands of entries where each was made: from an index, not from their bodies.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_index("entry_id_site_idx", "entry", ["id"], postgresql_include=["site"])


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
