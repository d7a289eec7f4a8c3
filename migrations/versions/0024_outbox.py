"""What the service tells by mail and webhook: messages are written once, their deliveries go on until they arrive.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON message, delivery TO {SERVICE};
        GRANT UPDATE ON delivery TO {SERVICE};
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recipients", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("event ~ '^[a-z]+[.][a-z_]+$'", name=op.f("message_event_check")),
        sa.CheckConstraint("subject ~ '^[^[:cntrl:]]+$'", name=op.f("message_subject_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("message_pkey")),
        sa.UniqueConstraint("uuid", name=op.f("message_uuid_key")),
    )
    op.create_index(op.f("message_about_idx"), "message", ["about"])
    op.create_index(op.f("message_created_at_idx"), "message", ["created_at"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'webhook')", name=op.f("delivery_channel_check")),
        sa.CheckConstraint("sent_at IS NULL OR gave_up_at IS NULL", name=op.f("delivery_end_check")),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name=op.f("delivery_message_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_pkey")),
        sa.UniqueConstraint("message", "channel", "recipient", name="delivery_recipient_key"),
    )
    op.create_index(
        "delivery_waiting_idx",
        "delivery",
        ["channel", "next_try_at"],
        postgresql_where=sa.text("sent_at IS NULL AND gave_up_at IS NULL"),
    )
    op.execute(
        "CREATE TRIGGER message_append_only BEFORE UPDATE OR DELETE ON message"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER message_no_truncate BEFORE TRUNCATE ON message"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE message ENABLE ALWAYS TRIGGER message_append_only")
    op.execute("ALTER TABLE message ENABLE ALWAYS TRIGGER message_no_truncate")
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
