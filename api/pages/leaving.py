"""A run leaves: planned, loaded, dispatched by the annex; taken over by the courier."""

from __future__ import annotations

from datetime import datetime, timedelta
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
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.cutoffs import cutoffs
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.work import batches, dispatching, places, runs, todo

MOST_BATCHES, MOST_RUNS = 300, 10


@get("/dispatch")
async def dispatch_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """The run of today, or the next one that was begun."""
    permissions.require(reader, "load")
    today = business_date(now)
    known = await runs.page(snapshot, today + timedelta(days=31), MOST_RUNS)
    coming = sorted((run for run in known if run["day"] >= today), key=lambda run: run["day"])
    if not coming:
        return page("dispatch.html", request=request, reader=reader, run=None, today=today, earlier=known)
    return await _run_page(request, snapshot, reader, coming[0], now)


@get("/runs/{run:str}")
async def run_page(
    request: Request[Any, Any, Any],
    run: RunPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """A run by its code."""
    permissions.require(reader, "load")
    return await _run_page(request, snapshot, reader, await runs.one(snapshot, run), now)


@post("/dispatch/plan")
async def plan(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Say who carries the run of a day."""
    crew = [
        name.strip() for name in forms.text(request, "crew").replace("、", ",").split(",") if name.strip()
    ]
    if not crew or any(len(name) > 40 for name in crew):
        raise InvalidValue("crew", "names nobody, or a name is too long")
    courier = forms.code(request, "courier", CodeType.COURIER)
    day = forms.day(request, "run_day")
    made = await runs.plan(session, actor, day, courier, crew, forms.text(request, "vehicle", most=60), now)
    return done(f"/runs/{made['code']}", "便の担当を記録しました。", "Who carries the run is recorded.")


@post("/runs/{run:str}/dispatch")
async def dispatch(
    request: Request[Any, Any, Any],
    run: RunPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Release the run to the courier."""
    made = await dispatching.dispatch(session, actor, run, now)
    cards = sum(manifest["cards"] for manifest in made)
    return done(
        f"/runs/{run}",
        f"発送しました（{len(made)} 拠点、{cards} 枚）。発送明細書と授受票を印刷してください。",
        f"Dispatched: {len(made)} sites, {cards} cards. Print the manifests and slips.",
    )


@get("/handover")
async def handover(
    request: Request[Any, Any, Any], snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> Response[str]:
    """What waits for the courier to take over."""
    permissions.require(reader, "take_over")
    waiting = await todo.runs_to_take_over(snapshot, str(reader.courier))
    bags = {run["code"]: await todo.batches_to_take_over(snapshot, run["code"]) for run in waiting}
    return page("handover.html", request=request, reader=reader, runs=waiting, bags=bags)


@post("/handover/{run:str}")
async def take_over(
    request: Request[Any, Any, Any],
    run: RunPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """The courier acknowledges the bags that were ticked."""
    form = await request.form()
    ticked = [bag for bag in form.getall("bag", []) if isinstance(bag, str)]
    if not ticked:
        raise InvalidValue("bag", "no bag is ticked")
    taken = await dispatching.take_over(session, actor, run, ticked, now)
    left = len(taken["left_behind"])
    return done(
        "/handover",
        f"{taken['batches']} 袋（{taken['cards']} 枚）を引き受けました。"
        + (f"残り {left} 袋は分室の預りのままです。" if left else ""),
        f"{taken['batches']} bags with {taken['cards']} cards are taken over."
        + (f" {left} bags stay the annex's." if left else ""),
    )


async def _run_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    reader: Actor,
    run: dict[str, Any],
    now: datetime,
) -> Response[str]:
    if run["code"] is None:
        raise NotFound("run", "")
    bags = await batches.page(session, run=run["code"], limit=MOST_BATCHES)
    bags = [bag for bag in bags if bag["state"] != "cancelled"]
    names = {row["code"]: row["name"] for row in await places.all_places(session)}
    couriers = [(row["code"], row["name"]) for row in await places.couriers(session)]
    return page(
        "dispatch.html",
        request=request,
        reader=reader,
        run=run,
        today=business_date(now),
        bags=bags,
        loaded=[bag for bag in bags if bag["state"] == "loaded"],
        open=[bag for bag in bags if bag["state"] in ("open", "sealed")],
        manifests=await runs.manifests_page(session, now, run=run["code"], limit=MOST_BATCHES),
        names=names,
        couriers=couriers,
        cutoff=cutoffs(run["day"]).dispatched,
        earlier=[],
    )


router = Router(
    "/",
    route_handlers=[dispatch_page, run_page, plan, dispatch, handover, take_over],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
