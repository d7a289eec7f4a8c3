"""Pick lists: what is booked for a session, from the booking system or by hand, in walking order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.csv_body import MOST_BYTES
from api.guarding import NAMES_MY_NUMBERS
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.parameters import PickListPath
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import SERVICES
from logistics.work import pick_papers, picks, places
from logistics.work.notice_numbers import NoticeKey
from logistics.work.picks import Pick

Number = Annotated[str | None, QueryParameter(pattern=r"^[A-Z][0-9A-Z]{3,11}$")]


@post("/pick-lists")
async def make(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Begin the list of a session; the same one again."""
    code = await picks.make(
        session, actor, forms.day(request, "day"), forms.text(request, "service", most=40), now
    )
    return Redirect(f"/pick-lists/{code}", status_code=303)


@get("/pick-lists/{pick_list:str}")
async def one(
    request: Request[Any, Any, Any],
    pick_list: PickListPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    paper: Number = None,
) -> Response[str]:
    """A list in walking order, with what does not lie in the vault and where it is."""
    found = await picks.pick_list(snapshot, pick_list)
    permissions.require_over(reader, "see", "pick list", pick_list, holder=found["place"])
    return page(
        "pick_list.html",
        request=request,
        reader=reader,
        listed=found,
        service=SERVICES[found["service"]],
        names={row["code"]: row["name"] for row in await places.all_places(snapshot)},
        may_change=permissions.may(reader, "pick_list") and found["place"] == reader.place,
        paper=paper,
    )


@post("/pick-lists/{pick_list:str}/picks")
async def add(
    request: Request[Any, Any, Any],
    pick_list: PickListPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Put cards on the list by hand, all or none."""
    wanted = [Pick(card) for card in forms.codes(request, "cards", CodeType.CARD)]
    await picks.add(session, actor, pick_list, wanted, now)
    return done(
        f"/pick-lists/{pick_list}", f"{len(wanted)} 枚を加えました。", f"{len(wanted)} cards are added."
    )


@post("/pick-lists/{pick_list:str}/bookings", request_max_body_size=MOST_BYTES, opt=NAMES_MY_NUMBERS)
async def import_bookings(
    request: Request[Any, Any, Any],
    pick_list: PickListPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    notice_key: NamedDependency[NoticeKey | None],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take in the bookings that are the body of the request, whole or not at all."""
    request.state[forms.TYPED] = {"back": f"/pick-lists/{pick_list}"}
    added = await picks.import_bookings(session, actor, pick_list, await request.body(), notice_key, now)
    return done(f"/pick-lists/{pick_list}", f"予約 {added} 件を取り込みました。", f"{added} bookings are in.")


@post("/pick-lists/{pick_list:str}/papers")
async def make_paper(
    pick_list: PickListPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Freeze P23 as the list stands."""
    number = await pick_papers.freeze(session, actor, pick_list, now)
    return done(
        f"/pick-lists/{pick_list}?paper={number}",
        f"取出し予定表 {number} を作りました。印刷してください。",
        f"Pick list {number} is made. Print it.",
    )


router = Router(
    "/",
    route_handlers=[make, one, add, import_bookings, make_paper],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
