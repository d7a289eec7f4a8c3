"""Packing: open a batch, scan cards in and out, seal, unseal, cancel."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.answers import outcomes
from api.parameters import After, BatchPath, Limit, PlaceQuery, RunQuery
from api.problems import documented
from api.times import read_scans
from logistics.rules import errors, people_errors, permissions
from logistics.rules.lifecycle import BatchState
from logistics.rules.permissions import Actor
from logistics.work import batches


@post(
    "/batches",
    operation_id="openBatch",
    summary="Open a batch for a site and a run",
    responses=documented(errors.NotARunDay, errors.RunDeparted),
)
async def open_batch(
    data: JSONBody[wire.NewBatch],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Batch:
    return _batch(await batches.open_for(session, actor, data.destination, data.run_day, now))


@get("/batches", operation_id="listBatches", summary="Batches", responses=documented())
async def list_batches(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    run: RunQuery = None,
    destination: PlaceQuery = None,
    batch_state: Annotated[BatchState | None, QueryParameter(name="state")] = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire.Batch]:
    rows = await batches.page(
        snapshot,
        after=after,
        limit=limit,
        run=run,
        destination=destination,
        state=batch_state,
        scope=permissions.scope(reader),
    )
    return wire.paged(rows, wire.Batch, limit)


@get(
    "/batches/{batch:str}",
    operation_id="getBatch",
    summary="A batch",
    responses=documented(errors.NotFound),
)
async def get_batch(
    batch: BatchPath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> wire.Batch:
    return _batch(await batches.one(snapshot, batch))


@post(
    "/batches/{batch:str}/scans",
    operation_id="packCards",
    summary="Scan cards into a batch",
    status_code=200,
    responses=documented(errors.NotFound, errors.StepRefused, errors.FutureTime),
)
async def pack_cards(
    batch: BatchPath,
    data: JSONBody[wire.Scans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await batches.pack(session, actor, batch, read_scans(data.scans, now), now))


@post(
    "/batches/{batch:str}/removals",
    operation_id="unpackCards",
    summary="Scan cards out of a batch",
    status_code=200,
    responses=documented(errors.NotFound, errors.StepRefused, errors.FutureTime),
)
async def unpack_cards(
    batch: BatchPath,
    data: JSONBody[wire.Scans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await batches.unpack(session, actor, batch, read_scans(data.scans, now), now))


@post(
    "/batches/{batch:str}/seal",
    operation_id="sealBatch",
    summary="Seal a batch after counting it",
    status_code=200,
    responses=documented(
        errors.NotFound, errors.StepRefused, errors.NothingToSeal, errors.CountDiffers, errors.SealUsed
    ),
)
async def seal_batch(
    batch: BatchPath,
    data: JSONBody[wire.SealBatch],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Batch:
    return _batch(await batches.seal(session, actor, batch, data.seal_number, data.counted, now))


@post(
    "/batches/{batch:str}/unseal",
    operation_id="unsealBatch",
    summary="Open a sealed batch again",
    status_code=200,
    responses=documented(
        errors.NotFound, errors.StepRefused, people_errors.ApprovalNeeded, people_errors.ApprovalUnusable
    ),
)
async def unseal_batch(
    batch: BatchPath,
    data: JSONBody[wire.Unseal],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Batch:
    return _batch(await batches.unseal(session, actor, batch, data.reason, data.approval, now))


@post(
    "/batches/{batch:str}/cancel",
    operation_id="cancelBatch",
    summary="Give up an empty batch",
    status_code=200,
    responses=documented(errors.NotFound, errors.StepRefused, errors.CountDiffers),
)
async def cancel_batch(
    batch: BatchPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Batch:
    return _batch(await batches.cancel(session, actor, batch, now))


def _batch(row: dict[str, object]) -> wire.Batch:
    return wire.listed([row], wire.Batch)[0]


router = Router(
    "/",
    tags=["batches"],
    route_handlers=[
        open_batch,
        list_batches,
        get_batch,
        pack_cards,
        unpack_cards,
        seal_batch,
        unseal_batch,
        cancel_batch,
    ],
)
