"""Every filter of an auditor's search reads an index of its own, in log order.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: None = None
depends_on: None = None

LATE = "recorded_at - occurred_at > INTERVAL '1 minute'"

# name, table, columns, condition
INDEXES = (
    ("entry_act_id_idx", "entry", ["act", "id"], None),
    ("entry_actor_id_idx", "entry", ["actor", "id"], None),
    ("entry_supervisor_id_idx", "entry", ["supervisor", "id"], "supervisor IS NOT NULL"),
    ("entry_device_id_idx", "entry", ["device", "id"], "device IS NOT NULL"),
    ("entry_from_party_id_idx", "entry", ["from_party", "id"], "from_party IS NOT NULL"),
    ("entry_to_party_id_idx", "entry", ["to_party", "id"], "to_party IS NOT NULL"),
    ("entry_recorded_at_id_idx", "entry", ["recorded_at", "id"], None),
    ("entry_late_id_idx", "entry", ["id"], LATE),
    ("entry_late_site_id_idx", "entry", ["site", "id"], LATE),
    ("entry_batch_release_idx", "entry_batch", ["entry", "batch"], "step IN ('dispatch', 'take_over')"),
    ("scan_outcome_entry_idx", "scan", ["outcome", "entry"], None),
    ("scan_subject_entry_idx", "scan", ["subject", "entry"], "subject IS NOT NULL"),
    ("scan_refused_idx", "scan", ["entry", "id"], "NOT accepted"),
)


def upgrade() -> None:
    for name, table, columns, condition in INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, postgresql_where=where)


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table)
