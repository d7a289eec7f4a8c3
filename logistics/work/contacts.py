"""緊急連絡体制: whom to call, in order. A change is a new version, on paper (P21) and told to the city at once (13(7))."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.incident_records import ContactEntry, ContactsRecord
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.store.database import driver
from logistics.work import documents, mailing, places
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P21"

_LATEST = "SELECT * FROM contact_sheet ORDER BY version DESC LIMIT 1"
# Greater than any version.
LATEST = 2**31 - 1

_VERSIONS = """
SELECT sheet.version, sheet.reason, sheet.document, sheet.recorded_by, sheet.recorded_at,
       (SELECT count(*) FROM contact_line AS line WHERE line.version = sheet.version) AS lines
FROM contact_sheet AS sheet
WHERE sheet.version < $1
ORDER BY sheet.version DESC
LIMIT $2
"""
_LINES = "SELECT * FROM contact_line WHERE version = $1 ORDER BY position"
_SHEET = """
INSERT INTO contact_sheet (version, reason, document, recorded_by, recorded_at, entry)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_ADD = """
INSERT INTO contact_line (version, position, party, duty, name, phone, hours, mail, notified)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_NOTIFIED = """
SELECT DISTINCT mail FROM contact_line
WHERE version = (SELECT max(version) FROM contact_sheet) AND notified
ORDER BY mail
"""


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call: for whom, in which duty, when reachable. `notified` gets mails about incidents."""

    party: str
    duty: str
    name: str
    phone: str
    hours: str
    mail: str | None
    notified: bool


async def current(session: AsyncSession) -> dict[str, Any] | None:
    """The version that holds, with its `lines` in order; None before the first."""
    connection = await driver(session)
    sheet = await connection.fetchrow(_LATEST)
    if sheet is None:
        return None
    return {**dict(sheet), "lines": [dict(row) for row in await connection.fetch(_LINES, sheet["version"])]}


async def versions(session: AsyncSession, limit: int, before: int = LATEST) -> list[dict[str, Any]]:
    """The versions before the one given, the latest first."""
    return [dict(row) for row in await (await driver(session)).fetch(_VERSIONS, before, limit)]


async def notified(session: AsyncSession) -> list[str]:
    """The mail addresses that hear of incidents, besides the operator's."""
    return [row["mail"] for row in await (await driver(session)).fetch(_NOTIFIED)]


async def set_contacts(
    session: AsyncSession, actor: Actor, lines: Sequence[Contact], reason: str, now: datetime
) -> dict[str, Any]:
    """Put a new version in force: frozen as P21, and told to everybody on it and before it. InvalidValue."""
    permissions.require(actor, "set_contacts")
    for n, line in enumerate(lines):
        if line.notified and line.mail is None:
            raise InvalidValue(f"lines[{n}].mail", "is needed for who is to be told")
    connection = await driver(session)
    # The next version waits here, and sees this one.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('contact_sheet', 0))")
    before = await current(session)
    version = (before["version"] if before else 0) + 1
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    place = (await places.named(session, [str(actor.place)]))[str(actor.place)]
    entries = tuple(ContactEntry(n, **asdict(line)) for n, line in enumerate(lines, start=1))
    record = ContactsRecord(number, version, now, NamedPerson(actor.code, actor.name), place, reason, entries)
    await documents.freeze(session, [Paper(number, CATALOGUE, f"{CATALOGUE}-{version}", record)], now)
    said: list[Json] = [dict(asdict(line)) for line in lines]
    facts: dict[str, Json] = {"version": version, "document": number, "lines": said}
    act = Act("set_contacts", actor, str(actor.place), now, reason=reason, facts=facts)
    (taken,) = await take(session, [act], now)
    await connection.execute(_SHEET, version, reason, number, actor.code, now, taken.entry)
    await connection.executemany(
        _ADD,
        [
            (version, e.position, e.party, e.duty, e.name, e.phone, e.hours, e.mail, e.notified)
            for e in entries
        ],
    )
    old = [line["mail"] for line in before["lines"] if line["notified"]] if before else []
    await _tell(session, record, [*old, *await notified(session)], now)
    held = await current(session)
    assert held is not None, "the version that was just written"
    return held


async def _tell(session: AsyncSession, record: ContactsRecord, to: Sequence[str], now: datetime) -> None:
    subject = f"緊急連絡体制表（第{record.version}版）　{record.number}"
    lines = [
        f"緊急連絡体制表を第{record.version}版に改めました。理由：{record.reason}",
        f"帳票：P21 {record.number}（サービスの帳票一覧から印刷できます）",
        "",
        *(
            f"{line.position}. {line.party}　{line.duty}　{line.name}　{line.phone}　{line.hours}"
            for line in record.lines
        ),
    ]
    await mailing.tell(session, "contacts.changed", record.number, subject, "\n".join(lines) + "\n", now, to)
