"""P17 来歴証明: one card's history with its proof, frozen and printed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

import labels.provenance
from api import auth, wire
from api.answers import pdf
from api.parameters import CardPath
from api.problems import documented
from labels.signing import Press
from logistics.rules import errors
from logistics.rules.codes import CodeType, require
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import documents, provenance

DocumentPath = Annotated[
    str, PathParameter(pattern=r"^D[0-9A-Z]{3,11}$", description="Number of the certificate")
]


class Certify(wire.Input, frozen=True, kw_only=True):
    """What the certificate is for; it stands on the paper and in the log."""

    purpose: Annotated[str, Meta(min_length=1, max_length=100, examples=["監査（令和8年度上期）"])]


class Certificate(wire.Output, frozen=True, kw_only=True):
    """A certificate that was frozen: `lines` entries of the card's history, of which `unsigned` had no proof yet."""

    number: str
    card: str
    state: str
    lines: int
    unsigned: int
    size: int
    root: str


@post(
    "/cards/{card:str}/certificates",
    operation_id="certifyCard",
    summary="P17 来歴証明: freeze a card's whole history with its proof",
    status_code=201,
    responses=documented(errors.NotFound),
    opt=auth.RESOLVES,
)
async def certify_card(
    card: CardPath,
    data: JSONBody[Certify],
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    vkey: NamedDependency[str | None],
) -> Certificate:
    async with database.read() as snapshot:
        actor = await auth.provide_actor(request, snapshot)
        found = await provenance.read(snapshot, actor, card, data.purpose, vkey, now)
    async with database.begin() as session:
        record = await provenance.certify(session, actor, found, now)
    said = msgspec.structs.asdict(record) | {"lines": len(record.lines)}
    return msgspec.convert({name: said[name] for name in Certificate.__struct_fields__}, Certificate)


@get(
    "/certificates/{number:str}/certificate.pdf",
    operation_id="printCertificate",
    summary="P17 来歴証明: the original first, then numbered reprints",
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_certificate(
    number: FromPath[DocumentPath],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    require(number, CodeType.DOCUMENT, "number")
    await provenance.require_certificate(session, number)
    return pdf(await documents.print_paper(session, actor, number, press(labels.provenance.render), now))


router = Router("/", tags=["papers"], route_handlers=[certify_card, print_certificate])
