"""What is made beside the requests: asked for, watched, fetched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import file
from api.archive import drawing
from api.parameters import Limit
from api.parts import Parts
from api.problems import documented
from api.wire_jobs import AskedJob, Job
from logistics.ledger.sequencer import Sequencer
from logistics.rules import errors
from logistics.rules.jobs import JobKind
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import export_jobs, jobs
from logistics.work.job_kinds import Wanted
from logistics.work.job_making import Tools


@post(
    "/jobs",
    operation_id="askForReport",
    summary="Have a report made beside the requests: P11, P24, P13, P14, the close of a month; or a large count ended",
    description="Poll `GET /jobs/{job}`. The right to it is asked again when it is made.",
    status_code=202,
    responses=documented(errors.NotFound, errors.CountEnded),
)
async def ask_for_report(
    data: JSONBody[AskedJob],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Job:
    wanted = Wanted(
        kind=JobKind(data.kind), month=data.month, place=data.place, count=data.count, reason=data.reason
    )
    job = await jobs.ask(session, actor, wanted, now)
    return msgspec.convert(await jobs.one(session, actor, job), Job)


@get("/jobs", operation_id="listJobs", summary="What the caller asked for", responses=documented())
async def list_jobs(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    before: Annotated[
        datetime | None, QueryParameter(description="`asked_at` of the last item before")
    ] = None,
    limit: Limit = 100,
) -> list[Job]:
    rows = await jobs.listed(snapshot, reader, before or now + timedelta(days=1), limit)
    return msgspec.convert(rows, list[Job])


@get(
    "/jobs/{job:uuid}",
    operation_id="getJob",
    summary="How far something is that the caller asked for",
    responses=documented(errors.NotFound),
)
async def get_job(
    job: FromPath[UUID], snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> Job:
    return msgspec.convert(await jobs.one(snapshot, reader, job), Job)


@get(
    "/jobs/{job:uuid}/original.pdf",
    operation_id="getJobFile",
    summary="The original that was drawn; further prints are reprints of the paper",
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def get_job_file(
    job: FromPath[UUID], snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> Response[bytes]:
    number, content = await jobs.file(snapshot, reader, job)
    return file(content, f"{number}.pdf", "0")


@get(
    "/jobs/{job:uuid}/archive.zip",
    operation_id="getJobArchive",
    summary="The encrypted archive of an export, for a day after it was made",
    media_type="application/zip",
    responses=documented(errors.NotFound),
)
async def get_job_archive(
    job: FromPath[UUID],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    database: NamedDependency[Database],
) -> Stream:
    name, count = await export_jobs.archive(snapshot, reader, job)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Stream(export_jobs.pieces(database, job, count), media_type="application/zip", headers=headers)


def tools(ours: Parts, sequencer: Sequencer) -> Tools:
    """What the application makes jobs with."""
    return Tools(drawing(ours.press), sequencer.directory, ours.door.desk.sealer)


router = Router(
    "/",
    tags=["reports"],
    route_handlers=[ask_for_report, list_jobs, get_job, get_job_file, get_job_archive],
)
