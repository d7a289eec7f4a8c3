"""Two more kinds of alarm: what waits too long for its destruction, and a certificate that is overdue.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
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
)


def upgrade() -> None:
    op.drop_constraint(op.f("alarm_limit_kind_check"), "alarm_limit")
    op.create_check_constraint(
        op.f("alarm_limit_kind_check"), "alarm_limit", f"kind IN ({', '.join(repr(kind) for kind in KINDS)})"
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
