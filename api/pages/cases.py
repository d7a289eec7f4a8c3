"""Missing cards (所在不明): reporting one, its file for whoever searches, found again or given up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.pages.speech import folded
from api.parameters import CardQuery, CasePath
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.counting import CaseState
from logistics.rules.permissions import ANY, Actor, may
from logistics.work import approvable, case_ends, missing, places, searching

MOST = 500


@get("/cases")
async def list_cases(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    card: CardQuery = None,
    ended: Annotated[bool, QueryParameter()] = False,
) -> Response[str]:
    """Open cases of the reader's place, of every place for whoever may look at all; and reporting a card missing."""
    rows = await missing.page(
        snapshot, "", MOST, place=permissions.scope(reader), card=None, is_open=not ended
    )
    return page(
        "cases.html",
        request=request,
        reader=reader,
        rows=rows[::-1],
        ended=ended,
        card=card or "",
        names=await _names(snapshot),
        may_report=may(reader, "report_missing"),
    )


@post("/cases")
async def report(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """A card is not where the log has it."""
    card = forms.code(request, "card", CodeType.CARD)
    made = await missing.report(session, actor, card, forms.text(request, "reason"), now)
    return done(
        f"/cases/{made['code']}",
        f"{card} を所在不明として届け出ました。下の手順で探し、責任者に知らせてください。",
        f"{card} is missing from now on. Search as below, and tell the leader.",
    )


@get("/cases/{case:str}")
async def case_page(
    request: Request[Any, Any, Any],
    case: CasePath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """A case: who saw the card last, where, who was there since, and what was searched."""
    row = await missing.one(snapshot, case)
    permissions.require_over(reader, "see", "case", case, holder=row["place"])
    own = row["place"] == reader.place and not row["how"]
    return page(
        "case.html",
        request=request,
        reader=reader,
        file=await searching.file(snapshot, row, now),
        case=row,
        names=await _names(snapshot),
        may_search=own and may(reader, "search"),
        may_find=own and row["state"] is CaseState.TURNED_UP and may(reader, "resolve", ANY),
        may_lose=own and row["state"] is CaseState.SEARCHING and may(reader, "confirm_lost"),
    )


@post("/cases/{case:str}/marks")
async def mark(
    request: Request[Any, Any, Any],
    case: CasePath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record a line of the search, or a word on it."""
    item = forms.optional(request, "item") or None
    await missing.mark(session, actor, case, item, forms.text(request, "note"), now)
    return done(f"/cases/{case}", "捜索の結果を記録しました。", "What was searched is recorded.")


@post("/cases/{case:str}/found")
async def found(
    request: Request[Any, Any, Any],
    case: CasePath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """End the case of a card that turned up."""
    await case_ends.found(session, actor, case, forms.text(request, "reason"), now)
    return done(f"/cases/{case}", "発見として終えました。", "The case is ended: the card was found.")


@post("/cases/{case:str}/approval")
async def ask(
    request: Request[Any, Any, Any],
    case: CasePath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Ask the city to approve that the card is given up."""
    reason = forms.text(request, "reason")
    asked = await approvable.request(session, actor, "confirm_lost", case, {"reason": reason}, reason, now)
    return done(
        f"/cases/{case}",
        f"承認 {asked.code} を本市職員に求めました。30 分以内に承認されたら、同じ理由とこの番号で紛失を確定します。",
        f"The city is asked: approval {asked.code}. Once approved, within 30 minutes, confirm the loss with it.",
    )


@post("/cases/{case:str}/lost")
async def lost(
    request: Request[Any, Any, Any],
    case: CasePath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Give the card up by the city's decision."""
    approval = folded(forms.optional(request, "approval")) or None
    await case_ends.lost(session, actor, case, forms.text(request, "lost_reason"), approval, now)
    return done(f"/cases/{case}", "紛失を確定しました。", "The card is given up as lost.")


async def _names(session: AsyncSession) -> dict[str, str]:
    return {row["code"]: row["name"] for row in await places.all_places(session)}


router = Router(
    "/",
    route_handlers=[list_cases, report, case_page, mark, found, ask, lost],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
