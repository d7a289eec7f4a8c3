"""Cases of missing cards (所在不明): report, search, found again or given up; and words on other differences."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire, wire_counts
from api.parameters import After, CardPath, CardQuery, CasePath, DiscrepancyPath, Limit, PlaceQuery
from api.problems import documented
from logistics.rules import errors, people_errors, permissions
from logistics.rules.permissions import Actor
from logistics.work import case_ends, missing, noting, searching

OpenQuery = Annotated[
    bool | None,
    QueryParameter(name="open", description="Only those that are open (true) or have ended (false)"),
]


@post(
    "/cards/{card:str}/missing",
    operation_id="reportMissing",
    summary="A card is not where the log has it: it is missing from now on, and a case is open",
    responses=documented(errors.NotFound, errors.StepRefused),
)
async def report_missing(
    card: CardPath,
    data: JSONBody[wire_counts.ReportMissing],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.Case:
    return _case(await missing.report(session, actor, card, data.reason, now))


@get("/cases", operation_id="listCases", summary="Cases of missing cards", responses=documented())
async def list_cases(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
    card: CardQuery = None,
    is_open: OpenQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_counts.Case]:
    own = permissions.place(reader, place)
    rows = await missing.page(snapshot, after, limit, place=own, card=card, is_open=is_open)
    return wire.paged(rows, wire_counts.Case, limit)


@get(
    "/cases/{case:str}",
    operation_id="getCase",
    summary="A case: who saw the card last, what happened since, who was there, what was searched",
    responses=documented(errors.NotFound),
)
async def get_case(
    case: CasePath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.CaseFile:
    row = await missing.one(snapshot, case)
    permissions.require_over(reader, "see", "case", case, holder=row["place"])
    return wire.listed([await searching.file(snapshot, row, now)], wire_counts.CaseFile)[0]


@post(
    "/cases/{case:str}/marks",
    operation_id="markSearch",
    summary="Record a line of the search, or a word on it",
    status_code=200,
    responses=documented(errors.NotFound, errors.CaseEnded),
)
async def mark_search(
    case: CasePath,
    data: JSONBody[wire_counts.MarkSearch],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.Case:
    return _case(await missing.mark(session, actor, case, data.item, data.note, now))


@post(
    "/cases/{case:str}/found",
    operation_id="endCaseFound",
    summary="End the case of a card that turned up; set aside here, it comes back into the flow",
    status_code=200,
    responses=documented(errors.NotFound, errors.CaseEnded, errors.StepRefused),
)
async def end_case_found(
    case: CasePath,
    data: JSONBody[wire.WithReason],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.Case:
    return _case(await case_ends.found(session, actor, case, data.reason, now))


@post(
    "/cases/{case:str}/lost",
    operation_id="endCaseLost",
    summary="Give a card up as lost, by the city's decision (紛失確定)",
    status_code=200,
    responses=documented(
        errors.NotFound,
        errors.CaseEnded,
        errors.StepRefused,
        people_errors.ApprovalNeeded,
        people_errors.ApprovalUnusable,
    ),
)
async def end_case_lost(
    case: CasePath,
    data: JSONBody[wire_counts.EndLost],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.Case:
    return _case(await case_ends.lost(session, actor, case, data.reason, data.approval, now))


@post(
    "/discrepancies/{discrepancy:str}/notes",
    operation_id="noteDifference",
    summary="Write what is being done about a difference that cannot be settled yet",
    status_code=204,
    responses=documented(errors.NotFound, errors.AlreadyResolved),
)
async def note_difference(
    discrepancy: DiscrepancyPath,
    data: JSONBody[wire.WithReason],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await noting.note(session, actor, discrepancy, data.reason, now)


def _case(row: dict[str, object]) -> wire_counts.Case:
    return wire.listed([row], wire_counts.Case)[0]


router = Router(
    "/",
    tags=["cases"],
    route_handlers=[
        report_missing,
        list_cases,
        get_case,
        mark_search,
        end_case_found,
        end_case_lost,
        note_difference,
    ],
)
