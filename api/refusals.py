"""Who tries what he may not is written down: an attempt leaves its trace although nothing else happens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
import structlog
from litestar.exceptions import HTTPException
from litestar.types import Scope

from api.parts import parts_of
from api.problems import slug
from api.statuses import STATUS
from logistics.rules.errors import DomainError, NotAllowed
from logistics.rules.permissions import Actor
from logistics.work import refusals, sessions

# What the framework itself refuses of a request's form.
MALFORMED = frozenset({400, 413, 415})

log = structlog.get_logger("refusals")


async def record(error: Exception, scope: Scope) -> None:
    """A hook: a line on standard error for every refusal, and for that of a right an entry, in a transaction of its own."""
    _tell(error, scope)
    if not isinstance(error, NotAllowed):
        return
    parts = parts_of(scope["litestar_app"])
    try:
        async with parts.database.begin() as session:
            now = parts.clock()
            actor = await _actor(session, scope, now)
            method, path = str(scope.get("method", "")), str(scope.get("path_template", ""))
            await refusals.record(session, actor, error.act, method, path, now, error.about)
    except (DomainError, asyncpg.PostgresError, OSError) as failure:
        # The refusal itself stands; that it could not be written down is for the operator to know.
        log.error("refusal not recorded", error=type(failure).__name__, act=error.act)


def _tell(error: Exception, scope: Scope) -> None:
    """What was refused, where and to whom; nothing that the client wrote."""
    if isinstance(error, DomainError):
        kind, status = slug(type(error)), STATUS[type(error)]
    elif isinstance(error, HTTPException) and error.status_code in MALFORMED:
        kind, status = "malformed", error.status_code
    else:
        return
    actor = scope.get("user")
    person = actor.code if isinstance(actor, Actor) else None
    route = f"{scope.get('method', '')} {scope.get('path_template', '')}"
    log.warning("refused", kind=kind, status=status, route=route, person=person)


async def _actor(session: Any, scope: Scope, now: datetime) -> Actor:
    """Who was refused: as the handler read it, or by the credential where it had not come to that."""
    known = scope.get("user")
    if isinstance(known, Actor):
        return known
    return (await sessions.who(session, scope["auth"], now)).actor
