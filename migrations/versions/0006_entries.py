"""An entry's body is a JSON object, and the service may not choose the id and the transaction of an entry.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
GIVEN = (
    "uuid, act, actor, device, site, supervisor, run, manifest, from_party, to_party, occurred_at, recorded_at,"
    " body, hash"
)

# The order of the log follows from the transaction's id: one given by hand would slip past the sequencer.
GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        REVOKE INSERT ON entry FROM {SERVICE};
        GRANT INSERT ({GIVEN}) ON entry TO {SERVICE};
    END IF;
END
$$
"""  # noqa: S608 - constants only


def upgrade() -> None:
    op.create_check_constraint(op.f("entry_body_check"), "entry", "body IS JSON OBJECT")
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
