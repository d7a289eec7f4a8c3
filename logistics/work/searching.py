"""The file of a case: who saw the card last, what happened to it since, who was at work there, what was searched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.work import missing, sightings


async def file(session: AsyncSession, case: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Everything the log can say about where a missing card may be, for whoever searches.

    People and neighbours are those between the last sighting and the entry that opened the case.
    """
    seen = (await sightings.last(session, [case["card"]])).get(case["card"])
    since, people, neighbours, counted = [], [], [], None
    if seen is not None:
        since = await sightings.since(session, case["card"], seen["entry"])
        span = (seen["entry"], max(case["entry"], seen["entry"]))
        people = await sightings.people(session, seen["site"], *span)
        if case["last_slot"]:
            counted = await sightings.last_counted(
                session, case["last_slot"], seen["occurred_at"], case["entry"]
            )
            neighbours = await sightings.neighbours(session, seen["site"], case["last_slot"], *span)
    return {
        "case": case,
        "last_sighting": seen,
        "last_counted": counted,
        "since": since,
        "people": people,
        "neighbours": neighbours,
        "checklist": await missing.checklist(session, case["code"], now),
    }
