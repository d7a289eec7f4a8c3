"""The door: cookies, the marks of one's own pages against those of others, and that a session is still in use.

The cookies are `__Host-` ones on TLS. On a loopback without TLS browsers take no such name, so there it is plain;
both are HttpOnly and SameSite=Strict. No X-Forwarded header is ever read: where a proxy ends TLS, ORIGIN says so.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import structlog
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from api.limiting import Limits
from logistics.rules import tokens
from logistics.rules.access_errors import CrossSite
from logistics.rules.errors import NotSignedIn
from logistics.rules.permissions import Actor
from logistics.settings import Clock, Settings
from logistics.store.database import Database
from logistics.store.sealing import Sealer
from logistics.work import sessions
from logistics.work.authenticating import Desk
from logistics.work.sessions import Credential

STATE = "door"
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BEARER = "Bearer "
# What browsers take from this very host over TLS alone, for all of its paths.
PREFIX = "__Host-"
DEVICE_COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep any
# A mark of handlers that a page calls by itself, which does not show that anybody is there.
PASSIVE = {"passive": True}
# How many sessions' times are remembered before they are thrown away together.
_MOST_REMEMBERED = 10_000
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

log = structlog.get_logger("door")

Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(slots=True)
class Visit:
    """What a page may show of who is there; the actor is filled in where the session is read."""

    csrf: str | None
    actor: Actor | None = None


VISIT: ContextVar[Visit] = ContextVar("visit", default=Visit(None))  # noqa: B039 - the default is never written to


@dataclass(slots=True)
class Door:
    """How browsers reach the service. `origin` is https://…, or None on a loopback without TLS.

    `limits` is how much each person may ask of this process; None where nobody is counted.
    """

    desk: Desk
    origin: str | None = None
    limits: Limits | None = None
    _seen: dict[bytes, datetime] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, settings: Settings, database: Database, clock: Clock) -> Self:
        """The door of a process of the service, as the settings say."""
        desk = Desk(
            database,
            Sealer.kept(settings.data_dir),
            clock,
            # Phones do not know of a demonstration's clock.
            Clock.system(),
            breached=settings.breached_passwords,
            drift=settings.code_drift,
        )
        return cls(desk, settings.origin, Limits.shared(settings.requests_per_second, settings.workers))

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over TLS."""
        return self.origin is not None

    def cookie_name(self, what: str) -> str:
        """The name that a cookie has in the browser."""
        return f"{PREFIX}{what}" if self.is_secure else what

    def cookie(self, what: str, value: str, seconds: int | None = None) -> Cookie:
        """A cookie that no script reads and no other site sends; without `seconds` it ends with the browser."""
        return Cookie(
            key=self.cookie_name(what),
            value=value,
            max_age=seconds,
            path="/",
            httponly=True,
            secure=self.is_secure,
            samesite="strict",
        )

    def session_cookie(self, token: str) -> Cookie:
        """The session's cookie."""
        return self.cookie("session", token)

    def gone(self) -> Cookie:
        """What takes the session's cookie away."""
        return self.cookie("session", "", 0)

    def device_cookie(self, secret: str) -> Cookie:
        """The device's cookie."""
        return self.cookie("device", secret, DEVICE_COOKIE_SECONDS)

    def device_of(self, connection: Connection) -> bytes | None:
        """The hash of the device's secret, where it shows one."""
        secret = connection.cookies.get(self.cookie_name("device"), "")
        return tokens.digest(secret) if tokens.is_token(secret) else None

    def token_of(self, connection: Connection) -> str | None:
        """The session's token, where a cookie in the form of one was sent."""
        token = connection.cookies.get(self.cookie_name("session"), "")
        return token if tokens.is_token(token) else None

    def require_own_page(self, connection: Connection) -> None:
        """CrossSite unless the browser says that a page of this very service sends the request."""
        site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
        if site is None and origin is None:
            raise CrossSite("it does not say which page it comes from (Origin or Sec-Fetch-Site)")
        if site not in (None, "same-origin"):
            raise CrossSite("another site's page sent it")
        if origin is not None and not self._is_ours(origin, connection):
            raise CrossSite("a page of another origin sent it")

    def is_due(self, credential: Credential, now: datetime) -> bool:
        """Whether it should be written down again that the session is in use."""
        before = self._seen.get(credential.token)
        if before is not None and timedelta() <= now - before < sessions.SEEN_EVERY:
            return False
        if len(self._seen) >= _MOST_REMEMBERED:
            self._seen.clear()
        self._seen[credential.token] = now
        return True

    def _is_ours(self, origin: str, connection: Connection) -> bool:
        if self.origin is not None:
            return origin == self.origin
        # A cookie goes to the host that set it, so that a name made to point here brings none.
        return origin == f"http://{connection.headers.get('host', '')}"


def door_of(connection: Connection) -> Door:
    """The application's door."""
    door: Door = connection.app.state[STATE]
    return door


def credential_of(connection: Connection) -> Credential:
    """What the request shows. Raises NotSignedIn."""
    door = door_of(connection)
    said = connection.headers.get("authorization")
    if said is not None:
        token = said.removeprefix(BEARER)
        if token == said or not tokens.is_token(token):
            raise NotSignedIn
        return Credential(tokens.digest(token), machine=True)
    session_token = door.token_of(connection)
    if session_token is None:
        raise NotSignedIn
    VISIT.set(Visit(tokens.csrf_of(session_token)))
    return Credential(tokens.digest(session_token), door.device_of(connection))


async def require_csrf(request: Request[Any, Any, Any]) -> None:
    """CrossSite unless the request carries the token that belongs to its session, in its header or its form."""
    said = request.headers.get(CSRF_HEADER)
    if said is None and request.headers.get("content-type", "").startswith(_FORMS):
        said = (await request.form()).get(CSRF_FIELD)
    expected = VISIT.get().csrf
    if not isinstance(said, str) or expected is None or not tokens.same(said, expected):
        raise CrossSite(f"it does not carry this session's token ({CSRF_HEADER}, or the field {CSRF_FIELD})")


def keep_sessions(app: ASGIApp) -> ASGIApp:
    """ASGI middleware: once a request was answered, write down from time to time that its session is in use."""

    async def kept(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        if scope["type"] != ScopeType.HTTP or not scope.get("user"):
            return
        credential, door = scope["auth"], scope["litestar_app"].state[STATE]
        now = door.desk.clock()
        if (
            credential.machine
            or scope["route_handler"].opt.get("passive")
            or not door.is_due(credential, now)
        ):
            return
        try:
            async with door.desk.database.begin() as session:
                await sessions.seen(session, credential, now)
        except Exception as failure:
            # The answer is out; an idle session locks a little sooner, that is all.
            log.warning("seen", error=type(failure).__name__)

    return kept
