"""The day close of a place (日次締め), who has closed, and the day report P12."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.day_report
from api import wire, wire_days
from api.answers import pdf
from api.parameters import PlacePath
from api.problems import documented
from api.times import on_calendar
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.day_records import PROBLEMS
from logistics.rules.permissions import Actor
from logistics.work import day_closing, day_reports, documents

DayQuery = Annotated[date | None, QueryParameter(description="The day; without it, today")]


@get(
    "/day-closes",
    operation_id="listDayCloses",
    summary="Every place on a day: closed, open, or not closed by its time",
    responses=documented(),
)
async def list_day_closes(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    day: DayQuery = None,
) -> list[wire_days.SiteDayState]:
    wanted = on_calendar(day or business_date(now), "day")
    rows = await day_closing.of_day(snapshot, wanted, now)
    seen = [row for row in rows if _may_see(reader, row["place"])]
    return wire.listed(seen, wire_days.SiteDayState)


@get(
    "/places/{place:str}/day-closes/{day:date}",
    operation_id="getSiteDay",
    summary="A place's day: what keeps it open and what to do about it, or what it added up to",
    responses=documented(errors.NotFound),
)
async def get_site_day(
    place: PlacePath,
    day: FromPath[date],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_days.SiteDay:
    permissions.require_over(reader, "see", "place", place, holder=place)
    return _day(await day_closing.one(snapshot, place, on_calendar(day, "day"), now))


@post(
    "/places/{place:str}/day-closes/{day:date}",
    operation_id="closeSiteDay",
    summary="Close a place's day: refused while something is open, then added up per kind and frozen",
    status_code=200,
    responses=documented(errors.NotFound, errors.DayNotDone, errors.DayClosed, errors.SecondPersonNeeded),
)
async def close_site_day(
    place: PlacePath,
    day: FromPath[date],
    data: JSONBody[wire_days.CloseSiteDay],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_days.SiteDay:
    closing = day_closing.Closing(data.second, data.reason)
    return _day(await day_closing.close(session, actor, place, on_calendar(day, "day"), closing, now))


@get(
    "/places/{place:str}/day-closes/{day:date}/report.pdf",
    operation_id="printDayReport",
    summary="P12 日次報告, from the next morning on: the original first, then numbered reprints",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound, errors.DayNotClosed),
)
async def print_day_report(
    place: PlacePath,
    day: FromPath[date],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    number = await day_reports.report(session, actor, place, on_calendar(day, "day"), now)
    return pdf(await documents.print_paper(session, actor, number, press(labels.day_report.render), now))


def _may_see(reader: Actor, place: str) -> bool:
    return permissions.may(reader, "see", permissions.relations(reader, holder=place))


def _day(row: Mapping[str, Any]) -> wire_days.SiteDay:
    problems = [
        {
            "what": one.what,
            "codes": list(one.codes),
            "todo": PROBLEMS[one.what][1],
            "todo_ja": PROBLEMS[one.what][2],
        }
        for one in row["problems"]
    ]
    return msgspec.convert({**row, "problems": problems}, wire_days.SiteDay)


router = Router(
    "/",
    tags=["days"],
    route_handlers=[list_day_closes, get_site_day, close_site_day, print_day_report],
)
