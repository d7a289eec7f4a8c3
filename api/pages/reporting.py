"""Reports in the browser: a month's figures and files, what is made beside the requests, closed months, corrections."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.parameters import PlaceQuery
from api.wire_reports import MONTH
from logistics.rules.calendar import business_date
from logistics.rules.errors import InvalidValue
from logistics.rules.jobs import NAMES, REPORTS, JobKind, doing
from logistics.rules.permissions import Actor, may, relations, require
from logistics.rules.report_records import UndeliveredData
from logistics.work import export_jobs, forecasting, jobs, month_close, places, schedule, undelivered
from logistics.work.job_kinds import Wanted

MOST_CLOSED, MOST_MADE, MOST_JOBS = 24, 12, 8

MonthQuery = Annotated[str | None, QueryParameter(name="month", pattern=MONTH)]
COLUMNS = ("opening", "received", "issued", "returned", "destroyed", "corrections", "closing")


@get("/reports")
async def reports(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    month: MonthQuery = None,
    place: PlaceQuery = None,
) -> Response[str]:
    """The figures of a month and of a place, the files they can be had as, and what was made before."""
    require(reader, "make_report")
    sees_all = may(reader, "make_report", relations(reader))
    today = business_date(now)
    wanted = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    data = await month_close.frozen(snapshot, wanted) or await undelivered.data(snapshot, wanted, now)
    site = place if sees_all else str(reader.place)
    if site is not None:
        await places.place(snapshot, site)
        data = undelivered.of_place(data, site)
    closed = await month_close.history(snapshot, date.max, MOST_CLOSED) if sees_all else []
    return page(
        "reports.html",
        request=request,
        reader=reader,
        data=data,
        month=f"{wanted:%Y-%m}",
        months=[f"{first:%Y-%m}" for first in _months(today)],
        site=site,
        sites=await places.all_places(snapshot) if sees_all else [],
        sees_all=sees_all,
        sums=_sums(data),
        blocking=[line for line in (*data.lines, *data.beside) if month_close.remainder(line)],
        is_over=undelivered.end_of(wanted) <= now,
        closed=closed,
        is_closed=any(one["month"] == wanted for one in closed),
        may_close=may(reader, "close_month"),
        corrections=[line for line in (*data.lines, *data.beside) if line.corrections],
        made=await schedule.made_for(snapshot, None if sees_all else str(reader.place), MOST_MADE),
        jobs=await jobs.listed(snapshot, reader, now + timedelta(days=1), MOST_JOBS),
        names=NAMES,
        titles=schedule.TITLES,
    )


@post("/reports")
async def make(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Have a report made, and go to where it is watched."""
    kind = forms.text(request, "kind", most=30)
    if kind not in REPORTS:
        raise InvalidValue("kind", "is no kind of report")
    month, site = forms.optional(request, "month") or None, forms.optional(request, "place") or None
    if month is not None:
        try:
            date.fromisoformat(f"{month}-01")
        except ValueError:
            raise InvalidValue("month", "is not a month such as 2026-05") from None
    job = await jobs.ask(session, actor, Wanted(kind=JobKind(kind), month=month, place=site), now)
    ja, en = NAMES[JobKind(kind)]
    return done(f"/reports/jobs/{job}", f"{ja}の作成を受け付けました。", f"{en} is being made.")


@get("/reports/jobs/{job:uuid}")
async def job_page(
    request: Request[Any, Any, Any],
    job: FromPath[UUID],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """How far a report, an export or the end of a count is; the page watches by itself."""
    one = await jobs.one(snapshot, reader, job)
    return page(
        "job.html",
        request=request,
        reader=reader,
        job=one,
        names=NAMES,
        step=doing(JobKind(one["kind"]), one["done"], one["steps"]),
        until=one["ended_at"] and one["ended_at"] + export_jobs.KEPT,
    )


@get("/reports/forecast")
async def forecast_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """What the next weeks bring, site by site."""
    made = await forecasting.forecast(snapshot, reader, now)
    return page(
        "forecast.html",
        request=request,
        reader=reader,
        made=made,
        most=max((week.cards for site in made.sites for week in site.weeks), default=0) or 1,
    )


def _months(today: date) -> list[date]:
    """This month and those of the year before, the latest first."""
    found, month = [], today.replace(day=1)
    for _ in range(13):
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def _sums(data: UndeliveredData) -> dict[str, int]:
    return {name: sum(getattr(line, name) for line in data.lines) for name in COLUMNS}


router = Router(
    "/",
    route_handlers=[reports, make, job_page, forecast_page],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
