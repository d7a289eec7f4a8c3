"""Papers that are frozen by one request and printed by number by another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from litestar import Response, Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

import labels.access_register
import labels.certificate
import labels.closing_sheet
import labels.contacts
import labels.count_report
import labels.count_sheet
import labels.day_report
import labels.difference
import labels.handing
import labels.incident
import labels.management
import labels.manifest
import labels.month_report
import labels.pick_list
import labels.proposal
import labels.provenance
import labels.receipt
import labels.registers
import labels.return_slip
import labels.succession
import labels.supplies
import labels.transfer_slip
import labels.undelivered
import labels.undelivered_cards
from api.answers import pdf
from api.parameters import DocumentPath
from api.problems import documented
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.permissions import Actor
from logistics.rules.records import Imprint
from logistics.work import documents

# What draws each paper of the catalogue.
RENDER: Mapping[str, Callable[[Any, Imprint], bytes]] = {
    "P0": labels.closing_sheet.render,
    "P1": labels.manifest.render,
    "P2": labels.transfer_slip.render,
    "P3": labels.receipt.render,
    "P4": labels.return_slip.render,
    "P5": labels.count_sheet.render,
    "P6": labels.count_report.render,
    "P7": labels.proposal.render,
    "P8": labels.certificate.render,
    "P12": labels.day_report.render,
    "P17": labels.provenance.render,
    "P9": labels.incident.render,
    "P10": labels.difference.render,
    "P11": labels.undelivered.render,
    "P24": labels.undelivered_cards.render,
    "P13": labels.month_report.render,
    "P14": labels.management.render,
    "P15": labels.supplies.render,
    "P18": labels.succession.render,
    "P16": labels.access_register.render,
    "P2A": labels.handing.render_city_slip,
    "P3A": labels.handing.render_deposit,
    "P19": labels.registers.staff,
    "P20": labels.registers.couriers,
    "P21": labels.contacts.render,
    "P22": labels.registers.premises,
    "P23": labels.pick_list.render,
}
# Who works here, who may carry, where cards may lie: not for everybody who prints.
REGISTERS = frozenset({"P19", "P20", "P22"})


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
    return await printed(session, actor, press, document, now)


def drawing(press: Press) -> Callable[[str], Callable[[Any, Imprint], bytes]]:
    """What draws and signs a paper of a catalogue."""
    return lambda catalogue: press(RENDER[catalogue])


async def printed(
    session: AsyncSession, actor: Actor, press: Press, number: str, now: datetime
) -> Response[bytes]:
    """The next print of a paper, whichever it is. NotFound; NotAllowed for a register that is not the caller's to see."""
    catalogue = await documents.catalogue_of(session, number)
    if catalogue in REGISTERS:
        permissions.require(actor, "see_registers")
    return pdf(await documents.print_paper(session, actor, number, press(RENDER[catalogue]), now, catalogue))


router = Router("/", tags=["papers"], route_handlers=[print_paper])
