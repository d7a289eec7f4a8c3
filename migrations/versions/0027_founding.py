"""Companies, sites and vaults are added by the service: rows of what was only loaded by its owner until now.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: None = None
depends_on: None = None

GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT INSERT ON courier, party, place, slot, vault TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
