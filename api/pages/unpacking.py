"""Arrivals at the annex: lists, boxes, their end before two people; set-up and notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.csv_body import MOST_BYTES
from api.guarding import NAMES_MY_NUMBERS
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.parameters import ArrivalPath, BoxPath
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import NotFound
from logistics.rules.lifecycle import CardState
from logistics.rules.permissions import Actor, may
from logistics.work import arrival_lists, arrivals, custody, people, progress, todo

MOST_ARRIVALS = 200
MOST_CARDS = 500
_MARKS = {"set_up": arrivals.set_up, "post_notice": arrivals.post_notice}


@get("/arrivals")
async def list_arrivals(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """The newest arrivals, and the cards that wait to be set up."""
    permissions.require(reader, "check_in")
    rows = await arrivals.arrivals(snapshot, "", MOST_ARRIVALS)
    to_set_up = await custody.cards(snapshot, limit=MOST_CARDS, place=reader.place, state=CardState.ARRIVED)
    return page(
        "arrivals.html",
        request=request,
        reader=reader,
        rows=rows[::-1],
        to_set_up=to_set_up,
        today=business_date(now),
    )


@post("/arrivals", request_max_body_size=MOST_BYTES, opt=NAMES_MY_NUMBERS)
async def import_list(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take in the list that is the body of the request, whole or not at all."""
    made = await arrival_lists.import_list(session, actor, await request.body(), now)
    return done(
        f"/arrivals/{made.arrival}",
        f"着荷リストを取り込みました（小箱 {len(made.boxes)}、カード {made.cards} 枚）。",
        f"The list is in: {len(made.boxes)} boxes, {made.cards} cards.",
    )


@post("/arrivals/mark")
async def mark(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Record a set-up or a notice for cards."""
    what = _MARKS.get(forms.text(request, "what"), arrivals.set_up)
    cards = forms.codes(request, "cards", CodeType.CARD)
    count = await what(session, actor, cards, forms.day(request, "day"), now)
    return done("/arrivals", f"{count} 枚に記録しました。", f"Recorded for {count} cards.")


@get("/arrivals/{arrival:str}")
async def arrival_page(
    request: Request[Any, Any, Any],
    arrival: ArrivalPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """The boxes of an arrival."""
    permissions.require(reader, "check_in")
    found = await arrivals.arrivals(snapshot, "", 1, arrival)
    if not found:
        raise NotFound("arrival", arrival)
    boxes = await arrivals.boxes(snapshot, arrival)
    return page("arrival.html", request=request, reader=reader, arrival=found[0], boxes=boxes)


@get("/boxes/{box:str}")
async def box_page(
    request: Request[Any, Any, Any],
    box: BoxPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """A box: open it, scan it out, close it."""
    permissions.require(reader, "check_in")
    found = await todo.box(snapshot, box)
    if found is None:
        raise NotFound("box", box)
    staff = await people.people(snapshot, reader.place, "", MOST_ARRIVALS)
    seconds = [(p["code"], p["name"]) for p in staff if p["code"] != reader.code and p["role"] != "city"]
    return page(
        "box.html",
        request=request,
        reader=reader,
        box=found,
        progress=await progress.checking_in(snapshot, reader, box),
        seconds=seconds,
        may_close=may(reader, "close_box"),
    )


@post("/boxes/{box:str}/open")
async def open_box(
    request: Request[Any, Any, Any],
    box: BoxPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin to unpack; on to scanning."""
    await arrivals.open_box(session, actor, box, now)
    return Redirect(f"/scan/check_in/{box}", status_code=303)


@post("/boxes/{box:str}/close")
async def close_box(
    request: Request[Any, Any, Any],
    box: BoxPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Close the box before a second person's eyes; what is missing is named."""
    missing = forms.codes(request, "missing", CodeType.CARD) if forms.optional(request, "missing") else []
    second = forms.code(request, "emptied_by", CodeType.PERSON)
    ended = await arrivals.close_box(session, actor, box, second, missing, now)
    known = await todo.box(session, box)
    assert known is not None
    return done(
        f"/arrivals/{known['arrival']}",
        f"小箱 {known['label']} を完了しました（{ended['listed']} 枚、うち不足 {ended['missing']} 枚）。",
        f"Box {known['label']} is closed: {ended['listed']} cards, {ended['missing']} missing.",
    )


router = Router(
    "/",
    route_handlers=[list_arrivals, import_list, mark, arrival_page, box_page, open_box, close_box],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
