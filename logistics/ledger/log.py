"""Appending to the custody log: entries with their card, batch and scan indexes, in one statement."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.store.database import driver


class Moved(msgspec.Struct, frozen=True):
    """One card (by row id) or batch (by code) that took one legal step."""

    item: int | str
    from_state: str
    step: str
    to_state: str


class ScanRow(msgspec.Struct, frozen=True):
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


class NewEntry(msgspec.Struct, frozen=True):
    """An entry to append: `body` is canonical JSON, `hash` its leaf hash, every other field a copy for queries."""

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
    hash: bytes
    cards: Sequence[Moved]
    batches: Sequence[Moved]
    scans: Sequence[ScanRow]


# One text in place of forty arrays: the driver checks every element of an array in Python, a text is encoded in C.
# MERGE, which never finds anything to merge with, is the INSERT that can return what its rows were made from.
_ENTRIES = """
WITH added AS (
    MERGE INTO entry
    USING json_to_recordset($1::json)
          AS given (uuid uuid, act text, actor text, device text, site text, supervisor text, run text, manifest text,
                    from_party text, to_party text, occurred_at timestamptz, recorded_at timestamptz, body text,
                    hash text, cards json, batches json, scans json)
    ON false
    WHEN NOT MATCHED THEN
        INSERT (uuid, act, actor, device, site, supervisor, run, manifest, from_party, to_party,
                occurred_at, recorded_at, body, hash)
        VALUES (given.uuid, given.act, given.actor, given.device, given.site, given.supervisor, given.run,
                given.manifest, given.from_party, given.to_party, given.occurred_at, given.recorded_at, given.body,
                decode(given.hash, 'base64'))
    RETURNING entry.id, given.uuid, given.cards, given.batches, given.scans
)"""
_CARDS = """, cards AS (
    INSERT INTO entry_card (card, entry, from_state, step, to_state)
    SELECT moved.item, added.id, moved.from_state, moved.step, moved.to_state
    FROM added
    CROSS JOIN json_to_recordset(added.cards)
               AS moved (item bigint, from_state text, step text, to_state text)
)"""
_BATCHES = """, batches AS (
    INSERT INTO entry_batch (batch, entry, from_state, step, to_state)
    SELECT moved.item, added.id, moved.from_state, moved.step, moved.to_state
    FROM added
    CROSS JOIN json_to_recordset(added.batches)
               AS moved (item text, from_state text, step text, to_state text)
)"""
_SCANS = """, scans AS (
    INSERT INTO scan (id, entry, purpose, subject, code, card, manifest, outcome, accepted, belongs_to, reason,
                      discrepancy, content, occurred_at)
    SELECT scanned.id, added.id, scanned.purpose, scanned.subject, scanned.code, scanned.card,
           scanned.manifest, scanned.outcome, scanned.accepted, scanned.belongs_to, scanned.reason,
           scanned.discrepancy, decode(scanned.content, 'base64'), scanned.occurred_at
    FROM added
    CROSS JOIN json_to_recordset(added.scans)
               AS scanned (id uuid, purpose text, subject text, code text, card bigint, manifest text,
                           outcome text, accepted boolean, belongs_to text, reason text, discrepancy text,
                           content text, occurred_at timestamptz)
)"""


async def append(session: AsyncSession, entries: Sequence[NewEntry]) -> dict[UUID, int]:
    """Append `entries` inside the session's transaction; the row id of each by its UUID.

    The database recomputes each hash and refuses a step that is not legal. Raises what the driver raises:
    a repeated scan id is a unique violation on `scan_pkey`.
    """
    if not entries:
        return {}
    connection = await driver(session)
    statement = _appending(
        any(entry.cards for entry in entries),
        any(entry.batches for entry in entries),
        any(entry.scans for entry in entries),
    )
    rows = await connection.fetch(statement, msgspec.json.encode(entries).decode())
    return {row["uuid"]: row["id"] for row in rows}


@cache
def _appending(cards: bool, batches: bool, scans: bool) -> str:
    """The statement that appends, with no part to start for rows that none of the entries has."""
    parts = (_CARDS if cards else "", _BATCHES if batches else "", _SCANS if scans else "")
    return "".join((_ENTRIES, *parts, " SELECT uuid, id FROM added"))


def new_uuid() -> UUID:
    """A UUID version 7 (RFC 9562 §5.7): ordered by time, so that unique indexes grow at their end."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


@lru_cache(maxsize=1024)
def timestamp(at: datetime) -> str:
    """`at` in UTC with microseconds, as bodies write it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
