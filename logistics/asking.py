"""`logistics ask`: an auditor's question at the command line, as JSON lines or as a CSV view."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime
from typing import Any

import msgspec

from logistics.settings import Settings
from logistics.store.database import Database

QUESTIONS = {
    "entries": "entries, by any combination of filters",
    "late": "entries recorded more than --minutes after they occurred",
    "holder": "who held --card at a moment",
    "contents": "what lay in --place, --vault or --slot at a moment",
    "balance": "whether --day of --place or --batch adds up",
    "gaps": "containers released and not accepted within --minutes",
    "refused": "refused scans, by --place, --outcome and period",
}

_HELP = {
    "occurred_from": "occurred then or later; likewise --occurred-to (before), --recorded-from, --recorded-to",
    "actor": "only acts of this person",
    "courier": "only what this courier released or took over",
    "seal": "only of the container that bore this seal",
    "outcome": "only scans with this outcome",
}
_TIMES = ("occurred_from", "occurred_to", "recorded_from", "recorded_to")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command is told."""
    from logistics.work.views import Charset

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "questions:\n" + "\n".join(f"  {name:10} {does}" for name, does in QUESTIONS.items())
    parser.add_argument("question", choices=QUESTIONS, metavar="QUESTION", help="one of those below")
    parser.add_argument("--by", required=True, metavar="PERSON", help="code of the person who asks")
    filter_arguments(parser)
    parser.add_argument("--vault", dest="of_vault", help="of contents")
    parser.add_argument(
        "--at", type=_moment, metavar="TIME", help="the moment, with its offset; otherwise now"
    )
    parser.add_argument(
        "--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="of balance; otherwise today"
    )
    parser.add_argument("--minutes", type=int, help="more than so many minutes")
    parser.add_argument("--format", choices=("json", "csv"), default="json")
    parser.add_argument("--charset", choices=[c.value for c in Charset], default=Charset.UTF_8.value)


def filter_arguments(parser: argparse.ArgumentParser) -> None:
    """The filters of a search; `filters_given` reads them."""
    from logistics.work.audit_sources import FILTERS

    for name in FILTERS:
        kind: Callable[[str], Any] = _moment if name in _TIMES else str
        shown = "TIME" if name in _TIMES else name.upper()
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            dest=f"of_{name}",
            type=kind,
            metavar=shown,
            help=argparse.SUPPRESS if name in _TIMES[1:] else _HELP.get(name, f"only entries of this {name}"),
        )


def filters_given(args: argparse.Namespace) -> dict[str, Any]:
    """The filters that were given, by name."""
    from logistics.work.audit_sources import FILTERS

    given = {name: getattr(args, f"of_{name}", None) for name in (*FILTERS, "vault")}
    return {name: value for name, value in given.items() if value is not None}


def run(args: argparse.Namespace, settings: Settings, connected: AbstractContextManager[str]) -> int:
    """Ask, and print every item; `connected` gives the database's address."""
    from logistics.work import asking
    from logistics.work.views import Charset, csv_view

    given = filters_given(args)
    question = asking.Question(args.question, given, args.at, args.day, args.minutes)

    async def work(url: str) -> list[dict[str, Any]]:
        database = Database(url)
        try:
            return await asking.ask(database, question, by=args.by, now=settings.clock()())
        finally:
            await database.close()

    with connected as url:
        items = asking.as_text(asyncio.run(work(url)))
    if args.format == "csv":
        columns = list(items[0]) if items else []
        lines = [csv_view(columns, items, Charset(args.charset))]
    else:
        lines = [msgspec.json.encode(item) + b"\n" for item in items]
    # Whoever reads may stop when he has seen enough.
    with suppress(BrokenPipeError):
        sys.stdout.buffer.writelines(lines)
        sys.stdout.buffer.flush()
    return 0


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-04-01T14:30+09:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} lacks its offset, such as +09:00")
    return moment
