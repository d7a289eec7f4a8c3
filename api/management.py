"""P14 管理状況報告書 as figures and as paper, and the review of rights that it tells of."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.problems import documented
from api.reports import MonthQuery, month_of
from api.wire_management import AccessReview, Management, ManagementPaper
from api.wire_reports import CloseMonth
from logistics.rules import permissions
from logistics.rules.permissions import Actor
from logistics.work import management


@get(
    "/reports/management",
    operation_id="getManagementReport",
    summary="P14 管理状況報告書: stock, counts, differences, access, what runs out, measures in force",
    responses=documented(),
)
async def get_management_report(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    month: MonthQuery,
) -> Management:
    permissions.require(reader, "make_report", permissions.relations(reader))
    found = await management.data(snapshot, month_of(month), now)
    return msgspec.convert(found, Management, from_attributes=True)


@post(
    "/reports/management-reports",
    operation_id="makeManagementReport",
    summary="P14 管理状況報告書: freeze it under a number",
    description="Printed as `/documents/{document}/paper.pdf`.",
    status_code=200,
    responses=documented(),
)
async def make_management_report(
    data: JSONBody[CloseMonth],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> ManagementPaper:
    record = await management.make(session, actor, month_of(data.month), now)
    return ManagementPaper(number=record.number, month=record.data.month, issued_at=record.issued_at)


@post(
    "/reports/access-reviews",
    operation_id="reviewAccess",
    summary="Record that rights and their use were looked through, and what came of it",
    status_code=204,
    responses=documented(),
)
async def review_access(
    data: JSONBody[AccessReview],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await management.review_access(session, actor, data.note, now)


router = Router(
    "/", tags=["reports"], route_handlers=[get_management_report, make_management_report, review_access]
)
