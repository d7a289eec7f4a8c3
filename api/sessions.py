"""Signing in and out, locking, unlocking, stepping up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import VISIT, Door, door_of
from api.problems import documented
from api.wire_access import Session, SignIn, StepUp, Unlock
from logistics.rules import tokens
from logistics.rules.access_errors import SignInFailed, TryLater
from logistics.rules.errors import NotSignedIn
from logistics.rules.permissions import Actor
from logistics.work import sessions, sign_in
from logistics.work.authenticating import Proof
from logistics.work.sessions import Credential
from logistics.work.sign_in import Opened


@post(
    "/sign-in",
    operation_id="signIn",
    summary="Sign in with password and code",
    description="Sets the session's cookie. A session that the person had elsewhere ends. From the fifth failure in a"
    " row one waits longer and longer; after the tenth only a manager unlocks.",
    status_code=201,
    responses=documented(SignInFailed, TryLater),
    opt=auth.PUBLIC,
    security=[],
)
async def sign_in_here(request: Request[Any, Any, Any], data: JSONBody[SignIn]) -> Response[Session]:
    door = door_of(request)
    door.require_own_page(request)
    opened = await sign_in.by_password(
        door.desk, Proof(data.person, data.password, data.code), door.device_of(request)
    )
    return session_opened(door, opened, 201)


@get(
    "/session",
    operation_id="getSession",
    summary="Whose session this is",
    description="Its token `csrf` goes with whatever the session changes.",
    responses=documented(),
)
async def get_session(
    request: Request[Any, Any, Any], snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> Session:
    door = door_of(request)
    known = await sessions.who(snapshot, personal(request), door.desk.clock())
    assert known.expires_at is not None, "a session has its end"
    return _session(VISIT.get().csrf or "", reader, known.expires_at)


@delete(
    "/session",
    operation_id="signOut",
    summary="Sign out",
    status_code=204,
    responses=documented(),
    opt=auth.RESOLVES,
)
async def sign_out(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> Response[None]:
    await sign_in.leave(session, personal(request), now)
    return Response(None, status_code=204, cookies=[door_of(request).gone()])


@post(
    "/session/lock",
    operation_id="lockSession",
    summary="Lock the session until its person unlocks it",
    status_code=204,
    responses=documented(),
    opt=auth.RESOLVES,
)
async def lock(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], now: NamedDependency[datetime]
) -> None:
    await sign_in.lock(session, personal(request), now)


@post(
    "/session/unlock",
    operation_id="unlockSession",
    summary="Unlock the session with the password",
    description="A session locks when nobody was there for five minutes. It goes on under a new cookie and token.",
    status_code=200,
    responses=documented(SignInFailed, TryLater),
    opt=auth.RESOLVES,
)
async def unlock(request: Request[Any, Any, Any], data: JSONBody[Unlock]) -> Response[Session]:
    door = door_of(request)
    return session_opened(door, await sign_in.unlock(door.desk, personal(request), data.password))


@post(
    "/session/step-up",
    operation_id="stepUp",
    summary="Prove with both factors again",
    description="Needed within five minutes before what is important. The session goes on under a new cookie and token.",
    status_code=200,
    responses=documented(SignInFailed, TryLater),
    opt=auth.RESOLVES,
)
async def step_up(request: Request[Any, Any, Any], data: JSONBody[StepUp]) -> Response[Session]:
    door = door_of(request)
    opened = await sign_in.step_up(door.desk, personal(request), data.password, data.code)
    return session_opened(door, opened)


def personal(request: Request[Any, Any, Any]) -> Credential:
    """The session's credential; NotSignedIn for a machine's token, which has no session."""
    credential: Credential = request.auth
    if credential.machine:
        raise NotSignedIn
    return credential


def session_opened(door: Door, opened: Opened, status: int = 200) -> Response[Session]:
    """The answer that sets the session's new cookie."""
    said = _session(tokens.csrf_of(opened.token), opened.actor, opened.expires_at, opened.replaced)
    return Response(
        said,
        status_code=status,
        cookies=[door.session_cookie(opened.token)],
        headers={"Cache-Control": "no-store"},
    )


def _session(csrf: str, actor: Actor, expires_at: datetime, replaced: bool = False) -> Session:
    return Session(
        person=actor.code,
        name=actor.name,
        role=actor.role.value,
        place=actor.place,
        device=actor.device,
        csrf=csrf,
        confirmed_at=actor.confirmed_at,
        expires_at=expires_at,
        replaced=replaced,
    )


public = Router("/api/v1", tags=["session"], route_handlers=[sign_in_here])
router = Router("/", tags=["session"], route_handlers=[get_session, sign_out, lock, unlock, step_up])
