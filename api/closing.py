"""The day's closing sheet: freeze it once, print it as often as it is needed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

import labels.closing_sheet
from api import wire
from api.answers import pdf
from api.problems import documented
from api.times import on_calendar
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.work import closing, documents


class CloseDay(wire.Input, frozen=True, kw_only=True):
    """The day whose log is to be put on paper; the sheet of a day is frozen once."""

    day: Annotated[date, Meta(examples=["2026-04-01"])]


class Closing(wire.Output, frozen=True, kw_only=True):
    """A day's sheet: its entries, and the log's last signed state when the sheet was made."""

    number: str
    day: date
    issued_at: datetime
    entries: int
    unsigned: int
    size: int
    root: str
    note: str
    vkey: str | None


@post(
    "/closings",
    operation_id="closeDay",
    summary="P0 日次照合票: freeze the log's state at the close of a day",
    description="Again answers with the same sheet: a day has one.",
    status_code=200,
    responses=documented(),
)
async def close_day(
    data: JSONBody[CloseDay],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
    vkey: NamedDependency[str | None],
) -> Closing:
    on_calendar(data.day, "day")
    record = await closing.close(session, actor, data.day, vkey, now)
    return msgspec.convert(record, Closing, from_attributes=True)


@get(
    "/closings/{day:date}/closing-sheet.pdf",
    operation_id="printClosingSheet",
    summary="P0 日次照合票: the original first, then numbered reprints",
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_closing_sheet(
    day: FromPath[date],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    on_calendar(day, "day")
    if permissions.scope(actor, "print"):
        raise errors.NotFound("closing sheet", day.isoformat())
    number = await closing.number(session, day)
    return pdf(await documents.print_paper(session, actor, number, press(labels.closing_sheet.render), now))


router = Router("/", tags=["papers"], route_handlers=[close_day, print_closing_sheet])
