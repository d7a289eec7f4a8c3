"""What the papers of a count say: its sheet P5, frozen when it is opened, and its report P6, when it is concluded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.count_records import (
    CountedSlot,
    CountLine,
    CountReportRecord,
    CountSheetRecord,
    LastSeen,
)
from logistics.rules.counting import CountKind, Finding
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.store.database import driver
from logistics.work import documents, people, places, sightings
from logistics.work.count_findings import Findings, Found
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes
from logistics.work.scans import Row

if TYPE_CHECKING:
    from logistics.work.counts import Opening

SHEET, REPORT = "P5", "P6"

_VAULT = "SELECT name FROM vault WHERE code = $1"
_SLOTS = "SELECT code, shelf, position FROM slot WHERE code = ANY ($1::text[]) ORDER BY code"
_COUNTERS = "SELECT round, counters FROM stock_count_round WHERE count = $1 ORDER BY round"


async def freeze_sheet(
    session: AsyncSession,
    actor: Actor,
    count: str,
    vault: str,
    wanted: Opening,
    slots: Sequence[str],
    aside: bool,
    now: datetime,
) -> str:
    """Freeze P5 of a count that is being opened; its number."""
    connection = await driver(session)
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    named = await _named(session, [wanted.witness, wanted.supervisor])
    rows = await connection.fetch(_SLOTS, list(slots))
    place = (await places.named(session, [str(actor.place)]))[str(actor.place)]
    record = CountSheetRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        witness=named.get(wanted.witness or ""),
        supervisor=named.get(wanted.supervisor or ""),
        count=count,
        kind=wanted.kind,
        place=place,
        vault=vault,
        vault_name=await connection.fetchval(_VAULT, vault),
        day=business_date(now),
        aside=aside,
        slots=tuple(CountedSlot(row["code"], row["shelf"], row["position"]) for row in rows),
    )
    await documents.freeze(session, [Paper(number, SHEET, count, record)], now)
    return number


async def freeze_report(
    session: AsyncSession,
    actor: Actor,
    count: Row,
    live: Findings,
    cases: Mapping[str, str],
    numbers: Mapping[Any, str],
    reason: str | None,
    now: datetime,
) -> str:
    """Freeze P6 of a count that is being concluded; its number."""
    connection = await driver(session)
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    counters = {row["round"]: row["counters"] for row in await connection.fetch(_COUNTERS, count["code"])}
    named = await _named(
        session,
        [count["witness"], count["supervisor"], *(code for them in counters.values() for code in them)],
    )
    place = (await places.named(session, [count["place"]]))[count["place"]]
    seen = await sightings.last(session, [one.card for one in live.of(Finding.MISSING)])
    by_card = {key[2]: code for key, code in numbers.items()}
    record = CountReportRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        witness=named.get(count["witness"] or ""),
        supervisor=named.get(count["supervisor"] or ""),
        counters=tuple(named[code] for code in counters.get(1, ())),
        recounters=tuple(named[code] for code in counters.get(2, ())),
        count=count["code"],
        kind=CountKind(count["kind"]),
        place=place,
        vault=count["vault"],
        vault_name=await connection.fetchval(_VAULT, count["vault"]),
        day=count["day"],
        opened_at=count["opened_at"],
        closed_at=now,
        slots=len(count["slots"]),
        recounted=tuple(count["recount_slots"] or ()),
        **live.figures,
        reason=reason,
        lines=tuple(_line(one, cases, by_card, seen) for one in live.found),
    )
    await documents.freeze(session, [Paper(number, REPORT, count["code"], record)], now)
    return number


def _line(
    one: Found, cases: Mapping[str, str], numbers: Mapping[Any, str], seen: Mapping[str, Row]
) -> CountLine:
    last = seen.get(one.card)
    return CountLine(
        card=one.card,
        finding=one.finding,
        expected_in=one.expected_in,
        found_in=one.found_in,
        hint=one.hint,
        note=one.note,
        difference=numbers.get(one.card),
        case=cases.get(one.card),
        last_seen=_last_seen(last) if last else None,
    )


def _last_seen(row: Row) -> LastSeen:
    by = NamedPerson(row["actor"], row["actor_name"])
    return LastSeen(row["occurred_at"], by, row["site_name"], row["slot"], row["act"], row["entry"])


async def _named(session: AsyncSession, codes: Collection[str | None]) -> dict[str, NamedPerson]:
    known = await people.actors(session, {code for code in codes if code})
    return {code: NamedPerson(person.code, person.name) for code, person in known.items()}
