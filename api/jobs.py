"""Reports made beside the requests: asked for, watched, fetched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import file
from api.parameters import Limit
from api.problems import documented
from api.wire_jobs import AskedJob, Job
from logistics.rules import errors
from logistics.rules.permissions import Actor
from logistics.work import jobs


@post(
    "/jobs",
    operation_id="askForReport",
    summary="Have a report made beside the requests: P11, P24, P13, P14, or the close of a month",
    description="Poll `GET /jobs/{job}`. The right to it is asked again when it is made.",
    status_code=202,
    responses=documented(errors.NotFound),
)
async def ask_for_report(
    data: JSONBody[AskedJob],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Job:
    job = await jobs.ask(session, actor, data.kind, data.month, data.place, now)
    return msgspec.convert(await jobs.one(session, actor, job), Job)


@get("/jobs", operation_id="listJobs", summary="Reports that the caller asked for", responses=documented())
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
    summary="How far a report is that the caller asked for",
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


router = Router("/", tags=["reports"], route_handlers=[ask_for_report, list_jobs, get_job, get_job_file])
