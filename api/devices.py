"""Devices: registered by whoever keeps the system, let in by a one-time code, shut out again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth, wire
from api.door import door_of
from api.parameters import After, DevicePath, Limit, PlaceQuery
from api.problems import documented
from api.wire_access import DeviceCodeIssued, DeviceEnrolled, DeviceEnrolment, DeviceListed, NewDevice
from logistics.rules.access_errors import CodeNotValid
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor
from logistics.work import devices


@get("/devices", operation_id="listDevices", summary="Registered devices", responses=documented())
async def list_devices(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[DeviceListed]:
    return wire.paged(await devices.devices(snapshot, reader, place, after, limit), DeviceListed, limit)


@post(
    "/devices",
    operation_id="addDevice",
    summary="Register a device for a place",
    description="The answer holds the one-time code that lets the device in, within a day.",
    responses=documented(NotFound),
)
async def add_device(
    data: JSONBody[NewDevice],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> DeviceCodeIssued:
    device, once = await devices.add(session, actor, data.name, data.place, data.area, now)
    return DeviceCodeIssued(device=device, one_time_code=once)


@post(
    "/devices/{device:str}/revoke",
    operation_id="revokeDevice",
    summary="Shut a device out",
    description="Sessions on it end at once, tokens bound to it are refused.",
    status_code=204,
    responses=documented(NotFound),
)
async def revoke_device(
    device: DevicePath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await devices.revoke(session, actor, device, now)


@post(
    "/devices/enrol",
    operation_id="enrolDevice",
    summary="Let this device in with its one-time code",
    description="Sets the device's cookie. Whoever signs in on it afterwards may act there.",
    status_code=200,
    responses=documented(CodeNotValid),
    opt=auth.PUBLIC,
    security=[],
)
async def enrol_device(
    request: Request[Any, Any, Any],
    data: JSONBody[DeviceEnrolment],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Response[DeviceEnrolled]:
    door = door_of(request)
    door.require_own_page(request)
    enrolled = await devices.enrol(session, data.one_time_code, now)
    said = DeviceEnrolled(device=enrolled.code, name=enrolled.name, place=enrolled.place, area=enrolled.area)
    return Response(
        said, cookies=[door.device_cookie(enrolled.secret)], headers={"Cache-Control": "no-store"}
    )


public = Router("/api/v1", tags=["devices"], route_handlers=[enrol_device])
router = Router("/", tags=["devices"], route_handlers=[list_devices, add_device, revoke_device])
