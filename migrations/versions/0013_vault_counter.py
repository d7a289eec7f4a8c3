"""Keys, openings and rearranging of vaults; pick lists, hands and the city's custody at the counter.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
TABLES = (
    "vault_key",
    "vault_access",
    "rearrangement",
    "rearrangement_slot",
    "slot_count",
    "alarm_limit",
    "pick_list",
    "pick_line",
    "hand_allowance",
    "city_handover",
    "city_handover_card",
    "notice_hash",
)
CHANGEABLE = ("vault_key", "vault_access", "rearrangement")
# A card with a city employee is in the custody of the city, which is a party of the log.
CITY = ("L90I", "京都市（本市職員）")
GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON {", ".join(TABLES)} TO {SERVICE};
        GRANT UPDATE ON {", ".join(CHANGEABLE)} TO {SERVICE};
    END IF;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "city_handover",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("handed_by", sa.Text(), nullable=False),
        sa.Column("handed_to", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('agent', 'pin_proxy', 'identity', 'city_order')",
            name=op.f("city_handover_reason_check"),
        ),
        sa.ForeignKeyConstraint(["handed_by"], ["person.code"], name=op.f("city_handover_handed_by_fkey")),
        sa.ForeignKeyConstraint(["handed_to"], ["person.code"], name=op.f("city_handover_handed_to_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("city_handover_place_fkey")),
        sa.PrimaryKeyConstraint("number", name=op.f("city_handover_pkey")),
    )
    op.create_index("city_handover_place_number_idx", "city_handover", ["place", "number"], unique=False)
    op.create_table(
        "alarm_limit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('unslotted', 'out', 'with_city', 'vault_open', 'rearranging', 'slot_count', 'unexplained_opening')",
            name=op.f("alarm_limit_kind_check"),
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("alarm_limit_minutes_check")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("alarm_limit_entry_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("alarm_limit_place_fkey")),
        sa.ForeignKeyConstraint(["set_by"], ["person.code"], name=op.f("alarm_limit_set_by_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("alarm_limit_pkey")),
    )
    op.create_index(
        "alarm_limit_kind_place_idx", "alarm_limit", ["kind", "place", "valid_from"], unique=False
    )
    op.create_table(
        "hand_allowance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("allowed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allowed_by", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("cards > 0", name=op.f("hand_allowance_cards_check")),
        sa.CheckConstraint("person <> allowed_by", name=op.f("hand_allowance_two_persons_check")),
        sa.ForeignKeyConstraint(["allowed_by"], ["person.code"], name=op.f("hand_allowance_allowed_by_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("hand_allowance_entry_fkey")),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("hand_allowance_person_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("hand_allowance_pkey")),
    )
    op.create_index("hand_allowance_person_id_idx", "hand_allowance", ["person", "id"], unique=False)
    op.create_table(
        "pick_list",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("pick_list_entry_fkey")),
        sa.ForeignKeyConstraint(["made_by"], ["person.code"], name=op.f("pick_list_made_by_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("pick_list_place_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("pick_list_pkey")),
        sa.UniqueConstraint("place", "day", "service", name=op.f("pick_list_place_day_service_key")),
    )
    op.create_table(
        "rearrangement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("vault", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("rearrangement_ended_by_check")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["person.code"], name=op.f("rearrangement_ended_by_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("rearrangement_entry_fkey")),
        sa.ForeignKeyConstraint(["started_by"], ["person.code"], name=op.f("rearrangement_started_by_fkey")),
        sa.ForeignKeyConstraint(["vault"], ["vault.code"], name=op.f("rearrangement_vault_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("rearrangement_pkey")),
    )
    op.create_index(
        "rearrangement_open_key",
        "rearrangement",
        ["vault"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "vault_access",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("vault", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("holds_key", sa.Boolean(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_entry", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("source IN ('manual', 'badge')", name=op.f("vault_access_source_check")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("vault_access_closed_by_check")
        ),
        sa.CheckConstraint("closed_at >= opened_at", name=op.f("vault_access_closed_at_check")),
        sa.ForeignKeyConstraint(["closed_by"], ["person.code"], name=op.f("vault_access_closed_by_fkey")),
        sa.ForeignKeyConstraint(["closed_entry"], ["entry.id"], name=op.f("vault_access_closed_entry_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("vault_access_entry_fkey")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.code"], name=op.f("vault_access_opened_by_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("vault_access_place_fkey")),
        sa.ForeignKeyConstraint(["vault"], ["vault.code"], name=op.f("vault_access_vault_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("vault_access_pkey")),
    )
    op.create_index(
        "vault_access_inside_key",
        "vault_access",
        ["place", "opened_by"],
        unique=True,
        postgresql_where=sa.text("vault IS NULL AND closed_at IS NULL"),
    )
    op.create_index(
        "vault_access_open_key",
        "vault_access",
        ["vault"],
        unique=True,
        postgresql_where=sa.text("vault IS NOT NULL AND closed_at IS NULL"),
    )
    op.create_index("vault_access_place_opened_at_idx", "vault_access", ["place", "opened_at"], unique=False)
    op.create_index("vault_access_vault_opened_at_idx", "vault_access", ["vault", "opened_at"], unique=False)
    op.create_table(
        "vault_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("vault", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_entry", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(returned_at IS NULL) = (returned_entry IS NULL)", name=op.f("vault_key_returned_check")
        ),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("vault_key_entry_fkey")),
        sa.ForeignKeyConstraint(["given_by"], ["person.code"], name=op.f("vault_key_given_by_fkey")),
        sa.ForeignKeyConstraint(["holder"], ["person.code"], name=op.f("vault_key_holder_fkey")),
        sa.ForeignKeyConstraint(["returned_entry"], ["entry.id"], name=op.f("vault_key_returned_entry_fkey")),
        sa.ForeignKeyConstraint(["vault"], ["vault.code"], name=op.f("vault_key_vault_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("vault_key_pkey")),
    )
    op.create_index(
        "vault_key_held_key",
        "vault_key",
        ["vault", "holder"],
        unique=True,
        postgresql_where=sa.text("returned_at IS NULL"),
    )
    op.create_table(
        "city_handover_card",
        sa.Column("handover", sa.Text(), nullable=False),
        sa.Column("card", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("city_handover_card_card_fkey")),
        sa.ForeignKeyConstraint(
            ["handover"], ["city_handover.number"], name=op.f("city_handover_card_handover_fkey")
        ),
        sa.PrimaryKeyConstraint("handover", "card", name=op.f("city_handover_card_pkey")),
    )
    op.create_index("city_handover_card_card_idx", "city_handover_card", ["card"], unique=False)
    op.create_table(
        "notice_hash",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("card", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("notice_hash_hash_check")),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("notice_hash_card_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("notice_hash_entry_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_hash_pkey")),
    )
    op.create_index("notice_hash_card_id_idx", "notice_hash", ["card", "id"], unique=False)
    op.create_table(
        "pick_line",
        sa.Column("pick_list", sa.Text(), nullable=False),
        sa.Column("card", sa.BigInteger(), nullable=False),
        sa.Column("booked_for", sa.Text(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("pick_line_card_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("pick_line_entry_fkey")),
        sa.ForeignKeyConstraint(["pick_list"], ["pick_list.code"], name=op.f("pick_line_pick_list_fkey")),
        sa.PrimaryKeyConstraint("pick_list", "card", name=op.f("pick_line_pkey")),
    )
    op.create_index("pick_line_card_idx", "pick_line", ["card"], unique=False)
    op.create_table(
        "rearrangement_slot",
        sa.Column("rearrangement", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rearrangement"], ["rearrangement.id"], name=op.f("rearrangement_slot_rearrangement_fkey")
        ),
        sa.ForeignKeyConstraint(["slot"], ["slot.code"], name=op.f("rearrangement_slot_slot_fkey")),
        sa.PrimaryKeyConstraint("rearrangement", "slot", name=op.f("rearrangement_slot_pkey")),
    )
    op.create_table(
        "slot_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("counted_by", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rearrangement", sa.BigInteger(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["counted_by"], ["person.code"], name=op.f("slot_count_counted_by_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("slot_count_entry_fkey")),
        sa.ForeignKeyConstraint(
            ["rearrangement"], ["rearrangement.id"], name=op.f("slot_count_rearrangement_fkey")
        ),
        sa.ForeignKeyConstraint(["slot"], ["slot.code"], name=op.f("slot_count_slot_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("slot_count_pkey")),
    )
    op.create_index("slot_count_slot_id_idx", "slot_count", ["slot", "id"], unique=False)
    op.create_index(
        "card_holder_idx", "card", ["holder"], unique=False, postgresql_where=sa.text("holder IS NOT NULL")
    )
    party = sa.table("party", sa.column("code", sa.Text), sa.column("name", sa.Text))
    op.bulk_insert(party, [dict(zip(("code", "name"), CITY, strict=True))])
    for table in sorted(set(TABLES) - set(CHANGEABLE)):
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
