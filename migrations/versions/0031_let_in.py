"""Who handed out the code with which a person enrolled: the two of an approval must not have let each other in.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: None = None
depends_on: None = None

GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT UPDATE (issued_by, issued_at) ON account TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.add_column("account", sa.Column("issued_by", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("account_issued_by_fkey"), "account", "person", ["issued_by"], ["code"])
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
