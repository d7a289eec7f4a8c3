"""Who tries what he may not is written down: an escalation leaves its trace although nothing else happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from litestar.types import Scope

from logistics.rules.errors import DomainError, NotAllowed
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import refusals, sessions

log = structlog.get_logger("refusals")


def recording(
    database: Database, clock: Callable[[], datetime]
) -> Callable[[Exception, Scope], Awaitable[None]]:
    """A hook that appends an entry for every refusal of a right, in a transaction of its own."""

    async def record(error: Exception, scope: Scope) -> None:
        if not isinstance(error, NotAllowed):
            return
        try:
            async with database.begin() as session:
                actor = await _actor(session, scope, clock())
                await refusals.record(
                    session,
                    actor,
                    error.act,
                    str(scope.get("method", "")),
                    str(scope.get("path_template", "")),
                    clock(),
                )
        except (DomainError, asyncpg.PostgresError, OSError) as failure:
            # The refusal itself stands; that it could not be written down is for the operator to know.
            log.error("refusal not recorded", error=type(failure).__name__, act=error.act)

    return record


async def _actor(session: Any, scope: Scope, now: datetime) -> Actor:
    """Who was refused: as the handler read it, or by the credential where it had not come to that."""
    known = scope.get("user")
    if isinstance(known, Actor):
        return known
    return (await sessions.who(session, scope["auth"], now)).actor
