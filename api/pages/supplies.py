"""Supplies and loans of the city at a place: what is left, what came and went, and the paper that goes with it (P15)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms, speech
from api.pages.html import page
from api.pages.messages import done
from api.times import on_calendar
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor
from logistics.rules.supplying import MOST_PIECES, MOVES, Move
from logistics.work import places, supplies, supply_items, supply_losses, supply_papers
from logistics.work.supplies import Said

MOST_SHOWN, MOST_PAPERS = 30, 10
# What a form can record, in the words of both languages.
CHOICES = (
    (Move.RECEIVED, "受領（本市から）", "Received from the city"),
    (Move.USED, "使用", "Used up"),
    (Move.MOVED_OUT, "他の拠点へ渡す", "Handed on to another place"),
    (Move.RETURNED, "返還（本市へ）", "Given back to the city"),
    (Move.LOST, "滅失・き損", "Lost or broken"),
)


@get("/supplies")
async def supplies_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """What the reader's place has, and what happened last."""
    permissions.require(reader, "supplies")
    here = str(reader.place)
    today = business_date(now)
    known = await places.all_places(snapshot)
    return page(
        "supplies.html",
        request=request,
        reader=reader,
        place=next(row for row in known if row["code"] == here),
        items=[(row["code"], f"{row['name']}（{row['unit']}）") for row in await supplies.items(snapshot)],
        balances=await supplies.balances(snapshot, here),
        papers=await supply_papers.made(snapshot, here, MOST_PAPERS),
        moves=await supplies.moves(snapshot, 2**53, MOST_SHOWN, here),
        words=MOVES,
        choices=CHOICES,
        others=[(row["code"], row["name"]) for row in known if row["code"] != here],
        names={row["code"]: row["short_name"] for row in known},
        today=today,
        first=supply_papers.year_of(today),
        may_add=permissions.may(reader, "add_supply_item"),
        may_link=permissions.may(reader, "follow_up_incident"),
    )


@post("/supplies")
async def record(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record one thing that happened to pieces of one item."""
    try:
        what = Move(forms.text(request, "move"))
    except ValueError:
        raise InvalidValue("move", "is nothing that happens to supplies") from None
    said = Said(
        {forms.text(request, "item", most=40): _pieces(request)},
        on_calendar(forms.day(request, "day"), "day"),
        city=forms.optional(request, "city") or None,
        other_place=forms.optional(request, "to") or None,
        reason=forms.optional(request, "reason") or None,
        incident=speech.folded(forms.optional(request, "incident")) or None,
    )
    if what is Move.LOST:
        return await _lost(request, session, actor, said, now)
    number = await _record(session, actor, what, said, now)
    paper = f"P15 {number} を印刷してください。" if number else ""
    return done(
        "/supplies", f"記録しました。{paper}", "Recorded." + (f" Print P15 {number}." if number else "")
    )


@post("/supplies/items")
async def add_item(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Put a kind of thing on the register."""
    code, name = forms.text(request, "code", most=40), forms.text(request, "name", most=100)
    if not re.fullmatch(r"[a-z_]{1,40}", code):
        raise InvalidValue("code", "is of small letters and low lines")
    lent = forms.text(request, "lent", most=10) == "lent"
    unit = forms.text(request, "unit", most=10)
    await supply_items.add(session, actor, code, name, unit, lent=lent, now=now)
    return done("/supplies", f"品目「{name}」を追加しました。", f"{name} is on the register.")


@post("/supplies/statements")
async def make_statement(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Freeze a statement of use of the place, and show it."""
    first = on_calendar(forms.day(request, "first"), "first")
    last = on_calendar(forms.day(request, "last"), "last")
    number = await supplies.statement(session, actor, first, last, now)
    return done(
        "/supplies",
        f"使用明細書 {number} を作成しました。下の番号から印刷してください。",
        f"Statement {number} is made: print it below.",
    )


async def _lost(
    request: Request[Any, Any, Any], session: AsyncSession, actor: Actor, said: Said, now: datetime
) -> Redirect:
    if said.reason is None:
        raise InvalidValue("reason", "is needed for what was lost or broken")
    opens = bool(forms.optional(request, "opens_incident"))
    incident = await supply_losses.lose(session, actor, said, now, opens_incident=opens)
    if incident is None:
        return done("/supplies", "記録しました。", "Recorded.")
    return done(
        f"/incidents/{incident}", f"記録しました。事故 {incident} です。", f"Recorded: incident {incident}."
    )


def _pieces(request: Request[Any, Any, Any]) -> int:
    pieces = forms.number(request, "pieces", most=MOST_PIECES)
    if pieces == 0:
        raise InvalidValue("pieces", "must be one or more")
    return pieces


async def _record(session: AsyncSession, actor: Actor, what: Move, said: Said, now: datetime) -> str | None:
    match what:
        case Move.RECEIVED:
            return await supplies.receive(session, actor, said, now)
        case Move.RETURNED:
            return await supplies.give_back(session, actor, said, now)
        case Move.USED:
            await supplies.use(session, actor, said, now)
        case Move.MOVED_OUT:
            if said.other_place is None:
                raise InvalidValue("to", "is needed for what goes to another place")
            await supplies.move(session, actor, said, now)
        case Move.LOST | Move.MOVED_IN:
            raise InvalidValue("move", "is recorded by the place that hands it on")
    return None


router = Router(
    "/",
    route_handlers=[supplies_page, record, add_item, make_statement],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
