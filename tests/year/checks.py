"""One comparison of the recount; and those of what goes by name: lost cards, attempts that were refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

_LOST = """
SELECT card.code, (
    SELECT count(*) FROM incident_item AS item
    JOIN incident_event AS event ON event.incident = item.incident AND event.to_state = 'closed'
    WHERE item.code = card.code) AS incidents
FROM card WHERE state = 'lost'
"""
_ATTEMPTS = """
SELECT outcome AS why, count(*)::int AS times FROM scan
WHERE purpose IN ('pick', 'destroy') AND outcome NOT IN ('picked', 'destroyed') GROUP BY outcome
UNION ALL
SELECT body::jsonb -> 'facts' ->> 'problem', count(*)::int FROM entry WHERE act IN ('refuse', 'refuse_right')
GROUP BY 1
"""


@dataclass
class Check:
    """One comparison: how much was compared, and what is wrong."""

    name: str
    compared: int
    faults: list[str] = field(default_factory=list)


async def lost(connection: asyncpg.Connection[Any], given_up: Sequence[str]) -> Check:
    """Each card that is lost is one that people gave up, with a closed incident that names it."""
    rows = await connection.fetch(_LOST)
    check = Check("every lost card was given up by name, in a closed incident", len(given_up))
    check.faults += [
        f"{code} is lost, and nobody gave it up" for code in {r["code"] for r in rows} - set(given_up)
    ]
    check.faults += [f"{code} was given up, and is not" for code in set(given_up) - {r["code"] for r in rows}]
    check.faults += [f"{row['code']} has no closed incident" for row in rows if not row["incidents"]]
    return check


async def attempts(connection: asyncpg.Connection[Any], attempted: Mapping[str, int]) -> Check:
    """Every attempt to dispose of something as nobody may is in the log, with why it was refused, once."""
    found = {row["why"]: row["times"] for row in await connection.fetch(_ATTEMPTS)}
    check = Check("every attempt at a disposal that was refused is recorded", sum(attempted.values()))
    for why in sorted(found.keys() | attempted.keys()):
        if found.get(why) != attempted.get(why):
            check.faults.append(f"{why}: {attempted.get(why, 0)} tried, {found.get(why, 0)} recorded")
    return check
