"""Structured logs: one JSON line per request and per fault, with route templates in place of paths.

Nothing a client wrote is logged, so no personal data and no forged line can come in that way.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.carrying import Carrier
from logistics.outward import LogSettings

# The id of the request under way: in its answer, and in every line that is logged meanwhile.
_request: ContextVar[str] = ContextVar("request")


class _Line(msgspec.Struct, frozen=True):
    method: str
    route: str
    status: int
    ms: float
    request: str
    timestamp: str
    event: str = "request"
    level: str = "info"


_encode = msgspec.json.Encoder().encode


class _Out:
    """Standard error, and the machine that gathers logs where there is one."""

    carrier: Carrier | None = None

    def write(self, text: str) -> int:
        """Write a line, or several."""
        if self.carrier is not None:
            for line in filter(str.strip, text.splitlines()):
                self.carrier.put(line)
        return sys.stderr.write(text)

    def flush(self) -> None:
        """As a file has it."""
        sys.stderr.flush()


_out = _Out()


def configure(level: str, to: LogSettings | None = None) -> None:
    """JSON lines on standard error, from `level` on; the standard library's loggers as well. `to` gets all of them."""
    if to is not None:
        _out.carrier = Carrier(to)
        _out.carrier.start()
    number = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=number, format="%(message)s", stream=cast(TextIO, _out))
    structlog.configure(
        processors=[
            _name_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _out)),
        cache_logger_on_first_use=True,
    )


def log_requests(app: ASGIApp, level: str = "INFO") -> ASGIApp:
    """ASGI middleware: one line per request, when its answer is complete; none if only warnings are logged."""
    wanted = logging.getLevelNamesMapping()[level] <= logging.INFO

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        request_id = os.urandom(16).hex()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        # The server gives each request a task, and so a context, of its own: nothing is left behind for the next one.
        _request.set(request_id)
        try:
            await app(scope, receive, watch)
        finally:
            if wanted:
                _write(scope, status, started, request_id)

    return logged


def _write(scope: Scope, status: int, started: float, request_id: str) -> None:
    # Written by hand: a logger's chain of processors costs as much as settling the scan that is logged.
    line = _Line(
        str(scope.get("method", "")),
        str(scope.get("path_template", "")),
        status,
        round((time.perf_counter() - started) * 1000, 1),
        request_id,
        datetime.now(UTC).isoformat(),
    )
    _out.write(_encode(line).decode() + "\n")


def _name_request(_logger: object, _method: str, event: structlog.typing.EventDict) -> Any:
    if request_id := _request.get(None):
        event["request"] = request_id
    return event
