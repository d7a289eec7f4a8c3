"""The registers on paper: P19 with a spreadsheet, P20, P22."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

import labels.registers
from api.answers import pdf
from api.problems import documented
from api.wire_registers import MakePaper, RegisterPaper
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, require
from logistics.rules.japanese import japanese_date
from logistics.rules.permissions import Actor
from logistics.rules.records import Imprint
from logistics.rules.register_records import CHANGES
from logistics.rules.words import EMPLOYMENTS, FAULTS, ROLES
from logistics.work import documents, register_papers

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAPERS: dict[str, Callable[[Any, Imprint], bytes]] = {
    "P19": labels.registers.staff,
    "P20": labels.registers.couriers,
    "P22": labels.registers.premises,
}


@post(
    "/registers/papers",
    operation_id="makeRegisterPaper",
    summary="Freeze P19 作業責任者・従事者届, P20 再委託・配送業者台帳 or P22 保管場所届 as of today",
    responses=documented(),
)
async def make_register_paper(
    data: JSONBody[MakePaper],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> RegisterPaper:
    record: Any = await register_papers.freeze(session, actor, data.catalogue, business_date(now), now)
    return RegisterPaper(
        number=record.number, catalogue=data.catalogue, day=record.day, lines=len(record.lines)
    )


@get(
    "/registers/papers/{number:str}/register.pdf",
    operation_id="printRegisterPaper",
    summary="P19, P20 or P22: the original first, then numbered reprints",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_register_paper(
    number: FromPath[str],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    require(number, CodeType.DOCUMENT, "number")
    permissions.require(actor, "see_registers")
    catalogue = await register_papers.catalogue_of(session, number)
    return pdf(await documents.print_paper(session, actor, number, press(PAPERS[catalogue]), now))


@get(
    "/registers/staff.xlsx",
    operation_id="exportStaffRegister",
    summary="P19 as a spreadsheet, as of today",
    media_type=XLSX,
    responses=documented(),
)
async def export_staff_register(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Response[bytes]:
    # What writes spreadsheets is loaded when somebody wants one.
    from labels.workbook import Sheet, workbook

    lines = await register_papers.spreadsheet(session, actor, now)
    heads = {
        "code": "職員コード",
        "name": "氏名",
        "role": "役割",
        "place": "所属",
        "employer": "雇用主",
        "employment": "雇用形態",
        "registered_from": "登録開始",
        "registered_to": "登録終了",
        "pledged_on": "誓約書",
        "trained_on": "研修",
        "trained_to": "研修の有効期限",
        "fault": "不備",
        "change": "前回からの変更",
    }
    rows: list[dict[str, Any]] = [
        {
            **{name: getattr(line, name) for name in heads},
            "role": ROLES[line.role],
            "employment": EMPLOYMENTS[line.employment],
            "fault": FAULTS[line.fault] if line.fault else None,
            "change": CHANGES[line.change] if line.change else None,
        }
        for line in lines
    ]
    title = "作業責任者・従事者届"
    facts = [f"{japanese_date(business_date(now))}現在", f"{len(rows)} 名"]
    content = workbook([Sheet("P19", title, facts, heads, rows)], title, now)
    name = f"P19-{business_date(now).isoformat()}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


router = Router(
    "/",
    tags=["registers"],
    route_handlers=[make_register_paper, print_register_paper, export_staff_register],
)
