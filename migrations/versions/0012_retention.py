"""Keeping: policies by version, clocks, holds from disposal; all written once.

Revision ID: 0012
Revises: 0011
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
TABLES = ("retention_policy", "retention_rule", "retention_clock", "retention_hold", "retention_release")
CLOCKS = (
    "applied_on",
    "blocked_on",
    "expires_on",
    "mail_returned_on",
    "notice_deadline",
    "reminder_deadline",
)
REQUESTERS = ("holder", "proxy", "city", "authority")


def number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def time(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"{table}_{column}_fkey"))


def listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def upgrade() -> None:
    op.create_table(
        "retention_policy",
        number(),
        sa.Column("effective_from", sa.Date(), nullable=False),
        text("approver"),
        text("reference"),
        text("note"),
        text("remind_after"),
        text("recorded_by"),
        time("recorded_at"),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("recorded_by <> approver", name=op.f("retention_policy_two_people_check")),
        refers("retention_policy", "approver", "person.code"),
        refers("retention_policy", "recorded_by", "person.code"),
        refers("retention_policy", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("retention_policy_pkey")),
    )
    op.create_index("retention_policy_effective_from_idx", "retention_policy", ["effective_from"])
    op.create_table(
        "retention_rule",
        sa.Column("policy", sa.BigInteger(), nullable=False),
        text("kind"),
        text("preset", nullable=True),
        text("rule"),
        refers("retention_rule", "policy", "retention_policy.id"),
        refers("retention_rule", "kind", "kind.code"),
        sa.PrimaryKeyConstraint("policy", "kind", name=op.f("retention_rule_pkey")),
    )
    op.create_table(
        "retention_clock",
        number(),
        sa.Column("card", sa.BigInteger(), nullable=False),
        text("clock"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"clock IN ({listed(CLOCKS)})", name=op.f("retention_clock_clock_check")),
        refers("retention_clock", "card", "card.id"),
        refers("retention_clock", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("retention_clock_pkey")),
    )
    op.create_index("retention_clock_card_clock_idx", "retention_clock", ["card", "clock", "id"])
    op.create_table(
        "retention_hold",
        text("code"),
        sa.Column("card", sa.BigInteger(), nullable=False),
        text("reason"),
        text("requester"),
        sa.Column("until", sa.Date(), nullable=False),
        text("placed_by"),
        time("placed_at"),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            f"requester IN ({listed(REQUESTERS)})", name=op.f("retention_hold_requester_check")
        ),
        refers("retention_hold", "card", "card.id"),
        refers("retention_hold", "placed_by", "person.code"),
        refers("retention_hold", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("code", name=op.f("retention_hold_pkey")),
    )
    op.create_index("retention_hold_card_idx", "retention_hold", ["card"])
    op.create_table(
        "retention_release",
        text("hold"),
        text("reason"),
        text("released_by"),
        time("released_at"),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        refers("retention_release", "hold", "retention_hold.code"),
        refers("retention_release", "released_by", "person.code"),
        refers("retention_release", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("hold", name=op.f("retention_release_pkey")),
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate")
    op.execute(
        f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN"
        f" GRANT SELECT, INSERT ON {', '.join(TABLES)} TO {SERVICE}; END IF; END $$"
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
