"""The end of the contract: everything that is left is counted, scanned over and acknowledged (P18); spent papers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire, wire_successions
from api.answers import outcomes
from api.parameters import After, Limit
from api.problems import documented
from api.times import on_calendar, read_scans
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.rules.succeeding import HowSpent, Receiver, Side
from logistics.work import spent, succession_views, successions

SuccessionPath = Annotated[
    str,
    PathParameter(pattern=r"^J[0-9A-Z]{3,11}$", description="Number of a succession, such as J08000001K"),
]


@post(
    "/successions",
    operation_id="openSuccession",
    summary="Begin to hand everything on to the next contractor, or back to the city; what is in stock is frozen",
    responses=documented(errors.SuccessionNotReady, errors.SupervisorNeeded),
)
async def open_succession(
    data: JSONBody[wire_successions.OpenSuccession],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_successions.Succession:
    made = await successions.open_succession(
        session,
        actor,
        Receiver(data.receiver),
        data.successor,
        data.reference,
        data.directed_by,
        now,
    )
    return msgspec.convert(made, wire_successions.Succession)


@get("/successions", operation_id="listSuccessions", summary="Successions", responses=documented())
async def list_successions(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_successions.Succession]:
    own = permissions.scope(reader, "make_report")
    return wire.paged(
        await succession_views.page(snapshot, after, limit, own), wire_successions.Succession, limit
    )


@get(
    "/successions/{succession:str}",
    operation_id="getSuccession",
    summary="A succession: what is left where, and its paper P18 once nothing is",
    responses=documented(errors.NotFound),
)
async def get_succession(
    succession: SuccessionPath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> wire_successions.Succession:
    own = permissions.scope(reader, "make_report")
    return msgspec.convert(await succession_views.one(snapshot, succession, own), wire_successions.Succession)


@get(
    "/successions/{succession:str}/cards",
    operation_id="listSuccessionCards",
    summary="What was in stock when a succession was opened, and what became of each",
    responses=documented(errors.NotFound),
)
async def list_cards(
    succession: SuccessionPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_successions.SuccessionCard]:
    own = permissions.scope(reader, "make_report")
    await succession_views.one(snapshot, succession, own)
    rows = await succession_views.cards(snapshot, succession, after, limit, own)
    return wire.paged(rows, wire_successions.SuccessionCard, limit)


@post(
    "/successions/{succession:str}/scans",
    operation_id="handOn",
    summary="Scan sleeves of one's own place over to the successor, once its vaults were counted in full",
    status_code=200,
    responses=documented(
        errors.NotFound, errors.SuccessionNotReady, errors.SupervisorNeeded, errors.FutureTime
    ),
)
async def hand_on(
    succession: SuccessionPath,
    data: JSONBody[wire_successions.HandOnScans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    scans = read_scans(data.scans, now)
    return outcomes(await successions.hand_on(session, actor, succession, scans, data.supervisor, now))


@post(
    "/successions/{succession:str}/conclude",
    operation_id="concludeSuccession",
    summary="End a succession of which nothing is left; P18 is frozen",
    status_code=200,
    responses=documented(errors.NotFound, errors.SuccessionNotReady),
)
async def conclude_succession(
    succession: SuccessionPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_successions.Succession:
    done = await successions.conclude(session, actor, succession, now)
    return msgspec.convert(done, wire_successions.Succession)


@post(
    "/successions/{succession:str}/give-up",
    operation_id="giveUpSuccession",
    summary="Give a succession up, with a reason",
    status_code=200,
    responses=documented(errors.NotFound, errors.SuccessionNotReady),
)
async def give_up_succession(
    succession: SuccessionPath,
    data: JSONBody[wire.WithReason],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_successions.Succession:
    done = await successions.give_up(session, actor, succession, data.reason, now)
    return msgspec.convert(done, wire_successions.Succession)


@post(
    "/successions/{succession:str}/acknowledgements",
    operation_id="acknowledgeSuccession",
    summary="Acknowledge P18 for one side: the contractor gives, a city employee says who takes over",
    status_code=200,
    responses=documented(errors.NotFound, errors.SuccessionNotReady, errors.SecondPersonNeeded),
)
async def acknowledge_succession(
    succession: SuccessionPath,
    data: JSONBody[wire_successions.Acknowledge],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_successions.Succession:
    side = Side(data.side)
    done = await successions.acknowledge(session, actor, succession, side, data.named, data.sha256, now)
    return msgspec.convert(done, wire_successions.Succession)


@post(
    "/no-longer-needed/papers",
    operation_id="endSpentPapers",
    summary="Say what became of manifests that are of no use any more: given back, or destroyed",
    status_code=200,
    responses=documented(errors.NotFound, errors.AlreadyResolved),
)
async def end_spent_papers(
    data: JSONBody[wire_successions.SpentPapers],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_successions.PapersSpent:
    day = on_calendar(data.day, "day")
    done = await spent.end(session, actor, data.manifests, HowSpent(data.how), day, now)
    return wire_successions.PapersSpent(manifests=done)


router = Router(
    "/",
    tags=["successions"],
    route_handlers=[
        open_succession,
        list_successions,
        get_succession,
        list_cards,
        hand_on,
        conclude_succession,
        give_up_succession,
        acknowledge_succession,
        end_spent_papers,
    ],
)
