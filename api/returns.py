"""The way back to the annex: return batches, recalled batches, what is taken in by hand, what is no longer needed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.return_slip
from api import wire, wire_returns
from api.answers import outcomes, pdf
from api.parameters import After, BatchPath, Limit, ManifestPath, PlaceQuery
from api.problems import documented
from api.times import on_calendar, read_scans
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.permissions import Actor
from logistics.work import collecting, documents, returns

ReturnBatchPath = Annotated[
    str, PathParameter(pattern=r"^B[0-9A-Z]{3,11}$", description="Code of a return batch, such as B7Q2M4ZK97")
]


@post(
    "/returns",
    operation_id="openReturn",
    summary="Open a batch from one's own site to the annex",
    description="It is sealed, loaded, released and taken over as every batch is; only its contents say why they go.",
    responses=documented(errors.NotARunDay, errors.RunDeparted),
)
async def open_return(
    data: JSONBody[wire_returns.NewReturn],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Batch:
    return wire.listed([await returns.open_return(session, actor, data.run_day, now)], wire.Batch)[0]


@post(
    "/returns/{return_batch:str}/scans",
    operation_id="packReturns",
    summary="Scan cards into a return batch, with the reason why they go back",
    status_code=200,
    responses=documented(errors.NotFound, errors.StepRefused, errors.FutureTime),
)
async def pack_returns(
    return_batch: ReturnBatchPath,
    data: JSONBody[wire_returns.ReturnScans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    scans = read_scans(data.scans, now)
    return outcomes(await returns.pack(session, actor, return_batch, data.why(), scans, now))


@post(
    "/batches/{batch:str}/recall",
    operation_id="recallBatch",
    summary="Take back a released batch that the courier left behind; it waits for a later run",
    status_code=200,
    responses=documented(errors.NotFound, errors.StepRefused, errors.NotARunDay, errors.RunDeparted),
)
async def recall_batch(
    batch: BatchPath,
    data: JSONBody[wire_returns.Recall],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Batch:
    row = await returns.recall(session, actor, batch, data.run_day, data.reason, now)
    return wire.listed([row], wire.Batch)[0]


@get(
    "/manifests/{manifest:str}/return-slip.pdf",
    operation_id="printReturnSlip",
    summary="P4 返送票 of what goes back to the annex: the original first, then numbered reprints",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_return_slip(
    manifest: ManifestPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    draw = press(labels.return_slip.render)
    return pdf(await documents.print_paper(session, actor, manifest, draw, now, "P4"))


@post(
    "/collections",
    operation_id="collect",
    summary="Take in by hand what a counter collected or the post brought back",
    status_code=200,
    responses=documented(errors.CardsRefused),
)
async def collect(
    data: JSONBody[wire_returns.Collection],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_returns.Collected:
    day = on_calendar(data.day, "day")
    done = await collecting.collect(
        session, actor, data.kind, data.cards, data.came_by(), data.destination, day, now
    )
    return wire_returns.Collected(**done)


@get(
    "/no-longer-needed",
    operation_id="listUnneeded",
    summary="What is of no use at the site where it lies, with the day by which it must be on its way",
    responses=documented(),
)
async def list_unneeded(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    place: PlaceQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_returns.Unneeded]:
    mine = permissions.place(reader, place)
    rows = await collecting.unneeded(snapshot, mine, business_date(now), after, limit)
    return wire.paged(rows, wire_returns.Unneeded, limit)


router = Router(
    "/",
    tags=["returns"],
    route_handlers=[
        open_return,
        pack_returns,
        recall_batch,
        print_return_slip,
        collect,
        list_unneeded,
    ],
)
