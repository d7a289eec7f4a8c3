"""All tables. Codes are text, times aware, states text with a CHECK from the lifecycle.

Table classes define the schema and serve simple selects; the hot paths are SQL. No relationships: write the
join. Triggers, `legal_step` rows and append-only rules are in the migrations.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlmodel import Field, SQLModel

from logistics.rules.lifecycle import IN_BATCH, IN_HAND, IN_SLOT, BatchState, CardState

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class TransactionId(sa.types.UserDefinedType[int]):
    """PostgreSQL's xid8: a transaction id that never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return "xid8"


# Without it, comparing the schema with the tables would not know the type.
ischema_names["xid8"] = TransactionId

# Tables whose rows are written once: UPDATE, DELETE and TRUNCATE are refused by triggers.
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
    "log_identity",
    "leaf",
    "node",
    "checkpoint",
)
# Tables that the service may change, besides adding to them; it deletes nowhere.
CHANGEABLE = ("box", "run", "manifest", "batch", "card", "slot", "numbering")


def _text(**options: Any) -> Any:
    return Field(sa_type=sa.Text, **options)


def _key(target: str, **options: Any) -> Any:
    return Field(sa_type=sa.Text, foreign_key=target, **options)


def _time(**options: Any) -> Any:
    return Field(sa_type=sa.DateTime(timezone=True), **options)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({_listed(values)})", name=column)


def _partial(name: str, first: str, second: str) -> sa.Index:
    """An index of the rows that have a `first`."""
    return sa.Index(name, first, second, postgresql_where=sa.text(f"{first} IS NOT NULL"))


# Recorded more than a moment after it occurred: by a site that was offline.
_LATE = "recorded_at - occurred_at > INTERVAL '1 minute'"


class LegalStep(SQLModel, table=True):
    """The edges of both lifecycles; custody entries refer to them, so the service can record no other, not even by psql."""

    __tablename__ = "legal_step"
    lifecycle: str = _text(primary_key=True)
    from_state: str = _text(primary_key=True)
    step: str = _text(primary_key=True)
    to_state: str = _text(primary_key=True)


class Party(SQLModel, table=True):
    """Who can hold custody: a place of ours, or a courier."""

    code: str = _text(primary_key=True)
    name: str = _text()


class Place(SQLModel, table=True):
    """The annex, the 13 sites, and one vehicle per courier; `party` is who answers for what lies there."""

    __table_args__ = (_one_of("kind", ("annex", "counter", "center", "vehicle")),)
    code: str = _text(primary_key=True)
    number: int = Field(unique=True)
    slug: str = _text(unique=True)
    name: str = _text()
    short_name: str = _text()
    kind: str = _text()
    address: str = _text()
    windows: int
    party: str = _key("party.code")


class Courier(SQLModel, table=True):
    """A company that may carry, with the consent that lets it (appendix 1 articles 9 and 10-10)."""

    code: str = _key("party.code", primary_key=True)
    name: str = _text()
    consent_number: str = _text()
    valid_from: date
    valid_to: date


class Person(SQLModel, table=True):
    """A named member of staff. `place` is null for courier crew; `courier` is null for all others."""

    __table_args__ = (sa.CheckConstraint("(place IS NULL) <> (courier IS NULL)", name="belongs"),)
    code: str = _text(primary_key=True)
    name: str = _text()
    role: str = _text()
    place: str | None = _key("place.code", default=None)
    courier: str | None = _key("courier.code", default=None)


class Kind(SQLModel, table=True):
    """An item kind with the dates between which it may be handled."""

    code: str = _text(primary_key=True)
    name: str = _text()
    starts_on: date
    ends_on: date | None = None


class Vault(SQLModel, table=True):
    """A lockable store at a place."""

    code: str = _text(primary_key=True)
    place: str = _key("place.code", index=True)
    name: str = _text()
    lock_type: str = _text()


class Slot(SQLModel, table=True):
    """Where cards lie. `occupied` is kept by the gate; the CHECK is the hard capacity."""

    __table_args__ = (sa.CheckConstraint("occupied BETWEEN 0 AND capacity", name="capacity"),)
    code: str = _text(primary_key=True)
    vault: str = _key("vault.code", index=True)
    place: str = _key("place.code", index=True)
    shelf: str = _text()
    position: int
    capacity: int
    occupied: int = 0


class CalendarOverride(SQLModel, table=True):
    """A dated exception to the calendar's rules, with its reason and who approved it."""

    __tablename__ = "calendar_override"
    id: int | None = Field(default=None, primary_key=True)
    day: date = Field(index=True)
    record: str = _text()


class Numbering(SQLModel, table=True):
    """The last number given out in a series; papers are numbered without gaps."""

    series: str = _text(primary_key=True)
    last: int


class Arrival(SQLModel, table=True):
    """One imported arrival list."""

    code: str = _text(primary_key=True)
    imported_at: datetime = _time()
    imported_by: str = _key("person.code")
    digest: bytes = Field(unique=True)
    cards: int


class Box(SQLModel, table=True):
    """A small box of an arrival; `label` is what the list calls it."""

    __table_args__ = (sa.UniqueConstraint("arrival", "label"),)
    code: str = _text(primary_key=True)
    arrival: str = _key("arrival.code")
    label: str = _text()
    cards: int
    opened_at: datetime | None = _time(default=None)
    opened_by: str | None = _key("person.code", default=None)
    closed_at: datetime | None = _time(default=None)
    closed_by: str | None = _key("person.code", default=None)
    emptied_by: str | None = _key("person.code", default=None)


class Run(SQLModel, table=True):
    """One departure on one weekday (contract 8(4)ア(エ): weekdays only, one run a day)."""

    __table_args__ = (
        sa.UniqueConstraint("day", "sequence"),
        sa.CheckConstraint("sequence = 1", name="sequence"),
    )
    code: str = _text(primary_key=True)
    day: date
    sequence: int = 1
    courier: str | None = _key("courier.code", default=None)
    crew: list[str] = Field(default_factory=list, sa_type=pg.ARRAY(sa.Text))
    vehicle: str | None = _text(default=None)
    departed_at: datetime | None = _time(default=None)


class Manifest(SQLModel, table=True):
    """What one run carries to one destination; written at dispatch, then stamped once per change of hands."""

    __table_args__ = (sa.UniqueConstraint("run", "destination"),)
    code: str = _text(primary_key=True)
    run: str = _key("run.code")
    destination: str = _key("place.code")
    transfer_slip: str = _text(unique=True)
    cards: int
    dispatched_at: datetime = _time()
    dispatched_by: str = _key("person.code")
    taken_over_at: datetime | None = _time(default=None)
    taken_over_by: str | None = _key("person.code", default=None)
    arrived_at: datetime | None = _time(default=None)
    arrived_by: str | None = _key("person.code", default=None)
    closed_at: datetime | None = _time(default=None)
    closed_by: str | None = _key("person.code", default=None)
    receipt: str | None = _text(unique=True, default=None)


class Batch(SQLModel, table=True):
    """A container for one site and one run."""

    __table_args__ = (
        _one_of("state", BatchState),
        sa.Index("batch_run_destination_idx", "run", "destination"),
    )
    code: str = _text(primary_key=True)
    run: str = _key("run.code")
    destination: str = _key("place.code")
    state: str = _text()
    place: str = _key("place.code")
    custodian: str = _key("party.code")
    manifest: str | None = _key("manifest.code", default=None, index=True)
    opened_at: datetime = _time()
    seal_number: str | None = _text(default=None)
    sealed_cards: int | None = None
    sealed_at: datetime | None = _time(default=None)
    loaded_at: datetime | None = _time(default=None)


class Seal(SQLModel, table=True):
    """A seal number is used once, for ever."""

    number: str = _text(primary_key=True)
    batch: str = _key("batch.code")
    applied_at: datetime = _time()


class Card(SQLModel, table=True):
    """One card: exactly one state, one place, one custodian. Only the gate writes here."""

    __table_args__ = (
        _one_of("state", CardState),
        sa.CheckConstraint(f"(state IN ({_listed(sorted(IN_SLOT))})) = (slot IS NOT NULL)", name="slot"),
        sa.CheckConstraint(f"(state IN ({_listed(sorted(IN_HAND))})) = (holder IS NOT NULL)", name="holder"),
        sa.CheckConstraint(f"state NOT IN ({_listed(sorted(IN_BATCH))}) OR batch IS NOT NULL", name="batch"),
        sa.Index("card_place_state_idx", "place", "state"),
        sa.Index("card_batch_idx", "batch", postgresql_where=sa.text("batch IS NOT NULL")),
        sa.Index("card_slot_idx", "slot", postgresql_where=sa.text("slot IS NOT NULL")),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    code: str = _text(unique=True)
    kind: str = _key("kind.code")
    state: str = _text()
    place: str = _key("place.code")
    custodian: str = _key("party.code")
    destination: str = _key("place.code")
    box: str | None = _key("box.code", default=None, index=True)
    batch: str | None = _key("batch.code", default=None)
    slot: str | None = _key("slot.code", default=None)
    holder: str | None = _key("person.code", default=None)
    sighted_at: datetime | None = _time(default=None)
    set_up_on: date | None = None
    first_notice_on: date | None = None
    reminded_on: date | None = None
    notice_returned_on: date | None = None


class Entry(SQLModel, table=True):
    """The custody log: one row per act. `body` is canonical JSON exactly as hashed; the rest are copies."""

    __table_args__ = (
        sa.CheckConstraint("hash = sha256('\\x00'::bytea || convert_to(body, 'UTF8'))", name="hash"),
        sa.Index("entry_site_id_idx", "site", "id"),
        sa.Index("entry_run_id_idx", "run", "id", postgresql_where=sa.text("run IS NOT NULL")),
        sa.Index("entry_manifest_id_idx", "manifest", "id", postgresql_where=sa.text("manifest IS NOT NULL")),
        # What an auditor may search by, each in log order.
        sa.Index("entry_act_id_idx", "act", "id"),
        sa.Index("entry_actor_id_idx", "actor", "id"),
        _partial("entry_supervisor_id_idx", "supervisor", "id"),
        _partial("entry_device_id_idx", "device", "id"),
        _partial("entry_from_party_id_idx", "from_party", "id"),
        _partial("entry_to_party_id_idx", "to_party", "id"),
        sa.Index("entry_recorded_at_id_idx", "recorded_at", "id"),
        sa.Index("entry_late_id_idx", "id", postgresql_where=sa.text(_LATE)),
        sa.Index("entry_late_site_id_idx", "site", "id", postgresql_where=sa.text(_LATE)),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    uuid: UUID = Field(unique=True)
    act: str = _text()
    actor: str = _key("person.code")
    device: str | None = _text(default=None)
    site: str = _key("place.code")
    supervisor: str | None = _key("person.code", default=None)
    run: str | None = _key("run.code", default=None)
    manifest: str | None = _key("manifest.code", default=None)
    from_party: str | None = _key("party.code", default=None)
    to_party: str | None = _key("party.code", default=None)
    occurred_at: datetime = _time()
    recorded_at: datetime = _time()
    body: str = _text()
    hash: bytes
    xid: int = Field(
        sa_type=TransactionId,
        index=True,
        sa_column_kwargs={"server_default": sa.text("pg_current_xact_id()")},
    )


class LogIdentity(SQLModel, table=True):
    """The one name of this log, made with the database; checkpoints and papers carry it as their origin."""

    __tablename__ = "log_identity"
    __table_args__ = (sa.CheckConstraint("only_one", name="only_one"),)
    only_one: bool = Field(primary_key=True, sa_column_kwargs={"server_default": sa.true()})
    origin: str = _text()


class Leaf(SQLModel, table=True):
    """An entry's place in the Merkle tree (RFC 6962); contiguous from 0."""

    leaf_index: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    entry: int = Field(
        sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), unique=True, nullable=False)
    )
    hash: bytes


class Node(SQLModel, table=True):
    """The hash of a complete subtree of 256, 65,536 … leaves: what proofs read instead of all its leaves."""

    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    index: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    hash: bytes


class Checkpoint(SQLModel, table=True):
    """A signed statement of the tree's size and root (C2SP checkpoint)."""

    size: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    root: bytes
    note: str = _text()
    signed_at: datetime = _time()


class EntryCard(SQLModel, table=True):
    """Which cards an entry moved, and how; the index behind every custody question."""

    __tablename__ = "entry_card"
    __table_args__ = (
        _one_of("lifecycle", ("card",)),
        sa.ForeignKeyConstraint(
            ["lifecycle", "from_state", "step", "to_state"],
            ["legal_step.lifecycle", "legal_step.from_state", "legal_step.step", "legal_step.to_state"],
            name="entry_card_legal_step_fkey",
        ),
    )
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), primary_key=True))
    lifecycle: str = Field(sa_type=sa.Text, sa_column_kwargs={"server_default": "card"})
    from_state: str = _text()
    step: str = _text()
    to_state: str = _text()


class EntryBatch(SQLModel, table=True):
    """Which batches an entry moved, and how."""

    __tablename__ = "entry_batch"
    __table_args__ = (
        _one_of("lifecycle", ("batch",)),
        sa.ForeignKeyConstraint(
            ["lifecycle", "from_state", "step", "to_state"],
            ["legal_step.lifecycle", "legal_step.from_state", "legal_step.step", "legal_step.to_state"],
            name="entry_batch_legal_step_fkey",
        ),
        sa.Index(
            "entry_batch_release_idx",
            "entry",
            "batch",
            postgresql_where=sa.text("step IN ('dispatch', 'take_over')"),
        ),
    )
    batch: str = _key("batch.code", primary_key=True)
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), primary_key=True))
    lifecycle: str = Field(sa_type=sa.Text, sa_column_kwargs={"server_default": "batch"})
    from_state: str = _text()
    step: str = _text()
    to_state: str = _text()


class Scan(SQLModel, table=True):
    """Every scan with its outcome, under the id its client made. Text that is not a code of ours is not kept."""

    __table_args__ = (
        sa.Index(
            "scan_manifest_card_key",
            "manifest",
            "card",
            unique=True,
            postgresql_where=sa.text("accepted AND purpose = 'receive'"),
        ),
        sa.Index("scan_code_idx", "code", postgresql_where=sa.text("NOT accepted")),
        sa.Index("scan_outcome_entry_idx", "outcome", "entry"),
        _partial("scan_subject_entry_idx", "subject", "entry"),
        sa.Index("scan_refused_idx", "entry", "id", postgresql_where=sa.text("NOT accepted")),
    )
    id: UUID = Field(primary_key=True)
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    purpose: str = _text()
    subject: str | None = _text(default=None)
    code: str | None = _text(default=None)
    card: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id")))
    manifest: str | None = _key("manifest.code", default=None)
    outcome: str = _text()
    accepted: bool
    belongs_to: str | None = _text(default=None)
    reason: str | None = _text(default=None)
    discrepancy: str | None = _text(default=None)
    content: bytes
    occurred_at: datetime = _time()


class ManifestCard(SQLModel, table=True):
    """The frozen lines of a manifest."""

    __tablename__ = "manifest_card"
    manifest: str = _key("manifest.code", primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    batch: str = _key("batch.code")
    position: int


class Discrepancy(SQLModel, table=True):
    """A difference between what should be and what was found, opened by the service; `note` is for people.

    `card` and `batch` may be codes that nobody knows: that is a difference too.
    """

    __table_args__ = (
        _one_of("kind", ("short", "over", "damaged", "misrouted", "unknown", "broken_seal")),
        sa.Index("discrepancy_place_code_idx", "place", "code"),
        sa.Index("discrepancy_manifest_idx", "manifest", postgresql_where=sa.text("manifest IS NOT NULL")),
        sa.Index("discrepancy_card_idx", "card", postgresql_where=sa.text("card IS NOT NULL")),
    )
    code: str = _text(primary_key=True)
    kind: str = _text()
    place: str = _key("place.code")
    card: str | None = _text(default=None)
    batch: str | None = _text(default=None)
    manifest: str | None = _key("manifest.code", default=None)
    box: str | None = _key("box.code", default=None)
    note: str = _text()
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    opened_at: datetime = _time()


class DiscrepancyResolution(SQLModel, table=True):
    """How a difference ended; one per difference."""

    __tablename__ = "discrepancy_resolution"
    discrepancy: str = _key("discrepancy.code", primary_key=True)
    how: str = _text()
    reason: str = _text()
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    resolved_at: datetime = _time()


class Document(SQLModel, table=True):
    """A paper's frozen record, as the JSON text it was hashed from."""

    __table_args__ = (
        sa.CheckConstraint("digest = sha256(convert_to(record, 'UTF8'))", name="digest"),
        sa.Index("document_subject_idx", "subject"),
    )
    number: str = _text(primary_key=True)
    catalogue: str = _text()
    subject: str = _text()
    record: str = _text()
    digest: bytes
    created_at: datetime = _time()


class DocumentPrint(SQLModel, table=True):
    """One print of a paper: 0 is the original, n the n-th reprint. `sha256` is that of the file handed out."""

    __tablename__ = "document_print"
    __table_args__ = (sa.Index("document_print_sha256_idx", "sha256"),)
    document: str = _key("document.number", primary_key=True)
    copy_number: int = Field(primary_key=True)
    sha256: bytes
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    printed_at: datetime = _time()
