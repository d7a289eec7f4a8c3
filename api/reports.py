"""Reports: the monthly undelivered-card report as figures, spreadsheet and paper; the close of a month."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

import labels.undelivered
from api.answers import download, pdf
from api.audit_parameters import CharsetQuery, aware
from api.parameters import Limit
from api.problems import documented
from api.wire_reports import (
    ClosedMonth,
    CloseMonth,
    MadeReport,
    Performance,
    ProvisionalReport,
    ReportPaper,
    Undelivered,
)
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.rules.report_records import UndeliveredData, UndeliveredRecord
from logistics.work import documents, month_close, month_reports, performance, schedule, undelivered
from logistics.work.views import Charset, csv_view

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MonthQuery = Annotated[
    str, QueryParameter(name="month", pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="Such as 2026-05")
]
AsOf = Annotated[
    datetime | None,
    QueryParameter(name="as_of", description="The report as it was known then; by default, now"),
]


def month_of(text: str) -> date:
    """The first day of a month such as 2026-05."""
    return date.fromisoformat(f"{text}-01")


def spreadsheet(data: UndeliveredData, as_file: Literal["csv", "xlsx"], charset: Charset) -> bytes:
    """The figures as a file."""
    if as_file == "xlsx":
        return labels.undelivered.spreadsheet(data)
    return csv_view(
        list(labels.undelivered.HEADS), [labels.undelivered.cells(line) for line in data.lines], charset
    )


@get(
    "/reports/undelivered",
    operation_id="getUndeliveredReport",
    summary="P11 月次未交付カード報告: the figures of a month",
    description="From the log as it stood at the end of the month, or at `as_of` if that is earlier. A closed month is"
    " read as it was frozen, unless `as_of` is given: then it is counted anew. A site's leader sees the own site. `format=csv` and `format=xlsx` give the lines as a file.",
    responses=documented(),
)
async def get_undelivered_report(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    month: MonthQuery,
    as_of: AsOf = None,
    as_file: Annotated[Literal["json", "csv", "xlsx"], QueryParameter(name="format")] = "json",
    charset: CharsetQuery = Charset.UTF_8,
) -> Response[Any]:
    permissions.require(reader, "make_report")
    first = month_of(month)
    data = None if as_of else await month_close.frozen(snapshot, first)
    if data is None:
        data = await undelivered.data(snapshot, first, now, aware(as_of, "as_of"))
    if not permissions.may(reader, "make_report", permissions.relations(reader)):
        data = undelivered.of_place(data, str(reader.place))
    if as_file == "json":
        return Response(msgspec.convert(data, Undelivered, from_attributes=True))
    kind = XLSX if as_file == "xlsx" else "text/csv"
    return download(spreadsheet(data, as_file, charset), f"P11-{month}.{as_file}", kind)


@get(
    "/reports/months",
    operation_id="listClosedMonths",
    summary="Closed months, the latest first",
    responses=documented(),
)
async def list_closed_months(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    before: Annotated[date | None, QueryParameter(description="`month` of the last item before")] = None,
    limit: Limit = 100,
) -> list[ClosedMonth]:
    permissions.require(reader, "make_report", permissions.relations(reader))
    rows = await month_close.history(snapshot, before or date.max, limit)
    return msgspec.convert(rows, list[ClosedMonth])


@post(
    "/reports/months",
    operation_id="closeMonth",
    summary="Close a month: its report is frozen, numbered, and never changes again",
    description="Again answers with the same report. Later corrections show in the month in which they are recorded.",
    status_code=200,
    responses=documented(errors.MonthNotOver, errors.MonthUnexplained),
)
async def close_month(
    data: JSONBody[CloseMonth],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> ReportPaper:
    return _paper(await month_close.close(session, actor, month_of(data.month), now))


@post(
    "/reports/undelivered/provisional",
    operation_id="makeProvisionalReport",
    summary="P11 速報: freeze what is known of a month now, or was at `as_of`",
    status_code=200,
    responses=documented(),
)
async def make_provisional_report(
    data: JSONBody[ProvisionalReport],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> ReportPaper:
    as_of = aware(data.as_of, "as_of")
    return _paper(await month_close.provisional(session, actor, month_of(data.month), now, as_of))


@get(
    "/reports/months/{month:str}/undelivered.pdf",
    operation_id="printUndeliveredReport",
    summary="P11 月次未交付カード報告 of a closed month: the original first, then numbered reprints",
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_undelivered_report(
    month: Annotated[FromPath[str], Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    permissions.require(actor, "make_report", permissions.relations(actor))
    number = await month_close.number(session, month_of(month))
    return pdf(await documents.print_paper(session, actor, number, press(labels.undelivered.render), now))


@get(
    "/reports/performance",
    operation_id="getPerformance",
    summary="How the runs of a month went: late, missing, differing, by run and in all",
    responses=documented(),
)
async def get_performance(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    month: MonthQuery,
) -> Performance:
    permissions.require(reader, "make_report", permissions.relations(reader))
    went = await performance.of_month(snapshot, month_of(month), now)
    return msgspec.convert(went, Performance, from_attributes=True)


@post(
    "/reports/month-reports",
    operation_id="makeMonthReport",
    summary="P13 月次報告書: freeze a month's stock, runs and differences for the monthly meeting",
    status_code=200,
    responses=documented(),
)
async def make_month_report(
    data: JSONBody[CloseMonth],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> ReportPaper:
    record = await month_reports.make(session, actor, month_of(data.month), now)
    return ReportPaper(
        number=record.number,
        month=record.month,
        issued_at=record.issued_at,
        final=record.until >= undelivered.end_of(record.month),
        closing=sum(one.closing for one in record.stock),
    )


@get(
    "/reports/made",
    operation_id="listMadeReports",
    summary="Reports that the service made by itself, the latest first",
    description="Each on its working day, once, and made up for after any downtime; the papers are in the archive.",
    responses=documented(),
)
async def list_made_reports(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    before: Annotated[
        datetime | None, QueryParameter(description="`made_at` of the last item before")
    ] = None,
    limit: Limit = 100,
) -> list[MadeReport]:
    permissions.require(reader, "make_report", permissions.relations(reader))
    rows = await schedule.runs(snapshot, before or now + timedelta(days=1), limit)
    return msgspec.convert(rows, list[MadeReport])


def _paper(record: UndeliveredRecord) -> ReportPaper:
    return ReportPaper(
        number=record.number,
        month=record.data.month,
        issued_at=record.issued_at,
        final=record.final,
        closing=sum(line.closing for line in record.data.lines),
    )


router = Router(
    "/",
    tags=["reports"],
    route_handlers=[
        get_undelivered_report,
        list_closed_months,
        close_month,
        make_provisional_report,
        print_undelivered_report,
        list_made_reports,
        get_performance,
        make_month_report,
    ],
)
