"""Incidents among the alarms, a month that nobody can close; losses of supplies that are incidents; new kinds of supplies.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: None = None
depends_on: None = None

KINDS = (
    "unslotted",
    "out",
    "with_city",
    "vault_open",
    "rearranging",
    "slot_count",
    "unexplained_opening",
    "awaiting_destruction",
    "certificate_overdue",
    "unsighted",
    "incident_open",
    "incident_overdue",
    "close_uncovered",
)
GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'logistics_service') THEN
        GRANT INSERT ON supply_item TO logistics_service;
    END IF;
END
$$
"""


def upgrade() -> None:
    op.drop_constraint(op.f("alarm_limit_kind_check"), "alarm_limit")
    op.create_check_constraint(
        op.f("alarm_limit_kind_check"), "alarm_limit", f"kind IN ({', '.join(repr(kind) for kind in KINDS)})"
    )
    op.add_column("supply_move", sa.Column("incident", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("supply_move_incident_fkey"), "supply_move", "incident", ["incident"], ["code"]
    )
    op.create_check_constraint(
        op.f("supply_move_incident_check"), "supply_move", "incident IS NULL OR move = 'lost'"
    )
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
