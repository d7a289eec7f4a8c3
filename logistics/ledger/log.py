"""Appending to the custody log: entries with their card, batch and scan indexes, in one statement."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.canonical import leaf_hash
from logistics.store.database import driver


@dataclass(frozen=True, slots=True)
class Moved:
    """One card (by row id) or batch (by code) that took one legal step."""

    item: int | str
    from_state: str
    step: str
    to_state: str


@dataclass(frozen=True, slots=True)
class ScanRow:
    """A scan as it is kept; `code` is None where the text was not a code of ours.

    `content` tells two scans of one id apart.
    """

    id: UUID
    purpose: str
    subject: str | None
    code: str | None
    card: int | None
    manifest: str | None
    outcome: str
    accepted: bool
    belongs_to: str | None
    reason: str | None
    discrepancy: str | None
    content: bytes
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to append; `body` is canonical JSON, every other field a copy for queries."""

    uuid: UUID
    act: str
    actor: str
    device: str | None
    site: str
    supervisor: str | None
    run: str | None
    manifest: str | None
    from_party: str | None
    to_party: str | None
    occurred_at: datetime
    recorded_at: datetime
    body: str
    cards: Sequence[Moved]
    batches: Sequence[Moved]
    scans: Sequence[ScanRow]


_APPEND = """
WITH added AS (
    INSERT INTO entry (uuid, act, actor, device, site, supervisor, run, manifest, from_party, to_party,
                       occurred_at, recorded_at, body, hash)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                         $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[],
                         $13::text[], $14::bytea[])
    RETURNING id, uuid
), cards AS (
    INSERT INTO entry_card (card, entry, from_state, step, to_state)
    SELECT moved.card, added.id, moved.from_state, moved.step, moved.to_state
    FROM unnest($15::bigint[], $16::uuid[], $17::text[], $18::text[], $19::text[])
         AS moved (card, uuid, from_state, step, to_state)
    JOIN added USING (uuid)
), batches AS (
    INSERT INTO entry_batch (batch, entry, from_state, step, to_state)
    SELECT moved.batch, added.id, moved.from_state, moved.step, moved.to_state
    FROM unnest($20::text[], $21::uuid[], $22::text[], $23::text[], $24::text[])
         AS moved (batch, uuid, from_state, step, to_state)
    JOIN added USING (uuid)
), scans AS (
    INSERT INTO scan (id, entry, purpose, subject, code, card, manifest, outcome, accepted, belongs_to, reason,
                      discrepancy, content, occurred_at)
    SELECT scanned.id, added.id, scanned.purpose, scanned.subject, scanned.code, scanned.card,
           scanned.manifest, scanned.outcome, scanned.accepted, scanned.belongs_to, scanned.reason,
           scanned.discrepancy, scanned.content, scanned.occurred_at
    FROM unnest($25::uuid[], $26::uuid[], $27::text[], $28::text[], $29::text[], $30::bigint[], $31::text[],
                $32::text[], $33::boolean[], $34::text[], $35::text[], $36::text[], $37::bytea[],
                $38::timestamptz[])
         AS scanned (id, uuid, purpose, subject, code, card, manifest, outcome, accepted, belongs_to, reason,
                     discrepancy, content, occurred_at)
    JOIN added USING (uuid)
)
SELECT uuid, id FROM added
"""


async def append(session: AsyncSession, entries: Sequence[NewEntry]) -> dict[UUID, int]:
    """Append `entries` inside the session's transaction; the row id of each by its UUID.

    The database recomputes each hash and refuses a step that is not legal. Raises what the driver raises:
    a repeated scan id is a unique violation on `scan_pkey`.
    """
    if not entries:
        return {}
    connection = await driver(session)
    rows = await connection.fetch(_APPEND, *_entry_columns(entries), *_index_columns(entries))
    return {row["uuid"]: row["id"] for row in rows}


def new_uuid() -> UUID:
    """A UUID version 7 (RFC 9562 §5.7): ordered by time, so that unique indexes grow at their end."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def timestamp(at: datetime) -> str:
    """`at` in UTC with microseconds, as bodies write it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _entry_columns(entries: Sequence[NewEntry]) -> list[list[object]]:
    return [
        [e.uuid for e in entries],
        [e.act for e in entries],
        [e.actor for e in entries],
        [e.device for e in entries],
        [e.site for e in entries],
        [e.supervisor for e in entries],
        [e.run for e in entries],
        [e.manifest for e in entries],
        [e.from_party for e in entries],
        [e.to_party for e in entries],
        [e.occurred_at for e in entries],
        [e.recorded_at for e in entries],
        [e.body for e in entries],
        [leaf_hash(e.body) for e in entries],
    ]


def _index_columns(entries: Sequence[NewEntry]) -> list[list[object]]:
    scans = [(s, e.uuid) for e in entries for s in e.scans]
    return [
        *_moved_columns([(m, e.uuid) for e in entries for m in e.cards]),
        *_moved_columns([(m, e.uuid) for e in entries for m in e.batches]),
        [s.id for s, _ in scans],
        [uuid for _, uuid in scans],
        [s.purpose for s, _ in scans],
        [s.subject for s, _ in scans],
        [s.code for s, _ in scans],
        [s.card for s, _ in scans],
        [s.manifest for s, _ in scans],
        [s.outcome for s, _ in scans],
        [s.accepted for s, _ in scans],
        [s.belongs_to for s, _ in scans],
        [s.reason for s, _ in scans],
        [s.discrepancy for s, _ in scans],
        [s.content for s, _ in scans],
        [s.occurred_at for s, _ in scans],
    ]


def _moved_columns(moved: Sequence[tuple[Moved, UUID]]) -> list[list[object]]:
    return [
        [m.item for m, _ in moved],
        [uuid for _, uuid in moved],
        [m.from_state for m, _ in moved],
        [m.step for m, _ in moved],
        [m.to_state for m, _ in moved],
    ]
