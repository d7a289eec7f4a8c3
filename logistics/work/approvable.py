"""What a second person can be asked to approve over HTTP, and what he is shown of each: one line per act."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.canonical import Json
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor
from logistics.work import (
    approvals,
    batches,
    case_ends,
    discrepancies,
    exports,
    incident_course,
    manual_entries,
    registers,
)
from logistics.work.approvals import HALF_HOUR, Approval

Shown: TypeAlias = Callable[[AsyncSession, Actor, str, Mapping[str, Any]], Awaitable[dict[str, Json]]]

SHOWN: Mapping[str, Shown] = {
    "close_incident": incident_course.close_shown,
    "confirm_lost": case_ends.lost_shown,
    "enter_manually": manual_entries.shown,
    "export": exports.export_shown,
    "register_person": registers.change_shown,
    "unseal": batches.unseal_shown,
    "write_off": discrepancies.write_off_shown,
}


async def request(
    session: AsyncSession,
    actor: Actor,
    act: str,
    subject: str,
    details: Mapping[str, Any],
    reason: str,
    now: datetime,
    open_for: timedelta = HALF_HOUR,
) -> Approval:
    """Ask for the approval of an act, with what it would do as things stand now.

    Raises InvalidValue for an act that needs none, and what the act itself raises for its subject and details.
    """
    if act not in SHOWN:
        raise InvalidValue("act", f"must be one of {', '.join(SHOWN)}")
    shown = await SHOWN[act](session, actor, subject, details)
    return await approvals.request(session, actor, act, subject, shown, reason, now, open_for)
