"""Disposal: a locked stock of its own, proposals, the city's decisions, destructions and who witnessed them.

Revision ID: 0019
Revises: 0018
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
TABLES = (
    "proposal",
    "proposal_card",
    "proposal_decision",
    "destruction",
    "destruction_witness",
    "destruction_end",
)


def number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def time(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"{table}_{column}_fkey"))


def check(table: str, name: str, that: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(that, name=op.f(f"{table}_{name}_check"))


def upgrade() -> None:
    op.add_column("vault", sa.Column("purpose", sa.Text(), server_default="stock", nullable=False))
    op.create_check_constraint(op.f("vault_purpose_check"), "vault", "purpose IN ('stock', 'disposal')")
    op.create_table(
        "proposal",
        text("code"),
        text("place"),
        text("policy", nullable=True),
        text("note"),
        sa.Column("cards", sa.Integer(), nullable=False),
        text("proposed_by"),
        time("proposed_at"),
        whole("entry"),
        check("proposal", "cards", "cards > 0"),
        refers("proposal", "place", "place.code"),
        refers("proposal", "proposed_by", "person.code"),
        refers("proposal", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("code", name=op.f("proposal_pkey")),
    )
    op.create_table(
        "proposal_card",
        text("proposal"),
        whole("card"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        text("rule"),
        refers("proposal_card", "proposal", "proposal.code"),
        refers("proposal_card", "card", "card.id"),
        sa.PrimaryKeyConstraint("proposal", "card", name=op.f("proposal_card_pkey")),
    )
    op.create_index("proposal_card_card_idx", "proposal_card", ["card", "proposal"])
    op.create_table(
        "proposal_decision",
        text("proposal"),
        flag("approved"),
        text("reason", nullable=True),
        flag("witness_requested"),
        flag("photos_requested"),
        sa.Column("certificate_due_on", sa.Date(), nullable=True),
        text("proposed_by"),
        text("decided_by"),
        time("decided_at"),
        whole("entry"),
        check("proposal_decision", "two_people", "decided_by <> proposed_by"),
        check("proposal_decision", "certificate", "approved = (certificate_due_on IS NOT NULL)"),
        refers("proposal_decision", "proposal", "proposal.code"),
        refers("proposal_decision", "proposed_by", "person.code"),
        refers("proposal_decision", "decided_by", "person.code"),
        refers("proposal_decision", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("proposal", name=op.f("proposal_decision_pkey")),
    )
    _machine()
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


def _machine() -> None:
    op.create_table(
        "destruction",
        number(),
        text("proposal"),
        text("method"),
        text("chip"),
        text("machine"),
        sa.Column("counted", sa.Integer(), nullable=False),
        text("begun_by"),
        time("begun_at"),
        whole("entry"),
        check("destruction", "method", "method IN ('shred', 'dissolve', 'incinerate')"),
        check("destruction", "chip", "chip IN ('punched', 'shredded', 'dissolved', 'burnt', 'no_chip')"),
        check("destruction", "counted", "counted > 0"),
        refers("destruction", "proposal", "proposal.code"),
        refers("destruction", "begun_by", "person.code"),
        refers("destruction", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("destruction_pkey")),
    )
    op.create_index("destruction_proposal_idx", "destruction", ["proposal"])
    op.create_table(
        "destruction_witness",
        number(),
        whole("destruction"),
        text("person"),
        text("begun_by"),
        flag("present"),
        time("at"),
        whole("entry"),
        check("destruction_witness", "two_people", "person <> begun_by"),
        refers("destruction_witness", "destruction", "destruction.id"),
        refers("destruction_witness", "person", "person.code"),
        refers("destruction_witness", "begun_by", "person.code"),
        refers("destruction_witness", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("destruction_witness_pkey")),
    )
    op.create_index("destruction_witness_destruction_idx", "destruction_witness", ["destruction", "id"])
    op.create_table(
        "destruction_end",
        whole("destruction"),
        sa.Column("destroyed", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("photos", postgresql.ARRAY(sa.Text()), nullable=False),
        text("certificate", nullable=True),
        text("ended_by"),
        time("ended_at"),
        whole("entry"),
        refers("destruction_end", "destruction", "destruction.id"),
        refers("destruction_end", "ended_by", "person.code"),
        refers("destruction_end", "entry", "entry.id"),
        sa.PrimaryKeyConstraint("destruction", name=op.f("destruction_end_pkey")),
        sa.UniqueConstraint("certificate", name=op.f("destruction_end_certificate_key")),
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
