"""Custody: places and people, cards and batches, runs and manifests, the append-only log.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None

# A migration is history: it repeats the lifecycles as they were, and imports nothing of ours.
LEGAL_STEPS = (
    ("card", "new", "expect", "expected"),
    ("card", "expected", "check_in", "arrived"),
    ("card", "arrived", "set_up", "ready"),
    ("card", "delivered", "post_notice", "delivered"),
    ("card", "dispatched", "post_notice", "dispatched"),
    ("card", "in_transit", "post_notice", "in_transit"),
    ("card", "packed", "post_notice", "packed"),
    ("card", "ready", "post_notice", "ready"),
    ("card", "received", "post_notice", "received"),
    ("card", "stored", "post_notice", "stored"),
    ("card", "ready", "pack", "packed"),
    ("card", "packed", "unpack", "ready"),
    ("card", "packed", "dispatch", "dispatched"),
    ("card", "dispatched", "take_over", "in_transit"),
    ("card", "delivered", "hand_over", "delivered"),
    ("card", "dispatched", "hand_over", "delivered"),
    ("card", "in_transit", "hand_over", "delivered"),
    ("card", "missing", "hand_over", "delivered"),
    ("card", "delivered", "receive", "received"),
    ("card", "dispatched", "receive", "received"),
    ("card", "in_transit", "receive", "received"),
    ("card", "missing", "receive", "received"),
    ("card", "received", "put_away", "stored"),
    ("card", "stored", "move", "stored"),
    ("card", "arrived", "hold", "held"),
    ("card", "delivered", "hold", "held"),
    ("card", "dispatched", "hold", "held"),
    ("card", "expected", "hold", "held"),
    ("card", "held", "hold", "held"),
    ("card", "in_transit", "hold", "held"),
    ("card", "packed", "hold", "held"),
    ("card", "ready", "hold", "held"),
    ("card", "received", "hold", "held"),
    ("card", "stored", "hold", "held"),
    ("card", "held", "accept", "received"),
    ("card", "held", "readmit", "arrived"),
    ("card", "delivered", "miss", "missing"),
    ("card", "dispatched", "miss", "missing"),
    ("card", "expected", "miss", "missing"),
    ("card", "in_transit", "miss", "missing"),
    ("card", "missing", "find", "held"),
    ("batch", "new", "open", "open"),
    ("batch", "open", "seal", "sealed"),
    ("batch", "loaded", "unseal", "open"),
    ("batch", "sealed", "unseal", "open"),
    ("batch", "sealed", "load", "loaded"),
    ("batch", "loaded", "unload", "sealed"),
    ("batch", "loaded", "dispatch", "dispatched"),
    ("batch", "dispatched", "take_over", "in_transit"),
    ("batch", "delivered", "hand_over", "delivered"),
    ("batch", "dispatched", "hand_over", "delivered"),
    ("batch", "in_transit", "hand_over", "delivered"),
    ("batch", "missing", "hand_over", "delivered"),
    ("batch", "delivered", "close", "closed"),
    ("batch", "open", "cancel", "cancelled"),
    ("batch", "dispatched", "miss", "missing"),
    ("batch", "in_transit", "miss", "missing"),
)

APPEND_ONLY = (
    "entry",
    "entry_card",
    "entry_batch",
    "scan",
    "manifest_card",
    "seal",
    "discrepancy",
    "discrepancy_resolution",
    "document",
    "document_print",
)

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'LC001', HINT = 'Record a correction as a new entry.';
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "calendar_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("calendar_override_pkey")),
    )
    op.create_index(op.f("calendar_override_day_idx"), "calendar_override", ["day"], unique=False)
    op.create_table(
        "document",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("digest = sha256(convert_to(record, 'UTF8'))", name=op.f("document_digest_check")),
        sa.PrimaryKeyConstraint("number", name=op.f("document_pkey")),
    )
    op.create_index("document_subject_idx", "document", ["subject"], unique=False)
    op.create_table(
        "kind",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("kind_pkey")),
    )
    op.create_table(
        "legal_step",
        sa.Column("lifecycle", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lifecycle", "from_state", "step", "to_state", name=op.f("legal_step_pkey")),
    )
    op.create_table(
        "numbering",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("numbering_pkey")),
    )
    op.create_table(
        "party",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("party_pkey")),
    )
    op.create_table(
        "courier",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("consent_number", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["party.code"], name=op.f("courier_code_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("courier_pkey")),
    )
    op.create_table(
        "place",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("windows", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('annex', 'counter', 'center', 'vehicle')", name=op.f("place_kind_check")
        ),
        sa.ForeignKeyConstraint(["party"], ["party.code"], name=op.f("place_party_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("place_pkey")),
        sa.UniqueConstraint("number", name=op.f("place_number_key")),
        sa.UniqueConstraint("slug", name=op.f("place_slug_key")),
    )
    op.create_table(
        "person",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("courier", sa.Text(), nullable=True),
        sa.CheckConstraint("(place IS NULL) <> (courier IS NULL)", name=op.f("person_belongs_check")),
        sa.ForeignKeyConstraint(["courier"], ["courier.code"], name=op.f("person_courier_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("person_place_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("person_pkey")),
    )
    op.create_table(
        "run",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("courier", sa.Text(), nullable=True),
        sa.Column("crew", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("vehicle", sa.Text(), nullable=True),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("sequence = 1", name=op.f("run_sequence_check")),
        sa.ForeignKeyConstraint(["courier"], ["courier.code"], name=op.f("run_courier_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("run_pkey")),
        sa.UniqueConstraint("day", "sequence", name=op.f("run_day_sequence_key")),
    )
    op.create_table(
        "vault",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lock_type", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("vault_place_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("vault_pkey")),
    )
    op.create_index(op.f("vault_place_idx"), "vault", ["place"], unique=False)
    op.create_table(
        "arrival",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["imported_by"], ["person.code"], name=op.f("arrival_imported_by_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("arrival_pkey")),
        sa.UniqueConstraint("digest", name=op.f("arrival_digest_key")),
    )
    op.create_table(
        "manifest",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("transfer_slip", sa.Text(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_by", sa.Text(), nullable=False),
        sa.Column("taken_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_over_by", sa.Text(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["arrived_by"], ["person.code"], name=op.f("manifest_arrived_by_fkey")),
        sa.ForeignKeyConstraint(["closed_by"], ["person.code"], name=op.f("manifest_closed_by_fkey")),
        sa.ForeignKeyConstraint(["destination"], ["place.code"], name=op.f("manifest_destination_fkey")),
        sa.ForeignKeyConstraint(["dispatched_by"], ["person.code"], name=op.f("manifest_dispatched_by_fkey")),
        sa.ForeignKeyConstraint(["run"], ["run.code"], name=op.f("manifest_run_fkey")),
        sa.ForeignKeyConstraint(["taken_over_by"], ["person.code"], name=op.f("manifest_taken_over_by_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("manifest_pkey")),
        sa.UniqueConstraint("receipt", name=op.f("manifest_receipt_key")),
        sa.UniqueConstraint("run", "destination", name=op.f("manifest_run_destination_key")),
        sa.UniqueConstraint("transfer_slip", name=op.f("manifest_transfer_slip_key")),
    )
    op.create_table(
        "slot",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("vault", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("shelf", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("occupied", sa.Integer(), nullable=False),
        sa.CheckConstraint("occupied BETWEEN 0 AND capacity", name=op.f("slot_capacity_check")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("slot_place_fkey")),
        sa.ForeignKeyConstraint(["vault"], ["vault.code"], name=op.f("slot_vault_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("slot_pkey")),
    )
    op.create_index(op.f("slot_place_idx"), "slot", ["place"], unique=False)
    op.create_index(op.f("slot_vault_idx"), "slot", ["vault"], unique=False)
    op.create_table(
        "batch",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seal_number", sa.Text(), nullable=True),
        sa.Column("sealed_cards", sa.Integer(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'open', 'sealed', 'loaded', 'dispatched', 'in_transit', 'delivered', 'closed', 'cancelled', 'missing')",
            name=op.f("batch_state_check"),
        ),
        sa.ForeignKeyConstraint(["custodian"], ["party.code"], name=op.f("batch_custodian_fkey")),
        sa.ForeignKeyConstraint(["destination"], ["place.code"], name=op.f("batch_destination_fkey")),
        sa.ForeignKeyConstraint(["manifest"], ["manifest.code"], name=op.f("batch_manifest_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("batch_place_fkey")),
        sa.ForeignKeyConstraint(["run"], ["run.code"], name=op.f("batch_run_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("batch_pkey")),
    )
    op.create_index(op.f("batch_manifest_idx"), "batch", ["manifest"], unique=False)
    op.create_index("batch_run_destination_idx", "batch", ["run", "destination"], unique=False)
    op.create_table(
        "box",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("emptied_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["arrival"], ["arrival.code"], name=op.f("box_arrival_fkey")),
        sa.ForeignKeyConstraint(["closed_by"], ["person.code"], name=op.f("box_closed_by_fkey")),
        sa.ForeignKeyConstraint(["emptied_by"], ["person.code"], name=op.f("box_emptied_by_fkey")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.code"], name=op.f("box_opened_by_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("box_pkey")),
        sa.UniqueConstraint("arrival", "label", name=op.f("box_arrival_label_key")),
    )
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("supervisor", sa.Text(), nullable=True),
        sa.Column("run", sa.Text(), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("from_party", sa.Text(), nullable=True),
        sa.Column("to_party", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "hash = sha256('\\x00'::bytea || convert_to(body, 'UTF8'))", name=op.f("entry_hash_check")
        ),
        sa.ForeignKeyConstraint(["actor"], ["person.code"], name=op.f("entry_actor_fkey")),
        sa.ForeignKeyConstraint(["from_party"], ["party.code"], name=op.f("entry_from_party_fkey")),
        sa.ForeignKeyConstraint(["manifest"], ["manifest.code"], name=op.f("entry_manifest_fkey")),
        sa.ForeignKeyConstraint(["run"], ["run.code"], name=op.f("entry_run_fkey")),
        sa.ForeignKeyConstraint(["site"], ["place.code"], name=op.f("entry_site_fkey")),
        sa.ForeignKeyConstraint(["supervisor"], ["person.code"], name=op.f("entry_supervisor_fkey")),
        sa.ForeignKeyConstraint(["to_party"], ["party.code"], name=op.f("entry_to_party_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("entry_pkey")),
        sa.UniqueConstraint("uuid", name=op.f("entry_uuid_key")),
    )
    op.create_index(
        "entry_manifest_id_idx",
        "entry",
        ["manifest", "id"],
        unique=False,
        postgresql_where=sa.text("manifest IS NOT NULL"),
    )
    op.create_index(
        "entry_run_id_idx", "entry", ["run", "id"], unique=False, postgresql_where=sa.text("run IS NOT NULL")
    )
    op.create_index("entry_site_id_idx", "entry", ["site", "id"], unique=False)
    op.create_table(
        "card",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("custodian", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("set_up_on", sa.Date(), nullable=True),
        sa.Column("first_notice_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'stored') = (slot IS NOT NULL)", name=op.f("card_slot_check")),
        sa.CheckConstraint(
            "state IN ('new', 'expected', 'arrived', 'ready', 'packed', 'dispatched', 'in_transit', 'delivered', 'received', 'stored', 'held', 'missing')",
            name=op.f("card_state_check"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('delivered', 'dispatched', 'in_transit', 'packed') OR batch IS NOT NULL",
            name=op.f("card_batch_check"),
        ),
        sa.ForeignKeyConstraint(["batch"], ["batch.code"], name=op.f("card_batch_fkey")),
        sa.ForeignKeyConstraint(["box"], ["box.code"], name=op.f("card_box_fkey")),
        sa.ForeignKeyConstraint(["custodian"], ["party.code"], name=op.f("card_custodian_fkey")),
        sa.ForeignKeyConstraint(["destination"], ["place.code"], name=op.f("card_destination_fkey")),
        sa.ForeignKeyConstraint(["kind"], ["kind.code"], name=op.f("card_kind_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("card_place_fkey")),
        sa.ForeignKeyConstraint(["slot"], ["slot.code"], name=op.f("card_slot_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("card_pkey")),
        sa.UniqueConstraint("code", name=op.f("card_code_key")),
    )
    op.create_index(
        "card_batch_idx", "card", ["batch"], unique=False, postgresql_where=sa.text("batch IS NOT NULL")
    )
    op.create_index(op.f("card_box_idx"), "card", ["box"], unique=False)
    op.create_index("card_place_state_idx", "card", ["place", "state"], unique=False)
    op.create_index(
        "card_slot_idx", "card", ["slot"], unique=False, postgresql_where=sa.text("slot IS NOT NULL")
    )
    op.create_table(
        "discrepancy",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("box", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('short', 'over', 'damaged', 'misrouted', 'unknown', 'broken_seal')",
            name=op.f("discrepancy_kind_check"),
        ),
        sa.ForeignKeyConstraint(["box"], ["box.code"], name=op.f("discrepancy_box_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("discrepancy_entry_fkey")),
        sa.ForeignKeyConstraint(["manifest"], ["manifest.code"], name=op.f("discrepancy_manifest_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("discrepancy_place_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("discrepancy_pkey")),
    )
    op.create_index(
        "discrepancy_card_idx",
        "discrepancy",
        ["card"],
        unique=False,
        postgresql_where=sa.text("card IS NOT NULL"),
    )
    op.create_index(
        "discrepancy_manifest_idx",
        "discrepancy",
        ["manifest"],
        unique=False,
        postgresql_where=sa.text("manifest IS NOT NULL"),
    )
    op.create_index("discrepancy_place_code_idx", "discrepancy", ["place", "code"], unique=False)
    op.create_table(
        "document_print",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("copy_number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["document.number"], name=op.f("document_print_document_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("document_print_entry_fkey")),
        sa.PrimaryKeyConstraint("document", "copy_number", name=op.f("document_print_pkey")),
    )
    op.create_table(
        "entry_batch",
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("lifecycle", sa.Text(), server_default="batch", nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.CheckConstraint("lifecycle IN ('batch')", name=op.f("entry_batch_lifecycle_check")),
        sa.ForeignKeyConstraint(["batch"], ["batch.code"], name=op.f("entry_batch_batch_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("entry_batch_entry_fkey")),
        sa.ForeignKeyConstraint(
            ["lifecycle", "from_state", "step", "to_state"],
            ["legal_step.lifecycle", "legal_step.from_state", "legal_step.step", "legal_step.to_state"],
            name="entry_batch_legal_step_fkey",
        ),
        sa.PrimaryKeyConstraint("batch", "entry", name=op.f("entry_batch_pkey")),
    )
    op.create_table(
        "seal",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.code"], name=op.f("seal_batch_fkey")),
        sa.PrimaryKeyConstraint("number", name=op.f("seal_pkey")),
    )
    op.create_table(
        "discrepancy_resolution",
        sa.Column("discrepancy", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["discrepancy"], ["discrepancy.code"], name=op.f("discrepancy_resolution_discrepancy_fkey")
        ),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("discrepancy_resolution_entry_fkey")),
        sa.PrimaryKeyConstraint("discrepancy", name=op.f("discrepancy_resolution_pkey")),
    )
    op.create_table(
        "entry_card",
        sa.Column("card", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("lifecycle", sa.Text(), server_default="card", nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.CheckConstraint("lifecycle IN ('card')", name=op.f("entry_card_lifecycle_check")),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("entry_card_card_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("entry_card_entry_fkey")),
        sa.ForeignKeyConstraint(
            ["lifecycle", "from_state", "step", "to_state"],
            ["legal_step.lifecycle", "legal_step.from_state", "legal_step.step", "legal_step.to_state"],
            name="entry_card_legal_step_fkey",
        ),
        sa.PrimaryKeyConstraint("card", "entry", name=op.f("entry_card_pkey")),
    )
    op.create_table(
        "manifest_card",
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("card", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.code"], name=op.f("manifest_card_batch_fkey")),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("manifest_card_card_fkey")),
        sa.ForeignKeyConstraint(["manifest"], ["manifest.code"], name=op.f("manifest_card_manifest_fkey")),
        sa.PrimaryKeyConstraint("manifest", "card", name=op.f("manifest_card_pkey")),
    )
    op.create_table(
        "scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("card", sa.BigInteger(), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("belongs_to", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("discrepancy", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("scan_card_fkey")),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("scan_entry_fkey")),
        sa.ForeignKeyConstraint(["manifest"], ["manifest.code"], name=op.f("scan_manifest_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("scan_pkey")),
    )
    op.create_index("scan_code_idx", "scan", ["code"], unique=False, postgresql_where=sa.text("NOT accepted"))
    op.create_index(
        "scan_manifest_card_key",
        "scan",
        ["manifest", "card"],
        unique=True,
        postgresql_where=sa.text("accepted AND purpose = 'receive'"),
    )
    op.bulk_insert(
        sa.table(
            "legal_step", *(sa.column(c, sa.Text) for c in ("lifecycle", "from_state", "step", "to_state"))
        ),
        [dict(zip(("lifecycle", "from_state", "step", "to_state"), row, strict=True)) for row in LEGAL_STEPS],
    )
    op.execute(REFUSE)
    for table in APPEND_ONLY:
        # ENABLE ALWAYS: an ordinary trigger sleeps under session_replication_role = replica.
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
    # Rows that are updated again and again keep room beside themselves.
    op.execute("ALTER TABLE card SET (fillfactor = 80)")
    op.execute("ALTER TABLE slot SET (fillfactor = 50)")


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
