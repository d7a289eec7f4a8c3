"""Figures of earlier years, as they were printed: what was imported with what it adds up to, and importing a table."""

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
from logistics.rules import permissions, summaries
from logistics.rules.permissions import Actor, may
from logistics.work import history, places


@get("/reports/history")
async def history_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """Every line that was imported, and what of it does not add up."""
    permissions.require(reader, "make_report", permissions.relations(reader))
    lines = await history.figures(snapshot)
    return page(
        "earlier_years.html",
        request=request,
        reader=reader,
        lines=lines,
        doubts=summaries.doubts(lines),
        totals=summaries.totals(lines),
        names={row["code"]: row["short_name"] for row in await places.all_places(snapshot)},
        may_import=may(reader, "import_summary"),
    )


@post("/reports/history", request_max_body_size=MOST_BYTES, opt=NAMES_MY_NUMBERS)
async def import_table(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take in the table that is the body of the request, whole or not at all."""
    request.state[forms.TYPED] = {"back": "/reports/history"}
    made = await history.import_table(session, actor, await request.body(), now)
    doubts = len(made.doubts)
    return done(
        "/reports/history",
        f"{made.lines} 行を取り込みました。"
        + (f"合計の合わないものが {doubts} 件あります。" if doubts else ""),
        f"{made.lines} lines are in." + (f" {doubts} printed totals are not the sum." if doubts else ""),
    )


router = Router(
    "/",
    route_handlers=[history_page, import_table],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
