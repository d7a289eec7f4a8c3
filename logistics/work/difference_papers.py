"""P10 差異報告書: one difference on paper, as it stands, with what the log says of its card (contract 13(5))."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import NotFound
from logistics.rules.incident_records import DifferenceRecord, NoteLine
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.store.database import driver
from logistics.work import discrepancies, documents, incident_papers, places
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P10"

_OPENED = """
SELECT person.code, person.name
FROM discrepancy
JOIN entry ON entry.id = discrepancy.entry
JOIN person ON person.code = entry.actor
WHERE discrepancy.code = $1
"""
_NOTES = """
SELECT note.note, note.noted_at, person.name
FROM discrepancy_note AS note
JOIN person ON person.code = note.noted_by
WHERE note.discrepancy = $1
ORDER BY note.entry
"""
_CARD = "SELECT card.state, kind.name FROM card JOIN kind ON kind.code = card.kind WHERE card.code = $1"


async def make(session: AsyncSession, actor: Actor, code: str, now: datetime) -> DifferenceRecord:
    """Freeze P10 of a difference as it is now. NotFound."""
    permissions.require(actor, "make_report")
    found = await discrepancies.page(session, code=code, limit=1)
    if not found:
        raise NotFound("difference", code)
    one, connection = found[0], await driver(session)
    permissions.require_over(actor, "make_report", "difference", code, holder=one["place"])
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    card = await connection.fetchrow(_CARD, one["card"])
    opened = await connection.fetchrow(_OPENED, code)
    record = DifferenceRecord(
        number=number,
        difference=code,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=(await places.named(session, [one["place"]]))[one["place"]],
        kind=one["kind"],
        card=one["card"],
        kind_name=card["name"] if card else None,
        card_state=card["state"] if card else None,
        batch=one["batch"],
        manifest=one["manifest"],
        box=one["box"],
        note=one["note"],
        opened_at=one["opened_at"],
        opened_by=NamedPerson(opened["code"], opened["name"]),
        how=one["how"],
        reason=one["reason"],
        resolved_at=one["resolved_at"],
        notes=tuple(
            NoteLine(row["noted_at"], row["name"], row["note"])
            for row in await connection.fetch(_NOTES, code)
        ),
        custody=await incident_papers.custody_lines(session, [one["card"]] if one["card"] else []),
        files=await incident_papers.files_of(session, "discrepancy", code),
    )
    await documents.freeze(session, [Paper(number, CATALOGUE, code, record)], now)
    facts = {"report": CATALOGUE, "document": number, "discrepancy": code}
    await take(session, [Act("make_report", actor, one["place"], now, facts=facts)], now)
    return record
