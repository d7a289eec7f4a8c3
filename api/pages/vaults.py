"""The vault by slot: how full each is, and what lies in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth, parameters
from api.pages import faults
from api.pages.html import page
from api.parameters import PlaceQuery, SlotPath, VaultPath
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor, may, relations, require
from logistics.work import custody, people, places, rearranging
from logistics.work import vault as keeping
from logistics.work import vault_map as maps

MOST_SLOTS, MOST_CARDS = 2_000, 500


@get("/vault")
async def vaults(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
) -> Response[Any]:
    """The vaults of the reader's place, or of one that the reader may look into; on to the only one."""
    asked = place or str(reader.place)
    _require_sight(reader, asked)
    found = await keeping.vaults(snapshot, asked)
    if len(found) == 1:
        return Redirect(f"/vaults/{found[0]['code']}", status_code=303)
    return page(
        "vaults.html",
        request=request,
        reader=reader,
        vaults=found,
        place=await places.place(snapshot, asked),
    )


@get("/vaults/{vault:str}")
async def vault_map(
    request: Request[Any, Any, Any],
    vault: VaultPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """A vault as its shelves stand, slot by slot."""
    slots = await keeping.slots(snapshot, vault, "", MOST_SLOTS)
    known = await _vault_of(snapshot, reader, vault)
    going_on = await rearranging.under_way(snapshot, vault)
    own = known["place"] == reader.place
    staff = await people.people(snapshot, known["place"], "", MOST_SLOTS)
    shelves = [(shelf, list(row)) for shelf, row in groupby(slots, key=lambda slot: slot["shelf"])]
    return page(
        "vault.html",
        request=request,
        reader=reader,
        vault=known,
        shelves=shelves,
        used=sum(slot["occupied"] for slot in slots),
        capacity=sum(slot["capacity"] for slot in slots),
        state=await maps.vault(snapshot, vault),
        keys=await maps.keys(snapshot, vault),
        going_on=going_on,
        names={slot["code"]: f"{slot['shelf']}-{slot['position']:03d}" for slot in slots},
        staff=[(p["code"], p["name"]) for p in staff],
        may_put_away=own and may(reader, "put_away"),
        may_give_key=own and may(reader, "give_key"),
        may_end_differing=own and may(reader, "end_differing"),
    )


@get("/slots/{slot:str}")
async def slot_page(
    request: Request[Any, Any, Any],
    slot: SlotPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """What lies in a slot."""
    cards = await custody.cards(snapshot, limit=MOST_CARDS, slot=slot)
    for known in await _all_vaults(snapshot, reader):
        found = [s for s in await keeping.slots(snapshot, known["code"], "", MOST_SLOTS) if s["code"] == slot]
        if found:
            _require_sight(reader, known["place"])
            return page(
                "slot.html",
                request=request,
                reader=reader,
                slot=found[0],
                vault=known,
                cards=cards,
                may_put_away=may(reader, "put_away") and known["place"] == reader.place,
            )
    raise NotFound("slot", slot)


async def _vault_of(session: AsyncSession, reader: Actor, code: str) -> Mapping[str, Any]:
    for known in await _all_vaults(session, reader):
        if known["code"] == code:
            _require_sight(reader, known["place"])
            return known
    raise NotFound("vault", code)


async def _all_vaults(session: AsyncSession, reader: Actor) -> Sequence[Mapping[str, Any]]:
    """The vaults of the places that the reader may look at."""
    seen = [row["code"] for row in await places.all_places(session) if _sees(reader, row["code"])]
    return [row for code in seen for row in await keeping.vaults(session, code)]


def _sees(reader: Actor, place: str) -> bool:
    return may(reader, "see", relations(reader, holder=place))


def _require_sight(reader: Actor, place: str) -> None:
    require(reader, "see")
    if not _sees(reader, place):
        raise NotFound("place", place)


router = Router(
    "/",
    route_handlers=[vaults, vault_map, slot_page],
    guards=[auth.signed_in],
    before_request=parameters.check_codes,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
