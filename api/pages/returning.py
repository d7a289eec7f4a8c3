"""The way back from a site to the annex: what goes back, its bags, their release; and what is taken in by hand."""

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
from api.parameters import RunPath
from api.times import on_calendar
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, require
from logistics.rules.errors import InvalidValue
from logistics.rules.lifecycle import BatchState
from logistics.rules.permissions import Actor, may
from logistics.rules.returns import POSTAL, TAKEN_IN, Source
from logistics.rules.succeeding import HowSpent
from logistics.work import batches, collecting, dispatching, places, returns, runs, spent

MOST = 200
HERE = (BatchState.OPEN, BatchState.SEALED, BatchState.LOADED)


@get("/returns")
async def returning(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """What is no longer needed here, the bags that are begun, and what has left."""
    permissions.require(reader, "pack_return")
    place, today = str(reader.place), business_date(now)
    calendar = await places.calendar(snapshot)
    run_day = today if calendar.is_run_day(today) else calendar.next_run_day(today)
    bags = [
        bag
        for state in HERE
        for bag in await batches.page(snapshot, state=state, limit=MOST)
        if bag["place"] == place
    ]
    annex = await places.annex(snapshot)
    sent = await runs.manifests_page(snapshot, now, destination=annex, limit=MOST)
    kinds = {row["code"]: row["name"] for row in await places.kinds(snapshot)}
    unneeded = await collecting.unneeded(snapshot, place, today, "", MOST)
    return page(
        "returns.html",
        request=request,
        reader=reader,
        today=today,
        run_day=run_day,
        bags=bags,
        loaded=sorted({bag["run"] for bag in bags if bag["state"] == "loaded"}),
        sent=[row for row in sent if row["origin"] == place][::-1],
        unneeded=unneeded,
        kinds=[(code, kinds[code]) for code in sorted(TAKEN_IN & kinds.keys())],
        may_collect=may(reader, "collect"),
        may_spend=may(reader, "close_receipt") and any(row["state"] is None for row in unneeded),
    )


@post("/returns")
async def open_return(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Open a bag to the annex; on to scanning."""
    made = await returns.open_return(session, actor, forms.day(request, "run_day"), now)
    return Redirect(f"/scan/return/{made['code']}", status_code=303)


@post("/returns/{run:str}/release")
async def release(
    request: Request[Any, Any, Any],
    run: RunPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Release what is loaded to the courier."""
    made = await dispatching.dispatch(session, actor, run, now)
    cards = sum(manifest["cards"] for manifest in made)
    return done(
        "/returns",
        f"{cards} 枚を送り出しました。返送票（P4）と授受票を印刷して袋に付けてください。",
        f"{cards} cards are released. Print the return slip P4 and the transfer slip.",
    )


@post("/returns/collections")
async def collect(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take in by hand what a counter collected or the post brought back."""
    kind = forms.text(request, "kind", most=40)
    cards = forms.codes(request, "cards", CodeType.CARD, most=500)
    source = Source.POST if kind in POSTAL else Source.COUNTER
    taken = await collecting.collect(session, actor, kind, cards, source, None, business_date(now), now)
    return done("/returns", f"{taken['cards']} 件を受け入れました。", f"{taken['cards']} are taken in.")


@post("/returns/papers")
async def end_papers(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Say what became of the spent manifests that were ticked."""
    ticked = [name.removeprefix("paper-") for name in request.state[forms.TYPED] if name.startswith("paper-")]
    manifests = [require(code, CodeType.MANIFEST, "papers") for code in ticked]
    if not manifests:
        raise InvalidValue("papers", "is needed: tick one at least")
    how = forms.choice(request, "how", HowSpent)
    ended = await spent.end(
        session, actor, manifests, how, on_calendar(forms.day(request, "day"), "day"), now
    )
    return done(
        "/returns", f"発送明細書 {ended} 部の処理を記録しました。", f"Recorded for {ended} manifests."
    )


router = Router(
    "/",
    route_handlers=[returning, open_return, release, collect, end_papers],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
