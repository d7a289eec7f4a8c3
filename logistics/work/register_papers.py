"""The papers of the registers, frozen as of a day: P19 people, P20 who may carry, P22 where cards may lie."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson, NamedPlace, Record
from logistics.rules.register_records import (
    CourierLine,
    CourierRecord,
    PremisesLine,
    PremisesRecord,
    StaffLine,
    StaffRecord,
    marked,
)
from logistics.store.database import driver
from logistics.work import couriers, documents, people, places, premises
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

_LAST_STAFF = """
SELECT record FROM document WHERE catalogue = 'P19' ORDER BY created_at DESC, number DESC LIMIT 1
"""

STAFF, COURIERS, PREMISES = "P19", "P20", "P22"


async def freeze(session: AsyncSession, actor: Actor, catalogue: str, day: date, now: datetime) -> Record:
    """Freeze a register as it is on the service's day, under a new number. InvalidValue for no such paper."""
    permissions.require(actor, "make_register_paper")
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    here = await places.place(session, str(actor.place))
    place = NamedPlace(here["code"], here["name"], here["address"])
    by = NamedPerson(actor.code, actor.name)
    record: StaffRecord | CourierRecord | PremisesRecord
    if catalogue == STAFF:
        before = await _last_staff(session)
        lines, gone = marked(await staff(session), before)
        record = StaffRecord(number, now, by, place, day, lines, before.number if before else None, gone)
    elif catalogue == COURIERS:
        record = CourierRecord(number, now, by, place, day, await _couriers(session))
    elif catalogue == PREMISES:
        record = PremisesRecord(number, now, by, place, day, await _premises(session))
    else:
        raise InvalidValue("register", "must be staff, couriers or premises")
    await documents.freeze(session, [Paper(number, catalogue, f"{catalogue}-{day.isoformat()}", record)], now)
    return record


async def _last_staff(session: AsyncSession) -> StaffRecord | None:
    """The P19 that was made last, against which the next one marks what has changed."""
    text = await (await driver(session)).fetchval(_LAST_STAFF)
    return msgspec.json.decode(text, type=StaffRecord) if text else None


async def staff(session: AsyncSession) -> tuple[StaffLine, ...]:
    """Everybody whom the contractor registers, site by site, those who lead first."""
    names = {row["code"]: row["short_name"] for row in await places.all_places(session)}
    rows = [
        row
        for row in await people.people(session, None, "", 10_000)
        if row["role"] in permissions.STAFF | permissions.PRIVACY | permissions.SYSTEM
    ]
    order = list(permissions.Role)
    rows.sort(key=lambda row: (list(names).index(row["place"]), order.index(row["role"]), row["code"]))
    return tuple(
        StaffLine(
            row["code"],
            row["name"],
            row["role"],
            names[row["place"]],
            row["employer"],
            row["employment"],
            row["registered_from"],
            row["registered_to"],
            row["pledged_on"],
            row["trained_on"],
            row["trained_to"],
            row["fault"],
            row["deputises"],
        )
        for row in rows
    )


async def _couriers(session: AsyncSession) -> tuple[CourierLine, ...]:
    lines = []
    for row in await couriers.consents(session):
        crew = tuple(
            f"{one['name']}（{one['code']}）" for one in await couriers.crew(session, row["courier"])
        )
        lines.append(
            CourierLine(
                row["number"],
                row["courier"],
                row["name"],
                row["scope"],
                row["contract"],
                row["valid_from"],
                row["valid_to"],
                crew,
            )
        )
    return tuple(lines)


async def _premises(session: AsyncSession) -> tuple[PremisesLine, ...]:
    return tuple(
        PremisesLine(
            row["number"],
            row["place_name"],
            row["room"],
            row["vault"],
            row["vault_name"] or "",
            row["lock_type"],
            f"{row['key_holder_name']}（{row['key_holder']}）",
            row["registered_on"],
            row["slots"],
        )
        for row in await premises.registered(session)
    )


async def catalogue_of(session: AsyncSession, number: str) -> str:
    """Which of the registers a paper shows. NotFound for a number that is none of theirs."""
    found: str | None = await (await driver(session)).fetchval(
        "SELECT catalogue FROM document WHERE number = $1 AND catalogue IN ('P19', 'P20', 'P22')", number
    )
    if found is None:
        raise NotFound("document", number)
    return found


async def spreadsheet(session: AsyncSession, actor: Actor, now: datetime) -> tuple[StaffLine, ...]:
    """The register of people for a spreadsheet; that it was taken is in the log."""
    permissions.require(actor, "make_register_paper")
    lines, _ = marked(await staff(session), await _last_staff(session))
    facts: dict[str, Json] = {"register": STAFF, "people": len(lines)}
    await take(session, [Act("export_register", actor, str(actor.place), now, facts=facts)], now)
    return lines
