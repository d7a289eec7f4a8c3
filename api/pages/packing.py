"""Packing at the annex: which site has how many ready, its bags, their sealing."""

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
from api.pages.speech import folded
from api.parameters import BatchPath
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.lifecycle import BatchState
from logistics.rules.permissions import Actor, Where
from logistics.work import batches, places, returns, todo

MOST_BATCHES = 200


@get("/packing")
async def packing(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """Sites with what is ready for them, and the bags that are open or sealed."""
    permissions.require(reader, "pack")
    today = business_date(now)
    calendar = await places.calendar(snapshot)
    run_day = today if calendar.is_run_day(today) else calendar.next_run_day(today)
    found = [
        batch
        for state in (BatchState.OPEN, BatchState.SEALED)
        for batch in await batches.page(snapshot, state=state, limit=MOST_BATCHES)
        if batch["place"] == reader.place
    ]
    names = {row["code"]: row["name"] for row in await places.all_places(snapshot)}
    return page(
        "packing.html",
        request=request,
        reader=reader,
        sites=await todo.ready_by_site(snapshot, str(reader.place)),
        bags=found,
        names=names,
        run_day=run_day,
        next_day=calendar.next_run_day(run_day),
    )


@post("/packing/batches")
async def open_batch(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Open a bag for a site and a run; on to scanning."""
    destination = forms.code(request, "destination", CodeType.PLACE)
    made = await batches.open_for(session, actor, destination, forms.day(request, "run_day"), now)
    return Redirect(f"/scan/pack/{made['code']}", status_code=303)


@post("/batches/{batch:str}/seal")
async def seal(
    request: Request[Any, Any, Any],
    batch: BatchPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Seal a bag that was counted by hand."""
    number = forms.seal(request, "seal_number")
    sealed = await batches.seal(session, actor, batch, number, forms.number(request, "counted"), now)
    return done(
        _list(actor),
        f"搬送袋 {batch} を封印しました（{sealed['sealed_cards']} 枚、封印番号 {number}）。",
        f"Bag {batch} is sealed: {sealed['sealed_cards']} cards, seal {number}.",
    )


@post("/batches/{batch:str}/cancel")
async def cancel(
    request: Request[Any, Any, Any],
    batch: BatchPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Give up an empty bag."""
    await batches.cancel(session, actor, batch, now)
    return done(
        _list(actor), f"空の搬送袋 {batch} を取り消しました。", f"The empty bag {batch} is cancelled."
    )


@post("/batches/{batch:str}/unseal")
async def unseal(
    request: Request[Any, Any, Any],
    batch: BatchPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Open a sealed bag again, for a reason; a second person's approval where the rules ask for one."""
    approval = folded(forms.optional(request, "approval")) or None
    await batches.unseal(session, actor, batch, forms.text(request, "reason"), approval, now)
    return done(
        f"/batches/{batch}",
        "開封しました。古い封印番号は使えません。",
        "Opened again; its old seal is spent.",
    )


@post("/batches/{batch:str}/recall")
async def recall(
    request: Request[Any, Any, Any],
    batch: BatchPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take back a bag that the courier left behind, for a later run."""
    run_day, reason = forms.day(request, "run_day"), forms.text(request, "recall_reason")
    await returns.recall(session, actor, batch, run_day, reason, now)
    return done(
        f"/batches/{batch}",
        f"積み残しとして引き戻しました。{run_day.month}月{run_day.day}日の便に積みます。",
        f"Taken back; it goes with the run of {run_day.isoformat()}.",
    )


def _list(actor: Actor) -> str:
    """The page with the bags of who acts: a site's go back to the annex."""
    return "/packing" if actor.where is Where.ANNEX else "/returns"


router = Router(
    "/",
    route_handlers=[packing, open_batch, seal, cancel, unseal, recall],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
