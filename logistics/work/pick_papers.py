"""The pick list on paper: frozen as it stands, with the slots in walking order."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.calendar import PlaceKind
from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor
from logistics.rules.records import KindCount, NamedPerson, NamedPlace
from logistics.rules.vault_records import PickLineRecord, PickListRecord
from logistics.work import documents, picks, places
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P23"


async def freeze(session: AsyncSession, actor: Actor, code: str, now: datetime) -> str:
    """Freeze P23 取出し予定表 as the list stands now; the paper's number. Each time a new paper. NotFound."""
    permissions.require(actor, "pick_list")
    listed = await picks.pick_list(session, code)
    permissions.require_over(actor, "pick_list", "pick list", code, holder=listed["place"])
    site = await places.place(session, listed["place"])
    calendar = await places.calendar(session)
    held = [
        one
        for one in calendar.sessions(PlaceKind(site["kind"]), listed["day"], site["number"])
        if one.service.value == listed["service"]
    ]
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    kinds = Counter((line["kind"], line["kind_name"]) for line in listed["lines"])
    record = PickListRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        pick_list=code,
        place=NamedPlace(site["code"], site["name"], site["address"]),
        day=listed["day"],
        service=listed["service"],
        opens_at=held[0].opens_at if held else None,
        closes_at=held[0].closes_at if held else None,
        counts=tuple(KindCount(kind, name, n) for (kind, name), n in sorted(kinds.items())),
        lines=tuple(
            PickLineRecord(
                position=n,
                slot=line["slot"],
                vault_name=line["vault_name"],
                card=line["card"],
                kind_name=line["kind_name"],
                booked_for=line["booked_for"],
                state=line["state"],
            )
            for n, line in enumerate(listed["lines"], 1)
        ),
    )
    await documents.freeze(session, [Paper(number, CATALOGUE, code, record)], now)
    return number
