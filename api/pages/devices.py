"""Stations and handhelds, and tokens of machines: added with a secret that is shown once, revoked at once."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from logistics.rules.calendar import JST, business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor
from logistics.work import devices, machines, places

MOST = 500
SCOPES = {"read": ("見る", "read"), "scan": ("読取り", "scan"), "act": ("すべての操作", "everything else")}


@get("/devices")
async def list_devices(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """Every device and how it stands, every token and until when it is good."""
    known = await places.all_places(snapshot)
    found = await devices.devices(snapshot, reader, None, "", MOST)
    return page(
        "devices.html",
        request=request,
        reader=reader,
        devices=found,
        enrolled=[
            (row["code"], f"{row['code']} {row['name']}")
            for row in found
            if row["enrolled_at"] and not row["revoked_at"]
        ],
        tokens=await machines.listed(snapshot, reader, 0, MOST),
        now=now,
        last_day=business_date(now + machines.LONGEST - timedelta(days=1)),
        sites=[(row["code"], row["name"]) for row in known],
        names={row["code"]: row["name"] for row in known},
        scopes=SCOPES,
    )


@post("/devices/add", status_code=200)
async def add(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """Register a device; its one-time code is shown here alone."""
    name, area = forms.text(request, "name", most=60), forms.text(request, "area", most=60)
    place = forms.code(request, "place", CodeType.PLACE)
    device, once = await devices.add(session, actor, name, place, area, now)
    return _code(request, actor, device, once)


@post("/devices/reissue", status_code=200)
async def reissue(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """Another code for a device that is not in yet."""
    device = forms.code(request, "device", CodeType.DEVICE)
    return _code(request, actor, device, await devices.reissue(session, actor, device, now))


@post("/devices/revoke")
async def revoke(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Shut a device out; sessions on it end."""
    device = forms.code(request, "device", CodeType.DEVICE)
    await devices.revoke(session, actor, device, now)
    return done("/devices", f"端末 {device} を失効しました。", f"{device} is shut out.")


@post("/tokens/add", status_code=200)
async def add_token(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """A token for a machine, shown here alone; good to the end of its last day."""
    last = datetime.combine(forms.day(request, "last_day"), time(), JST) + timedelta(days=1)
    scopes = [scope for scope in SCOPES if forms.optional(request, f"scope_{scope}")]
    if not scopes:
        raise InvalidValue("scopes", "choose at least one")
    number, token = await machines.add(
        session,
        actor,
        forms.text(request, "token_name", most=60),
        forms.code(request, "person", CodeType.PERSON),
        forms.code(request, "token_device", CodeType.DEVICE),
        scopes,
        last,
        now,
    )
    return page(
        "secret.html",
        request=request,
        reader=actor,
        secret=token,
        title=("API トークン", "API token"),
        about=f"#{number}",
        where=None,
        back="/devices",
    )


@post("/tokens/revoke")
async def revoke_token(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Make a token worthless at once."""
    number = forms.number(request, "token", most=2**53)
    await machines.revoke(session, actor, number, now)
    return done("/devices", f"トークン {number} を失効しました。", f"Token {number} is worthless now.")


def _code(request: Request[Any, Any, Any], actor: Actor, device: str, once: str) -> Response[str]:
    return page(
        "secret.html",
        request=request,
        reader=actor,
        secret=once,
        title=("端末コード", "Device code"),
        about=device,
        where="/devices/enrol",
        back="/devices",
    )


router = Router(
    "/",
    route_handlers=[list_devices, add, reissue, revoke, add_token, revoke_token],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
