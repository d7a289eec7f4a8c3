"""What the year came to: one line, and year.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from tests.year.plan import Plan
from tests.year.playing import Played
from tests.year.recount import Recount

_SUMMED = ("received", "issued", "returned", "destroyed", "corrections", "closing")


def verdict(plan: Plan, found: Recount) -> str:
    """One line: OK or BAD, and how the cards ended."""
    ends = ", ".join(f"{state} {cards:,}" for state, cards in found.ends.items())
    compared = sum(check.compared for check in found.checks)
    word = f"BAD {len(found.faults)} faults:" if found.faults else "OK"
    span = f"{plan.months[0]:%Y-%m} to {plan.months[-1]:%Y-%m}"
    return f"{word} {span}, scale {float(plan.scale):g}: {ends}; {found.steps:,} steps, {compared:,} figures compared"


def write(out: Path, plan: Plan, played: Played, found: Recount, requests: int, daily: bool) -> None:
    """Write year.json."""
    summary = {
        "scale": float(plan.scale),
        "closed_every_day": daily,
        "cards_on_arrival_lists": plan.cards,
        "issued": found.issued,
        "ends": found.ends,
        "returned_to_annex": played.returned,
        "destroyed": played.destroyed,
        "handed_on": played.handed_on,
        "spent_manifests": played.spent,
        "lost": played.lost,
        "refused_attempts_at_disposal": played.attempted,
        "steps": found.steps,
        "requests": requests,
        "seconds": round(played.seconds, 1),
        "seconds_by_phase": {name: round(seconds, 1) for name, seconds in played.phases.items()},
        "checks": [
            {"name": check.name, "compared": check.compared, "faults": check.faults} for check in found.checks
        ],
        "months": {f"{month:%Y-%m}": _sums(figures) for month, figures in played.reports.items()},
    }
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    (out / "year.json").write_text(text + "\n", encoding="utf-8")


def _sums(figures: bytes) -> dict[str, dict[str, Any]]:
    """P11's figures, added up by site."""
    sums: dict[str, dict[str, Any]] = {}
    for line in msgspec.json.decode(figures)["lines"]:
        place = sums.setdefault(line["place_name"], dict.fromkeys(_SUMMED, 0))
        for name in _SUMMED:
            place[name] += line[name]
    return sums
