"""The archive of papers, and labels for containers and sleeves."""

from __future__ import annotations

from datetime import datetime

import anyio.to_thread
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

import labels.batch_label
import labels.sheets
import labels.sleeve_label
from api import wire
from api.answers import file
from api.parameters import After, Limit, ManifestQuery
from api.problems import documented
from labels.sheets import LAYOUTS, Placement
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.work import documents, labelling


@get("/documents", operation_id="listDocuments", summary="The archive of papers", responses=documented())
async def list_documents(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    manifest: ManifestQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire.Document]:
    rows = await documents.archive(snapshot, after, limit, manifest, permissions.scope(reader))
    return wire.paged(rows, wire.Document, limit, "number")


@post(
    "/labels/batches",
    operation_id="printBatchLabels",
    summary="Labels for containers",
    status_code=200,
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_batch_labels(
    data: JSONBody[wire.BatchLabels],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    wanted = await labelling.batch_labels(session, data.batches, permissions.scope(actor))
    layout, placement = _sheet(data)
    content = await anyio.to_thread.run_sync(labels.batch_label.render, wanted, layout, placement)
    await documents.print_labels(session, actor, "batches", data.batches, content, now)
    return file(content, "batch-labels.pdf")


@post(
    "/labels/sleeves",
    operation_id="printSleeveLabels",
    summary="Labels for card sleeves",
    status_code=200,
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_sleeve_labels(
    data: JSONBody[wire.SleeveLabels],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    wanted = await labelling.sleeve_labels(session, data.cards, permissions.scope(actor))
    layout, placement = _sheet(data)
    content = await anyio.to_thread.run_sync(labels.sleeve_label.render, wanted, layout, placement)
    await documents.print_labels(session, actor, "sleeves", data.cards, content, now)
    return file(content, "sleeve-labels.pdf")


@post(
    "/control-numbers",
    operation_id="makeControlNumbers",
    summary="New control numbers for sleeves",
    status_code=200,
    responses=documented(),
)
async def make_control_numbers(
    data: JSONBody[wire.NewNumbers], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> wire.ControlNumbers:
    return wire.ControlNumbers(cards=await labelling.control_numbers(session, actor, data.count))


@post(
    "/labels/calibration",
    operation_id="printCalibration",
    summary="A sheet that shows how far a printer is off",
    status_code=200,
    media_type="application/pdf",
    responses=documented(),
)
async def print_calibration(
    data: JSONBody[wire.Calibration],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[bytes]:
    layout, placement = _sheet(data)
    return file(labels.sheets.calibration(layout, placement), "calibration.pdf")


def _sheet(data: wire.OnSheet) -> tuple[labels.sheets.SheetLayout, Placement]:
    layout = LAYOUTS[data.sheet]
    if data.skip >= layout.per_sheet:
        raise errors.InvalidValue("skip", f"this sheet has {layout.per_sheet} labels")
    return layout, Placement(data.skip, data.dx_mm, data.dy_mm)


router = Router(
    "/",
    tags=["papers"],
    route_handlers=[
        list_documents,
        make_control_numbers,
        print_batch_labels,
        print_sleeve_labels,
        print_calibration,
    ],
)
