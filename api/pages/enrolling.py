"""The pages of whoever is let in for the first time: a person with a one-time code, a device with one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import zxingcpp
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import door_of
from api.pages import faults
from api.pages.html import page
from api.statuses import STATUS
from logistics.rules.errors import DomainError
from logistics.store.database import Database
from logistics.work import credentials, devices


class PersonForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Person and one-time code; in the second step also the password, and what the authenticator shows."""

    person: str = ""
    once: str = ""
    secret: str = ""
    password: str = ""
    code: str = ""


class DeviceForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The device's one-time code."""

    once: str = ""


@get("/enrol", opt=auth.PUBLIC)
async def ask(request: Request[Any, Any, Any]) -> Response[str]:
    """The form for person and one-time code."""
    return page("enrol.html", request=request, refusal=None, person="")


@post("/enrol", opt=auth.PUBLIC, status_code=200)
async def begin(
    request: Request[Any, Any, Any], data: URLEncodedBody[PersonForm], database: NamedDependency[Database]
) -> Response[Any]:
    """The new authenticator as a QR code; or the form again, with why not."""
    door = door_of(request)
    door.require_own_page(request)
    person = data.person.strip().upper()
    try:
        async with database.begin() as session:
            secret = await credentials.begin(session, door.desk.sealer, person, data.once, door.desk.clock())
    except DomainError as refusal:
        status = STATUS[type(refusal)]
        return page("enrol.html", status, request=request, refusal=refusal, person=person[:12])
    return _authenticator(request, person, data.once, secret)


@post("/enrol/finish", opt=auth.PUBLIC, status_code=303)
async def finish(request: Request[Any, Any, Any], data: URLEncodedBody[PersonForm]) -> Response[Any]:
    """On to signing in; or the second step again, with why not."""
    door = door_of(request)
    door.require_own_page(request)
    try:
        await credentials.finish(door.desk, data.person, data.once, data.password, data.code.strip())
    except DomainError as refusal:
        return _authenticator(request, data.person, data.once, data.secret, refusal)
    return Redirect("/sign-in", status_code=303)


@get("/devices/enrol", opt=auth.PUBLIC)
async def ask_for_device(request: Request[Any, Any, Any]) -> Response[str]:
    """The form for a device's one-time code."""
    return page("enrol_device.html", request=request, refusal=None, enrolled=None)


@post("/devices/enrol", opt=auth.PUBLIC, status_code=200)
async def enrol_device(
    request: Request[Any, Any, Any], data: URLEncodedBody[DeviceForm], database: NamedDependency[Database]
) -> Response[Any]:
    """What this device is from now on; or the form again, with why not."""
    door = door_of(request)
    door.require_own_page(request)
    now: datetime = door.desk.clock()
    try:
        async with database.begin() as session:
            enrolled = await devices.enrol(session, data.once, now)
            place = await _place(session, enrolled.place)
    except DomainError as refusal:
        status = STATUS[type(refusal)]
        return page("enrol_device.html", status, request=request, refusal=refusal, enrolled=None)
    answer = page("enrol_device.html", request=request, refusal=None, enrolled=enrolled, place=place)
    answer.cookies.append(door.device_cookie(enrolled.secret))
    return answer


async def _place(session: AsyncSession, code: str) -> str:
    from logistics.work import places

    return str((await places.place(session, code))["name"])


def _authenticator(
    request: Request[Any, Any, Any], person: str, once: str, secret: str, refusal: DomainError | None = None
) -> Response[str]:
    status = STATUS[type(refusal)] if refusal else 200
    grouped = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    return page(
        "enrol_authenticator.html",
        status,
        request=request,
        person=person[:12],
        once=once,
        secret=secret,
        grouped=grouped,
        qr=qr(credentials.address(person, secret)),
        refusal=refusal,
    )


def qr(text: str) -> tuple[int, str]:
    """A QR code of `text`: its side in modules, and its dark modules as a path of SVG."""
    picture = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(
        scale=1, add_quiet_zones=False
    )
    dark, side = bytes(memoryview(picture).cast("B")), int(picture.shape[0])  # type: ignore[arg-type]
    cells = (f"M{n % side} {n // side}h1v1h-1z" for n, value in enumerate(dark) if value == 0)
    return side, "".join(cells)


router = Router(
    "/",
    route_handlers=[ask, begin, finish, ask_for_device, enrol_device],
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
