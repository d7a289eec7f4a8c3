"""Passkeys over HTTP. Bytes cross as letters from a to p, two each: nothing in them can look like a My Number."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import Door, door_of
from api.problems import documented
from api.sessions import personal, session_opened
from api.wire import Input, Output
from api.wire_access import Name, Session
from logistics.rules.access_errors import PasskeyRefused, SignInFailed, TryLater
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor
from logistics.rules.tokens import from_letters, letters
from logistics.store.database import Database
from logistics.work import passkeys, sessions
from logistics.work.passkeys import ADD, RENEW, SIGN_IN, Assertion, Party, Registration

Bytes = Annotated[
    str,
    Meta(
        pattern=r"^([a-p]{2})+$",
        max_length=20_000,
        description="Bytes as letters: a for 0 to p for 15, two for each",
        examples=["habcklmn"],
    ),
]


class Challenge(Output, frozen=True, kw_only=True):
    """What the browser asks the authenticator. `challenge` and the ids in `exclude` are bytes as letters."""

    challenge: str
    host: str
    exclude: list[str] = msgspec.field(default_factory=list)
    user: str | None = None
    user_name: str | None = None


class PasskeyShown(Input, frozen=True, kw_only=True):
    """The authenticator's answer to a challenge."""

    id: Bytes
    client_data: Bytes
    authenticator_data: Bytes
    signature: Bytes


class PasskeyMade(Input, frozen=True, kw_only=True):
    """A new credential of the authenticator's, and what its owner calls it."""

    name: Name
    id: Bytes
    client_data: Bytes
    attestation: Bytes


class PasskeyNamed(Input, frozen=True, kw_only=True):
    """One of one's own passkeys."""

    id: Bytes


class PasskeyListed(Output, frozen=True, kw_only=True):
    """A passkey of the one who asks."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


@post(
    "/passkeys/challenge",
    operation_id="askForPasskey",
    summary="A challenge to sign in with a passkey",
    status_code=200,
    responses=documented(PasskeyRefused),
    opt=auth.PUBLIC,
    security=[],
)
async def ask(request: Request[Any, Any, Any]) -> Challenge:
    door = door_of(request)
    door.require_own_page(request)
    party = party_of(door, request)
    made = passkeys.challenge(door.desk.sealer, SIGN_IN, None, door.desk.clock())
    return Challenge(challenge=letters(made), host=party.host)


@post(
    "/passkeys/sign-in",
    operation_id="signInWithPasskey",
    summary="Sign in with a passkey",
    description="User verification (PIN or fingerprint) is required: the key and who holds it are two factors.",
    status_code=201,
    responses=documented(SignInFailed, TryLater, PasskeyRefused),
    opt=auth.PUBLIC,
    security=[],
)
async def sign_in(request: Request[Any, Any, Any], data: JSONBody[PasskeyShown]) -> Response[Session]:
    door = door_of(request)
    door.require_own_page(request)
    opened = await passkeys.sign_in_with(
        door.desk, party_of(door, request), _shown(data), door.device_of(request)
    )
    return session_opened(door, opened, 201)


@post(
    "/session/challenge",
    operation_id="askForPasskeyAgain",
    summary="A challenge to unlock this session, or to step up in it, with a passkey",
    status_code=200,
    responses=documented(PasskeyRefused),
    opt=auth.RESOLVES,
)
async def ask_again(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Challenge:
    door = door_of(request)
    async with database.read() as session:
        known = await sessions.who(session, personal(request), door.desk.clock())
    party = party_of(door, request)
    made = passkeys.challenge(door.desk.sealer, RENEW, known.actor.session, door.desk.clock())
    return Challenge(challenge=letters(made), host=party.host)


@post(
    "/session/passkey",
    operation_id="renewWithPasskey",
    summary="Unlock the session with a passkey; it counts as stepping up",
    status_code=200,
    responses=documented(SignInFailed, TryLater, PasskeyRefused),
    opt=auth.RESOLVES,
)
async def renew(
    request: Request[Any, Any, Any], data: JSONBody[PasskeyShown], database: NamedDependency[Database]
) -> Response[Session]:
    door, credential = door_of(request), personal(request)
    async with database.read() as session:
        known = await sessions.who(session, credential, door.desk.clock())
    act = "unlock_session" if known.is_locked else "step_up"
    party = party_of(door, request)
    opened = await passkeys.renew_with(door.desk, party, _shown(data), credential, known, act)
    return session_opened(door, opened)


@get("/passkeys", operation_id="listPasskeys", summary="One's own passkeys", responses=documented())
async def list_passkeys(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[PasskeyListed]:
    return [
        PasskeyListed(
            id=letters(row["id"]), name=row["name"], created_at=row["created_at"], used_at=row["used_at"]
        )
        for row in await passkeys.passkeys(snapshot, reader)
    ]


@post(
    "/passkeys/begin",
    operation_id="beginPasskey",
    summary="A challenge to register a new passkey",
    description="Needs a proof of identity of the last five minutes.",
    status_code=200,
    responses=documented(PasskeyRefused),
)
async def begin(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Challenge:
    door = door_of(request)
    personal(request)
    party = party_of(door, request)
    passkeys.require_confirmed(actor, door.desk.clock())
    made = passkeys.challenge(door.desk.sealer, ADD, actor.session, door.desk.clock())
    return Challenge(
        challenge=letters(made),
        host=party.host,
        exclude=[letters(known) for known in await passkeys.ids(session, actor)],
        user=actor.code,
        user_name=actor.name,
    )


@post(
    "/passkeys",
    operation_id="addPasskey",
    summary="Register a new passkey",
    status_code=204,
    responses=documented(PasskeyRefused),
)
async def add(
    request: Request[Any, Any, Any],
    data: JSONBody[PasskeyMade],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    door = door_of(request)
    personal(request)
    passkeys.require_confirmed(actor, door.desk.clock())
    made = Registration(from_letters(data.id), from_letters(data.client_data), from_letters(data.attestation))
    await passkeys.add(session, door.desk, actor, party_of(door, request), data.name, made)


@post(
    "/passkeys/revoke",
    operation_id="revokePasskey",
    summary="Give up a passkey of one's own",
    status_code=204,
    responses=documented(NotFound),
)
async def revoke(
    data: JSONBody[PasskeyNamed],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await passkeys.revoke(session, actor, from_letters(data.id), now)


def party_of(door: Door, request: Request[Any, Any, Any]) -> Party:
    """Us, as the browser reaches us. PasskeyRefused where that is by a number: authenticators need a name."""
    origin = door.origin or f"http://{request.headers.get('host', '')}"
    host = urlsplit(origin).hostname or ""
    if not host or host.replace(".", "").isdigit() or ":" in host:
        raise PasskeyRefused(
            "the address of this service is a number; passkeys need a name, such as localhost"
        )
    return Party(host, origin)


def _shown(data: PasskeyShown) -> Assertion:
    return Assertion(
        from_letters(data.id),
        from_letters(data.client_data),
        from_letters(data.authenticator_data),
        from_letters(data.signature),
    )


public = Router("/api/v1", tags=["passkeys"], route_handlers=[ask, sign_in])
router = Router("/", tags=["passkeys"], route_handlers=[ask_again, renew, list_passkeys, begin, add, revoke])
