"""Places, kinds, people, couriers, the calendar and the tables of legal steps."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.parameters import After, Limit, PlacePath, PlaceQuery, VaultPath
from api.problems import documented
from api.times import on_calendar
from logistics.rules import permissions
from logistics.rules.calendar import PlaceKind
from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import BATCH, CARD, INCIDENT
from logistics.rules.permissions import Actor
from logistics.work import people, places
from logistics.work import vault as vaults


@get("/places", operation_id="listPlaces", summary="The annex and the 13 sites", responses=documented())
async def list_places(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[wire.Place]:
    return wire.listed(await places.all_places(snapshot), wire.Place)


@get("/kinds", operation_id="listKinds", summary="Item kinds", responses=documented())
async def list_kinds(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[wire.Kind]:
    return wire.listed(await places.kinds(snapshot), wire.Kind)


@get("/couriers", operation_id="listCouriers", summary="Couriers", responses=documented())
async def list_couriers(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[wire.Courier]:
    return wire.listed(await places.couriers(snapshot), wire.Courier)


@get("/people", operation_id="listPeople", summary="Members of staff", responses=documented())
async def list_people(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire.Person]:
    return wire.paged(
        await people.people(snapshot, place, after, limit, permissions.scope(reader, "see_people")),
        wire.Person,
        limit,
    )


@get(
    "/places/{place:str}/vaults",
    operation_id="listVaults",
    summary="Vaults of a place",
    responses=documented(NotFound),
)
async def list_vaults(
    place: PlacePath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[wire.Vault]:
    await places.place(snapshot, place)
    return wire.listed(await vaults.vaults(snapshot, place), wire.Vault)


@get(
    "/vaults/{vault:str}/slots",
    operation_id="listSlots",
    summary="Slots of a vault in walking order",
    responses=documented(),
)
async def list_slots(
    vault: VaultPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire.Slot]:
    return wire.paged(await vaults.slots(snapshot, vault, after, limit), wire.Slot, limit)


@get(
    "/places/{place:str}/days/{day:date}",
    operation_id="getDay",
    summary="What the calendar says of a day",
    description="Sessions, run day or not, the next run day, and the last run that reaches a session that day.",
    responses=documented(NotFound),
)
async def get_day(
    place: PlacePath,
    day: FromPath[date],
    now: NamedDependency[datetime],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    at: Annotated[datetime | None, QueryParameter(description="A moment; without it, now")] = None,
) -> wire.Day:
    on_calendar(day, "day")
    known = await places.place(snapshot, place)
    calendar = await places.calendar(snapshot)
    kind, number = PlaceKind(known["kind"]), known["number"]
    moment = at if at is not None and at.tzinfo and on_calendar(at.date(), "at") else now
    return wire.Day(
        day=day,
        is_run_day=calendar.is_run_day(day, number),
        next_run_day=calendar.next_run_day(day, number),
        last_run_day_before=calendar.last_run_day_before(day, number),
        open_now=calendar.is_open(kind, moment, number),
        sessions=[
            wire.Opening(
                service=session.service,
                floor=session.floor,
                opens_at=session.opens_at,
                closes_at=session.closes_at,
            )
            for session in calendar.sessions(kind, day, number)
        ],
    )


@get(
    "/lifecycles", operation_id="listLifecycles", summary="The tables of legal steps", responses=documented()
)
async def list_lifecycles(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[wire.Lifecycle]:
    return [
        wire.Lifecycle(
            name=table.name,
            edges=[wire.Edge(from_state=a, step=step, to_state=b) for a, step, b in table.edges()],
        )
        for table in (CARD, BATCH, INCIDENT)
    ]


router = Router(
    "/",
    tags=["reference"],
    route_handlers=[
        list_places,
        list_kinds,
        list_couriers,
        list_people,
        list_vaults,
        list_slots,
        get_day,
        list_lifecycles,
    ],
)
