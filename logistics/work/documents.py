"""Papers: a record is frozen when the act happens; each print is numbered and its hash is in the custody log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import anyio.to_thread
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.count_records import CountReportRecord, CountSheetRecord
from logistics.rules.day_records import DayReportRecord
from logistics.rules.disposal_records import CertificateRecord, ProposalRecord
from logistics.rules.errors import NotFound
from logistics.rules.incident_records import ContactsRecord, DifferenceRecord, IncidentReportRecord
from logistics.rules.management import ManagementRecord
from logistics.rules.permissions import Actor
from logistics.rules.provenance import ProvenanceRecord
from logistics.rules.records import (
    ClosingRecord,
    Imprint,
    ManifestRecord,
    ReceiptRecord,
    Record,
    TransferSlipRecord,
)
from logistics.rules.register_records import CourierRecord, PremisesRecord, StaffRecord
from logistics.rules.report_records import MonthReportRecord, UndeliveredCardsRecord, UndeliveredRecord
from logistics.rules.return_records import ReturnRecord
from logistics.rules.succession_records import SuccessionRecord
from logistics.rules.supply_records import SupplyRecord
from logistics.rules.vault_records import (
    AccessRegisterRecord,
    CitySlipRecord,
    DepositReceiptRecord,
    PickListRecord,
)
from logistics.store.database import driver

# The type of record behind each paper of the catalogue.
# P0, the day's closing sheet, is ours: the city's own catalogue begins with P1 and its day report is P12.
RECORDS: dict[str, type[Record]] = {
    "P0": ClosingRecord,
    "P1": ManifestRecord,
    "P2": TransferSlipRecord,
    "P3": ReceiptRecord,
    "P11": UndeliveredRecord,
    "P24": UndeliveredCardsRecord,
    "P13": MonthReportRecord,
    "P14": ManagementRecord,
    "P15": SupplyRecord,
    "P18": SuccessionRecord,
    "P4": ReturnRecord,
    "P16": AccessRegisterRecord,
    "P7": ProposalRecord,
    "P8": CertificateRecord,
    "P17": ProvenanceRecord,
    "P19": StaffRecord,
    "P20": CourierRecord,
    "P22": PremisesRecord,
    # Ours: what P2 and P3 are within a site, and a list that the city's catalogue does not name.
    "P2A": CitySlipRecord,
    "P3A": DepositReceiptRecord,
    "P23": PickListRecord,
    "P5": CountSheetRecord,
    "P6": CountReportRecord,
    "P12": DayReportRecord,
    "P9": IncidentReportRecord,
    "P10": DifferenceRecord,
    "P21": ContactsRecord,
}

R = TypeVar("R", bound=Record)

_FREEZE = """
INSERT INTO document (number, catalogue, subject, record, digest, created_at)
SELECT number, catalogue, subject, record, digest, $6
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[])
     AS paper (number, catalogue, subject, record, digest)
"""

_ARCHIVE = """
SELECT document.number, document.catalogue, document.subject, document.created_at,
       count(printed.document) AS prints
FROM document
LEFT JOIN document_print AS printed ON printed.document = document.number
WHERE document.number > $1 AND ($2::text IS NULL OR document.subject = $2)
  AND ($4::text IS NULL OR $4 IN (document.subject, document.record::json #>> '{place,code}') OR EXISTS (
      SELECT FROM manifest JOIN run ON run.code = manifest.run
      WHERE manifest.code = document.subject AND $4 IN (manifest.origin, manifest.destination, run.courier)))
GROUP BY document.number
ORDER BY document.number
LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Paper:
    """A record to freeze, under its number, for the thing it is about."""

    number: str
    catalogue: str
    subject: str
    record: Record


@dataclass(frozen=True, slots=True)
class Printed:
    """A file as it may be handed out: its hash is in the log already. `copy` 0 is the original."""

    number: str
    catalogue: str
    copy: int
    content: bytes


async def freeze(session: AsyncSession, papers: Sequence[Paper], now: datetime) -> None:
    """Store the records as the JSON text that is hashed and drawn from, for ever."""
    texts = [msgspec.json.encode(paper.record) for paper in papers]
    await (await driver(session)).execute(
        _FREEZE,
        [paper.number for paper in papers],
        [paper.catalogue for paper in papers],
        [paper.subject for paper in papers],
        [text.decode() for text in texts],
        [hashlib.sha256(text).digest() for text in texts],
        now,
    )


async def print_paper(
    session: AsyncSession,
    actor: Actor,
    number: str,
    render: Callable[[Any, Imprint], bytes],
    now: datetime,
    catalogue: str | None = None,
) -> Printed:
    """Draw a paper from its frozen record: the original the first time, reprint n after that.

    NotFound, also where the paper is not the one of the `catalogue` that `render` draws.

    Drawing runs in a worker thread. The SHA-256 of the file is in the custody log before the file is returned.
    """
    permissions.require(actor, "print")
    connection = await driver(session)
    # The row is never updated, so it is not locked either: the service may not even have the right to.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", number)
    row = await connection.fetchrow("SELECT * FROM document WHERE number = $1", number)
    if row is None or catalogue not in (None, row["catalogue"]):
        raise NotFound("document", number)
    copy: int = await connection.fetchval("SELECT count(*) FROM document_print WHERE document = $1", number)
    record = msgspec.json.decode(row["record"], type=RECORDS[row["catalogue"]])
    imprint = Imprint(copy, now, row["digest"].hex(), *await _checkpoint(connection))
    content = await anyio.to_thread.run_sync(render, record, imprint)
    digest = hashlib.sha256(content)
    act = Act(
        "print",
        actor,
        str(actor.place),
        now,
        facts={
            "document": number,
            "catalogue": row["catalogue"],
            "copy": copy,
            "sha256": digest.hexdigest(),
            "bytes": len(content),
        },
    )
    (taken,) = await take(session, [act], now)
    await connection.execute(
        "INSERT INTO document_print (document, copy_number, sha256, entry, printed_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        number,
        copy,
        digest.digest(),
        taken.entry,
        now,
    )
    return Printed(number, row["catalogue"], copy, content)


async def _checkpoint(connection: Any) -> tuple[str | None, str | None]:
    """The log's last signed state as paper shows it: its size with the first 16 digits of its root, and its note."""
    last = await connection.fetchrow("SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1")
    if last is None:
        return None, None
    digits = last["root"].hex()[:16]
    return f"{last['size']}件 " + " ".join(digits[at : at + 4] for at in range(0, 16, 4)), last["note"]


async def print_labels(
    session: AsyncSession, actor: Actor, what: str, codes: Sequence[str], content: bytes, now: datetime
) -> None:
    """Record that labels were drawn, with the hash of the file, before it is handed out."""
    permissions.require(actor, "print")
    facts: dict[str, Json] = {
        "labels": what,
        "codes": list(codes),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    await take(session, [Act("print_labels", actor, str(actor.place), now, facts=facts)], now)


async def archive(
    session: AsyncSession, after: str, limit: int, subject: str | None = None, scope: str | None = None
) -> list[dict[str, Any]]:
    """Papers in number order with how often each was printed; those about `scope` or its manifests alone."""
    return [dict(row) for row in await (await driver(session)).fetch(_ARCHIVE, after, subject, limit, scope)]


async def catalogue_of(session: AsyncSession, number: str) -> str:
    """Which paper of the catalogue a number is. NotFound."""
    found: str | None = await (await driver(session)).fetchval(
        "SELECT catalogue FROM document WHERE number = $1", number
    )
    if found is None:
        raise NotFound("paper", number)
    return found


async def travelling(session: AsyncSession, manifest: str) -> ManifestRecord | ReturnRecord:
    """The frozen record of a manifest, or of a return slip."""
    row = await (await driver(session)).fetchrow(
        "SELECT catalogue, record FROM document WHERE number = $1", manifest
    )
    if row["catalogue"] == "P4":
        return msgspec.json.decode(row["record"], type=ReturnRecord)
    return msgspec.json.decode(row["record"], type=ManifestRecord)


async def record(session: AsyncSession, number: str, kind: type[R]) -> R:
    """The frozen record of a paper. NotFound."""
    text = await (await driver(session)).fetchval("SELECT record FROM document WHERE number = $1", number)
    if text is None:
        raise NotFound("document", number)
    return msgspec.json.decode(text, type=kind)
