"""Receiving at a site: what is on its way, how far each receipt is, and its close."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.parameters import ManifestPath
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor, Role
from logistics.work import discrepancies, people, receipts, runs

MOST_MANIFESTS, MOST_PEOPLE, MOST_DIFFERENCES = 500, 200, 200
SHOWN = 20


@get("/receiving")
async def receiving(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """Manifests for the reader's site: those to receive first, then the latest ones that are done."""
    permissions.require(reader, "receive")
    rows = await runs.manifests_page(snapshot, now, destination=reader.place, limit=MOST_MANIFESTS)
    waiting = [row for row in rows if row["closed_at"] is None]
    ended = [row for row in rows if row["closed_at"]][::-1][:SHOWN]
    return page("receiving.html", request=request, reader=reader, waiting=waiting, done=ended)


@get("/receiving/{manifest:str}")
async def receipt(
    request: Request[Any, Any, Any],
    manifest: ManifestPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """One receipt: its counts, its bags, and its close."""
    permissions.require(reader, "receive")
    found = await receipts.progress(snapshot, manifest)
    if found["destination"] != reader.place:
        raise NotFound("manifest", manifest)
    staff = await people.people(snapshot, reader.place, "", MOST_PEOPLE)
    differences = await discrepancies.page(snapshot, manifest=manifest, limit=MOST_DIFFERENCES)
    return page(
        "receipt.html",
        request=request,
        reader=reader,
        receipt=found,
        differences=differences,
        supervisors=[(p["code"], p["name"]) for p in staff if p["role"] == Role.CITY],
    )


@post("/receiving/{manifest:str}/close")
async def close(
    request: Request[Any, Any, Any],
    manifest: ManifestPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Close the receipt; the clerk says how many are missing."""
    supervisor = forms.code(request, "supervisor", CodeType.PERSON)
    ended = await receipts.close(session, actor, manifest, supervisor, forms.number(request, "missing"), now)
    return done(
        f"/receiving/{manifest}",
        f"検数を完了しました（受入 {ended['accepted']}、破損 {ended['rejected']}、不足 {ended['missing']}）。受領書 {ended['receipt']} を印刷してください。",
        f"The receipt is closed: {ended['accepted']} accepted, {ended['rejected']} damaged, {ended['missing']} missing."
        f" Print receipt {ended['receipt']}.",
    )


router = Router(
    "/",
    route_handlers=[receiving, receipt, close],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
