"""Four eyes in the demonstration: one person asks, another one looks at exactly that and approves it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, TypedDict

import httpx

from logistics.settings import Clock
from seed.demo.clerk import Clerk, Service
from seed.demo.door import Door, Visits
from seed.load import person_code, place_code

PURPOSE, NUMBER = "demonstration", "R8-D1"


class ExportFor(TypedDict):
    """What an export of the log is to be told."""

    by: str
    purpose: str
    approval: str
    approved: str
    now: datetime


async def approved(
    by: Clerk, second: Clerk, act: str, subject: str, details: dict[str, str]
) -> dict[str, Any]:
    """The approval that `second` gave to `by`."""
    reason = details.get("reason", details.get("purpose", ""))
    asked = await by.post(
        "/approvals", {"act": act, "subject": subject, "details": details, "reason": reason}
    )
    seen = await second.get(f"/approvals/{asked['code']}")
    given: dict[str, Any] = await second.post(
        f"/approvals/{asked['code']}/approve", {"sha256": seen["sha256"]}
    )
    return given


def for_export(base_url: str, visits: Visits, at: datetime) -> ExportFor:
    """An approval of the export of the whole log: the auditor asks, the city says yes."""

    async def ask() -> ExportFor:
        async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:
            service = Service(client, Clock.starting_at(at), Door(client, visits))
            auditor = Clerk(service, person_code(0, 99), place_code(0), "audit-desk")
            city = Clerk(service, person_code(0, 91), place_code(0), "city-desk")
            details = {"purpose": PURPOSE, "number": NUMBER}
            given = await approved(auditor, city, "export", "log", details)
        return {
            "by": auditor.person,
            "purpose": PURPOSE,
            "approval": NUMBER,
            "approved": given["code"],
            "now": datetime.fromisoformat(given["decided_at"]),
        }

    return asyncio.run(ask())
