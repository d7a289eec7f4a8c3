"""Is this file one of ours: a PDF as somebody holds it, asked against the prints, the log and its signature."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.checking
from api import wire
from api.guarding import PDF, READS_PDF, is_pdf
from api.problems import documented
from labels.signing import Press
from logistics.rules.permissions import Actor
from logistics.work import verifying

UNSUPPORTED = 415


class Reason(wire.Output, frozen=True, kw_only=True):
    """One thing that speaks against a file; `code` is stable."""

    code: str
    message: str
    message_ja: str


class Proof(wire.Output, frozen=True, kw_only=True):
    """That the entry is in the log (RFC 6962): its leaf, the hashes up to the root, the signed note of the root."""

    leaf_index: int
    size: int
    root: str
    note: str
    hashes: list[str]


class Issue(wire.Output, frozen=True, kw_only=True):
    """When, as what, and by whom the file was issued; `proof` follows with the next checkpoint."""

    number: str
    catalogue: str
    subject: str
    copy: int
    printed_at: datetime
    actor: str
    actor_name: str
    site: str
    entry: UUID
    entry_hash: str
    proof: Proof | None


class FileSignature(wire.Output, frozen=True, kw_only=True):
    """What the file's own signature says; `number` is what the file calls itself."""

    state: str
    number: str | None
    by: str | None
    at: datetime | None


class Verdict(wire.Output, frozen=True, kw_only=True):
    """Whether this very file was issued here, unchanged; if not, `against` says why."""

    genuine: bool
    sha256: str
    issue: Issue | None
    signature: FileSignature
    against: list[Reason]


class _PdfBody(Operation):
    """OpenAPI of a handler that reads the raw bytes of a PDF."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            description=f"The file as it is, {verifying.LARGEST_FILE:,} bytes at most",
            required=True,
            content={
                PDF: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
            },
        )


@post(
    "/documents/verify",
    operation_id="verifyDocument",
    summary="Was this very file issued here",
    description="The file is not kept. What it holds is compared byte for byte, by its SHA-256.",
    status_code=200,
    request_max_body_size=verifying.LARGEST_FILE,
    operation_class=_PdfBody,
    opt=READS_PDF,
    responses=documented(),
)
async def verify_document(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    press: NamedDependency[Press],
    number: Annotated[
        str | None,
        QueryParameter(pattern=r"^[A-Z][0-9A-Z]{3,11}$", description="The number that it is presented as"),
    ] = None,
) -> Verdict:
    content = await request.body()
    if not is_pdf(request, content):
        raise ClientException(f"Send the PDF itself: Content-Type: {PDF}", status_code=UNSUPPORTED)
    check = partial(labels.checking.check, trusted=press.trusted)
    verdict = await verifying.verify_document(snapshot, content, check, number)
    said = [(code, *verifying.REASONS[code]) for code in verdict.against]
    return Verdict(
        genuine=verdict.genuine,
        sha256=verdict.sha256,
        issue=msgspec.convert(verdict.issue, Issue | None, from_attributes=True),
        signature=msgspec.convert(verdict.signature, FileSignature, from_attributes=True),
        against=[Reason(code=code, message=en, message_ja=ja) for code, en, ja in said],
    )


router = Router("/", tags=["papers"], route_handlers=[verify_document])
