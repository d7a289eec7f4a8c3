"""`logistics retention`: who would be a candidate for disposal on a day, who is to be reminded. Changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from datetime import date

from logistics.commands.command import Command, database_url, opened
from logistics.settings import Settings

_PAGE = 500
_SHOWN = (
    "code",
    "kind",
    "state",
    "place",
    "slot",
    "due_on",
    "remind_from",
    "preset",
    "rule",
    "policy",
    "obstacle",
)


def retention(args: argparse.Namespace) -> int:
    """Say who would be a candidate for disposal on a day, or is to be reminded by it: a JSON line for each card."""
    with database_url(Settings.from_environment()) as url:
        counted = asyncio.run(_ask(url, args.question, args.on, args.place))
    said = ", ".join(f"{count} {why}" for why, count in sorted(counted.items()))
    print(
        f"{sum(counted.values())} {args.question} on {args.on.isoformat()}: {said or 'none'}", file=sys.stderr
    )
    return 0


async def _ask(url: str, question: str, on: date, place: str | None) -> Counter[str]:
    from logistics.work import candidates

    counted, after = Counter[str](), ""
    find = candidates.candidates if question == "candidates" else candidates.reminders
    async with opened(url) as database, database.read() as session:
        while rows := await find(session, on, after=after, limit=_PAGE, place=place):
            for row in rows:
                print(json.dumps({name: row[name] for name in _SHOWN if name in row}, default=str))
                counted[row.get("obstacle") or "ready"] += 1
            after = rows[-1]["code"]
    return counted


def _for_retention(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", choices=("candidates", "reminders"), help="what is asked")
    parser.add_argument("--on", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day")
    parser.add_argument("--place", help="only what lies at this place")


COMMANDS = (Command("retention", retention, _for_retention),)
