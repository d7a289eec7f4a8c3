"""証拠保全: an export of all entries that an incident concerns, with their proofs, sealed as a file whose digest is logged.

The service freezes each new incident by itself as soon as its entries are signed; people freeze again what has been
added since. The file opens with `logistics verify`, without this service.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.evidence import ExportRefused, Occasion
from logistics.ledger.export import Selection, export
from logistics.ledger.signer import Signer
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.incidents import EventKind
from logistics.rules.permissions import Actor
from logistics.store.database import Database, driver
from logistics.work import archives, audit, files, incident_course, incidents, people
from logistics.work.audit_sources import Filters
from logistics.work.scans import Row

MEDIA_TYPE = "application/zip"
MOST_ENTRIES = 50_000
TICK_SECONDS = 3.0
# A place is looked at from so long before its incident was noticed.
BEFORE = timedelta(days=7)
_PAGE = 2_000

log = structlog.get_logger("freezing")

# What of the log tells of the incident itself.
_OWN = """
SELECT entry FROM incident WHERE code = $1
UNION SELECT entry FROM incident_item WHERE incident = $1
UNION SELECT entry FROM incident_event WHERE incident = $1
"""
# Of things that a search has no filter for: the acts that made and ended them, and the scans made for them.
_ABOUT = """
SELECT entry FROM scan WHERE subject = $1
UNION SELECT entry FROM discrepancy WHERE code = $1
UNION SELECT entry FROM discrepancy_resolution WHERE discrepancy = $1
UNION SELECT entry FROM discrepancy_note WHERE discrepancy = $1
UNION SELECT entry FROM missing_case WHERE code = $1
UNION SELECT entry FROM missing_case_mark WHERE case_code = $1
UNION SELECT entry FROM missing_case_end WHERE case_code = $1
UNION SELECT entry FROM stock_count WHERE code = $1
UNION SELECT entry FROM stock_count_end WHERE count = $1
UNION SELECT entry FROM proposal WHERE code = $1
UNION SELECT entry FROM proposal_decision WHERE proposal = $1
UNION SELECT entry FROM document_print WHERE document = $1
"""
_FILTER = {
    CodeType.CARD: "card",
    CodeType.BATCH: "batch",
    CodeType.MANIFEST: "manifest",
    CodeType.RUN: "run",
    CodeType.SLOT: "slot",
    CodeType.DEVICE: "device",
    CodeType.PLACE: "place",
}
_WAITING = """
SELECT incident.code
FROM incident
WHERE incident.opened_at > $1
  AND NOT EXISTS (SELECT FROM incident_evidence WHERE incident_evidence.incident = incident.code)
ORDER BY incident.code
LIMIT 20
"""
_INSERT = """
INSERT INTO incident_evidence (incident, file, entries, frozen_by, frozen_at, entry)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_OF = """
SELECT evidence.id, encode(evidence.file, 'hex') AS sha256, evidence.entries, evidence.frozen_by, person.name AS by_name,
       evidence.frozen_at, stored_file.size
FROM incident_evidence AS evidence
JOIN person ON person.code = evidence.frozen_by
JOIN stored_file ON stored_file.sha256 = evidence.file
WHERE evidence.incident = $1
ORDER BY evidence.id
"""


async def freeze(
    database: Database, signer_directory: Path, by: str | None, code: str, now: datetime
) -> Row | None:
    """Seal what the log holds about an incident up to its last checkpoint; None if the service has done so already.

    `by` None is the service itself, which does it once. Raises NotFound, NotAllowed; ExportRefused while an entry
    concerned is not signed yet; InvalidValue for more entries than a file should hold.
    """
    async with database.read() as session:
        actor = await people.actor(session, by) if by else await people.service(session)
        await _require(session, actor, code, now)
        entries = await _concerned(session, code, now)
        content = await _sealed(session, signer_directory, actor, code, entries, now)
    async with database.begin() as session:
        row = await incident_course.lock(session, code, now)
        if by is None and row["evidence"]:
            return None
        digest = await files.store(session, content, MEDIA_TYPE, now)
        facts: dict[str, Json] = {
            "incident": code,
            "sha256": digest.hex(),
            "bytes": len(content),
            "entries": len(entries),
        }
        (taken,) = await take(session, [Act("freeze_evidence", actor, row["place"], now, facts=facts)], now)
        await (await driver(session)).execute(
            _INSERT, code, digest, len(entries), actor.code, now, taken.entry
        )
        words = f"取扱記録 {len(entries)}件を照合値とともに保全（SHA-256 {digest.hex()}）"
        await incidents.write_event(session, actor, code, EventKind.EVIDENCE, words, taken.entry, now)
        return (await evidence(session, code))[-1]


async def evidence(session: AsyncSession, code: str) -> list[Row]:
    """What was sealed for an incident, in order."""
    return [dict(row) for row in await (await driver(session)).fetch(_OF, code)]


async def hand_out(
    session: AsyncSession, actor: Actor, code: str, number: int, purpose: str, approval: str, now: datetime
) -> bytes:
    """The sealed file, once it is recorded what for and under which approval it leaves. NotFound, NotAllowed."""
    permissions.require(actor, "export")
    await incidents.one(session, code, now)
    known = {row["id"]: row for row in await evidence(session, code)}
    if number not in known:
        raise NotFound("evidence", str(number))
    digest = known[number]["sha256"]
    facts: dict[str, Json] = {
        "purpose": purpose,
        "approval": approval,
        "format": "evidence",
        "incident": code,
        "sha256": digest,
    }
    await take(session, [Act("export", actor, str(actor.place), now, facts=facts)], now)
    return await files.read(session, bytes.fromhex(digest))


def encrypted(content: bytes, name: str, out: Path, password: str) -> None:
    """Write a sealed file's content as the encrypted archive `out`. InvalidValue for a password that will not do."""
    with tempfile.TemporaryDirectory(prefix="logistics-evidence-", dir=out.parent) as home:
        inside = Path(home, name)
        with zipfile.ZipFile(io.BytesIO(content)) as sealed:
            sealed.extractall(inside)
        archives.encrypt(inside, out, password)


async def keep_freezing(database: Database, signer_directory: Path, clock: Callable[[], datetime]) -> None:
    """Freeze every new incident as soon as what it concerns is signed, until cancelled."""
    while True:
        try:
            await freeze_new(database, signer_directory, clock())
        except Exception as fault:
            # The database is away; what is not frozen stays to be frozen.
            log.warning("nothing could be frozen", error=type(fault).__name__)
        await asyncio.sleep(TICK_SECONDS)


async def freeze_new(database: Database, signer_directory: Path, now: datetime) -> list[str]:
    """Freeze the incidents that nobody has frozen yet; which of them were."""
    async with database.read() as session:
        waiting = await (await driver(session)).fetch(_WAITING, now - timedelta(days=31))
    done = []
    for row in waiting:
        try:
            if await freeze(database, signer_directory, None, row["code"], now):
                done.append(row["code"])
        except (ExportRefused, InvalidValue) as refusal:
            log.info("not frozen yet", incident=row["code"], why=str(refusal))
    return done


async def _require(session: AsyncSession, actor: Actor, code: str, now: datetime) -> None:
    permissions.require(actor, "freeze_evidence")
    row = await incidents.one(session, code, now)
    permissions.require_over(actor, "freeze_evidence", "incident", code, holder=row["place"])


async def _concerned(session: AsyncSession, code: str, now: datetime) -> list[int]:
    """The entries that an incident concerns, in log order: its own, and those of everything it names."""
    connection = await driver(session)
    row = await incidents.one(session, code, now)
    found = {entry["entry"] for entry in await connection.fetch(_OWN, code)}
    named = {item["code"] for item in await incidents.items(session, code)}
    for one in list(named):
        found |= {entry["entry"] for entry in await connection.fetch(_ABOUT, one)}
        named |= set(await incidents.through(session, one))
    for one in sorted(named):
        if (name := _FILTER.get(CodeType(one[0]))) is not None:
            given: dict[str, Any] = {name: one}
            if name in ("place", "device"):
                given |= {"occurred_from": row["noticed_at"] - BEFORE, "occurred_to": now}
            found |= await _searched(session, Filters(**given))
        if len(found) > MOST_ENTRIES:
            raise InvalidValue("items", f"concern more than {MOST_ENTRIES} entries; name fewer")
    return sorted(found)


async def _searched(session: AsyncSession, filters: Filters) -> set[int]:
    found: set[int] = set()
    after: int | None = 0
    while after is not None and len(found) <= MOST_ENTRIES:
        page = await audit.entries(session, filters, after, _PAGE)
        found |= {item["id"] for item in page.items}
        after = page.next
    return found


async def _sealed(
    session: AsyncSession,
    signer_directory: Path,
    actor: Actor,
    code: str,
    entries: Sequence[int],
    now: datetime,
) -> bytes:
    origin = await (await driver(session)).fetchval("SELECT origin FROM log_identity")
    vkey = Signer(signer_directory, origin).vkey
    occasion = Occasion(f"証拠保全 {code}", code, actor.code, now)
    with tempfile.TemporaryDirectory(prefix="logistics-evidence-") as home:
        out = Path(home, code)
        await export(session, out, occasion, vkey, selection=Selection(f"incident {code}", entries))
        return await anyio.to_thread.run_sync(partial(_packed, out))


def _packed(directory: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(directory.iterdir()):
            archive.write(file, file.name)
    return packed.getvalue()
