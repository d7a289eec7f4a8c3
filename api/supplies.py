"""Supplies and loans of the city: what came, was used, went back or was lost, what is left. P15 is printed by number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire, wire_supplies
from api.parameters import Limit, PlaceQuery
from api.problems import documented
from api.times import on_calendar
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.work import supplies, supply_items, supply_losses
from logistics.work.supplies import Said

ItemQuery = Annotated[str | None, QueryParameter(pattern=r"^[a-z_]{1,40}$", description="Only of this item")]


def _said(lines: Sequence[wire_supplies.SupplyLineIn], day: date, **more: str | None) -> Said:
    pieces = supplies.pieces_of([(line.item, line.pieces) for line in lines])
    return Said(pieces, on_calendar(day, "day"), **more)


@get(
    "/supplies/items",
    operation_id="listSupplyItems",
    summary="What the city supplies (支給品) and lends (貸与品)",
    responses=documented(),
)
async def list_items(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[wire_supplies.SupplyItem]:
    permissions.require(reader, "see")
    return wire.listed(await supplies.items(snapshot), wire_supplies.SupplyItem)


@post(
    "/supplies/items",
    operation_id="addSupplyItem",
    summary="Add a kind of thing that the city supplies or lends; a manager does",
    status_code=201,
    responses=documented(),
)
async def add_item(
    data: JSONBody[wire_supplies.NewSupplyItem],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_supplies.SupplyItem:
    await supply_items.add(session, actor, data.code, data.name, data.unit, lent=data.lent, now=now)
    return wire_supplies.SupplyItem(code=data.code, name=data.name, unit=data.unit, lent=data.lent)


@get(
    "/supplies",
    operation_id="listSupplies",
    summary="How many pieces of each item a place has",
    responses=documented(),
)
async def list_supplies(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor], place: PlaceQuery = None
) -> list[wire_supplies.SupplyBalance]:
    rows = await supplies.balances(snapshot, permissions.place(reader, place))
    return wire.listed(rows, wire_supplies.SupplyBalance)


@get(
    "/supplies/moves",
    operation_id="listSupplyMoves",
    summary="What came, was used, went back or was lost, the latest first",
    responses=documented(),
)
async def list_moves(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
    item: ItemQuery = None,
    before: Annotated[int, QueryParameter(ge=0, le=2**53, description="`id` of the last one before")] = 2**53,
    limit: Limit = 100,
) -> list[wire_supplies.SupplyMove]:
    mine = permissions.place(reader, place)
    return wire.listed(await supplies.moves(snapshot, before, limit, mine, item), wire_supplies.SupplyMove)


@post(
    "/supplies/receipts",
    operation_id="receiveSupplies",
    summary="Take over what the city supplies or lends; answers with the number of its receipt P15",
    responses=documented(),
)
async def receive_supplies(
    data: JSONBody[wire_supplies.ReceiveSupplies],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_supplies.SupplyPaper:
    said = _said(data.lines, data.day, city=data.city)
    return wire_supplies.SupplyPaper(number=await supplies.receive(session, actor, said, now))


@post(
    "/supplies/uses",
    operation_id="useSupplies",
    summary="Record what was used up",
    status_code=204,
    responses=documented(),
)
async def use_supplies(
    data: JSONBody[wire_supplies.UseSupplies],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await supplies.use(session, actor, _said(data.lines, data.day, reason=data.reason), now)


@post(
    "/supplies/losses",
    operation_id="loseSupplies",
    summary="Record what was lost or broken, and how; it may open an incident, or belong to one",
    status_code=200,
    responses=documented(errors.NotFound, errors.IncidentStepRefused),
)
async def lose_supplies(
    data: JSONBody[wire_supplies.LoseSupplies],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_supplies.SuppliesLost:
    said = _said(data.lines, data.day, reason=data.reason, incident=data.incident)
    incident = await supply_losses.lose(session, actor, said, now, opens_incident=data.opens_incident)
    return wire_supplies.SuppliesLost(incident=incident)


@post(
    "/supplies/returns",
    operation_id="returnSupplies",
    summary="Return what is left; answers with the number of the statement of use P15 that goes with it",
    responses=documented(),
)
async def return_supplies(
    data: JSONBody[wire_supplies.ReturnSupplies],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_supplies.SupplyPaper:
    said = _said(data.lines, data.day, city=data.city)
    return wire_supplies.SupplyPaper(number=await supplies.give_back(session, actor, said, now))


@post(
    "/supplies/moves",
    operation_id="moveSupplies",
    summary="Hand pieces on to another place",
    status_code=204,
    responses=documented(errors.NotFound),
)
async def move_supplies(
    data: JSONBody[wire_supplies.MoveSupplies],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    said = _said(data.lines, data.day, other_place=data.to, reason=data.reason)
    await supplies.move(session, actor, said, now)


@post(
    "/supplies/statements",
    operation_id="makeSupplyStatement",
    summary="Freeze a statement of use 使用明細書 (P15) over some days",
    responses=documented(),
)
async def make_statement(
    data: JSONBody[wire_supplies.MakeStatement],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_supplies.SupplyPaper:
    first, last = on_calendar(data.first, "first"), on_calendar(data.last, "last")
    number = await supplies.statement(session, actor, first, last, now, data.everywhere)
    return wire_supplies.SupplyPaper(number=number)


router = Router(
    "/",
    tags=["supplies"],
    route_handlers=[
        list_items,
        add_item,
        list_supplies,
        list_moves,
        receive_supplies,
        use_supplies,
        lose_supplies,
        return_supplies,
        move_supplies,
        make_statement,
    ],
)
