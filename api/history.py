"""Monthly figures of earlier years: import of a table as it was printed, and what it adds up to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.csv_body import MOST_BYTES, csv_body
from api.guarding import NAMES_MY_NUMBERS
from api.parameters import PlaceQuery
from api.problems import documented
from api.wire_reports import Doubt, History, HistoryLine, SummaryImported, Total
from logistics.rules import errors, permissions, summaries
from logistics.rules.permissions import Actor
from logistics.work import history


@post(
    "/reports/summaries",
    operation_id="importSummary",
    summary="Import a table of monthly figures (CSV), as it was printed",
    description="A column for each month, such as 2025-04. A printed total that is not the sum of its months is a doubt,"
    " answered and recorded; the figures stay as printed. A table without places is of the whole city.",
    request_max_body_size=MOST_BYTES,
    operation_class=csv_body("place (none: the city), measure, name, 2025-04 …, printed_total, source"),
    opt=NAMES_MY_NUMBERS,
    status_code=201,
    responses=documented(errors.ListInvalid, errors.AlreadyImported),
)
async def import_summary(
    request: Request[None, None, State],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> SummaryImported:
    done = await history.import_table(session, actor, await request.body(), now)
    return SummaryImported(
        code=done.code,
        lines=done.lines,
        doubts=[_doubt(one) for one in done.doubts],
        totals=[_total(one) for one in done.totals],
    )


@get(
    "/reports/history",
    operation_id="getHistory",
    summary="Monthly figures of earlier years, with what they add up to",
    description="Figures of other months, or that count something else, are never added to each other.",
    responses=documented(),
)
async def get_history(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    measure: Annotated[str | None, QueryParameter(max_length=40, description="Such as issued")] = None,
    place: PlaceQuery = None,
) -> History:
    permissions.require(reader, "make_report", permissions.relations(reader))
    lines = await history.figures(snapshot, measure, place)
    return History(
        lines=[
            HistoryLine(
                place=line.place,
                measure=line.measure,
                name=line.name,
                months=_months(line.months),
                printed_total=line.printed_total,
                added=line.added,
                source=line.source,
            )
            for line in lines
        ],
        doubts=[_doubt(one) for one in summaries.doubts(lines)],
        totals=[_total(one) for one in summaries.totals(lines)],
    )


def _doubt(doubt: summaries.Doubt) -> Doubt:
    return Doubt(where=doubt.where, printed=doubt.printed, added=doubt.added, message_ja=doubt.ja)


def _total(total: summaries.Total) -> Total:
    return Total(
        measure=total.measure,
        name=total.name,
        places=total.places,
        months=_months(total.months),
        added=total.added,
    )


def _months(months: Mapping[date, int]) -> dict[str, int]:
    return {f"{month:%Y-%m}": cards for month, cards in sorted(months.items())}


router = Router("/", tags=["reports"], route_handlers=[import_summary, get_history])
