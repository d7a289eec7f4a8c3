"""The accidents as a table: for the terminal, the README and accidents.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.accidents.cases import Accident
from tests.accidents.stage import Noticed

Played = tuple[Accident, Noticed]


def rows(played: Sequence[Played]) -> list[dict[str, Any]]:
    """What accidents.json holds, one row per case."""
    return [
        {
            "case": f"{accident.number} {accident.name}",
            "published_gap_days": accident.published_days,
            "our_gap_days": noticed.gap_days,
            "last_sighting": noticed.last_sighting,
        }
        for accident, noticed in played
    ]


HEAD = (
    "| case | published gap | here | noticed by | last sighting known |",
    "| --- | --- | --- | --- | --- |",
)


def markdown(played: Sequence[Played]) -> str:
    """The table of the README; it says nothing that another play would say otherwise."""
    return "\n".join((*HEAD, *(line(accident, noticed) for accident, noticed in played)))


def line(accident: Accident, noticed: Noticed) -> str:
    """One row of the table."""
    published = "not published" if accident.published_days is None else _days(accident.published_days)
    unseen = "never scanned" in (noticed.last_sighting or "")
    known = "never scanned; who opened its box" if unseen else "yes" if noticed.last_sighting else "no"
    return f"| {accident.name} | {published} | {gap(noticed)} | {noticed.how} | {known} |"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def gap(noticed: Noticed) -> str:
    """How long it took, as one says it."""
    minutes = round((noticed.noticed_at - noticed.happened_at).total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"
