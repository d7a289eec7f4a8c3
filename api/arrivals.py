"""Arrivals: import a list, unpack each box, record set-up and notice."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.answers import outcomes
from api.csv_body import MOST_BYTES, csv_body
from api.guarding import NAMES_MY_NUMBERS
from api.parameters import After, ArrivalPath, BoxPath, Limit
from api.problems import documented
from api.times import read_scans
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.work import arrival_lists, arrivals

AfterLabel = Annotated[
    str,
    QueryParameter(
        pattern=r"^[0-9A-Za-z-]{0,20}$", description="`next` of the page before; empty for the first"
    ),
]


@post(
    "/arrivals",
    operation_id="importArrival",
    summary="Import an arrival list (CSV)",
    description=(
        "All of the list or nothing; every fault is named with its line and column. A kind and a destination are named"
        " by code or by name; a box has a label of 1 to 20 letters, digits and hyphens, and is made known by it."
    ),
    request_max_body_size=MOST_BYTES,
    operation_class=csv_body("control_number, kind, destination, box (or 管理番号, 種別, 配送先, 小箱)"),
    opt=NAMES_MY_NUMBERS,
    responses=documented(errors.ListInvalid, errors.AlreadyImported),
)
async def import_arrival(
    request: Request[None, None, State],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Imported:
    done = await arrival_lists.import_list(session, actor, await request.body(), now)
    return wire.Imported(arrival=done.arrival, cards=done.cards, boxes=dict(done.boxes))


@get("/arrivals", operation_id="listArrivals", summary="Arrivals", responses=documented())
async def list_arrivals(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire.Arrival]:
    # An arrival is the annex's alone.
    seen = [] if permissions.scope(reader) else await arrivals.arrivals(snapshot, after, limit)
    return wire.paged(seen, wire.Arrival, limit)


@get(
    "/arrivals/{arrival:str}/boxes",
    operation_id="listBoxes",
    summary="Boxes of an arrival",
    responses=documented(errors.NotFound),
)
async def list_boxes(
    arrival: ArrivalPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    after: AfterLabel = "",
    limit: Limit = 100,
) -> wire.Page[wire.Box]:
    if not await arrivals.arrivals(snapshot, "", 1, arrival):
        raise errors.NotFound("arrival", arrival)
    return wire.paged(await arrivals.boxes(snapshot, arrival, after, limit), wire.Box, limit, "label")


@post(
    "/boxes/{box:str}/open",
    operation_id="openBox",
    summary="Begin to unpack a box",
    status_code=204,
    responses=documented(errors.NotFound, errors.BoxClosed),
)
async def open_box(
    box: BoxPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await arrivals.open_box(session, actor, box, now)


@post(
    "/boxes/{box:str}/scans",
    operation_id="scanBox",
    summary="Scan cards out of a box",
    status_code=200,
    responses=documented(errors.NotFound, errors.BoxNotOpened, errors.BoxClosed, errors.FutureTime),
)
async def scan_box(
    box: BoxPath,
    data: JSONBody[wire.Scans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await arrivals.check_in(session, actor, box, read_scans(data.scans, now), now))


@post(
    "/boxes/{box:str}/close",
    operation_id="closeBox",
    summary="Close a box that a second person has seen empty",
    status_code=200,
    responses=documented(
        errors.NotFound, errors.BoxNotOpened, errors.BoxClosed, errors.BoxNotDone, errors.SecondPersonNeeded
    ),
)
async def close_box(
    box: BoxPath,
    data: JSONBody[wire.CloseBox],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.BoxClosed:
    return wire.BoxClosed(**await arrivals.close_box(session, actor, box, data.emptied_by, data.missing, now))


@post(
    "/setups",
    operation_id="recordSetUp",
    summary="Record 交付前設定 for many cards",
    status_code=200,
    responses=documented(errors.CardsRefused),
)
async def record_set_up(
    data: JSONBody[wire.Mark],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Marked:
    return wire.Marked(cards=await arrivals.set_up(session, actor, data.cards, data.day, now))


@post(
    "/notices",
    operation_id="recordNotice",
    summary="Record 交付通知書 posted for many cards",
    status_code=200,
    responses=documented(errors.CardsRefused),
)
async def record_notice(
    data: JSONBody[wire.Mark],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Marked:
    return wire.Marked(cards=await arrivals.post_notice(session, actor, data.cards, data.day, now))


router = Router(
    "/",
    tags=["arrivals"],
    route_handlers=[
        import_arrival,
        list_arrivals,
        list_boxes,
        open_box,
        scan_box,
        close_box,
        record_set_up,
        record_notice,
    ],
)
