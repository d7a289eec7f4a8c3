"""Structured logs: one JSON line per request and per fault, with route templates in place of paths.

Nothing a client wrote is logged, so no personal data and no forged line can come in that way.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("requests")


def configure(level: str) -> None:
    """JSON lines on standard error, from `level` on; the standard library's loggers as well."""
    number = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=number, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def log_requests(app: ASGIApp) -> ASGIApp:
    """ASGI middleware: one line per request, when its answer is complete."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        request_id = uuid4().hex

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        structlog.contextvars.bind_contextvars(request=request_id)
        try:
            await app(scope, receive, watch)
        finally:
            fields: dict[str, Any] = {
                "method": scope.get("method", ""),
                "route": scope.get("path_template", ""),
                "status": status,
                "ms": round((time.perf_counter() - started) * 1000, 1),
            }
            log.info("request", **fields)
            structlog.contextvars.clear_contextvars()

    return logged
