"""What goes with every answer, whoever made it: how a browser is to take it, and that nobody keeps it.

An answer that says something itself, as pages and files do, keeps what it says.
"""

from __future__ import annotations

from litestar.types import Message, Scope

from api.door import PREFIX
from api.door import STATE as DOOR

Headers = tuple[tuple[bytes, bytes], ...]

_ALWAYS: Headers = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))
# A browser that is led to data shows it as text, alone and in no frame. Scripts and papers have no use for a policy:
# that of a service worker's script would hold for what the worker fetches.
_OF_DATA: Headers = ((b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),)
_NOT_KEPT: Headers = ((b"cache-control", b"no-store"),)
_TLS_ALONE: Headers = ((b"strict-transport-security", b"max-age=31536000"),)
_JSON = b"json"
_API = "/api/"
_OWN = PREFIX.encode()


async def add_headers(message: Message, scope: Scope) -> None:
    """A hook before each message: an answer gets the headers it lacks, and where TLS is its cookies are this host's and Secure alone."""
    if message["type"] != "http.response.start":
        return
    given = list(message.get("headers", ()))
    there = {name.lower(): value for name, value in given}
    wanted = [_ALWAYS]
    if _JSON in there.get(b"content-type", b""):
        wanted.append(_OF_DATA)
    if scope["path"].startswith(_API):
        wanted.append(_NOT_KEPT)
    if scope["litestar_app"].state[DOOR].is_secure:
        wanted.append(_TLS_ALONE)
        given = [(name, _secure(value) if name.lower() == b"set-cookie" else value) for name, value in given]
    given += [header for headers in wanted for header in headers if header[0] not in there]
    message["headers"] = given


def _secure(cookie: bytes) -> bytes:
    named = cookie if cookie.startswith(_OWN) else _OWN + cookie
    return named if b"; secure" in named.lower() else named + b"; Secure"
