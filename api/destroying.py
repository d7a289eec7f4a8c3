"""The machine: picks into the locked stock, what waits there, destruction card by card, the certificate."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

import labels.certificate
import labels.proposal
from api import wire, wire_disposal
from api.answers import outcomes, pdf
from api.disposal import ProposalPath, recorded
from api.parameters import After, DocumentPath, Limit
from api.problems import documented
from api.times import read_scans
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.disposal import Chip, Method
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import destroying, documents, picking


@post(
    "/proposals/{proposal:str}/picks",
    operation_id="pickForDisposal",
    summary="Pick approved cards into the locked stock: two scans each, card and slot",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime),
)
async def pick_for_disposal(
    proposal: ProposalPath,
    data: JSONBody[wire_disposal.Picks],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    said = [wire.ScanIn(id=one.id, code=one.code, occurred_at=one.occurred_at) for one in data.picks]
    scans = read_scans(said, now)
    picks = [picking.Pick(scan, one.slot) for scan, one in zip(scans, data.picks, strict=True)]
    return outcomes(await picking.pick(session, actor, proposal, picks, now), "picks[{}].code")


@post(
    "/proposals/{proposal:str}/destruction",
    operation_id="beginDestruction",
    summary="Begin to destroy what was picked, counted out of the locked stock",
    status_code=200,
    responses=documented(errors.NotFound, errors.ProposalNotReady, errors.CountDiffers),
)
async def begin_destruction(
    proposal: ProposalPath,
    data: JSONBody[wire_disposal.BeginDestruction],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> wire_disposal.Begun:
    async with recorded(database, actor, "begin_destruction", proposal, now):
        number = await destroying.begin(
            session, actor, proposal, Method(data.method), Chip(data.chip), data.machine, data.counted, now
        )
    return wire_disposal.Begun(proposal=proposal, destruction=number)


@post(
    "/proposals/{proposal:str}/witness",
    operation_id="witnessDestruction",
    summary="A city employee comes to witness, or leaves",
    status_code=204,
    responses=documented(errors.NotFound, errors.ProposalNotReady, errors.SecondPersonNeeded),
)
async def witness_destruction(
    proposal: ProposalPath,
    data: JSONBody[wire_disposal.Attend],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> None:
    async with recorded(database, actor, "witness", proposal, now):
        await destroying.attend(session, actor, proposal, data.present, now)


@post(
    "/proposals/{proposal:str}/destructions",
    operation_id="destroyCards",
    summary="Scan cards at the machine as each goes in",
    description="Refused, and recorded: what is not approved and picked, held, scanned twice, the witness being away.",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime),
)
async def destroy_cards(
    proposal: ProposalPath,
    data: JSONBody[wire.Scans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await destroying.destroy(session, actor, proposal, read_scans(data.scans, now), now))


@post(
    "/proposals/{proposal:str}/finish",
    operation_id="finishDestruction",
    summary="End the sitting: what is left is counted, and the certificate P8 is written",
    status_code=200,
    responses=documented(errors.NotFound, errors.ProposalNotReady, errors.CountDiffers),
)
async def finish_destruction(
    proposal: ProposalPath,
    data: JSONBody[wire_disposal.FinishDestruction],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> wire_disposal.Finished:
    async with recorded(database, actor, "end_destruction", proposal, now):
        done = await destroying.finish(session, actor, proposal, data.remaining, data.photos, now)
    return wire_disposal.Finished(**done)


@get(
    "/disposal-stock",
    operation_id="listDisposalStock",
    summary="What waits in the locked stock, and what waits too long",
    responses=documented(),
)
async def list_disposal_stock(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_disposal.ToDestroy]:
    rows = await picking.stock(snapshot, now, after, limit, permissions.scope(reader))
    return wire.paged(rows, wire_disposal.ToDestroy, limit)


@get(
    "/disposal-certificates/{document:str}/certificate.pdf",
    operation_id="printDisposalCertificate",
    summary="P8 廃棄証明書: the original first, then numbered reprints",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_certificate(
    document: DocumentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    draw = press(labels.certificate.render)
    return pdf(await documents.print_paper(session, actor, document, draw, now, "P8"))


router = Router(
    "/",
    tags=["disposal"],
    route_handlers=[
        pick_for_disposal,
        begin_destruction,
        witness_destruction,
        destroy_cards,
        finish_destruction,
        list_disposal_stock,
        print_certificate,
    ],
)
