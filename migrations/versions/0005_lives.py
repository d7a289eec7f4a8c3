"""The whole life of a card: counter, returns, losses, disposal; who has it in hand, and when it was last seen.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: None = None
depends_on: None = None

# A migration is history: it repeats the lifecycles as they became, and imports nothing of ours.
NEW_STEPS = (
    ("card", "new", "collect", "received"),
    ("card", "delivered", "post_reminder", "delivered"),
    ("card", "dispatched", "post_reminder", "dispatched"),
    ("card", "held", "post_reminder", "held"),
    ("card", "in_transit", "post_reminder", "in_transit"),
    ("card", "out", "post_reminder", "out"),
    ("card", "packed", "post_reminder", "packed"),
    ("card", "ready", "post_reminder", "ready"),
    ("card", "received", "post_reminder", "received"),
    ("card", "stored", "post_reminder", "stored"),
    ("card", "delivered", "return_notice", "delivered"),
    ("card", "dispatched", "return_notice", "dispatched"),
    ("card", "held", "return_notice", "held"),
    ("card", "in_transit", "return_notice", "in_transit"),
    ("card", "out", "return_notice", "out"),
    ("card", "packed", "return_notice", "packed"),
    ("card", "ready", "return_notice", "ready"),
    ("card", "received", "return_notice", "received"),
    ("card", "stored", "return_notice", "stored"),
    ("card", "held", "pack", "packed"),
    ("card", "received", "pack", "packed"),
    ("card", "stored", "pack", "packed"),
    ("card", "packed", "take_back", "received"),
    ("card", "dispatched", "recall", "packed"),
    ("card", "ready", "put_away", "stored"),
    ("card", "approved", "sight", "approved"),
    ("card", "arrived", "sight", "arrived"),
    ("card", "held", "sight", "held"),
    ("card", "out", "sight", "out"),
    ("card", "picked", "sight", "picked"),
    ("card", "proposed", "sight", "proposed"),
    ("card", "ready", "sight", "ready"),
    ("card", "received", "sight", "received"),
    ("card", "stored", "sight", "stored"),
    ("card", "with_city", "sight", "with_city"),
    ("card", "stored", "take_out", "out"),
    ("card", "out", "put_back", "stored"),
    ("card", "out", "hand_to_city", "with_city"),
    ("card", "with_city", "take_from_city", "out"),
    ("card", "out", "issue", "issued"),
    ("card", "with_city", "issue", "issued"),
    ("card", "approved", "hold", "held"),
    ("card", "out", "hold", "held"),
    ("card", "picked", "hold", "held"),
    ("card", "proposed", "hold", "held"),
    ("card", "with_city", "hold", "held"),
    ("card", "approved", "miss", "missing"),
    ("card", "arrived", "miss", "missing"),
    ("card", "held", "miss", "missing"),
    ("card", "out", "miss", "missing"),
    ("card", "packed", "miss", "missing"),
    ("card", "picked", "miss", "missing"),
    ("card", "proposed", "miss", "missing"),
    ("card", "ready", "miss", "missing"),
    ("card", "received", "miss", "missing"),
    ("card", "stored", "miss", "missing"),
    ("card", "with_city", "miss", "missing"),
    ("card", "destroyed", "find", "held"),
    ("card", "issued", "find", "held"),
    ("card", "lost", "find", "held"),
    ("card", "transferred", "find", "held"),
    ("card", "missing", "confirm_lost", "lost"),
    ("card", "stored", "propose", "proposed"),
    ("card", "approved", "withdraw", "stored"),
    ("card", "picked", "withdraw", "stored"),
    ("card", "proposed", "withdraw", "stored"),
    ("card", "proposed", "approve", "approved"),
    ("card", "approved", "pick", "picked"),
    ("card", "picked", "destroy", "destroyed"),
    ("card", "arrived", "transfer", "transferred"),
    ("card", "held", "transfer", "transferred"),
    ("card", "ready", "transfer", "transferred"),
    ("card", "received", "transfer", "transferred"),
    ("card", "stored", "transfer", "transferred"),
    ("card", "arrived", "undo_check_in", "expected"),
    ("card", "received", "undo_receive", "delivered"),
    ("card", "stored", "undo_put_away", "received"),
    ("card", "issued", "undo_issue", "out"),
    ("batch", "dispatched", "recall", "sealed"),
)
CARD_STATES = (
    "new",
    "expected",
    "arrived",
    "ready",
    "packed",
    "dispatched",
    "in_transit",
    "delivered",
    "received",
    "stored",
    "out",
    "with_city",
    "issued",
    "held",
    "missing",
    "lost",
    "proposed",
    "approved",
    "picked",
    "destroyed",
    "transferred",
)
# Seen by somebody, among the steps that there were.
SIGHTINGS = ("accept", "check_in", "find", "hold", "move", "pack", "put_away", "readmit", "receive", "unpack")
IN_SLOT = ("approved", "picked", "proposed", "stored")
IN_HAND = ("out", "with_city")


def listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def upgrade() -> None:
    legal_step = sa.table(
        "legal_step", *(sa.column(name) for name in ("lifecycle", "from_state", "step", "to_state"))
    )
    op.bulk_insert(
        legal_step,
        [dict(zip(("lifecycle", "from_state", "step", "to_state"), row, strict=True)) for row in NEW_STEPS],
    )
    op.add_column("card", sa.Column("holder", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("card_holder_fkey"), "card", "person", ["holder"], ["code"])
    op.add_column("card", sa.Column("sighted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE card SET sighted_at = ("  # noqa: S608
        "SELECT max(entry.occurred_at) FROM entry_card AS moved JOIN entry ON entry.id = moved.entry"
        f" WHERE moved.card = card.id AND moved.step IN ({listed(SIGHTINGS)}))"
    )
    op.add_column("card", sa.Column("reminded_on", sa.Date(), nullable=True))
    op.add_column("card", sa.Column("notice_returned_on", sa.Date(), nullable=True))
    op.alter_column("card", "box", nullable=True)
    op.drop_constraint(op.f("card_state_check"), "card")
    op.create_check_constraint(op.f("card_state_check"), "card", f"state IN ({listed(CARD_STATES)})")
    op.drop_constraint(op.f("card_slot_check"), "card")
    op.create_check_constraint(
        op.f("card_slot_check"), "card", f"(state IN ({listed(IN_SLOT)})) = (slot IS NOT NULL)"
    )
    op.create_check_constraint(
        op.f("card_holder_check"), "card", f"(state IN ({listed(IN_HAND)})) = (holder IS NOT NULL)"
    )


def downgrade() -> None:
    raise NotImplementedError("The custody log is never taken back. Restore a backup instead.")
