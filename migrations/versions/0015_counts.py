"""Counts of vaults, cases of missing cards, words on differences, days of a place that are closed.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: None = None
depends_on: None = None

APPEND_ONLY = (
    "discrepancy_note",
    "stock_count",
    "stock_count_card",
    "stock_count_sighting",
    "stock_count_tally",
    "stock_count_round",
    "stock_count_end",
    "stock_count_finding",
    "missing_case",
    "missing_case_mark",
    "missing_case_end",
    "site_day",
    "site_day_line",
)
# What the owner loads and the service only reads.
GIVEN = ("search_item",)

SERVICE = "logistics_service"
GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON {", ".join(APPEND_ONLY)} TO {SERVICE};
        GRANT SELECT ON {", ".join(GIVEN)} TO {SERVICE};
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "search_item",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ja", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("search_item_pkey")),
    )
    op.create_table(
        "site_day",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("last_entry", sa.BigInteger(), nullable=False),
        sa.Column("holes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by"], ["person.code"], name=op.f("site_day_closed_by_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("site_day_entry_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("site_day_place_fkey")),
        sa.ForeignKeyConstraint(["second"], ["person.code"], name=op.f("site_day_second_fkey")),
        sa.PrimaryKeyConstraint("place", "day", name=op.f("site_day_pkey")),
    )
    op.create_index("site_day_day_idx", "site_day", ["day"], unique=False)
    op.create_table(
        "stock_count",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("vault", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slots", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("aside", sa.Boolean(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("witness", sa.Text(), nullable=True),
        sa.Column("supervisor", sa.Text(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('opening', 'closing', 'full', 'cyclic', 'spot')", name=op.f("stock_count_kind_check")
        ),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("stock_count_entry_fkey")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.code"], name=op.f("stock_count_opened_by_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("stock_count_place_fkey")),
        sa.ForeignKeyConstraint(["sheet"], ["document.number"], name=op.f("stock_count_sheet_fkey")),
        sa.ForeignKeyConstraint(["supervisor"], ["person.code"], name=op.f("stock_count_supervisor_fkey")),
        sa.ForeignKeyConstraint(["vault"], ["vault.code"], name=op.f("stock_count_vault_fkey")),
        sa.ForeignKeyConstraint(["witness"], ["person.code"], name=op.f("stock_count_witness_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("stock_count_pkey")),
    )
    op.create_index("stock_count_place_code_idx", "stock_count", ["place", "code"], unique=False)
    op.create_index("stock_count_vault_day_idx", "stock_count", ["vault", "day"], unique=False)
    op.create_table(
        "discrepancy_note",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("discrepancy", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["discrepancy"], ["discrepancy.code"], name=op.f("discrepancy_note_discrepancy_fkey")
        ),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("discrepancy_note_entry_fkey")),
        sa.ForeignKeyConstraint(["noted_by"], ["person.code"], name=op.f("discrepancy_note_noted_by_fkey")),
        sa.PrimaryKeyConstraint("entry", name=op.f("discrepancy_note_pkey")),
    )
    op.create_index("discrepancy_note_discrepancy_idx", "discrepancy_note", ["discrepancy"], unique=False)
    op.create_table(
        "missing_case",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("last_slot", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.code"], name=op.f("missing_case_card_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("missing_case_entry_fkey")),
        sa.ForeignKeyConstraint(["last_slot"], ["slot.code"], name=op.f("missing_case_last_slot_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("missing_case_place_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("missing_case_pkey")),
    )
    op.create_index("missing_case_card_idx", "missing_case", ["card"], unique=False)
    op.create_index("missing_case_place_code_idx", "missing_case", ["place", "code"], unique=False)
    op.create_table(
        "site_day_line",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opening", sa.Integer(), nullable=False),
        sa.Column("incoming", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("transferred", sa.Integer(), nullable=False),
        sa.Column("destroyed", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.Column("closing", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "opening + incoming + found - issued - returned - transferred - destroyed - lost - undone = closing",
            name=op.f("site_day_line_conserved_check"),
        ),
        sa.ForeignKeyConstraint(["kind"], ["kind.code"], name=op.f("site_day_line_kind_fkey")),
        sa.ForeignKeyConstraint(
            ["place", "day"], ["site_day.place", "site_day.day"], name=op.f("site_day_line_place_day_fkey")
        ),
        sa.PrimaryKeyConstraint("place", "day", "kind", name=op.f("site_day_line_pkey")),
    )
    op.create_table(
        "stock_count_card",
        sa.Column("count", sa.Text(), nullable=False),
        sa.Column("card", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("stock_count_card_card_fkey")),
        sa.ForeignKeyConstraint(["count"], ["stock_count.code"], name=op.f("stock_count_card_count_fkey")),
        sa.ForeignKeyConstraint(["slot"], ["slot.code"], name=op.f("stock_count_card_slot_fkey")),
        sa.PrimaryKeyConstraint("count", "card", name=op.f("stock_count_card_pkey")),
    )
    op.create_table(
        "stock_count_end",
        sa.Column("count", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("explained", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("misplaced", sa.Integer(), nullable=False),
        sa.Column("unexpected", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("how IN ('concluded', 'cancelled')", name=op.f("stock_count_end_how_check")),
        sa.ForeignKeyConstraint(["count"], ["stock_count.code"], name=op.f("stock_count_end_count_fkey")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.code"], name=op.f("stock_count_end_ended_by_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("stock_count_end_entry_fkey")),
        sa.ForeignKeyConstraint(["report"], ["document.number"], name=op.f("stock_count_end_report_fkey")),
        sa.PrimaryKeyConstraint("count", name=op.f("stock_count_end_pkey")),
    )
    op.create_table(
        "stock_count_finding",
        sa.Column("count", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("expected_in", sa.Text(), nullable=True),
        sa.Column("found_in", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("moved_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "finding IN ('missing', 'misplaced', 'unexpected', 'unknown', 'explained')",
            name=op.f("stock_count_finding_finding_check"),
        ),
        sa.ForeignKeyConstraint(["count"], ["stock_count.code"], name=op.f("stock_count_finding_count_fkey")),
        sa.ForeignKeyConstraint(
            ["expected_in"], ["slot.code"], name=op.f("stock_count_finding_expected_in_fkey")
        ),
        sa.ForeignKeyConstraint(["found_in"], ["slot.code"], name=op.f("stock_count_finding_found_in_fkey")),
        sa.ForeignKeyConstraint(["moved_by"], ["entry.id"], name=op.f("stock_count_finding_moved_by_fkey")),
        sa.PrimaryKeyConstraint("count", "card", name=op.f("stock_count_finding_pkey")),
    )
    op.create_index(
        "stock_count_finding_found_in_moved_by_idx",
        "stock_count_finding",
        ["found_in", "moved_by"],
        unique=False,
        postgresql_where=sa.text("found_in IS NOT NULL"),
    )
    op.create_table(
        "stock_count_round",
        sa.Column("count", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_by", sa.Text(), nullable=False),
        sa.Column("counters", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("slots", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("aside", sa.Boolean(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["count"], ["stock_count.code"], name=op.f("stock_count_round_count_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("stock_count_round_entry_fkey")),
        sa.ForeignKeyConstraint(
            ["finished_by"], ["person.code"], name=op.f("stock_count_round_finished_by_fkey")
        ),
        sa.PrimaryKeyConstraint("count", "round", name=op.f("stock_count_round_pkey")),
    )
    op.create_table(
        "stock_count_sighting",
        sa.Column("count", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("card", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("stock_count_sighting_card_fkey")),
        sa.ForeignKeyConstraint(
            ["count"], ["stock_count.code"], name=op.f("stock_count_sighting_count_fkey")
        ),
        sa.ForeignKeyConstraint(["counter"], ["person.code"], name=op.f("stock_count_sighting_counter_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("stock_count_sighting_entry_fkey")),
        sa.ForeignKeyConstraint(["slot"], ["slot.code"], name=op.f("stock_count_sighting_slot_fkey")),
        sa.PrimaryKeyConstraint("count", "round", "card", name=op.f("stock_count_sighting_pkey")),
    )
    op.create_table(
        "stock_count_tally",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["count"], ["stock_count.code"], name=op.f("stock_count_tally_count_fkey")),
        sa.ForeignKeyConstraint(["counter"], ["person.code"], name=op.f("stock_count_tally_counter_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("stock_count_tally_entry_fkey")),
        sa.ForeignKeyConstraint(["slot"], ["slot.code"], name=op.f("stock_count_tally_slot_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_count_tally_pkey")),
    )
    op.create_index("stock_count_tally_count_idx", "stock_count_tally", ["count"], unique=False)
    op.create_index(
        "stock_count_tally_slot_occurred_at_idx", "stock_count_tally", ["slot", "occurred_at"], unique=False
    )
    op.create_table(
        "missing_case_end",
        sa.Column("case_code", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("how IN ('found', 'lost')", name=op.f("missing_case_end_how_check")),
        sa.ForeignKeyConstraint(
            ["case_code"], ["missing_case.code"], name=op.f("missing_case_end_case_code_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.code"], name=op.f("missing_case_end_decided_by_fkey")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["person.code"], name=op.f("missing_case_end_ended_by_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("missing_case_end_entry_fkey")),
        sa.PrimaryKeyConstraint("case_code", name=op.f("missing_case_end_pkey")),
    )
    op.create_table(
        "missing_case_mark",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_code", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_code"], ["missing_case.code"], name=op.f("missing_case_mark_case_code_fkey")
        ),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("missing_case_mark_entry_fkey")),
        sa.ForeignKeyConstraint(["item"], ["search_item.code"], name=op.f("missing_case_mark_item_fkey")),
        sa.ForeignKeyConstraint(
            ["marked_by"], ["person.code"], name=op.f("missing_case_mark_marked_by_fkey")
        ),
        sa.PrimaryKeyConstraint("entry", name=op.f("missing_case_mark_pkey")),
    )
    op.create_index("missing_case_mark_case_code_idx", "missing_case_mark", ["case_code"], unique=False)
    for table in APPEND_ONLY:
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
    op.execute(GRANT)


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
