"""Exports over HTTP: always a part of the log, always encrypted, never unrecorded (contract appendix 1 article 10-9)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import anyio.to_thread
import msgspec
from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth, wire
from api.audit_parameters import aware
from api.door import door_of
from api.problems import documented
from api.wire_jobs import Job
from logistics.ledger.evidence import ExportRefused
from logistics.rules import errors
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import archives, export_jobs, exports, jobs
from logistics.work.audit_sources import Filters
from logistics.work.exports import Format, Order
from logistics.work.views import Charset

# What was written a moment ago is signed within two seconds; look again rather than refuse it.
TRIES, TRY_SECONDS = 4, 1.0
CHUNK = 1 << 16

_PARTS = ("card", "batch", "place", "occurred_from", "occurred_to")


class ExportOrder(wire.Input, frozen=True, kw_only=True):
    """What is exported, what for, under which approval. At least a card, a batch or a whole period.

    `password` encrypts the archive (AES-256); it is kept nowhere. Hand it over by another way.
    """

    purpose: Annotated[str, Meta(min_length=1, max_length=100, examples=["監査（令和8年度上期）"])]
    approval: Annotated[str, Meta(min_length=1, max_length=40, examples=["市監第1号"])]
    password: Annotated[
        str,
        Meta(
            min_length=archives.SHORTEST_PASSWORD,
            max_length=100,
            examples=["k7wmq-z4hd9-x2vnc-8tjrp-f5ybe-g3ks6"],
        ),
    ]
    format: Literal["evidence", "epcis", "csv"] = "evidence"
    charset: Literal["utf-8", "shift_jis"] = "utf-8"
    card: wire.CardCode | None = None
    batch: wire.BatchCode | None = None
    place: wire.PlaceCode | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None

    def filters(self) -> Filters:
        """The part that is meant. InvalidValue naming the field."""
        for name in ("occurred_from", "occurred_to"):
            aware(getattr(self, name), name)
        return parts_given(**{name: getattr(self, name) for name in _PARTS})

    def order(self, by: str) -> Order:
        """What is ordered, by whom."""
        return Order(
            by=by,
            purpose=self.purpose,
            approval=self.approval,
            format=Format(self.format),
            filters=self.filters(),
            charset=Charset(self.charset),
        )


def parts_given(**given: Any) -> Filters:
    """The filters of an export over HTTP, which is always of a part of the log. InvalidValue where none is meant."""
    parts = {name: value for name, value in given.items() if value is not None}
    if not (parts.keys() >= {"occurred_from", "occurred_to"} or parts.keys() & {"card", "batch"}):
        raise errors.InvalidValue("card", "give a card, a batch or a period")
    return Filters(**parts)


@post(
    "/audit/exports",
    operation_id="exportEntries",
    summary="A part of the log as an encrypted archive: evidence with proofs, EPCIS 2.0 or CSV",
    description="That it was ordered, what for and under which approval is an entry before anything is written.",
    status_code=200,
    media_type="application/zip",
    responses=documented(),
    opt=auth.RESOLVES,
)
async def export_entries(
    data: JSONBody[ExportOrder],
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    signer_directory: NamedDependency[Path | None],
    now: NamedDependency[datetime],
) -> Stream:
    archives.checked(data.password)
    async with database.begin() as session:
        actor = await auth.provide_actor(request, session)
        order = data.order(actor.code)
        await exports.record(session, actor, order, now)
    home = Path(await anyio.to_thread.run_sync(tempfile.mkdtemp, None, "logistics-export-"))
    try:
        archive = await _archived(database, signer_directory, home, order, data.password, now)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    name = f"custody-{order.format.value}-{now:%Y%m%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Stream(_chunks(archive, home), media_type="application/zip", headers=headers)


async def _archived(
    database: Database, signer: Path | None, home: Path, order: Order, password: str, now: datetime
) -> Path:
    if order.format is Format.EVIDENCE and signer is None:
        raise errors.InvalidValue("format", "this service signs no log, so there is no evidence to export")
    content = home / f"custody{export_jobs.ENDS[order.format]}"
    for left in reversed(range(TRIES)):
        try:
            await exports.write(database, signer or home, content, order, now)
            break
        except ExportRefused as refusal:
            if not left:
                raise errors.InvalidValue("format", str(refusal)) from None
            await asyncio.sleep(TRY_SECONDS)
    archive = home / "export.zip"
    await anyio.to_thread.run_sync(archives.encrypt, content, archive, password)
    return archive


@post(
    "/audit/exports/jobs",
    operation_id="askForExport",
    summary="The same made beside the requests, for as much of the log as it may be",
    description="Poll `GET /jobs/{job}`: `done` of `steps` entries are written. The password is sealed until the archive"
    " is made and then forgotten; `GET /jobs/{job}/archive.zip` has it for a day.",
    status_code=202,
    tags=["custody", "reports"],
    responses=documented(),
)
async def ask_for_export(
    data: JSONBody[ExportOrder],
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Job:
    sealer = door_of(request).desk.sealer
    job = await export_jobs.ask(session, actor, sealer, data.order(actor.code), data.password, now)
    return msgspec.convert(await jobs.one(session, actor, job), Job)


def _chunks(archive: Path, home: Path) -> Iterator[bytes]:
    """The archive piece by piece; nothing of it stays."""
    try:
        with archive.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    finally:
        shutil.rmtree(home, ignore_errors=True)


router = Router("/", tags=["custody"], route_handlers=[export_entries, ask_for_export])
