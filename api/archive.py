"""Papers that are frozen by one request and printed by number by another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from litestar import Response, Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

import labels.access_register
import labels.handing
import labels.month_report
import labels.pick_list
import labels.registers
import labels.undelivered
from api.answers import pdf
from api.parameters import DocumentPath
from api.problems import documented
from labels.signing import Press
from logistics.rules import errors
from logistics.rules.permissions import Actor
from logistics.rules.records import Imprint
from logistics.work import documents

# What draws each paper of the catalogue that is printed by its number alone.
RENDER: Mapping[str, Callable[[Any, Imprint], bytes]] = {
    "P11": labels.undelivered.render,
    "P13": labels.month_report.render,
    "P16": labels.access_register.render,
    "P2A": labels.handing.render_city_slip,
    "P3A": labels.handing.render_deposit,
    "P19": labels.registers.staff,
    "P20": labels.registers.carriers,
    "P22": labels.registers.premises,
    "P23": labels.pick_list.render,
}


@get(
    "/documents/{document:str}/paper.pdf",
    operation_id="printPaper",
    summary="A paper by its number: the original first, then numbered reprints",
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_paper(
    document: DocumentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    render = RENDER.get(await documents.catalogue_of(session, document))
    if render is None:
        raise errors.NotFound("paper", document)
    return pdf(await documents.print_paper(session, actor, document, press(render), now))


router = Router("/", tags=["papers"], route_handlers=[print_paper])
