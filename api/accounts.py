"""Who may come in: one-time codes, locks, shutting out; and tokens of machines."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import door_of
from api.parameters import Limit, PersonPath
from api.problems import documented
from api.sessions import personal, session_opened
from api.wire import Input, Output, PersonCode, When
from api.wire_access import Code, DeviceCode, Name, NewPassword, OneTimeCode, Password, Session
from logistics.rules import errors
from logistics.rules.access_errors import CodeNotValid, SignInFailed, TryLater
from logistics.rules.permissions import Actor
from logistics.work import credentials, machines

TokenNumber = Annotated[int, PathParameter(ge=1, le=2**53, description="Number of a token")]


class EnrolmentIssued(Output, frozen=True, kw_only=True):
    """The code with which the person enrols, once, within a day. It is shown only here."""

    person: str
    one_time_code: str


class BeginEnrolment(Input, frozen=True, kw_only=True):
    """The code that was handed over."""

    person: PersonCode
    one_time_code: OneTimeCode


class Authenticator(Output, frozen=True, kw_only=True):
    """The new authenticator's secret, shown once: base 32, and as the address that apps read."""

    secret: str
    address: str


class FinishEnrolment(Input, frozen=True, kw_only=True):
    """The password of one's own choice (12 to 128 characters), and what the new authenticator shows."""

    person: PersonCode
    one_time_code: OneTimeCode
    password: Password
    code: Code


class NewToken(Input, frozen=True, kw_only=True):
    """For whom and which device, what for and how long (90 days at most)."""

    name: Name
    person: PersonCode
    device: DeviceCode
    scopes: Annotated[list[Literal["read", "scan", "act"]], Meta(min_length=1, max_length=3)]
    expires_at: When


class TokenIssued(Output, frozen=True, kw_only=True):
    """The token, shown only here."""

    number: int
    token: str


class TokenListed(Output, frozen=True, kw_only=True):
    """A token as it is known; it cannot be read back."""

    id: int
    name: str
    person: str
    device: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None


@post(
    "/people/{person:str}/enrolment",
    operation_id="issueEnrolment",
    summary="A one-time code with which a person enrols, or comes back after a loss",
    description="Ends the person's sessions and passkeys. Not for oneself.",
    status_code=201,
    responses=documented(errors.NotFound, errors.SecondPersonNeeded),
)
async def issue(
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> EnrolmentIssued:
    once = await credentials.issue(session, actor, person, now)
    return EnrolmentIssued(person=person, one_time_code=once)


@post(
    "/people/{person:str}/unlock",
    operation_id="unlockPerson",
    summary="Let a person try again whom failures have locked",
    status_code=204,
    responses=documented(errors.NotFound, errors.SecondPersonNeeded),
)
async def unlock(
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await credentials.unlock(session, actor, person, now)


@post(
    "/people/{person:str}/disable",
    operation_id="disablePerson",
    summary="Shut a person out at once",
    description="Sessions and tokens end in the same transaction.",
    status_code=204,
    responses=documented(errors.NotFound, errors.SecondPersonNeeded),
)
async def disable(
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await credentials.disable(session, actor, person, now)


@post(
    "/people/{person:str}/enable",
    operation_id="enablePerson",
    summary="Let a person in again who was shut out",
    status_code=204,
    responses=documented(errors.NotFound, errors.SecondPersonNeeded),
)
async def enable(
    person: PersonPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await credentials.enable(session, actor, person, now)


@post(
    "/enrolment/begin",
    operation_id="beginEnrolment",
    summary="A new authenticator, in exchange for the one-time code",
    status_code=200,
    responses=documented(CodeNotValid),
    opt=auth.PUBLIC,
    security=[],
)
async def begin(
    request: Request[Any, Any, Any],
    data: JSONBody[BeginEnrolment],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
) -> Authenticator:
    door = door_of(request)
    door.require_own_page(request)
    secret = await credentials.begin(session, door.desk.sealer, data.person, data.one_time_code, now)
    return Authenticator(secret=secret, address=credentials.address(data.person, secret))


@post(
    "/enrolment/finish",
    operation_id="finishEnrolment",
    summary="Choose the password, and show that the authenticator works",
    status_code=204,
    responses=documented(CodeNotValid),
    opt=auth.PUBLIC,
    security=[],
)
async def finish(request: Request[Any, Any, Any], data: JSONBody[FinishEnrolment]) -> None:
    door = door_of(request)
    door.require_own_page(request)
    await credentials.finish(door.desk, data.person, data.one_time_code, data.password, data.code)


@post(
    "/account/password",
    operation_id="changePassword",
    summary="Another password for oneself",
    description="Needs the present password and code. The session goes on under a new cookie and token.",
    status_code=200,
    responses=documented(SignInFailed, TryLater),
    opt=auth.RESOLVES,
)
async def change_password(request: Request[Any, Any, Any], data: JSONBody[NewPassword]) -> Response[Session]:
    door, credential = door_of(request), personal(request)
    return session_opened(
        door,
        await credentials.change_password(door.desk, credential, data.current, data.code, data.password),
    )


@get("/tokens", operation_id="listTokens", summary="Tokens of machines", responses=documented())
async def list_tokens(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    after: Annotated[int, QueryParameter(ge=0, le=2**53, description="Number of the last one seen")] = 0,
    limit: Limit = 100,
) -> list[TokenListed]:
    return [TokenListed(**row) for row in await machines.listed(snapshot, reader, after, limit)]


@post(
    "/tokens",
    operation_id="addToken",
    summary="A token for a scanner or a machine",
    description="For one person on one registered device. Scopes: read; scan (requests of scans); act (all the rest).",
    status_code=201,
    responses=documented(errors.NotFound),
)
async def add_token(
    data: JSONBody[NewToken],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> TokenIssued:
    number, token = await machines.add(
        session, actor, data.name, data.person, data.device, data.scopes, data.expires_at, now
    )
    return TokenIssued(number=number, token=token)


@post(
    "/tokens/{token:int}/revoke",
    operation_id="revokeToken",
    summary="Make a token worthless at once",
    status_code=204,
    responses=documented(errors.NotFound),
)
async def revoke_token(
    token: FromPath[TokenNumber],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await machines.revoke(session, actor, token, now)


public = Router("/api/v1", tags=["accounts"], route_handlers=[begin, finish])
router = Router(
    "/",
    tags=["accounts"],
    route_handlers=[issue, unlock, disable, enable, change_password, list_tokens, add_token, revoke_token],
)
