"""The close of a place's day (日次締め): what keeps it open and where that is put right, then what it added up to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.parameters import PlacePath
from api.times import on_calendar
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.day_records import PROBLEMS
from logistics.rules.permissions import Actor, Role, may, relations
from logistics.work import closing, day_closing, people

MOST = 200
# Where each thing that keeps a day open is put right; {} is its code.
WHERE = {
    "out": "/cards/{}",
    "unslotted": "/cards/{}",
    "receipt_open": "/receiving/{}",
    "count_open": "/counts/{}",
    "uncounted": "/counts?vault={}",
    "difference_untouched": "/discrepancies/{}",
}
ENGLISH = {
    "out": "Cards taken out",
    "unslotted": "Cards in no slot",
    "receipt_open": "Receipts not closed",
    "count_open": "Counts not ended",
    "uncounted": "Vaults without a closing count",
    "difference_untouched": "Differences nobody has touched",
}
# The act that puts all of a kind right at once.
ACTS = {"out": "/scan/put_back", "unslotted": "/scan/put_away", "uncounted": "/counts"}


@get("/day")
async def overview(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    day: Annotated[date | None, QueryParameter(description="The day; without it, today")] = None,
) -> Response[Any]:
    """Every place that the reader may look at; on to the only one."""
    permissions.require(reader, "see")
    wanted = on_calendar(day or business_date(now), "day")
    rows = await day_closing.of_day(snapshot, wanted, now)
    seen = [row for row in rows if may(reader, "see", relations(reader, holder=row["place"]))]
    if len(seen) == 1:
        return Redirect(f"/day/{seen[0]['place']}/{wanted.isoformat()}", status_code=303)
    return page("days.html", request=request, reader=reader, day=wanted, rows=seen)


@get("/day/{place:str}/{day:date}")
async def sheet(
    request: Request[Any, Any, Any],
    place: PlacePath,
    day: FromPath[date],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """A place's day."""
    permissions.require_over(reader, "see", "place", place, holder=place)
    found = await day_closing.one(snapshot, place, on_calendar(day, "day"), now)
    staff = await people.people(snapshot, place, "", MOST)
    return page(
        "day.html",
        request=request,
        reader=reader,
        sheet=found,
        today=business_date(now),
        problems=[(one, PROBLEMS[one.what], ENGLISH[one.what]) for one in found["problems"]],
        where=WHERE,
        acts=ACTS,
        seconds=[
            (p["code"], p["name"]) for p in staff if p["code"] != reader.code and p["role"] != Role.CITY
        ],
        may_close=place == reader.place and may(reader, "close_day") and found["closed_at"] is None,
        may_close_anyway=may(reader, "close_day_anyway"),
        may_close_log=place == reader.place and may(reader, "close_log"),
    )


@post("/day/{place:str}/{day:date}/close")
async def close(
    request: Request[Any, Any, Any],
    place: PlacePath,
    day: FromPath[date],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Close the day; with a reason a leader closes though something is open."""
    second = forms.code(request, "second", CodeType.PERSON)
    said = day_closing.Closing(second, forms.optional(request, "reason") or None)
    ended = await day_closing.close(session, actor, place, on_calendar(day, "day"), said, now)
    cards = sum(line["closing"] for line in ended["lines"])
    return done(
        f"/day/{place}/{day.isoformat()}",
        f"日次締めを行いました。在庫は {cards} 枚です。日次報告（P12）は翌朝から印刷できます。",
        f"The day is closed with {cards} cards in stock. Its report P12 is there from the next morning.",
    )


@post("/day/{day:date}/sheet")
async def log_sheet(
    day: FromPath[date],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    vkey: NamedDependency[str | None],
) -> Redirect:
    """Freeze the log's state at the close of a day on paper (P0); what is on it no administrator can rewrite."""
    record = await closing.close(session, actor, on_calendar(day, "day"), vkey, now)
    return done(
        f"/papers/{record.number}",
        f"日次照合票（P0）{record.number} を作りました。印刷し、署名して綴じてください。",
        f"The day's sheet P0 {record.number} is made. Print it, sign it, and file it.",
    )


router = Router(
    "/",
    route_handlers=[overview, sheet, close, log_sheet],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
