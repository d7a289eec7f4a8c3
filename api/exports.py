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
from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Meta

from api import auth, wire
from api.audit_parameters import aware
from api.problems import documented
from logistics.ledger.evidence import ExportRefused
from logistics.rules import errors
from logistics.store.database import Database
from logistics.work import archives, exports
from logistics.work.audit_sources import Filters
from logistics.work.exports import Format, Order
from logistics.work.views import Charset

# What was written a moment ago is signed within two seconds; look again rather than refuse it.
TRIES, TRY_SECONDS = 4, 1.0
CHUNK = 1 << 16

_PARTS = ("card", "batch", "place")


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
        given = {name: getattr(self, name) for name in _PARTS if getattr(self, name) is not None}
        for name in ("occurred_from", "occurred_to"):
            aware(getattr(self, name), name)
        period = self.occurred_from is not None and self.occurred_to is not None
        if not (period or given.keys() - {"place"}):
            raise errors.InvalidValue("card", "give a card, a batch or a period")
        return Filters(occurred_from=self.occurred_from, occurred_to=self.occurred_to, **given)


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
        order = Order(
            by=actor.code,
            purpose=data.purpose,
            approval=data.approval,
            format=Format(data.format),
            filters=data.filters(),
            charset=Charset(data.charset),
        )
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
    ends = {Format.EVIDENCE: "", Format.EPCIS: ".jsonld", Format.CSV: ".csv"}
    content = home / f"custody{ends[order.format]}"
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


def _chunks(archive: Path, home: Path) -> Iterator[bytes]:
    """The archive piece by piece; nothing of it stays."""
    try:
        with archive.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    finally:
        shutil.rmtree(home, ignore_errors=True)


router = Router("/", tags=["custody"], route_handlers=[export_entries])
