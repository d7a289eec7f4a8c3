"""Differences: what is open at a place, what is about it, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.attachments import taken_in
from api.guarding import READS_FILES
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.pages.speech import ENDINGS, folded
from api.parameters import After, DiscrepancyPath
from logistics.rules.errors import NotFound
from logistics.rules.permissions import ANY, Actor, Relation, may, relations, require
from logistics.store.database import Database
from logistics.work import attachments, custody, difference_papers, discrepancies, documents, noting, places
from logistics.work.cleaning import MOST_BYTES

PER_PAGE, MOST_PAPERS = 100, 20


@get("/discrepancies")
async def list_differences(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    settled: Annotated[bool, QueryParameter()] = False,
    after: After = "",
) -> Response[str]:
    """Open differences of the reader's place; of every place for whoever may look at all of them."""
    require(reader, "see")
    place = None if may(reader, "see", frozenset({Relation.NONE})) else reader.place
    rows = await discrepancies.page(
        snapshot, after=after, limit=PER_PAGE + 1, place=place, is_open=not settled
    )
    return page(
        "discrepancies.html",
        request=request,
        reader=reader,
        rows=rows[:PER_PAGE],
        following=rows[PER_PAGE - 1]["code"] if len(rows) > PER_PAGE else None,
        settled=settled,
        names=await _names(snapshot),
    )


@get("/discrepancies/{discrepancy:str}")
async def difference_page(
    request: Request[Any, Any, Any],
    discrepancy: DiscrepancyPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """One difference, its card as it is now, and how it can end."""
    require(reader, "see")
    found = await discrepancies.page(snapshot, code=discrepancy, limit=1)
    if not found or not may(reader, "see", relations(reader, holder=found[0]["place"])):
        raise NotFound("difference", discrepancy)
    one = found[0]
    card = None
    if one["card"]:
        try:
            card = await custody.card(snapshot, one["card"])
        except NotFound:
            card = None
    endings = [
        ending
        for ending, step in discrepancies.ENDINGS.items()
        if ending in ENDINGS and (step is None or (card and step.value in card["possible_steps"]))
    ]
    return page(
        "discrepancy.html",
        request=request,
        reader=reader,
        one=one,
        card=card,
        names=await _names(snapshot),
        endings=endings,
        files=await attachments.of(snapshot, "discrepancy", discrepancy),
        papers=await documents.archive(snapshot, "", MOST_PAPERS, discrepancy),
        may_report=may(reader, "make_report", relations(reader, holder=one["place"])),
        may_attach=may(reader, "attach", relations(reader, holder=one["place"])),
        may_note=may(reader, "search", ANY) and one["place"] == reader.place and not one["how"],
        may_resolve=may(reader, "resolve", ANY) and one["place"] == reader.place and not one["how"],
    )


@post("/discrepancies/{discrepancy:str}/resolve")
async def resolve(
    request: Request[Any, Any, Any],
    discrepancy: DiscrepancyPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """End a difference with a reason."""
    how, reason = forms.text(request, "how", most=20), forms.text(request, "reason")
    approval = folded(forms.optional(request, "approval")) or None
    await discrepancies.resolve(session, actor, discrepancy, how, reason, now, approval)
    return done(
        "/discrepancies", f"差異 {discrepancy} を処理しました。", f"Difference {discrepancy} is settled."
    )


@post("/discrepancies/{discrepancy:str}/notes")
async def note(
    request: Request[Any, Any, Any],
    discrepancy: DiscrepancyPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Write what is being done about a difference that cannot be settled yet; the day can be closed with it."""
    await noting.note(session, actor, discrepancy, forms.text(request, "note"), now)
    return done(f"/discrepancies/{discrepancy}", "対応を記録しました。", "What is being done is recorded.")


@post("/discrepancies/{discrepancy:str}/report")
async def make_report(
    request: Request[Any, Any, Any],
    discrepancy: DiscrepancyPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Freeze P10 as things stand."""
    made = await difference_papers.make(session, actor, discrepancy, now)
    return done(
        f"/discrepancies/{discrepancy}",
        f"差異報告書 {made.number} を作成しました。",
        f"Report {made.number} is made.",
    )


@post(
    "/discrepancies/{discrepancy:str}/files",
    request_max_body_size=MOST_BYTES + 1_000,
    opt=READS_FILES | auth.RESOLVES,
)
async def attach(
    request: Request[Any, Any, Any],
    discrepancy: DiscrepancyPath,
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    name: Annotated[str, QueryParameter(min_length=1, max_length=200)],
) -> Redirect:
    """Attach the file that is the body of the request."""
    row = await taken_in(request, database, "discrepancy", discrepancy, name, now)
    return done(
        f"/discrepancies/{discrepancy}", f"{row['name']} を添付しました。", f"{row['name']} is attached."
    )


async def _names(session: AsyncSession) -> dict[str, str]:
    return {row["code"]: row["name"] for row in await places.all_places(session)}


router = Router(
    "/",
    route_handlers=[list_differences, difference_page, resolve, note, make_report, attach],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
