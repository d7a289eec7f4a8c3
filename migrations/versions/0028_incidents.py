"""Incidents with their course, evidence and corrective actions, emergency contacts, and files attached to things.

Revision ID: 0028
Revises: 0027
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
TABLES = (
    "stored_file",
    "attachment",
    "incident",
    "incident_item",
    "incident_event",
    "corrective_action",
    "corrective_action_end",
    "incident_evidence",
    "contact_sheet",
    "contact_line",
)
STEPS = (
    ("new", "open", "open"),
    ("open", "first_report", "reported"),
    ("reported", "follow_up", "reported"),
    ("reported", "final_report", "final"),
    ("final", "send_back", "reported"),
    ("final", "close", "closed"),
)
KINDS = (
    "loss",
    "theft",
    "wrong_handover",
    "misdelivery",
    "leak",
    "damage",
    "wrong_disposal",
    "found_after_disposal",
    "broken_seal",
    "system",
    "other",
)
EVENTS = (
    "step",
    "course",
    "told_city",
    "contained",
    "contacted",
    "recovered",
    "cause",
    "prevention",
    "reportable",
    "malicious",
    "item",
    "evidence",
    "action",
)
LEGAL = ("lifecycle", "from_state", "step", "to_state")

GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON {", ".join(TABLES)} TO {SERVICE};
    END IF;
END
$$
"""


def number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def whole(name: str, *, big: bool = False) -> sa.Column[int]:
    kind = sa.BigInteger() if big else sa.Integer()
    return sa.Column(name, kind, nullable=False, autoincrement=False)


def flag(name: str, *, nullable: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=nullable)


def time(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def digest(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"{table}_{column}_fkey"))


def check(table: str, name: str, that: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(that, name=op.f(f"{table}_{name}_check"))


def one_of(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return check(table, column, f"{column} IN ({', '.join(repr(value) for value in values)})")


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"{table}_pkey"))


def by(table: str, person: str, at: str) -> list[Any]:
    """Who wrote a row, when, and the entry that tells it."""
    return [
        text(person),
        time(at),
        whole("entry", big=True),
        refers(table, person, "person.code"),
        refers(table, "entry", "entry.id"),
    ]


def upgrade() -> None:
    legal = sa.table("legal_step", *(sa.column(name, sa.Text) for name in LEGAL))
    op.bulk_insert(
        legal,
        [dict(zip(LEGAL, ("incident", a, step, b), strict=True)) for a, step, b in STEPS],
    )
    _files()
    _incidents()
    _course()
    _contacts()
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


def _files() -> None:
    op.create_table(
        "stored_file",
        digest("sha256"),
        text("media_type"),
        whole("size"),
        digest("content"),
        time("stored_at"),
        check("stored_file", "sha256", "sha256 = sha256(content)"),
        check("stored_file", "size", "size = octet_length(content) AND size > 0"),
        primary("stored_file", "sha256"),
    )
    # Pictures are packed already.
    op.execute("ALTER TABLE stored_file ALTER COLUMN content SET STORAGE EXTERNAL")
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        text("subject_type"),
        text("subject"),
        text("place"),
        text("name"),
        digest("received_sha256"),
        digest("file"),
        *by("attachment", "added_by", "added_at"),
        one_of("attachment", "subject_type", ("incident", "discrepancy", "destruction")),
        refers("attachment", "place", "place.code"),
        refers("attachment", "file", "stored_file.sha256"),
        primary("attachment", "id"),
    )
    op.create_index("attachment_subject_idx", "attachment", ["subject_type", "subject"])


def _incidents() -> None:
    op.create_table(
        "incident",
        text("code"),
        text("kind"),
        text("place"),
        text("happened"),
        time("noticed_at"),
        flag("by_itself"),
        *by("incident", "opened_by", "opened_at"),
        one_of("incident", "kind", KINDS),
        refers("incident", "place", "place.code"),
        primary("incident", "code"),
    )
    op.create_index("incident_place_code_idx", "incident", ["place", "code"])
    op.create_table(
        "incident_item",
        number(),
        text("incident"),
        text("code"),
        flag("pin_set", nullable=True),
        *by("incident_item", "added_by", "added_at"),
        refers("incident_item", "incident", "incident.code"),
        primary("incident_item", "id"),
    )
    op.create_index("incident_item_incident_code_idx", "incident_item", ["incident", "code", "id"])
    op.create_index(op.f("incident_item_code_idx"), "incident_item", ["code"])
    op.create_table(
        "incident_evidence",
        number(),
        text("incident"),
        digest("file"),
        whole("entries"),
        *by("incident_evidence", "frozen_by", "frozen_at"),
        refers("incident_evidence", "incident", "incident.code"),
        refers("incident_evidence", "file", "stored_file.sha256"),
        primary("incident_evidence", "id"),
    )
    op.create_index("incident_evidence_incident_id_idx", "incident_evidence", ["incident", "id"])


def _course() -> None:
    op.create_table(
        "incident_event",
        number(),
        text("incident"),
        text("kind"),
        time("occurred_at"),
        text("words"),
        text("whom", nullable=True),
        flag("decided", nullable=True),
        text("document", nullable=True),
        text("lifecycle", nullable=True),
        text("from_state", nullable=True),
        text("step", nullable=True),
        text("to_state", nullable=True),
        *by("incident_event", "recorded_by", "recorded_at"),
        one_of("incident_event", "kind", EVENTS),
        check("incident_event", "step", "(kind = 'step') = (step IS NOT NULL)"),
        check(
            "incident_event",
            "decided",
            "(kind IN ('reportable', 'malicious')) = (decided IS NOT NULL)",
        ),
        check(
            "incident_event",
            "states",
            "(step IS NULL) = (from_state IS NULL) AND (step IS NULL) = (to_state IS NULL)"
            " AND (step IS NULL) = (lifecycle IS NULL) AND (lifecycle IS NULL OR lifecycle = 'incident')",
        ),
        refers("incident_event", "incident", "incident.code"),
        refers("incident_event", "document", "document.number"),
        sa.ForeignKeyConstraint(
            list(LEGAL), [f"legal_step.{name}" for name in LEGAL], name="incident_event_legal_step_fkey"
        ),
        primary("incident_event", "id"),
    )
    op.create_index("incident_event_incident_id_idx", "incident_event", ["incident", "id"])
    op.create_table(
        "corrective_action",
        text("incident"),
        whole("number"),
        text("what"),
        text("responsible"),
        sa.Column("due_on", sa.Date(), nullable=False),
        *by("corrective_action", "recorded_by", "recorded_at"),
        refers("corrective_action", "incident", "incident.code"),
        refers("corrective_action", "responsible", "person.code"),
        primary("corrective_action", "incident", "number"),
    )
    op.create_table(
        "corrective_action_end",
        text("incident"),
        whole("number"),
        text("how"),
        text("words"),
        *by("corrective_action_end", "ended_by", "ended_at"),
        one_of("corrective_action_end", "how", ("done", "dropped")),
        sa.ForeignKeyConstraint(
            ["incident", "number"],
            ["corrective_action.incident", "corrective_action.number"],
            name="corrective_action_end_incident_fkey",
        ),
        primary("corrective_action_end", "incident", "number"),
    )


def _contacts() -> None:
    op.create_table(
        "contact_sheet",
        whole("version"),
        text("reason"),
        text("document"),
        *by("contact_sheet", "recorded_by", "recorded_at"),
        refers("contact_sheet", "document", "document.number"),
        primary("contact_sheet", "version"),
    )
    op.create_table(
        "contact_line",
        whole("version"),
        whole("position"),
        text("party"),
        text("duty"),
        text("name"),
        text("phone"),
        text("hours"),
        text("mail", nullable=True),
        flag("notified"),
        check("contact_line", "notified", "NOT notified OR mail IS NOT NULL"),
        refers("contact_line", "version", "contact_sheet.version"),
        primary("contact_line", "version", "position"),
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
