"""The custody log: entries with their indexes, scans, the Merkle tree and its checkpoints."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from logistics.store.tables.columns import TransactionId, by_entry, key, one_of, partial, text, time

# Recorded more than a moment after it occurred: by a site that was offline.
LATE = "recorded_at - occurred_at > INTERVAL '1 minute'"


class Entry(SQLModel, table=True):
    """The custody log: one row per act. `body` is canonical JSON exactly as hashed; the rest are copies.

    People, places, parties, runs and manifests that it names are known, and stay so: triggers see to it, for all
    entries of a statement at once.
    """

    __table_args__ = (
        sa.CheckConstraint("hash = sha256('\\x00'::bytea || convert_to(body, 'UTF8'))", name="hash"),
        sa.CheckConstraint("body IS JSON OBJECT", name="body"),
        sa.Index("entry_site_id_idx", "site", "id"),
        # Reports ask of many entries where each was made.
        sa.Index("entry_id_site_idx", "id", postgresql_include=["site"]),
        sa.Index("entry_run_id_idx", "run", "id", postgresql_where=sa.text("run IS NOT NULL")),
        sa.Index("entry_manifest_id_idx", "manifest", "id", postgresql_where=sa.text("manifest IS NOT NULL")),
        # What an auditor may search by, each in log order.
        sa.Index("entry_act_id_idx", "act", "id"),
        sa.Index("entry_actor_id_idx", "actor", "id"),
        partial("entry_supervisor_id_idx", "supervisor", "id"),
        partial("entry_device_id_idx", "device", "id"),
        partial("entry_from_party_id_idx", "from_party", "id"),
        partial("entry_to_party_id_idx", "to_party", "id"),
        sa.Index("entry_recorded_at_id_idx", "recorded_at", "id"),
        sa.Index("entry_late_id_idx", "id", postgresql_where=sa.text(LATE)),
        sa.Index("entry_late_site_id_idx", "site", "id", postgresql_where=sa.text(LATE)),
    )
    id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    )
    uuid: UUID = Field(unique=True)
    act: str = text()
    actor: str = text()
    device: str | None = text(default=None)
    site: str = text()
    supervisor: str | None = text(default=None)
    run: str | None = text(default=None)
    manifest: str | None = text(default=None)
    from_party: str | None = text(default=None)
    to_party: str | None = text(default=None)
    occurred_at: datetime = time()
    recorded_at: datetime = time()
    body: str = text()
    hash: bytes
    xid: int = Field(
        sa_type=TransactionId,
        index=True,
        sa_column_kwargs={"server_default": sa.text("pg_current_xact_id()")},
    )


class EntryCard(SQLModel, table=True):
    """Which cards an entry moved, and how; the index behind every custody question."""

    __tablename__ = "entry_card"
    __table_args__ = (
        one_of("lifecycle", ("card",)),
        sa.ForeignKeyConstraint(
            ["lifecycle", "from_state", "step", "to_state"],
            ["legal_step.lifecycle", "legal_step.from_state", "legal_step.step", "legal_step.to_state"],
            name="entry_card_legal_step_fkey",
        ),
        # Numbered as they come: block ranges are enough, and cost a scan nothing.
        sa.Index(
            "entry_card_entry_idx",
            "entry",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16, "autosummarize": True},
        ),
    )
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), primary_key=True))
    lifecycle: str = Field(sa_type=sa.Text, sa_column_kwargs={"server_default": "card"})
    from_state: str = text()
    step: str = text()
    to_state: str = text()


class EntryBatch(SQLModel, table=True):
    """Which batches an entry moved, and how."""

    __tablename__ = "entry_batch"
    __table_args__ = (
        one_of("lifecycle", ("batch",)),
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
        by_entry("entry_batch"),
    )
    batch: str = key("batch.code", primary_key=True)
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), primary_key=True))
    lifecycle: str = Field(sa_type=sa.Text, sa_column_kwargs={"server_default": "batch"})
    from_state: str = text()
    step: str = text()
    to_state: str = text()


class Scan(SQLModel, table=True):
    """Every scan with its outcome, under the id its client made. Text that is not a code of ours is not kept."""

    __table_args__ = (
        sa.Index(
            "scan_manifest_card_idx",
            "manifest",
            "card",
            postgresql_where=sa.text("accepted AND purpose = 'receive'"),
        ),
        sa.Index("scan_code_idx", "code", postgresql_where=sa.text("NOT accepted")),
        sa.Index("scan_outcome_entry_idx", "outcome", "entry"),
        partial("scan_subject_entry_idx", "subject", "entry"),
        sa.Index("scan_refused_idx", "entry", "id", postgresql_where=sa.text("NOT accepted")),
        by_entry("scan"),
    )
    id: UUID = Field(primary_key=True)
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))
    purpose: str = text()
    subject: str | None = text(default=None)
    code: str | None = text(default=None)
    card: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id")))
    manifest: str | None = key("manifest.code", default=None)
    outcome: str = text()
    accepted: bool
    belongs_to: str | None = text(default=None)
    reason: str | None = text(default=None)
    discrepancy: str | None = text(default=None)
    content: bytes
    occurred_at: datetime = time()


class ScanUndone(SQLModel, table=True):
    """A scan that was taken back, and the entry that did it."""

    __tablename__ = "scan_undone"
    scan: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("scan.id"), primary_key=True))
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False))


class QueuedScan(SQLModel, table=True):
    """The number that a browser gave a scan in its own row of numbers, which has no gaps unless one got lost."""

    __tablename__ = "queued_scan"
    queue: str = text(primary_key=True)
    sequence: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    scan: UUID = Field(sa_column=sa.Column(sa.Uuid, sa.ForeignKey("scan.id"), nullable=False))


class LogIdentity(SQLModel, table=True):
    """The one name of this log, made with the database; checkpoints and papers carry it as their origin."""

    __tablename__ = "log_identity"
    __table_args__ = (sa.CheckConstraint("only_one", name="only_one"),)
    only_one: bool = Field(primary_key=True, sa_column_kwargs={"server_default": sa.true()})
    origin: str = text()


class Leaf(SQLModel, table=True):
    """An entry's place in the Merkle tree (RFC 6962); contiguous from 0."""

    leaf_index: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    # A trigger compares it with its entry, for all leaves of a statement at once.
    entry: int = Field(sa_column=sa.Column(sa.BigInteger, unique=True, nullable=False))
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
    note: str = text()
    signed_at: datetime = time()
