"""One more kind of alarm: cards that nobody has seen within the term of the cyclic count.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
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
)


def upgrade() -> None:
    op.drop_constraint(op.f("alarm_limit_kind_check"), "alarm_limit")
    op.create_check_constraint(
        op.f("alarm_limit_kind_check"), "alarm_limit", f"kind IN ({', '.join(repr(kind) for kind in KINDS)})"
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
