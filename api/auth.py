"""Who acts: the guard of every route that is not public, and the actor as a dependency.

A person comes with a session's cookie, a machine with `Authorization: Bearer`. The guard sees that something is
shown and that no foreign page sent it. Whom it stands for is read with the first statement of the handler's own
transaction, by `actor` (for what is done), `reader` (for what is only looked at) or the scans' gatherer; a test
refuses a guarded route without one of them.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import SecurityScheme
from sqlalchemy.ext.asyncio import AsyncSession

from api.door import CSRF_HEADER, SAFE, VISIT, credential_of, door_of, require_csrf
from api.limiting import cost_of
from logistics.rules.access_errors import CrossSite, TooManyRequests
from logistics.rules.permissions import Actor
from logistics.work import sessions, sight
from logistics.work.sessions import Scope

PUBLIC = {"public": True}
# A mark of handlers that read their session themselves, because it may be locked.
RESOLVES = {"resolves": True}
SESSION_SCHEME, TOKEN_SCHEME = "session", "token"
SECURITY_SCHEMES: dict[str, SecurityScheme] = {
    SESSION_SCHEME: SecurityScheme(
        type="apiKey",
        name="session",
        security_scheme_in="cookie",
        description="A person's session (`__Host-session` on TLS). What changes anything also sends the session's"
        f" own token in `{CSRF_HEADER}`, and says by Origin or Sec-Fetch-Site that it comes from our page.",
    ),
    TOKEN_SCHEME: SecurityScheme(
        type="http", scheme="bearer", description="A token of a scanner or a machine, within its scopes."
    ),
}
_SCANNED = ("/scans", "/loads")


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: a credential is shown, and no foreign page sent it. Whether it is good is read by the handler.

    A coroutine, because Litestar sends a plain function to a thread and back, for every request.
    """
    assert isinstance(connection, Request), "every route is HTTP"
    credential = credential_of(connection)
    connection.scope["auth"] = credential
    limits = door_of(connection).limits
    if limits and (late := limits.wait(credential.token, cost_of(connection.scope["path_template"]))):
        raise TooManyRequests(ceil(late))
    if credential.machine:
        return
    if connection.method not in SAFE:
        door_of(connection).require_own_page(connection)
        await require_csrf(connection)
    elif _acts(handler) and connection.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise CrossSite("another site's page sent it")


async def provide_actor(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Actor:
    """The acting person as registered, read in the handler's own transaction; what is done needs a registered device.

    A print is done too, although it is a GET: it is counted.
    """
    known = await sessions.who(session, request.auth, door_of(request).desk.clock())
    actor = here(request, known.acting(_scope(request)))
    await require_sight(request, session, actor)
    return actor


async def provide_reader(request: Request[Any, Any, Any], snapshot: NamedDependency[AsyncSession]) -> Actor:
    """The person who looks, read in the handler's own snapshot; any device will do."""
    known = await sessions.who(snapshot, request.auth, door_of(request).desk.clock())
    actor = here(request, known.within(Scope.READ))
    await require_sight(request, snapshot, actor)
    return actor


async def require_sight(request: Request[Any, Any, Any], session: AsyncSession, actor: Actor) -> None:
    """NotFound if the path names a thing that is not the caller's to see; before any handler reads it."""
    for name, value in request.path_params.items():
        if name in sight.THINGS:
            await sight.require(session, actor, name, str(value))


def here(request: Request[Any, Any, Any], actor: Actor) -> Actor:
    """Somebody is there: note it for the page, and for the time the session was last in use."""
    VISIT.get().actor = actor
    request.scope["user"] = actor
    if limits := door_of(request).limits:
        limits.known(request.auth.token, actor.code)
    return actor


def _acts(handler: BaseRouteHandler) -> bool:
    """Whether a read is one that is counted or changes something, such as a print."""
    return "actor" in handler.parsed_fn_signature.parameters


def _scope(request: Request[Any, Any, Any]) -> Scope:
    return Scope.SCAN if request.scope["path"].endswith(_SCANNED) else Scope.ACT
