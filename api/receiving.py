"""Receiving by scan, and putting away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.answers import outcomes
from api.gathering import Gatherer
from api.parameters import SlotPath
from api.problems import documented
from api.times import read_scans
from logistics.rules import errors
from logistics.rules.permissions import Actor
from logistics.work import vault
from logistics.work.receiving import Receipt


@post(
    "/scans",
    operation_id="recordScans",
    summary="Receive by scan: manifest, batches, cards",
    description="1 to 500 scans, an outcome for each, in order. A scan's `id` makes a repeat harmless. A batch is"
    " scanned with the number of its seal. Refused and unknown scans are recorded too; text that is not one of our"
    " codes is not kept.",
    status_code=200,
    responses=documented(errors.FutureTime, errors.SupervisorNeeded),
)
async def record_scans(
    request: Request[Any, Any, Any],
    data: JSONBody[wire.ReceivingScans],
    # Alone: two dependencies would be resolved in a task group of two tasks, which costs more than the scan does here.
    gatherer: NamedDependency[Gatherer],
) -> wire.Outcomes:
    scans = read_scans(data.scans, gatherer.clock())
    answers = await gatherer.record(Receipt(request.auth, data.supervisor, scans))
    # Answered without a refusal: somebody is there, who may do this.
    request.scope["user"] = True
    return outcomes(answers)


@post(
    "/slots/{slot:str}/scans",
    operation_id="putAway",
    summary="Scan cards into a slot",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime, errors.SupervisorNeeded),
)
async def put_away(
    slot: SlotPath,
    data: JSONBody[wire.PutAwayScans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    scans = read_scans(data.scans, now)
    return outcomes(await vault.put_away(session, actor, slot, scans, data.supervisor, now))


router = Router("/", tags=["receiving"], route_handlers=[record_scans, put_away])
