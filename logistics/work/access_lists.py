"""A badge reader's list becomes the record of openings and stays, all of it or nothing; the register P16 on paper."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.access_list import AccessLine, KnownHere, parse
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.csv_list import fault
from logistics.rules.errors import InvalidValue, ListInvalid
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.rules.vault_records import AccessLineRecord, AccessRegisterRecord
from logistics.rules.vaulting import Source
from logistics.store.database import driver
from logistics.work import documents, openings, places
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

MOST_LINES = 5_000
MOST_DAYS = 366

# A stay of the same person, or an opening of the same vault, cannot have been twice at one time.
_OVERLAPPING = """
SELECT given.n
FROM unnest($2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
     AS given (n, vault, person, opened_at, closed_at)
WHERE EXISTS (
    SELECT FROM vault_access AS access
    WHERE access.place = $1 AND access.vault IS NOT DISTINCT FROM given.vault
      AND (given.vault IS NOT NULL OR access.opened_by = given.person)
      AND access.opened_at <= given.closed_at
      AND COALESCE(access.closed_at, 'infinity') >= given.opened_at
)
ORDER BY given.n
"""

_INSERT = """
INSERT INTO vault_access (place, vault, opened_at, opened_by, source, holds_key, entry, closed_at, closed_by,
                          closed_entry)
SELECT $1, given.vault, given.opened_at, given.person, $6,
       (SELECT CASE WHEN count(*) > 0 THEN bool_or(held.holder = given.person) END
        FROM vault_key AS held
        WHERE held.vault = given.vault AND held.given_at <= given.opened_at
          AND (held.returned_at IS NULL OR held.returned_at > given.opened_at)),
       $7, given.closed_at, given.person, $7
FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
     AS given (vault, person, opened_at, closed_at)
"""


async def import_list(session: AsyncSession, actor: Actor, content: bytes, now: datetime) -> int:
    """Import a badge reader's list for the actor's place; how many lines. Raises ListInvalid with every fault."""
    permissions.require(actor, "import_accesses")
    connection, place = await driver(session), str(actor.place)
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 5))", place)
    vaults = await connection.fetch("SELECT code FROM vault WHERE place = $1", place)
    everybody = await connection.fetch("SELECT code FROM person")
    known = KnownHere({row["code"] for row in everybody}, {row["code"] for row in vaults})
    lines, faults = parse(content, known, now)
    again = await connection.fetch(
        _OVERLAPPING,
        place,
        [line.number for line in lines],
        [line.vault for line in lines],
        [line.person for line in lines],
        [line.opened_at for line in lines],
        [line.closed_at for line in lines],
    )
    faults += [
        fault(row["n"], "opened_at", "is recorded already, or overlaps with what is recorded")
        for row in again
    ]
    if faults:
        raise ListInvalid(sorted(faults, key=lambda one: one["line"]))
    facts: dict[str, Json] = {"list_sha256": hashlib.sha256(content).hexdigest(), "lines": len(lines)}
    (taken,) = await take(session, [Act("import_accesses", actor, place, now, facts=facts)], now)
    await _insert(connection, place, lines, taken.entry)
    return len(lines)


async def _insert(connection: Any, place: str, lines: Sequence[AccessLine], entry: int) -> None:
    await connection.execute(
        _INSERT,
        place,
        [line.vault for line in lines],
        [line.person for line in lines],
        [line.opened_at for line in lines],
        [line.closed_at for line in lines],
        Source.BADGE.value,
        entry,
    )


async def freeze_register(
    session: AsyncSession, actor: Actor, place: str, first: date, last: date, now: datetime
) -> str:
    """Freeze P16 入退室管理簿 of a place for days from `first` to `last`; its number. Each time a new paper."""
    permissions.require_over(actor, "make_report", "place", place, holder=place)
    if not first <= last <= business_date(now):
        raise InvalidValue("last", "lies before the first day, or in the future")
    if (last - first).days >= MOST_DAYS:
        raise InvalidValue("last", "lies more than a year after the first day")
    home = await places.named(session, [place])
    rows = await openings.accesses(session, place, first, last, 0, MOST_LINES + 1, now)
    if len(rows) > MOST_LINES:
        raise InvalidValue(
            "last", f"the register would have more than {MOST_LINES} lines; ask for fewer days"
        )
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    record = AccessRegisterRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=home[place],
        first=first,
        last=last,
        lines=tuple(_line(row) for row in sorted(rows, key=lambda row: row["opened_at"])),
    )
    await documents.freeze(session, [Paper(number, "P16", place, record)], now)
    return number


def _line(row: dict[str, Any]) -> AccessLineRecord:
    closer = NamedPerson(row["closed_by"], row["closed_by_name"]) if row["closed_by"] else None
    return AccessLineRecord(
        vault=row["vault"],
        where=row["vault_name"] or "室",
        opened_at=row["opened_at"],
        opened_by=NamedPerson(row["opened_by"], row["opened_by_name"]),
        reason=row["reason"],
        explained_by=row["explained_by"],
        source=row["source"],
        holds_key=row["holds_key"],
        closed_at=row["closed_at"],
        closed_by=closer,
        unexplained=row["unexplained"],
    )
