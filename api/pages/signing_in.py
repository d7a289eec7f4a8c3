"""The pages at the door: sign in, sign out, unlock. Plain forms; a badge's barcode goes into the first field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import Door, credential_of, door_of
from api.pages import faults
from api.pages.html import page
from api.pages.messages import local
from api.sessions import personal
from api.statuses import STATUS
from logistics.rules.access_errors import SignInFailed, TryLater
from logistics.rules.errors import DomainError
from logistics.store.database import Database
from logistics.work import sessions, sign_in
from logistics.work.authenticating import Proof
from logistics.work.sign_in import Opened

Next = Annotated[str, QueryParameter(name="next", description="Where to go afterwards")]


class SignInForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the form holds; that it is well formed is judged like everything else that is wrong."""

    person: str = ""
    password: str = ""
    code: str = ""
    next: str = "/"


class UnlockForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password, and the session's token."""

    csrf: str
    password: str = ""
    next: str = "/"


class OnlyToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form that is nothing but a button."""

    csrf: str


@get("/sign-in", opt=auth.PUBLIC, name="sign-in")
async def ask(
    request: Request[Any, Any, Any], database: NamedDependency[Database], following: Next = "/"
) -> Response[Any]:
    """The form; whoever is signed in already goes on."""
    try:
        async with database.read() as session:
            known = await sessions.who(session, credential_of(request), door_of(request).desk.clock())
    except DomainError:
        return _form(request, local(following))
    return Redirect(_unlock(local(following)) if known.is_locked else local(following), status_code=303)


@post("/sign-in", opt=auth.PUBLIC, status_code=303)
async def enter(request: Request[Any, Any, Any], data: URLEncodedBody[SignInForm]) -> Response[Any]:
    """Sign in and go on; or the form again, with why not."""
    door = door_of(request)
    door.require_own_page(request)
    proof = Proof(data.person.strip().upper(), data.password, data.code.strip())
    try:
        opened = await sign_in.by_password(door.desk, proof, door.device_of(request))
    except (SignInFailed, TryLater) as refusal:
        return _form(request, local(data.next), data.person, refusal)
    return _on(door, opened, local(data.next))


@post("/sign-out", guards=[auth.signed_in], opt=auth.RESOLVES, status_code=303)
async def leave(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[OnlyToken],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Sign out."""
    await sign_in.leave(session, personal(request), now)
    return Redirect("/sign-in", status_code=303, cookies=[door_of(request).gone()])


@get("/unlock", guards=[auth.signed_in], opt=auth.RESOLVES, name="unlock")
async def ask_to_unlock(
    request: Request[Any, Any, Any], database: NamedDependency[Database], following: Next = "/"
) -> Response[Any]:
    """The form that opens a locked session again."""
    async with database.read() as session:
        known = await sessions.who(session, personal(request), door_of(request).desk.clock())
    if not known.is_locked:
        return Redirect(local(following), status_code=303)
    return page(
        "unlock.html", request=request, name=known.actor.name, following=local(following), refusal=None
    )


@post("/unlock", guards=[auth.signed_in], opt=auth.RESOLVES, status_code=303)
async def unlock(
    request: Request[Any, Any, Any], data: URLEncodedBody[UnlockForm], database: NamedDependency[Database]
) -> Response[Any]:
    """Open the locked session again and go on; or the form again, with why not."""
    door, credential = door_of(request), personal(request)
    try:
        opened = await sign_in.unlock(door.desk, credential, data.password)
    except (SignInFailed, TryLater) as refusal:
        async with database.read() as session:
            known = await sessions.who(session, credential, door.desk.clock())
        status = STATUS[type(refusal)]
        return page(
            "unlock.html",
            status,
            request=request,
            name=known.actor.name,
            following=local(data.next),
            refusal=refusal,
        )
    return _on(door, opened, local(data.next))


def _unlock(following: str) -> str:
    return f"/unlock?next={quote(following, safe='')}"


def _form(
    request: Request[Any, Any, Any], following: str, person: str = "", refusal: DomainError | None = None
) -> Response[str]:
    status = STATUS[type(refusal)] if refusal else 200
    return page(
        "sign_in.html", status, request=request, following=following, person=person[:12], refusal=refusal
    )


def _on(door: Door, opened: Opened, following: str) -> Response[Any]:
    return Redirect(following, status_code=303, cookies=[door.session_cookie(opened.token)])


router = Router(
    "/",
    route_handlers=[ask, enter, leave, ask_to_unlock, unlock],
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
