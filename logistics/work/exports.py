"""The log leaves the service: for a purpose, under an approval, and never unrecorded (contract 10(3), appendix 1 art. 5).

Evidence comes with proofs. EPCIS and CSV are views for other systems and for people; they prove nothing. Everything
is streamed, and appears under its name when it is complete.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import anyio.to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.evidence import ExportRefused, Occasion
from logistics.ledger.export import Selection, export
from logistics.ledger.log import timestamp
from logistics.ledger.signer import Signer
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue, MyNumberRefused
from logistics.rules.guard import holds_my_number
from logistics.rules.permissions import Actor
from logistics.store.database import Database, driver
from logistics.work import approvals, audit, epcis, people
from logistics.work.audit_sources import Filters
from logistics.work.views import Charset, csv_head, csv_lines

LOOK_SECONDS = 0.2
_CHUNK = 2_000

_LAG = "SELECT (SELECT count(*) FROM entry) - COALESCE((SELECT max(size) FROM checkpoint), 0)"
_COLUMNS = (
    "id", "uuid", "act", "actor", "device", "site", "supervisor", "run", "manifest", "from_party", "to_party",
    "occurred_at", "recorded_at", "leaf_index", "hash", "body",
)  # fmt: skip
_ROWS = """
SELECT entry.id, entry.uuid, entry.act, entry.actor, entry.device, entry.site, entry.supervisor, entry.run,
       entry.manifest, entry.from_party, entry.to_party, entry.occurred_at, entry.recorded_at, leaf.leaf_index,
       encode(entry.hash, 'hex') AS hash, entry.body
FROM entry
LEFT JOIN leaf ON leaf.entry = entry.id
"""
_NEXT = f"{_ROWS} WHERE entry.id > $1 ORDER BY entry.id LIMIT $2"
_THESE = f"{_ROWS} WHERE entry.id = ANY ($1::bigint[]) ORDER BY entry.id"

Progress = Callable[[int, int], None]


class Format(StrEnum):
    """What an export is: evidence with proofs, or a view of the entries for other systems or for people."""

    EVIDENCE = "evidence"
    EPCIS = "epcis"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is exported, by whom and what for. `filters` None means the whole log.

    `approval` is the number of the city's paper, `approved` the code of the second person's approval in this service,
    which the whole log needs.
    """

    by: str
    purpose: str
    approval: str
    approved: str | None = None
    format: Format = Format.EVIDENCE
    filters: Filters | None = None
    charset: Charset = Charset.UTF_8
    base: str = epcis.BASE

    def question(self) -> str | None:
        """The filters in words, as the evidence names them."""
        if self.filters is None:
            return None
        given = [
            f"{name} {timestamp(value) if isinstance(value, datetime) else value}"
            for name, value in self.filters.given()
        ]
        return ", ".join(given)


def _silent(_done: int, _total: int) -> None: ...


async def export_log(
    database: Database,
    signer_directory: Path,
    out: Path,
    order: Order,
    now: datetime,
    *,
    progress: Progress = _silent,
) -> None:
    """Write what is ordered to `out`, which must be new: a directory of evidence, or one file.

    That it was asked for is an entry before the first byte is written. Raises NotFound, NotAllowed, ApprovalNeeded,
    ApprovalUnusable, ExportRefused; MyNumberRefused for a purpose or approval that holds one.
    """
    async with database.begin() as session:
        await record(session, await people.actor(session, order.by), order, now)
    await write(database, signer_directory, out, order, now, progress=progress)


async def record(session: AsyncSession, actor: Actor, order: Order, now: datetime) -> None:
    """Write down that an export was ordered. NotAllowed, MyNumberRefused, ApprovalNeeded, ApprovalUnusable."""
    permissions.require(actor, "export")
    for field in ("purpose", "approval"):
        if holds_my_number(getattr(order, field)):
            raise MyNumberRefused(field)
    facts: dict[str, Json] = {
        "purpose": order.purpose,
        "approval": order.approval,
        "format": order.format.value,
        "whole": order.filters is None,
    }
    if question := order.question():
        facts["question"] = question
    else:
        shown = await export_shown(
            session, actor, "log", {"purpose": order.purpose, "number": order.approval}
        )
        facts["approved"] = await approvals.consume(
            session, actor, "export", "log", shown, order.approved, now
        )
    await take(session, [Act("export", actor, str(actor.place), now, facts=facts)], now)


async def write(
    database: Database,
    signer_directory: Path,
    out: Path,
    order: Order,
    now: datetime,
    *,
    progress: Progress = _silent,
) -> None:
    """Write what was ordered and recorded, from one snapshot. ExportRefused."""
    async with database.read() as session:
        if order.format is not Format.EVIDENCE:
            await _view(session, out, order, now, progress)
            return
        origin = await (await driver(session)).fetchval("SELECT origin FROM log_identity")
        occasion = Occasion(order.purpose, order.approval, order.by, now)
        vkey = Signer(signer_directory, origin).vkey
        chosen = await _selection(session, order)
        await export(session, out, occasion, vkey, selection=chosen, progress=progress)


async def export_shown(
    session: AsyncSession, actor: Actor, subject: str, details: Mapping[str, Any]
) -> dict[str, Json]:
    """What a second person sees before the whole log leaves. InvalidValue."""
    permissions.require(actor, "export")
    if subject != "log":
        raise InvalidValue("subject", "must be log")
    purpose, number = approvals.details_of(details, "purpose", "number")
    return {"purpose": purpose, "number": number, "whole": True}


async def until_signed(database: Database, seconds: float) -> bool:
    """Wait until every entry is under a signed checkpoint, as long as somebody sequences; whether it came to that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        async with database.read() as session:
            if await (await driver(session)).fetchval(_LAG) == 0:
                return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def _selection(session: AsyncSession, order: Order) -> Selection | None:
    if order.filters is None:
        return None
    return Selection(str(order.question()), await _found(session, order.filters))


async def _view(session: AsyncSession, out: Path, order: Order, now: datetime, progress: Progress) -> None:
    done, first = 0, True
    total, rows_of = await _entries(session, order.filters)
    with _new(out) as file:
        file.write(_begin(order, now))
        async for rows in rows_of:
            text = await anyio.to_thread.run_sync(_written, order, rows)
            if text and order.format is Format.EPCIS and not first:
                file.write(b",\n")
            first = first and not text
            file.write(text)
            done += len(rows)
            progress(done, total)
        file.write(epcis.END.encode() if order.format is Format.EPCIS else b"")


def _begin(order: Order, now: datetime) -> bytes:
    if order.format is Format.EPCIS:
        return epcis.begin(now, order.base).encode()
    return csv_head(_COLUMNS, order.charset)


def _written(order: Order, rows: Sequence[Any]) -> bytes:
    if order.format is Format.CSV:
        return csv_lines(_COLUMNS, rows, order.charset)
    made = [epcis.text(event) for row in rows for event in epcis.events(json.loads(row["body"]), order.base)]
    return ",\n".join(made).encode()


async def _entries(
    session: AsyncSession, filters: Filters | None
) -> tuple[int, AsyncIterator[Sequence[Any]]]:
    """How many entries there are, and they themselves, some at a time."""
    if filters is None:
        return await (await driver(session)).fetchval("SELECT count(*) FROM entry"), _all(session)
    ids = await _found(session, filters)
    return len(ids), _these(session, ids)


async def _all(session: AsyncSession) -> AsyncIterator[Sequence[Any]]:
    connection, last = await driver(session), 0
    while rows := await connection.fetch(_NEXT, last, _CHUNK):
        yield rows
        last = rows[-1]["id"]


async def _these(session: AsyncSession, ids: Sequence[int]) -> AsyncIterator[Sequence[Any]]:
    connection = await driver(session)
    for start in range(0, len(ids), _CHUNK):
        yield await connection.fetch(_THESE, ids[start : start + _CHUNK])


async def _found(session: AsyncSession, filters: Filters) -> list[int]:
    """The entries that the filters leave, by row id."""
    ids: list[int] = []
    after: int | None = 0
    while after is not None:
        page = await audit.entries(session, filters, after, _CHUNK)
        ids += [item["id"] for item in page.items]
        after = page.next
    return ids


@contextmanager
def _new(out: Path) -> Iterator[BinaryIO]:
    """A file that appears as `out` when it is complete and on disk; nothing is left of one that is not."""
    if out.exists():
        raise ExportRefused(f"{out} exists already: name a new file")
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
