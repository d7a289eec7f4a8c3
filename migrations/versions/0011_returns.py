"""Returns: a batch and a manifest know where they leave; why a card goes back to the annex.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
REASONS = ("undelivered", "defect", "misrouted", "collected", "documents", "postal_return")
REFUSALS = (
    "CREATE TRIGGER return_reason_append_only BEFORE UPDATE OR DELETE ON return_reason"
    " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER return_reason_no_truncate BEFORE TRUNCATE ON return_reason"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "ALTER TABLE return_reason ENABLE ALWAYS TRIGGER return_reason_append_only",
    "ALTER TABLE return_reason ENABLE ALWAYS TRIGGER return_reason_no_truncate",
)
GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON return_reason TO {SERVICE};
    END IF;
END
$$
"""


def upgrade() -> None:
    for table in ("batch", "manifest"):
        op.add_column(table, sa.Column("origin", sa.Text(), nullable=True))
        # Until now everything left the annex, of which there is one.
        op.execute(f"UPDATE {table} SET origin = (SELECT code FROM place WHERE kind = 'annex')")  # noqa: S608
        op.alter_column(table, "origin", nullable=False)
        op.create_foreign_key(op.f(f"{table}_origin_fkey"), table, "place", ["origin"], ["code"])
    op.add_column("manifest", sa.Column("recalled", sa.Integer(), server_default="0", nullable=False))
    op.drop_constraint(op.f("manifest_run_destination_key"), "manifest")
    op.create_unique_constraint(
        op.f("manifest_run_origin_destination_key"), "manifest", ["run", "origin", "destination"]
    )
    op.create_table(
        "return_reason",
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("card", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            f"reason IN ({', '.join(repr(reason) for reason in REASONS)})",
            name=op.f("return_reason_reason_check"),
        ),
        sa.ForeignKeyConstraint(["batch"], ["batch.code"], name=op.f("return_reason_batch_fkey")),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("return_reason_card_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("return_reason_entry_fkey")),
        sa.PrimaryKeyConstraint("batch", "card", "entry", name=op.f("return_reason_pkey")),
    )
    for statement in REFUSALS:
        op.execute(statement)
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
