"""Files attached to things: taken in as raw bytes, handed out to be saved, never shown or run inside our pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth, wire
from api.guarding import READS_FILES
from api.problems import documented
from logistics.rules import errors
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import attachments
from logistics.work.attachments import SUFFIXES
from logistics.work.cleaning import MOST_BYTES

SubjectType = Annotated[
    Literal["incident", "discrepancy", "destruction"],
    QueryParameter(description="What the file belongs to; a destruction is named by its proposal"),
]
Subject = Annotated[str, QueryParameter(pattern=r"^[IGW][0-9A-Z]{3,11}$", description="Code of that thing")]
# What a browser may do with a file of ours: save it. Should it be shown all the same, it runs and fetches nothing.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Attachment(wire.Output, frozen=True, kw_only=True):
    """A file: its name, what it is by its content, and the SHA-256 of what was received and of what was kept."""

    id: UUID
    subject_type: Literal["incident", "discrepancy", "destruction"]
    subject: str
    place: str
    name: str
    media_type: str
    size: int
    sha256: str
    received_sha256: str
    added_by: str
    added_by_name: str
    added_at: datetime


@dataclass
class FileBody(Operation):
    """The operation of a handler whose body is a file."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            description="The bytes of a JPEG, PNG, TIFF, WebP or PDF file, 10 MB at most",
            required=True,
            content={
                kind: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
                for kind in SUFFIXES
            },
        )


@post(
    "/attachments",
    operation_id="attachFile",
    summary="Attach a photo or a scan to an incident, a difference or a destruction",
    description="What it is, its content says. Pictures are written anew without their metadata, pages of a PDF become"
    " pictures; a picture in which a barcode shows a My Number is refused. Both digests are in the log.",
    status_code=201,
    request_max_body_size=MOST_BYTES + 1_000,
    operation_class=FileBody,
    opt=READS_FILES | auth.RESOLVES,
    responses=documented(errors.NotFound, errors.FileRefused, errors.ProposalNotReady),
)
async def attach_file(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    subject_type: SubjectType,
    subject: Subject,
    name: Annotated[str, QueryParameter(min_length=1, max_length=200, description="The file's name")],
) -> Attachment:
    return wire.listed([await taken_in(request, database, subject_type, subject, name, now)], Attachment)[0]


@get(
    "/attachments",
    operation_id="listAttachments",
    summary="The files of an incident, a difference or a destruction",
    responses=documented(errors.NotFound),
)
async def list_attachments(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    subject_type: SubjectType,
    subject: Subject,
) -> list[Attachment]:
    return wire.listed(await attachments.listed(snapshot, reader, subject_type, subject), Attachment)


@get(
    "/attachments/{attachment:uuid}/file",
    operation_id="getAttachment",
    summary="A file, to be saved",
    media_type="application/octet-stream",
    responses=documented(errors.NotFound),
)
async def get_attachment(
    attachment: FromPath[UUID],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[bytes]:
    row, content = await attachments.content(snapshot, reader, attachment)
    plain = f"{row['id']}{SUFFIXES[row['media_type']]}"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(row['name'])}"
    return Response(
        content, media_type=row["media_type"], headers=HEADERS | {"Content-Disposition": disposition}
    )


async def taken_in(
    request: Request[Any, Any, Any],
    database: Database,
    subject_type: str,
    subject: str,
    name: str,
    now: datetime,
) -> dict[str, Any]:
    """Take in the file that is the body of a request; no transaction is open while it is written anew."""
    async with database.begin() as session:
        await attachments.check(session, await auth.provide_actor(request, session), subject_type, subject)
    received = await request.body()
    kept = await attachments.cleaned(received)
    async with database.begin() as session:
        # Who may was asked before; who still may is asked again, where it is written.
        actor = await auth.provide_actor(request, session)
        return await attachments.attach(session, actor, subject_type, subject, name, received, kept, now)


router = Router("/", tags=["attachments"], route_handlers=[attach_file, list_attachments, get_attachment])
