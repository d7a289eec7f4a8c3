"""What the city supplies and lends; the end of the contract, and what becomes of spent papers.

Revision ID: 0026
Revises: 0025
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: None = None
depends_on: None = None

SERVICE = "logistics_service"
WRITTEN_ONCE = (
    "supply_item",
    "supply_move",
    "succession",
    "succession_card",
    "succession_end",
    "succession_acknowledgement",
    "spent_paper",
)
GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE}') THEN
        GRANT SELECT, INSERT ON {", ".join(WRITTEN_ONCE)}, supply_stock TO {SERVICE};
        REVOKE INSERT ON supply_item FROM {SERVICE};
        GRANT UPDATE ON supply_stock TO {SERVICE};
        GRANT INSERT ON party TO {SERVICE};
    END IF;
END
$$
"""  # noqa: S608 - constants only
MOVES = "'received', 'moved_in', 'used', 'returned', 'lost', 'moved_out'"
# As the contract's year began; `logistics seed` brings the same.
ITEMS = (
    ("seal", "封印シール（連番）", "枚", False),
    ("envelope", "送付用封筒", "枚", False),
    ("notice_paper", "交付通知書用紙", "枚", False),
    ("bag", "搬送袋", "枚", True),
    ("box", "搬送箱", "個", True),
    ("key", "保管庫の鍵", "本", True),
)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=False)


def time(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"{table}_{column}_fkey"))


def check(table: str, name: str, that: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(that, name=op.f(f"{table}_{name}_check"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"{table}_pkey"))


def upgrade() -> None:
    _supplies()
    _succession()
    _ends()
    for table in WRITTEN_ONCE:
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


def _supplies() -> None:
    item = op.create_table(
        "supply_item",
        text("code"),
        text("name"),
        text("unit"),
        sa.Column("lent", sa.Boolean(), nullable=False),
        check("supply_item", "code", "code ~ '^[a-z_]{1,40}$'"),
        primary("supply_item", "code"),
    )
    rows = [dict(zip(("code", "name", "unit", "lent"), values, strict=True)) for values in ITEMS]
    op.bulk_insert(item, rows)
    op.create_table(
        "supply_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        text("item"),
        text("place"),
        text("move"),
        count("pieces"),
        day("day"),
        text("city", nullable=True),
        text("other_place", nullable=True),
        text("reason", nullable=True),
        text("document", nullable=True),
        text("recorded_by"),
        time("recorded_at"),
        whole("entry"),
        check("supply_move", "move", f"move IN ({MOVES})"),
        check("supply_move", "pieces", "pieces > 0"),
        check("supply_move", "city", "(move IN ('received', 'returned')) = (city IS NOT NULL)"),
        check(
            "supply_move",
            "other_place",
            "(move IN ('moved_in', 'moved_out')) = (other_place IS NOT NULL) AND other_place <> place",
        ),
        check("supply_move", "reason", "move <> 'lost' OR reason IS NOT NULL"),
        check("supply_move", "document", "move <> 'received' OR document IS NOT NULL"),
        refers("supply_move", "item", "supply_item.code"),
        refers("supply_move", "place", "place.code"),
        refers("supply_move", "city", "person.code"),
        refers("supply_move", "other_place", "place.code"),
        refers("supply_move", "document", "document.number"),
        refers("supply_move", "recorded_by", "person.code"),
        refers("supply_move", "entry", "entry.id"),
        primary("supply_move", "id"),
    )
    op.create_index("supply_move_place_day_idx", "supply_move", ["place", "day", "id"])
    op.create_table(
        "supply_stock",
        text("item"),
        text("place"),
        count("balance"),
        check("supply_stock", "balance", "balance >= 0"),
        refers("supply_stock", "item", "supply_item.code"),
        refers("supply_stock", "place", "place.code"),
        primary("supply_stock", "item", "place"),
    )


def _succession() -> None:
    op.create_table(
        "succession",
        text("code"),
        text("receiver"),
        text("successor"),
        text("reference"),
        text("directed_by"),
        count("cards"),
        text("opened_by"),
        time("opened_at"),
        whole("entry"),
        check("succession", "receiver", "receiver IN ('contractor', 'city')"),
        check("succession", "cards", "cards >= 0"),
        refers("succession", "directed_by", "person.code"),
        refers("succession", "opened_by", "person.code"),
        refers("succession", "entry", "entry.id"),
        primary("succession", "code"),
    )
    op.create_table(
        "succession_card",
        text("succession"),
        whole("card"),
        text("place"),
        text("slot", nullable=True),
        text("state"),
        refers("succession_card", "succession", "succession.code"),
        refers("succession_card", "card", "card.id"),
        refers("succession_card", "place", "place.code"),
        primary("succession_card", "succession", "card"),
    )


def _ends() -> None:
    op.create_table(
        "succession_end",
        text("succession"),
        text("document", nullable=True),
        text("reason", nullable=True),
        text("ended_by"),
        time("ended_at"),
        whole("entry"),
        check("succession_end", "document", "(document IS NULL) = (reason IS NOT NULL)"),
        refers("succession_end", "succession", "succession.code"),
        refers("succession_end", "document", "document.number"),
        refers("succession_end", "ended_by", "person.code"),
        refers("succession_end", "entry", "entry.id"),
        primary("succession_end", "succession"),
        sa.UniqueConstraint("document", name=op.f("succession_end_document_key")),
    )
    op.create_table(
        "succession_acknowledgement",
        text("succession"),
        text("side"),
        text("person"),
        text("named"),
        text("sha256"),
        time("acknowledged_at"),
        whole("entry"),
        check("succession_acknowledgement", "side", "side IN ('giver', 'taker')"),
        refers("succession_acknowledgement", "succession", "succession_end.succession"),
        refers("succession_acknowledgement", "person", "person.code"),
        refers("succession_acknowledgement", "entry", "entry.id"),
        primary("succession_acknowledgement", "succession", "side"),
        sa.UniqueConstraint("succession", "person", name="succession_acknowledgement_person_key"),
    )
    op.create_table(
        "spent_paper",
        text("manifest"),
        text("place"),
        text("how"),
        day("day"),
        text("recorded_by"),
        time("recorded_at"),
        whole("entry"),
        check("spent_paper", "how", "how IN ('returned', 'destroyed')"),
        refers("spent_paper", "manifest", "manifest.code"),
        refers("spent_paper", "place", "place.code"),
        refers("spent_paper", "recorded_by", "person.code"),
        refers("spent_paper", "entry", "entry.id"),
        primary("spent_paper", "manifest"),
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
