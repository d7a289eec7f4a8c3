"""Companies, sites and vaults that were not there before."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.problems import documented
from api.times import on_calendar
from api.wire_registers import Number
from logistics.rules import errors
from logistics.rules.permissions import Actor
from logistics.work import founding

Few = Annotated[int, Meta(ge=1, le=founding.MOST_CARDS)]


class NewCourier(wire.Input, frozen=True, kw_only=True):
    """A company that is to carry, with the consent that the city gave in writing."""

    name: wire.Words
    consent: Number
    scope: wire.Words
    contract: wire.Words
    valid_from: date
    valid_to: date


class NewPlace(wire.Input, frozen=True, kw_only=True):
    """Another site."""

    name: wire.Words
    short_name: wire.Words
    kind: Literal["counter", "center"]
    address: wire.Words
    windows: Annotated[int, Meta(ge=0, le=100)]


class NewVault(wire.Input, frozen=True, kw_only=True):
    """Another vault of a site: so many shelves of so many slots, each for so many cards."""

    place: wire.PlaceCode
    name: wire.Words
    lock_type: wire.Words
    purpose: Literal["stock", "disposal"] = "stock"
    shelves: Few
    positions: Few
    capacity: Few


class Founded(wire.Output, frozen=True, kw_only=True):
    """The code of what was added."""

    code: str


@post(
    "/couriers",
    operation_id="addCourier",
    summary="Add a company that carries, with its consent and a vehicle",
    responses=documented(),
)
async def add_courier(
    data: JSONBody[NewCourier],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Founded:
    start, end = on_calendar(data.valid_from, "valid_from"), on_calendar(data.valid_to, "valid_to")
    code = await founding.add_courier(
        session, actor, data.name, data.consent, data.scope, data.contract, start, end, now
    )
    return Founded(code=code)


@post("/places", operation_id="addPlace", summary="Add a site", responses=documented())
async def add_place(
    data: JSONBody[NewPlace],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Founded:
    code = await founding.add_place(
        session, actor, data.name, data.short_name, data.kind, data.address, data.windows, now
    )
    return Founded(code=code)


@post(
    "/vaults",
    operation_id="addVault",
    summary="Add a vault with its slots",
    description="Nothing can be stored there until it is registered with the city: POST /premises.",
    responses=documented(errors.NotFound),
)
async def add_vault(
    data: JSONBody[NewVault],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Founded:
    code = await founding.add_vault(
        session,
        actor,
        data.place,
        data.name,
        data.lock_type,
        data.purpose,
        data.shelves,
        data.positions,
        data.capacity,
        now,
    )
    return Founded(code=code)


router = Router("/", tags=["registers"], route_handlers=[add_courier, add_place, add_vault])
