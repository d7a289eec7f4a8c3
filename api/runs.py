"""Runs: plan, load, dispatch, and the courier's acknowledgement. Manifests and their papers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.manifest
import labels.receipt
import labels.transfer_slip
from api import wire
from api.answers import outcomes, pdf
from api.parameters import After, Limit, ManifestPath, PlaceQuery, RunPath, RunQuery
from api.problems import documented
from api.times import read_scans
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.work import dispatching, documents, receipts, runs


@post(
    "/runs",
    operation_id="planRun",
    summary="Say who carries the run of a day",
    description="Makes the run if the day has none yet; may be repeated until it departs.",
    status_code=200,
    responses=documented(errors.NotARunDay, errors.RunDeparted, errors.CourierNotRegistered),
)
async def plan_run(
    data: JSONBody[wire.PlanRun],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Run:
    row = await runs.plan(session, actor, data.run_day, data.courier, data.crew, data.vehicle, now)
    return _run(row)


@get("/runs", operation_id="listRuns", summary="Runs, the latest first", responses=documented())
async def list_runs(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    before: Annotated[
        date | None, QueryParameter(description="`next` of the page before; without it, the latest")
    ] = None,
    limit: Limit = 100,
) -> wire.Page[wire.Run]:
    rows = await runs.page(snapshot, before or date.max, limit, scope=permissions.scope(reader))
    return wire.paged(rows, wire.Run, limit, "day")


@get("/runs/{run:str}", operation_id="getRun", summary="A run", responses=documented(errors.NotFound))
async def get_run(
    run: RunPath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> wire.Run:
    return _run(await runs.one(snapshot, run))


@post(
    "/runs/{run:str}/loads",
    operation_id="loadBatches",
    summary="Scan sealed batches onto the run",
    status_code=200,
    responses=documented(errors.NotFound, errors.RunDeparted, errors.FutureTime),
)
async def load_batches(
    run: RunPath,
    data: JSONBody[wire.Scans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await runs.load(session, actor, run, read_scans(data.scans, now), now))


@post(
    "/runs/{run:str}/dispatch",
    operation_id="dispatchRun",
    summary="Release what leaves one's own place: a manifest and a transfer slip per destination",
    status_code=200,
    responses=documented(errors.NotFound, errors.NotARunDay, errors.RunDeparted, errors.RunNotReady),
)
async def dispatch_run(
    run: RunPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> list[wire.Manifest]:
    return wire.listed(await dispatching.dispatch(session, actor, run, now), wire.Manifest)


@post(
    "/runs/{run:str}/take-over",
    operation_id="takeOverRun",
    summary="The courier acknowledges what it carries",
    status_code=200,
    responses=documented(errors.NotFound, errors.RunNotReady, errors.AlreadyTakenOver),
)
async def take_over_run(
    run: RunPath,
    data: JSONBody[wire.TakeOver],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.TakenOver:
    taken = await dispatching.take_over(session, actor, run, data.batches, now, data.origin)
    return wire.TakenOver(**taken)


@get("/manifests", operation_id="listManifests", summary="Manifests", responses=documented())
async def list_manifests(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    run: RunQuery = None,
    destination: PlaceQuery = None,
    origin: PlaceQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire.Manifest]:
    rows = await runs.manifests_page(
        snapshot,
        now,
        after=after,
        limit=limit,
        run=run,
        destination=destination,
        origin=origin,
        scope=permissions.scope(reader),
    )
    return wire.paged(rows, wire.Manifest, limit)


@get(
    "/manifests/{manifest:str}",
    operation_id="getManifest",
    summary="A manifest and how far it has come",
    responses=documented(errors.NotFound),
)
async def get_manifest(
    manifest: ManifestPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Manifest:
    return wire.listed([await _one(snapshot, manifest, now)], wire.Manifest)[0]


@get(
    "/manifests/{manifest:str}/receipt",
    operation_id="getReceipt",
    summary="How far the receipt is",
    tags=["receiving"],
    responses=documented(errors.NotFound),
)
async def get_receipt(
    manifest: ManifestPath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> wire.Receipt:
    return wire.listed([await receipts.progress(snapshot, manifest)], wire.Receipt)[0]


@post(
    "/manifests/{manifest:str}/close",
    operation_id="closeReceipt",
    summary="Close the receipt: accepted + rejected + missing = dispatched",
    tags=["receiving"],
    status_code=200,
    responses=documented(
        errors.NotFound,
        errors.ReceiptClosed,
        errors.NotArrived,
        errors.ReceiptNotDone,
        errors.StillMissing,
        errors.SupervisorNeeded,
    ),
)
async def close_receipt(
    manifest: ManifestPath,
    data: JSONBody[wire.CloseReceipt],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.ReceiptClosed:
    return wire.ReceiptClosed(
        **await receipts.close(session, actor, manifest, data.supervisor, data.missing, now)
    )


@get(
    "/manifests/{manifest:str}/manifest.pdf",
    operation_id="printManifest",
    summary="P1 発送明細書: the original first, then numbered reprints",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_manifest(
    manifest: ManifestPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    draw = press(labels.manifest.render)
    return pdf(await documents.print_paper(session, actor, manifest, draw, now, "P1"))


@get(
    "/manifests/{manifest:str}/transfer-slip.pdf",
    operation_id="printTransferSlip",
    summary="P2 授受票: the original first, then numbered reprints",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_transfer_slip(
    manifest: ManifestPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    number = (await _one(session, manifest, now))["transfer_slip"]
    return pdf(await documents.print_paper(session, actor, number, press(labels.transfer_slip.render), now))


@get(
    "/manifests/{manifest:str}/receipt.pdf",
    operation_id="printReceipt",
    summary="P3 受領書, once the receipt is closed",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_receipt(
    manifest: ManifestPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    number = (await _one(session, manifest, now))["receipt"]
    if number is None:
        raise errors.NotFound("receipt of manifest", manifest)
    return pdf(await documents.print_paper(session, actor, number, press(labels.receipt.render), now))


async def _one(session: AsyncSession, manifest: str, now: datetime) -> dict[str, Any]:
    found = await runs.manifests_page(session, now, code=manifest, limit=1)
    if not found:
        raise errors.NotFound("manifest", manifest)
    return found[0]


def _run(row: dict[str, object]) -> wire.Run:
    return wire.listed([row], wire.Run)[0]


router = Router(
    "/",
    tags=["runs"],
    route_handlers=[
        plan_run,
        list_runs,
        get_run,
        load_batches,
        dispatch_run,
        take_over_run,
        list_manifests,
        get_manifest,
        get_receipt,
        close_receipt,
        print_manifest,
        print_transfer_slip,
        print_receipt,
    ],
)
