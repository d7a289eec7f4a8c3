"""Pick lists of a session, by hand or from the booking system, and the hashes of notices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire, wire_counter
from api.counter import hashed
from api.csv_body import MOST_BYTES, csv_body
from api.guarding import NAMES_MY_NUMBERS
from api.parameters import After, Limit, PickListPath, PlaceQuery
from api.problems import documented
from api.seeing import own_or_all
from api.times import on_calendar
from api.wire_vault import PaperNumber
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.work import notice_numbers, pick_papers, picks
from logistics.work.notice_numbers import NoticeKey, Numbered
from logistics.work.picks import Pick


@post(
    "/pick-lists",
    operation_id="makePickList",
    summary="The pick list of a session at the actor's site",
    description="Again answers with the same list: a session has one.",
    status_code=200,
    responses=documented(),
)
async def make_pick_list(
    data: JSONBody[wire_counter.NewPickList],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counter.PickListMade:
    day = on_calendar(data.day, "day")
    return wire_counter.PickListMade(code=await picks.make(session, actor, day, data.service.value, now))


@get(
    "/pick-lists",
    operation_id="listPickLists",
    summary="Pick lists and how far each has come",
    responses=documented(errors.NotFound),
)
async def list_pick_lists(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
    day: Annotated[date | None, QueryParameter(description="Only of this day")] = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_counter.PickListState]:
    where = await own_or_all(snapshot, reader, place)
    rows = await picks.pick_lists(snapshot, where, day, after, limit)
    return wire.paged(rows, wire_counter.PickListState, limit)


@get(
    "/pick-lists/{pick_list:str}",
    operation_id="getPickList",
    summary="A pick list in walking order, with where each card is",
    responses=documented(errors.NotFound),
)
async def get_pick_list(
    pick_list: PickListPath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> wire_counter.PickList:
    found = await picks.pick_list(snapshot, pick_list)
    permissions.require_over(reader, "see", "pick list", pick_list, holder=found["place"])
    return wire.listed([found], wire_counter.PickList)[0]


@post(
    "/pick-lists/{pick_list:str}/picks",
    operation_id="addPicks",
    summary="Put cards on a pick list by hand, all or none",
    description="A card that is on its way to the site, or missing, may stand on it: the list says so.",
    status_code=200,
    responses=documented(errors.NotFound, errors.CardsRefused),
)
async def add_picks(
    pick_list: PickListPath,
    data: JSONBody[wire_counter.AddPicks],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counter.PicksAdded:
    wanted = [Pick(pick.card, pick.booked_for) for pick in data.picks]
    added = await picks.add(session, actor, pick_list, wanted, now)
    return wire_counter.PicksAdded(pick_list=pick_list, cards=added)


@post(
    "/pick-lists/{pick_list:str}/bookings",
    operation_id="importBookings",
    summary="Put the bookings of a CSV list on a pick list",
    description="All of the list or nothing; every fault is named with its line and column. Numbers of notices are"
    " kept as keyed hashes only.",
    status_code=200,
    request_max_body_size=MOST_BYTES,
    operation_class=csv_body(
        "control_number, booked_for (optional), notice_number (optional) (or 管理番号, 予約時刻, 交付通知書番号)"
    ),
    opt=NAMES_MY_NUMBERS,
    responses=documented(errors.NotFound, errors.ListInvalid),
)
async def import_bookings(
    pick_list: PickListPath,
    request: Request[None, None, State],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    notice_key: NamedDependency[NoticeKey | None],
    now: NamedDependency[datetime],
) -> wire_counter.PicksAdded:
    content = await request.body()
    added = await picks.import_bookings(session, actor, pick_list, content, notice_key, now)
    return wire_counter.PicksAdded(pick_list=pick_list, cards=added)


@post(
    "/pick-lists/{pick_list:str}/papers",
    operation_id="makePickListPaper",
    summary="P23 取出し予定表: freeze the list as it stands, with its slots in walking order",
    responses=documented(errors.NotFound),
)
async def make_paper(
    pick_list: PickListPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> PaperNumber:
    return PaperNumber(number=await pick_papers.freeze(session, actor, pick_list, now))


@post(
    "/notice-numbers",
    operation_id="registerNotices",
    summary="Keep keyed hashes of the numbers on cards' notices",
    description="HMAC-SHA-256 under a key that is not in the database; the number itself is stored and logged nowhere.",
    status_code=200,
    responses=documented(errors.CardsRefused),
)
async def register_notices(
    data: JSONBody[wire_counter.RegisterNotices],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    notice_key: NamedDependency[NoticeKey | None],
    now: NamedDependency[datetime],
) -> wire_counter.NoticesRegistered:
    numbered = [
        Numbered(one.card, hashed(notice_key, one.notice_number, f"notices[{n}].notice_number"))
        for n, one in enumerate(data.notices)
    ]
    return wire_counter.NoticesRegistered(cards=await notice_numbers.register(session, actor, numbered, now))


router = Router(
    "/",
    tags=["counter"],
    route_handlers=[
        make_pick_list,
        list_pick_lists,
        get_pick_list,
        add_picks,
        import_bookings,
        make_paper,
        register_notices,
    ],
)
