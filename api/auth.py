"""Who acts. Until sign-in exists, a development header names the person; the server stays on loopback.

Every route is either guarded by `signed_in` or marked public; a test walks them all.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from litestar.connection import ASGIConnection, Request
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import SecurityScheme
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.codes import CodeType, require
from logistics.rules.errors import InvalidValue, NotFound, NotSignedIn
from logistics.rules.guard import holds_my_number
from logistics.rules.permissions import Actor
from logistics.work import people, sight

HEADER = "X-Acting-Person"
DEVICE_HEADER = "X-Device"
SCHEME = "actingPerson"
PUBLIC = {"public": True}
DEVICE_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")

SECURITY_SCHEME = SecurityScheme(
    type="apiKey",
    name=HEADER,
    security_scheme_in="header",
    description="Code of the acting person. For development only: the server answers on loopback alone.",
)


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard: somebody is named as acting. That the person exists is checked where the row is read.

    A coroutine, because Litestar sends a plain function to a thread and back, for every request.
    """
    person_code(connection)


def person_code(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The acting person's code. Raises NotSignedIn, MalformedCode."""
    code = connection.headers.get(HEADER)
    if not code:
        raise NotSignedIn(HEADER)
    return require(code, CodeType.PERSON, HEADER)


def device(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """What the device calls itself, if it says so. InvalidValue for what is not a name, which is never cut to fit."""
    said = connection.headers.get(DEVICE_HEADER)
    if said and not (DEVICE_NAME.fullmatch(said) and not holds_my_number(said)):
        raise InvalidValue(DEVICE_HEADER, "must be 1 to 40 letters, digits, dots, hyphens and underscores")
    return said or None


async def provide_actor(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Actor:
    """The acting person as registered, read in the handler's own transaction.

    Until sign-in exists, a person at a device is a session whose identity counts as proved just now.
    """
    actor = await _known(request, session)
    who = uuid5(NAMESPACE_OID, f"{actor.code} {actor.device}")
    return replace(actor, session=who, confirmed_at=now)


async def provide_reader(request: Request[Any, Any, Any], snapshot: NamedDependency[AsyncSession]) -> Actor:
    """The acting person as registered, read in the handler's own snapshot."""
    return await _known(request, snapshot)


async def _known(request: Request[Any, Any, Any], session: AsyncSession) -> Actor:
    try:
        actor = await people.actor(session, person_code(request), device(request))
    except NotFound:
        raise NotSignedIn(HEADER) from None
    await require_sight(request, session, actor)
    return actor


async def require_sight(request: Request[Any, Any, Any], session: AsyncSession, actor: Actor) -> None:
    """NotFound if the path names a thing that is not the caller's to see; before any handler reads it."""
    for name, value in request.path_params.items():
        if name in sight.THINGS:
            await sight.require(session, actor, name, str(value))
