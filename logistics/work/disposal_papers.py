"""What P7 and P8 say, frozen in the transactions that propose and that end a destruction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.disposal import Chip, Method
from logistics.rules.disposal_records import (
    CertificateRecord,
    DestroyedLine,
    Presence,
    ProposalLine,
    ProposalRecord,
)
from logistics.rules.permissions import Actor
from logistics.rules.records import KindCount, NamedPerson
from logistics.store.database import driver
from logistics.work import documents, people, places

_SITTING = """
SELECT destruction.*, ended.destroyed, ended.remaining, ended.photos, ended.ended_at, ended.entry AS ended_entry,
       proposal.place, said.proposed_by, said.decided_by, said.decided_at, said.certificate_due_on,
       said.witness_requested
FROM destruction
JOIN destruction_end AS ended ON ended.destruction = destruction.id
JOIN proposal ON proposal.code = destruction.proposal
JOIN proposal_decision AS said ON said.proposal = proposal.code
WHERE destruction.id = $1
"""

_LINES = """
SELECT card.code, card.kind, kind.name AS kind_name, scan.occurred_at
FROM scan
JOIN card ON card.id = scan.card
JOIN kind ON kind.code = card.kind
WHERE scan.subject = $1 AND scan.purpose = 'destroy' AND scan.outcome = 'destroyed'
  AND scan.entry > $2 AND scan.entry < $3
ORDER BY scan.entry, scan.occurred_at, card.code
"""

_WITNESSES = "SELECT person, present, at FROM destruction_witness WHERE destruction = $1 ORDER BY id"


async def freeze_proposal(
    session: AsyncSession,
    actor: Actor,
    code: str,
    policy: str | None,
    note: str,
    lines: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Freeze P7 under the proposal's own number."""
    place = str(actor.place)
    record = ProposalRecord(
        number=code,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=(await places.named(session, [place]))[place],
        policy=policy,
        note=note,
        counts=_counts(lines),
        lines=tuple(
            ProposalLine(n, r["code"], r["kind"], r["kind_name"], r["slot"], r["due_on"], r["rule"])
            for n, r in enumerate(lines, start=1)
        ),
    )
    await documents.freeze(session, [documents.Paper(code, "P7", code, record)], now)


async def freeze_certificate(
    session: AsyncSession, actor: Actor, number: str, destruction: int, now: datetime
) -> None:
    """Freeze P8 of a sitting that has ended, for its proposal."""
    connection = await driver(session)
    row = await connection.fetchrow(_SITTING, destruction)
    lines = await connection.fetch(_LINES, row["proposal"], row["entry"], row["ended_entry"])
    seen = await connection.fetch(_WITNESSES, destruction)
    known = await people.actors(
        session, {row["proposed_by"], row["decided_by"], *(s["person"] for s in seen)}
    )
    named = {code: NamedPerson(code, person.name) for code, person in known.items()}
    record = CertificateRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=(await places.named(session, [row["place"]]))[row["place"]],
        proposal=row["proposal"],
        proposed_by=named[row["proposed_by"]],
        approved_by=named[row["decided_by"]],
        approved_at=row["decided_at"],
        due_on=row["certificate_due_on"],
        method=Method(row["method"]),
        chip=Chip(row["chip"]),
        machine=row["machine"],
        begun_at=row["begun_at"],
        ended_at=row["ended_at"],
        witness_requested=row["witness_requested"],
        witnesses=_presences(seen, named),
        photos=tuple(row["photos"]),
        counted=row["counted"],
        remaining=row["remaining"],
        counts=_counts(lines),
        lines=tuple(
            DestroyedLine(n, line["code"], line["kind"], line["kind_name"], line["occurred_at"])
            for n, line in enumerate(lines, start=1)
        ),
    )
    await documents.freeze(session, [documents.Paper(number, "P8", row["proposal"], record)], now)


def _presences(seen: Sequence[Any], named: Mapping[str, NamedPerson]) -> tuple[Presence, ...]:
    """Each stay of each witness, by when they came."""
    stays: list[Presence] = []
    there: dict[str, datetime] = {}
    for row in seen:
        if row["present"]:
            there.setdefault(row["person"], row["at"])
        elif row["person"] in there:
            stays.append(Presence(named[row["person"]], there.pop(row["person"]), row["at"]))
    stays += [Presence(named[person], came, None) for person, came in there.items()]
    return tuple(sorted(stays, key=lambda stay: stay.came_at))


def _counts(rows: Sequence[Mapping[str, Any]]) -> tuple[KindCount, ...]:
    counted = Counter((row["kind"], row["kind_name"]) for row in rows)
    return tuple(KindCount(kind, name, count) for (kind, name), count in sorted(counted.items()))
