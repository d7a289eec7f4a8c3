"""A file in hand is found by its SHA-256.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_index("document_print_sha256_idx", "document_print", ["sha256"])


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
