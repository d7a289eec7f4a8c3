"""Registers of people, of who may carry and of where cards may lie; what is not in them can do or hold nothing.

People need a row of the register, a pledge and a training: `logistics seed` brings those of the demonstration.

Revision ID: 0021
Revises: 0020
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
TABLES = ("registration", "pledge", "training", "consent", "premises", "staffing", "roster")
ROLES = (
    "overall_manager",
    "manager",
    "leader",
    "worker",
    "city",
    "auditor",
    "privacy_head",
    "privacy_manager",
    "system",
    "courier",
    "service",
)
EMPLOYMENTS = ("regular", "full_time", "part_time", "temporary", "city", "none")
PERIOD = ("number", "courier", "valid_from", "valid_to")

GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON {", ".join(TABLES)} TO {SERVICE};
        REVOKE INSERT ON staffing FROM {SERVICE};
        GRANT INSERT ON person TO {SERVICE};
    END IF;
END
$$
"""  # noqa: S608 - constants only

# A vault that is in use was registered when the contract began; its leader keeps the key.
IN_USE = """
INSERT INTO premises (number, place, room, vault, lock_type, key_holder, registered_on, recorded_at)
SELECT 'R8-保管-' || vault.code, vault.place, '執務室', vault.code, vault.lock_type, keeper.code, DATE '2026-04-01', now()
FROM vault
CROSS JOIN LATERAL (
    SELECT code FROM person
    WHERE person.place = vault.place AND role IN ('overall_manager', 'manager', 'leader')
    ORDER BY code LIMIT 1
) AS keeper
"""
CARRIED = """
UPDATE run
SET consent = consent.number, consent_from = consent.valid_from, consent_to = consent.valid_to
FROM consent
WHERE consent.courier = run.courier AND run.day BETWEEN consent.valid_from AND consent.valid_to
"""


def listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    _people()
    _places()
    _planning()
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
    op.execute(GRANT)


def _recorded(table: str) -> list[Any]:
    return [
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        text("recorded_by", nullable=True),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.code"], name=op.f(f"{table}_recorded_by_fkey")),
    ]


def _people() -> None:
    op.create_table(
        "registration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        text("person"),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        text("name"),
        text("role"),
        text("place", nullable=True),
        text("courier", nullable=True),
        text("employer"),
        text("employment"),
        sa.Column("registered_from", sa.Date(), nullable=False),
        sa.Column("registered_to", sa.Date(), nullable=False),
        text("deputises", nullable=True),
        text("reason"),
        *_recorded("registration"),
        text("approval", nullable=True),
        sa.CheckConstraint(f"role IN ({listed(ROLES)})", name=op.f("registration_role_check")),
        sa.CheckConstraint(
            f"employment IN ({listed(EMPLOYMENTS)})", name=op.f("registration_employment_check")
        ),
        sa.CheckConstraint("(place IS NULL) <> (courier IS NULL)", name=op.f("registration_belongs_check")),
        sa.CheckConstraint(
            "(role = 'courier') = (courier IS NOT NULL)", name=op.f("registration_crew_check")
        ),
        sa.CheckConstraint("registered_to >= registered_from", name=op.f("registration_registered_to_check")),
        sa.CheckConstraint(
            "(deputises IS NULL) = (effective_to IS NULL) AND effective_to >= effective_from",
            name=op.f("registration_effective_to_check"),
        ),
        sa.CheckConstraint("deputises IS NULL OR role = 'leader'", name=op.f("registration_deputises_check")),
        sa.CheckConstraint(
            "role <> 'overall_manager' OR employment = 'regular'",
            name=op.f("registration_overall_manager_check"),
        ),
        sa.CheckConstraint(
            "role <> 'manager' OR employment IN ('regular', 'full_time')",
            name=op.f("registration_manager_check"),
        ),
        sa.CheckConstraint("recorded_by <> person", name=op.f("registration_not_oneself_check")),
        sa.CheckConstraint(
            "(recorded_by IS NULL) = (approval IS NULL)", name=op.f("registration_approved_check")
        ),
        sa.ForeignKeyConstraint(
            ["approval"], ["approval_use.approval"], name=op.f("registration_approval_fkey")
        ),
        sa.ForeignKeyConstraint(["courier"], ["courier.code"], name=op.f("registration_courier_fkey")),
        sa.ForeignKeyConstraint(["deputises"], ["person.code"], name=op.f("registration_deputises_fkey")),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("registration_person_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("registration_place_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("registration_pkey")),
        sa.UniqueConstraint("approval", name=op.f("registration_approval_key")),
    )
    op.create_index(
        "registration_person_effective_from_idx", "registration", ["person", "effective_from", "id"]
    )
    op.create_index("registration_place_role_idx", "registration", ["place", "role"])
    op.create_index(
        "registration_first_key",
        "registration",
        ["person"],
        unique=True,
        postgresql_where=sa.text("recorded_by IS NULL"),
    )
    op.create_table(
        "pledge",
        text("person"),
        sa.Column("received_on", sa.Date(), nullable=False),
        text("reference"),
        *_recorded("pledge"),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("pledge_person_fkey")),
        sa.PrimaryKeyConstraint("person", "received_on", name=op.f("pledge_pkey")),
    )
    op.create_table(
        "training",
        text("person"),
        sa.Column("held_on", sa.Date(), nullable=False),
        text("topic"),
        sa.Column("valid_to", sa.Date(), nullable=False),
        text("reference"),
        *_recorded("training"),
        sa.CheckConstraint("valid_to >= held_on", name=op.f("training_valid_to_check")),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name=op.f("training_person_fkey")),
        sa.PrimaryKeyConstraint("person", "held_on", "topic", name=op.f("training_pkey")),
    )


def _places() -> None:
    op.create_table(
        "consent",
        text("number"),
        text("courier"),
        text("scope"),
        text("contract"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        *_recorded("consent"),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("consent_valid_to_check")),
        sa.ForeignKeyConstraint(["courier"], ["courier.code"], name=op.f("consent_courier_fkey")),
        sa.PrimaryKeyConstraint("number", name=op.f("consent_pkey")),
        sa.UniqueConstraint(*PERIOD, name="consent_period_key"),
    )
    op.create_index(op.f("consent_courier_idx"), "consent", ["courier"])
    op.execute(
        "INSERT INTO consent (number, courier, scope, contract, valid_from, valid_to, recorded_at)"
        " SELECT consent_number, code, '分室と拠点の間の運搬', consent_number, valid_from, valid_to, now()"
        " FROM courier"
    )
    op.add_column("run", sa.Column("consent", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("consent_from", sa.Date(), nullable=True))
    op.add_column("run", sa.Column("consent_to", sa.Date(), nullable=True))
    op.execute(CARRIED)
    op.create_foreign_key(
        "run_consent_fkey",
        "run",
        "consent",
        ["consent", "courier", "consent_from", "consent_to"],
        list(PERIOD),
    )
    op.create_check_constraint(
        op.f("run_consent_check"),
        "run",
        "(departed_at IS NULL OR consent IS NOT NULL)"
        " AND (consent IS NULL) = (consent_from IS NULL) AND (consent IS NULL) = (consent_to IS NULL)"
        " AND day BETWEEN consent_from AND consent_to",
    )
    op.create_table(
        "premises",
        text("number"),
        text("place"),
        text("room"),
        text("vault", nullable=True),
        text("lock_type"),
        text("key_holder"),
        sa.Column("registered_on", sa.Date(), nullable=False),
        *_recorded("premises"),
        sa.CheckConstraint("lock_type <> ''", name=op.f("premises_lock_type_check")),
        sa.ForeignKeyConstraint(["key_holder"], ["person.code"], name=op.f("premises_key_holder_fkey")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("premises_place_fkey")),
        sa.ForeignKeyConstraint(["vault"], ["vault.code"], name=op.f("premises_vault_fkey")),
        sa.PrimaryKeyConstraint("number", name=op.f("premises_pkey")),
        sa.UniqueConstraint("number", "vault", name="premises_vault_key"),
    )
    op.create_index(op.f("premises_place_idx"), "premises", ["place"])
    op.create_index(op.f("premises_vault_idx"), "premises", ["vault"])
    op.execute(IN_USE)
    op.add_column("slot", sa.Column("registration", sa.Text(), nullable=True))
    op.execute(
        "UPDATE slot SET registration = premises.number FROM premises WHERE premises.vault = slot.vault"
    )
    op.create_foreign_key(
        "slot_registration_fkey", "slot", "premises", ["registration", "vault"], ["number", "vault"]
    )
    op.create_check_constraint(
        op.f("slot_registered_check"), "slot", "occupied = 0 OR registration IS NOT NULL"
    )


def _planning() -> None:
    op.create_table(
        "staffing",
        text("place"),
        text("service"),
        sa.Column("managers", sa.Integer(), nullable=False),
        sa.Column("leaders", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "leaders >= 0 AND staff >= 0 AND managers >= 0", name=op.f("staffing_people_check")
        ),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("staffing_place_fkey")),
        sa.PrimaryKeyConstraint("place", "service", name=op.f("staffing_pkey")),
    )
    op.create_table(
        "roster",
        text("place"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("people", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        text("recorded_by"),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.code"], name=op.f("roster_recorded_by_fkey")),
        sa.CheckConstraint("version >= 1", name=op.f("roster_version_check")),
        sa.ForeignKeyConstraint(["place"], ["place.code"], name=op.f("roster_place_fkey")),
        sa.PrimaryKeyConstraint("place", "day", "version", name=op.f("roster_pkey")),
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
