"""A control number typed instead of scanned, under four eyes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.answers import outcomes
from api.problems import documented
from logistics.rules import errors, people_errors
from logistics.rules.permissions import Actor
from logistics.work import manual_entries
from logistics.work.manual_entries import Typed

Subject = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        pattern="^[0-9A-Za-z_]+$",
        description="The slot, box, batch or count that a scan would be made against, or what for it is taken out",
        examples=["S011A001B"],
    ),
]
Slot = Annotated[str, Meta(pattern="^S[0-9A-Z]{3,11}$", examples=["S011A001B"])]
Approval = Annotated[str, Meta(pattern="^H[0-9A-Z]{3,11}$", examples=["H7Q2M4ZK90"])]


class TypedCard(wire.Input, frozen=True, kw_only=True):
    """What is entered for a card whose barcode cannot be scanned, and the approval of exactly this."""

    purpose: Literal["check_in", "pack", "receive", "put_away", "take_out", "put_back", "count"]
    card: wire.CardCode
    reason: wire.Reason
    subject: Subject | None = None
    slot: Slot | None = None
    supervisor: wire.PersonCode | None = None
    approval: Approval | None = None


@post(
    "/manual-entries",
    operation_id="enterManually",
    summary="Enter a control number that was typed instead of scanned",
    description="Ask for the approval first: POST /approvals, act `enter_manually`, the card as subject, and as details"
    " the fields of this request but `card` and `approval`. The entry is marked `manual`.",
    status_code=200,
    responses=documented(
        errors.NotFound,
        errors.SupervisorNeeded,
        people_errors.ApprovalNeeded,
        people_errors.ApprovalUnusable,
    ),
)
async def enter_manually(
    data: JSONBody[TypedCard],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    typed = Typed(data.purpose, data.card, data.reason, data.subject, data.slot, data.supervisor)
    return outcomes([await manual_entries.enter(session, actor, typed, data.approval, now)])


router = Router("/", tags=["receiving"], route_handlers=[enter_manually])
