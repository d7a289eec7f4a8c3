"""Taking a scan back."""

from __future__ import annotations

from datetime import datetime

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.problems import documented
from logistics.rules import errors
from logistics.rules.permissions import Actor
from logistics.work import undoing


@post(
    "/undos",
    operation_id="undoScan",
    summary="Take a scan back",
    description="A new entry that names the one it corrects: the card is as it was before. For scans that checked in,"
    " packed, received or put away a card, while nothing else happened to it and its box, batch or receipt is open.",
    status_code=200,
    responses=documented(errors.NotFound, errors.UndoRefused, errors.SupervisorNeeded),
)
async def undo_scan(
    data: JSONBody[wire.Undo],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Undone:
    found = await undoing.undo(session, actor, data.scan, data.supervisor, now)
    return wire.Undone(**found)


router = Router("/", tags=["receiving"], route_handlers=[undo_scan])
