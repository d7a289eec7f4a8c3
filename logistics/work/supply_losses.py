"""A key, a seal or a box that is lost may let somebody in: the loss opens an incident, or belongs to one that is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import InvalidValue
from logistics.rules.incidents import EventKind, IncidentKind
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import incident_course, incidents, supplies
from logistics.work.incidents import NewIncident
from logistics.work.supplies import Said

_LAST = "SELECT max(entry) FROM supply_move WHERE incident = $1"


async def lose(
    session: AsyncSession, actor: Actor, said: Said, now: datetime, *, opens_incident: bool = False
) -> str | None:
    """Record what was lost or broken, and which incident it is or belongs to; that one's number, if any.

    A loss that opens an incident has the city told at once. Raises InvalidValue for both at once and for what
    `supplies.lose` refuses; NotFound, NotAllowed and IncidentStepRefused for an incident that is not the actor's to
    work on, or is closed.
    """
    if opens_incident and said.incident:
        raise InvalidValue("incident", "belongs to an incident, or opens one")
    if said.incident:
        await incident_course.open_one(session, actor, said.incident, now)
    words = f"{await _named(session, said)}：{said.reason}"
    if opens_incident:
        new = NewIncident(IncidentKind.LOSS, f"支給品・貸与品の滅失・き損　{words}", now)
        said = replace(said, incident=(await incidents.report(session, actor, new, now))["code"])
    await supplies.lose(session, actor, said, now)
    if said.incident and not opens_incident:
        entry: int = await (await driver(session)).fetchval(_LAST, said.incident)
        told = f"支給品・貸与品　{words}"
        await incidents.write_event(session, actor, said.incident, EventKind.ITEM, told, entry, now)
    return said.incident


async def _named(session: AsyncSession, said: Said) -> str:
    known = {row["code"]: row for row in await supplies.items(session)}
    return "、".join(
        f"{known[item]['name']} {pieces:,}{known[item]['unit']}"
        for item, pieces in said.pieces.items()
        if item in known
    )
