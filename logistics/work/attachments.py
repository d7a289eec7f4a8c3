"""Files attached to things: photos and scans of incidents, differences and destructions. See `cleaning`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import anyio.to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.log import new_uuid
from logistics.rules import permissions
from logistics.rules.codes import CodeType, random_code, require
from logistics.rules.errors import InvalidValue, NotFound, ProposalNotReady
from logistics.rules.guard import holds_my_number
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import cleaning, files, sight
from logistics.work.cleaning import Cleaned
from logistics.work.scans import Row

LONGEST_NAME = 100
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
}

# What can have files: the type of its code, what it is to `sight`, and where it is answered for.
SUBJECTS: Mapping[str, tuple[CodeType, str, str]] = {
    "incident": (CodeType.INCIDENT, "incident", "SELECT place FROM incident WHERE code = $1"),
    "discrepancy": (CodeType.DISCREPANCY, "discrepancy", "SELECT place FROM discrepancy WHERE code = $1"),
    "destruction": (CodeType.PROPOSAL, "proposal", "SELECT place FROM proposal WHERE code = $1"),
}
_SITTING = """
SELECT EXISTS (
    SELECT FROM destruction
    LEFT JOIN destruction_end AS ended ON ended.destruction = destruction.id
    WHERE destruction.proposal = $1 AND ended.destruction IS NULL)
"""
_INSERT = """
INSERT INTO attachment (id, subject_type, subject, place, name, received_sha256, file, added_by, added_at, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_OF = """
SELECT attachment.id, attachment.subject_type, attachment.subject, attachment.place, attachment.name,
       encode(attachment.received_sha256, 'hex') AS received_sha256, encode(attachment.file, 'hex') AS sha256,
       stored_file.media_type, stored_file.size, attachment.added_by, person.name AS added_by_name, attachment.added_at,
       attachment.entry
FROM attachment
JOIN stored_file ON stored_file.sha256 = attachment.file
JOIN person ON person.code = attachment.added_by
"""


async def check(session: AsyncSession, actor: Actor, subject_type: str, subject: str) -> str:
    """The place that answers for a thing to which the actor may attach. NotAllowed, NotFound, InvalidValue."""
    permissions.require(actor, "attach")
    place = await _place(session, actor, subject_type, subject)
    permissions.require_over(actor, "attach", SUBJECTS[subject_type][1], subject, holder=place)
    if subject_type == "destruction" and not await (await driver(session)).fetchval(_SITTING, subject):
        raise ProposalNotReady(subject, "nothing of it is being destroyed; photos belong to a destruction.")
    return place


async def cleaned(content: bytes) -> Cleaned:
    """What will be kept of a file. FileRefused, MyNumberRefused. Runs in a worker thread, outside any transaction."""
    return await anyio.to_thread.run_sync(partial(cleaning.clean, content))


async def attach(
    session: AsyncSession,
    actor: Actor,
    subject_type: str,
    subject: str,
    name: str,
    received: bytes,
    kept: Cleaned,
    now: datetime,
) -> Row:
    """Attach what is kept of the file `received`; both digests are in the log. Raises what `check` raises."""
    place = await check(session, actor, subject_type, subject)
    called = name_of(name, kept.media_type)
    came = hashlib.sha256(received).digest()
    digest = await files.store(session, kept.content, kept.media_type, now)
    number = _number()
    facts: dict[str, Json] = {
        "attachment": str(number),
        "about": subject,
        "name": called,
        "media_type": kept.media_type,
        "bytes": len(kept.content),
        "sha256": digest.hex(),
        "received_sha256": came.hex(),
    }
    (taken,) = await take(session, [Act("attach_file", actor, place, now, facts=facts)], now)
    await (await driver(session)).execute(
        _INSERT, number, subject_type, subject, place, called, came, digest, actor.code, now, taken.entry
    )
    return (await of(session, subject_type, subject))[-1]


async def listed(session: AsyncSession, reader: Actor, subject_type: str, subject: str) -> list[Row]:
    """The files of a thing that the reader may see. NotFound, InvalidValue."""
    await _place(session, reader, subject_type, subject)
    return await of(session, subject_type, subject)


async def of(session: AsyncSession, subject_type: str, subject: str, since: int = 0) -> list[Row]:
    """The files of a thing in order, those attached after the entry `since` alone."""
    query = f"{_OF} WHERE subject_type = $1 AND subject = $2 AND entry > $3 ORDER BY entry"
    return [dict(row) for row in await (await driver(session)).fetch(query, subject_type, subject, since)]


async def content(session: AsyncSession, reader: Actor, number: UUID) -> tuple[Row, bytes]:
    """A file with what is known of it. NotFound, also for what is attached to a thing that is not the reader's to see."""
    row: Any = await (await driver(session)).fetchrow(f"{_OF} WHERE attachment.id = $1", number)
    # What is not there takes as long as what is not the reader's: something that nobody has is looked for.
    about = (row["subject_type"], row["subject"]) if row else ("incident", random_code(CodeType.INCIDENT))
    try:
        await _place(session, reader, *about)
    except NotFound:
        raise NotFound("attachment", str(number)) from None
    return dict(row), await files.read(session, bytes.fromhex(row["sha256"]))


def name_of(name: str, media_type: str) -> str:
    """A file's name as it is kept: no path, nothing that breaks a line, and the ending of what it is."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*').strip(" .")
    stem = plain.rpartition(".")[0] or plain or "file"
    suffix = SUFFIXES[media_type]
    return stem[: LONGEST_NAME - len(suffix)] + suffix


def _number() -> UUID:
    """An id under which a file is found; never one whose digits could be taken for a My Number."""
    while holds_my_number(str(number := new_uuid())):
        pass
    return number


async def _place(session: AsyncSession, actor: Actor, subject_type: str, subject: str) -> str:
    if subject_type not in SUBJECTS:
        raise InvalidValue("subject_type", f"must be one of {', '.join(SUBJECTS)}")
    kind, thing, query = SUBJECTS[subject_type]
    require(subject, kind, "subject")
    await sight.require(session, actor, thing, subject)
    place: str | None = await (await driver(session)).fetchval(query, subject)
    if place is None:
        raise NotFound(sight.THINGS[thing][0], subject)
    return place
