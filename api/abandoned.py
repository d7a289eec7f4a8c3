"""Transactions of requests that end before their handler begins.

Where one dependency refuses, Litestar forgets the generators of those before it: the connection of the transaction
would be gone until the collector finds it, and a few dozen requests of a stranger would leave none. Here they are
closed as soon as the request is over.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextvars import ContextVar
from typing import Any

from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

_OPENED: ContextVar[list[AsyncGenerator[Any, None]] | None] = ContextVar("opened", default=None)


class Closed(Provide):
    """A dependency made by a generator, which ends with its request at the latest."""

    async def __call__(self, **given: Any) -> Any:
        """The generator, remembered for `close_abandoned`."""
        made = await super().__call__(**given)
        opened = _OPENED.get()
        assert opened is not None, "close_abandoned is around every request"
        opened.append(made)
        return made


def close_abandoned(app: ASGIApp) -> ASGIApp:
    """ASGI middleware: roll back and close what a request opened and did not end; one that it ended costs nothing."""

    async def closed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        opened: list[AsyncGenerator[Any, None]] = []
        _OPENED.set(opened)
        try:
            await app(scope, receive, send)
        finally:
            for generator in opened:
                await generator.aclose()

    return closed
