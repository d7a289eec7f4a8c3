"""The log leaves the service: for a purpose, under an approval, and never unrecorded (contract 10(3), appendix 1 art. 5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.evidence import Occasion
from logistics.ledger.export import export
from logistics.ledger.signer import Signer
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor
from logistics.store.database import Database, driver
from logistics.work import approvals, people

LOOK_SECONDS = 0.2

_LAG = "SELECT (SELECT count(*) FROM entry) - COALESCE((SELECT max(size) FROM checkpoint), 0)"


async def export_log(
    database: Database,
    signer_directory: Path,
    out: Path,
    *,
    by: str,
    purpose: str,
    approval: str,
    approved: str | None,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Write everything that is signed to the directory `out`, which must be new, with its proofs.

    `approval` is the number of the city's paper, `approved` the code of the second person's approval in this service.
    That it was asked for is an entry before the first byte is written. Raises NotFound, NotAllowed, ApprovalNeeded,
    ApprovalUnusable, ExportRefused.
    """
    async with database.begin() as session:
        actor = await people.actor(session, by)
        permissions.require(actor, "export")
        shown = await export_shown(session, actor, "log", {"purpose": purpose, "number": approval})
        second = await approvals.consume(session, actor, "export", "log", shown, approved, now)
        facts: dict[str, Json] = {
            "purpose": purpose,
            "approval": approval,
            "whole": True,
            "approved": second,
        }
        await take(session, [Act("export", actor, str(actor.place), now, facts=facts)], now)
        origin = await (await driver(session)).fetchval("SELECT origin FROM log_identity")
    vkey = Signer(signer_directory, origin).vkey
    async with database.read() as session:
        await export(session, out, Occasion(purpose, approval, by, now), vkey, progress=progress)


async def export_shown(
    session: AsyncSession, actor: Actor, subject: str, details: Mapping[str, Any]
) -> dict[str, Json]:
    """What a second person sees before the whole log leaves. InvalidValue."""
    permissions.require(actor, "export")
    if subject != "log":
        raise InvalidValue("subject", "must be log")
    purpose, number = approvals.details_of(details, "purpose", "number")
    return {"purpose": purpose, "number": number, "whole": True}


async def until_signed(database: Database, seconds: float) -> bool:
    """Wait until every entry is under a signed checkpoint, as long as somebody sequences; whether it came to that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        async with database.read() as session:
            if await (await driver(session)).fetchval(_LAG) == 0:
                return True
        await asyncio.sleep(LOOK_SECONDS)
    return False
