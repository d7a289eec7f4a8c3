"""Openings of vaults, stays in their rooms, the register P16, and alarms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire, wire_vault
from api.csv_body import MOST_BYTES, csv_body
from api.guarding import NAMES_MY_NUMBERS
from api.parameters import AfterEntry, Limit, PlacePath, PlaceQuery, VaultPath
from api.problems import documented
from api.seeing import own_or_all
from api.times import on_calendar
from logistics.rules import errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.permissions import Actor
from logistics.work import access_lists, alarms, openings, places

FirstDay = Annotated[date | None, QueryParameter(name="first", description="First day; without it, today")]
LastDay = Annotated[date | None, QueryParameter(name="last", description="Last day; without it, today")]


@post(
    "/vaults/{vault:str}/open",
    operation_id="openVault",
    summary="Record that a vault is opened",
    description="Somebody who does not hold the key may have opened it: that is recorded too, and marked.",
    status_code=200,
    responses=documented(errors.NotFound, errors.AlreadyGoingOn),
)
async def open_vault(
    vault: VaultPath,
    data: JSONBody[wire_vault.OpenVault],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_vault.VaultOpened:
    holds = await openings.open_vault(session, actor, vault, data.reason, now)
    return wire_vault.VaultOpened(vault=vault, holds_key=holds)


@post(
    "/vaults/{vault:str}/close",
    operation_id="closeVault",
    summary="Record that a vault is closed and locked",
    status_code=204,
    responses=documented(errors.NotFound, errors.NothingGoingOn),
)
async def close_vault(
    vault: VaultPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await openings.close_vault(session, actor, vault, now)


@post(
    "/room/enter",
    operation_id="enterRoom",
    summary="Record that somebody enters the room of the vaults",
    status_code=204,
    responses=documented(errors.AlreadyGoingOn),
)
async def enter_room(
    data: JSONBody[wire_vault.EnterRoom],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await openings.enter_room(session, actor, data.person, data.reason, now)


@post(
    "/room/leave",
    operation_id="leaveRoom",
    summary="Record that somebody leaves the room of the vaults",
    status_code=204,
    responses=documented(errors.NothingGoingOn),
)
async def leave_room(
    data: JSONBody[wire_vault.LeaveRoom],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await openings.leave_room(session, actor, data.person, now)


@post(
    "/accesses",
    operation_id="importAccesses",
    summary="Import what a badge reader recorded (CSV)",
    description="For the place of who acts. All of the list or nothing; every fault with its line and column.",
    request_max_body_size=MOST_BYTES,
    operation_class=csv_body(
        "person, vault (empty: the room), opened_at, closed_at (or 職員, 保管庫, 入室, 退室)"
    ),
    opt=NAMES_MY_NUMBERS,
    responses=documented(errors.ListInvalid),
)
async def import_accesses(
    request: Request[None, None, State],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_vault.AccessesImported:
    lines = await access_lists.import_list(session, actor, await request.body(), now)
    return wire_vault.AccessesImported(lines=lines)


@get(
    "/places/{place:str}/accesses",
    operation_id="listAccesses",
    summary="Openings of the vaults of a place and stays in their room",
    description="`unexplained`: it has ended, nobody gave a reason, and no act of the log tells what it was for.",
    responses=documented(errors.NotFound),
)
async def list_accesses(
    place: PlacePath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    first: FirstDay = None,
    last: LastDay = None,
    after: AfterEntry = 0,
    limit: Limit = 100,
) -> wire_vault.Accesses:
    await places.place(snapshot, place)
    permissions.require_over(reader, "see", "place", place, holder=place)
    today = business_date(now)
    days = on_calendar(first or today, "first"), on_calendar(last or today, "last")
    rows = await openings.accesses(snapshot, place, *days, after, limit, now)
    return wire_vault.Accesses(
        items=wire.listed(rows, wire_vault.Access), next=rows[-1]["id"] if len(rows) == limit else None
    )


@post(
    "/places/{place:str}/access-registers",
    operation_id="makeAccessRegister",
    summary="P16 入退室管理簿: freeze the register of some days",
    responses=documented(errors.NotFound),
)
async def make_access_register(
    place: PlacePath,
    data: JSONBody[wire_vault.Days],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_vault.PaperNumber:
    days = on_calendar(data.first, "first"), on_calendar(data.last, "last")
    number = await access_lists.freeze_register(session, actor, place, *days, now)
    return wire_vault.PaperNumber(number=number)


@get(
    "/alarms",
    operation_id="listAlarms",
    summary="What lasts longer than it may",
    description="Cards without a slot, in a clerk's hand or with the city; vaults left open, rearranging that has not"
    " ended, slots whose count differs, openings that nothing explains. The oldest first. A site sees its own.",
    responses=documented(errors.NotFound),
)
async def list_alarms(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    place: PlaceQuery = None,
) -> list[wire_vault.Alarm]:
    where = await own_or_all(snapshot, reader, place)
    return wire.listed(await alarms.alarms(snapshot, where, now), wire_vault.Alarm)


@get(
    "/alarm-limits",
    operation_id="listAlarmLimits",
    summary="How long things may last before they are an alarm",
    responses=documented(),
)
async def list_alarm_limits(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor], now: NamedDependency[datetime]
) -> list[wire_vault.AlarmLimit]:
    return wire.listed(await alarms.limits(snapshot, now), wire_vault.AlarmLimit)


@post(
    "/alarm-limits",
    operation_id="setAlarmLimit",
    summary="Set how long something may last, from now on",
    status_code=204,
    responses=documented(errors.NotFound),
)
async def set_alarm_limit(
    data: JSONBody[wire_vault.SetLimit],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await alarms.set_limit(session, actor, data.kind, data.place, data.minutes, data.reason, now)


router = Router(
    "/",
    tags=["vault"],
    route_handlers=[
        open_vault,
        close_vault,
        enter_room,
        leave_room,
        import_accesses,
        list_accesses,
        make_access_register,
        list_alarms,
        list_alarm_limits,
        set_alarm_limit,
    ],
)
