"""What arrives, is carried and is kept: boxes, runs, manifests, containers, cards."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

from logistics.rules.lifecycle import IN_BATCH, IN_HAND, IN_SLOT, BatchState, CardState
from logistics.rules.returns import WhyReturned
from logistics.store.tables.columns import key, listed, one_of, text, time


class Arrival(SQLModel, table=True):
    """One imported arrival list."""

    code: str = text(primary_key=True)
    imported_at: datetime = time()
    imported_by: str = key("person.code")
    digest: bytes = Field(unique=True)
    cards: int


class Box(SQLModel, table=True):
    """A small box of an arrival; `label` is what the list calls it."""

    __table_args__ = (sa.UniqueConstraint("arrival", "label"),)
    code: str = text(primary_key=True)
    arrival: str = key("arrival.code")
    label: str = text()
    cards: int
    opened_at: datetime | None = time(default=None)
    opened_by: str | None = key("person.code", default=None)
    closed_at: datetime | None = time(default=None)
    closed_by: str | None = key("person.code", default=None)
    emptied_by: str | None = key("person.code", default=None)


class Run(SQLModel, table=True):
    """One departure on one weekday (contract 8(4)ア(エ): weekdays only, one run a day)."""

    __table_args__ = (
        sa.UniqueConstraint("day", "sequence"),
        sa.CheckConstraint("sequence = 1", name="sequence"),
        # Nobody leaves without a consent that is in force on the day (appendix 1 articles 9, 10-10).
        sa.ForeignKeyConstraint(
            ["consent", "courier", "consent_from", "consent_to"],
            ["consent.number", "consent.courier", "consent.valid_from", "consent.valid_to"],
            name="run_consent_fkey",
        ),
        sa.CheckConstraint(
            "(departed_at IS NULL OR consent IS NOT NULL)"
            " AND (consent IS NULL) = (consent_from IS NULL) AND (consent IS NULL) = (consent_to IS NULL)"
            " AND day BETWEEN consent_from AND consent_to",
            name="consent",
        ),
    )
    code: str = text(primary_key=True)
    day: date
    sequence: int = 1
    courier: str | None = key("courier.code", default=None)
    crew: list[str] = Field(default_factory=list, sa_type=pg.ARRAY(sa.Text))
    vehicle: str | None = text(default=None)
    departed_at: datetime | None = time(default=None)
    consent: str | None = text(default=None)
    consent_from: date | None = None
    consent_to: date | None = None


class Manifest(SQLModel, table=True):
    """What one run carries from one place to another; written at dispatch, then stamped once per change of hands."""

    __table_args__ = (sa.UniqueConstraint("run", "origin", "destination"),)
    code: str = text(primary_key=True)
    run: str = key("run.code")
    origin: str = key("place.code")
    destination: str = key("place.code")
    transfer_slip: str = text(unique=True)
    cards: int
    recalled: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    dispatched_at: datetime = time()
    dispatched_by: str = key("person.code")
    taken_over_at: datetime | None = time(default=None)
    taken_over_by: str | None = key("person.code", default=None)
    arrived_at: datetime | None = time(default=None)
    arrived_by: str | None = key("person.code", default=None)
    closed_at: datetime | None = time(default=None)
    closed_by: str | None = key("person.code", default=None)
    receipt: str | None = text(unique=True, default=None)


class ManifestCard(SQLModel, table=True):
    """The frozen lines of a manifest."""

    __tablename__ = "manifest_card"
    manifest: str = key("manifest.code", primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    batch: str = key("batch.code")
    position: int


class Batch(SQLModel, table=True):
    """A container for one run and one place: from the annex to a site, or back from a site to the annex."""

    __table_args__ = (
        one_of("state", BatchState),
        sa.Index("batch_run_destination_idx", "run", "destination"),
    )
    code: str = text(primary_key=True)
    run: str = key("run.code")
    origin: str = key("place.code")
    destination: str = key("place.code")
    state: str = text()
    place: str = key("place.code")
    custodian: str = key("party.code")
    manifest: str | None = key("manifest.code", default=None, index=True)
    opened_at: datetime = time()
    seal_number: str | None = text(default=None)
    sealed_cards: int | None = None
    sealed_at: datetime | None = time(default=None)
    loaded_at: datetime | None = time(default=None)


class ReturnReason(SQLModel, table=True):
    """Why a card was put into a return batch; the last one before the batch left is what its paper says."""

    __tablename__ = "return_reason"
    __table_args__ = (one_of("reason", WhyReturned),)
    batch: str = key("batch.code", primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), primary_key=True))
    reason: str = text()


class Seal(SQLModel, table=True):
    """A seal number is used once, for ever."""

    number: str = text(primary_key=True)
    batch: str = key("batch.code")
    applied_at: datetime = time()


class Card(SQLModel, table=True):
    """One card: exactly one state, one place, one custodian. Only the gate writes here."""

    __table_args__ = (
        one_of("state", CardState),
        sa.CheckConstraint(f"(state IN ({listed(sorted(IN_SLOT))})) = (slot IS NOT NULL)", name="slot"),
        sa.CheckConstraint(f"(state IN ({listed(sorted(IN_HAND))})) = (holder IS NOT NULL)", name="holder"),
        sa.CheckConstraint(f"state NOT IN ({listed(sorted(IN_BATCH))}) OR batch IS NOT NULL", name="batch"),
        # What lies where and for how long is counted from it alone, in its order.
        sa.Index(
            "card_stock_idx", "place", "state", "kind", "first_notice_on", "reminded_on", "notice_returned_on"
        ),
        sa.Index("card_batch_idx", "batch", postgresql_where=sa.text("batch IS NOT NULL")),
        sa.Index("card_slot_idx", "slot", postgresql_where=sa.text("slot IS NOT NULL")),
        sa.Index("card_holder_idx", "holder", postgresql_where=sa.text("holder IS NOT NULL")),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    code: str = text(unique=True)
    kind: str = key("kind.code")
    state: str = text()
    place: str = key("place.code")
    custodian: str = key("party.code")
    destination: str = key("place.code")
    box: str | None = key("box.code", default=None, index=True)
    batch: str | None = key("batch.code", default=None)
    slot: str | None = key("slot.code", default=None)
    holder: str | None = key("person.code", default=None)
    sighted_at: datetime | None = time(default=None)
    set_up_on: date | None = None
    first_notice_on: date | None = None
    reminded_on: date | None = None
    notice_returned_on: date | None = None
