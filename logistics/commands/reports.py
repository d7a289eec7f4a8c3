"""Reports by command: the same figures and papers as over HTTP."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.commands.command import Command, database_url, month, opened
from logistics.rules.calendar import JST, business_date
from logistics.settings import Settings
from logistics.store.database import Database

# As what each report can be had; the other papers are made and printed by the service.
FORMATS = {
    "undelivered": ("json", "csv", "xlsx", "pdf"),
    "undelivered-cards": ("json", "csv", "xlsx"),
    "management": ("json",),
    "forecast": ("json",),
}


def report(args: argparse.Namespace) -> int:
    """Write a report: P11 of a month, the cards behind it, the figures of P14, or what the next weeks bring."""
    if args.month is None and args.which in ("undelivered", "management"):
        raise SystemExit(f"report {args.which} needs --month")
    if args.which == "undelivered-cards" and args.place is None:
        raise SystemExit("report undelivered-cards needs --place")
    if args.format not in FORMATS[args.which]:
        raise SystemExit(f"report {args.which} comes as {', '.join(FORMATS[args.which])}")
    settings = Settings.from_environment()
    make = _undelivered if args.which == "undelivered" else _other
    with database_url(settings) as url:
        content = asyncio.run(make(url, settings, args))
    if args.out is None:
        sys.stdout.buffer.write(content)
    else:
        args.out.write_bytes(content)
        print(f"Wrote {args.out}.")
    return 0


async def _undelivered(url: str, settings: Settings, args: argparse.Namespace) -> bytes:
    import labels.undelivered
    from logistics.work import undelivered
    from logistics.work.views import Charset, csv_view

    now = settings.clock()()
    async with opened(url) as database:
        if args.format == "pdf":
            return await _paper(database, settings, args, now)
        async with database.read() as session:
            data = await undelivered.data(session, args.month, now, args.as_of)
    if args.format == "json":
        return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"
    if args.format == "csv":
        rows = [labels.undelivered.cells(line) for line in data.lines]
        return csv_view(list(labels.undelivered.HEADS), rows, Charset(args.charset))
    return labels.undelivered.spreadsheet(data)


async def _other(url: str, settings: Settings, args: argparse.Namespace) -> bytes:
    """Cards, management or forecast, as the service itself sees them."""
    from logistics.work import forecasting, management, people

    now = settings.clock()()
    async with opened(url) as database, database.read() as session:
        found: object
        if args.which == "undelivered-cards":
            return await _cards(session, args, now)
        if args.which == "management":
            found = await management.data(session, args.month, now)
        else:
            found = await forecasting.forecast(session, await people.service(session), now)
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"


async def _cards(session: AsyncSession, args: argparse.Namespace, now: datetime) -> bytes:
    import labels.undelivered_cards
    from logistics.work import people, undelivered, undelivered_cards
    from logistics.work.views import Charset, csv_view

    actor = await (people.actor(session, args.by) if args.by else people.service(session))
    until = undelivered.upto(args.month or business_date(now).replace(day=1), now, args.as_of)
    cards = undelivered_cards.in_paper_order(await undelivered_cards.cards(session, actor, args.place, until))
    if args.format == "json":
        return msgspec.json.format(msgspec.json.encode(cards), indent=2) + b"\n"
    if args.format == "csv":
        rows = [labels.undelivered_cards.cells(card) for card in cards]
        return csv_view(list(labels.undelivered_cards.HEADS), rows, Charset(args.charset))
    return labels.undelivered_cards.spreadsheet(args.place, until, cards)


async def _paper(database: Database, settings: Settings, args: argparse.Namespace, now: datetime) -> bytes:
    """The paper of a closed month; or a provisional one of a month that is not, and as it was known at a time."""
    import labels.undelivered
    from labels.signing import Identity, Press
    from logistics.rules.errors import NotFound
    from logistics.work import documents, month_close, people

    identity = Identity.kept(settings.pdf_certificate, settings.pdf_key, settings.signer_directory)
    render = Press(identity)(labels.undelivered.render)
    async with database.begin() as session:
        actor = await (people.actor(session, args.by) if args.by else people.service(session))
        number = None
        if args.as_of is None:
            with suppress(NotFound):
                number = await month_close.number(session, args.month)
        if number is None:
            made = await month_close.provisional(session, actor, args.month, now, args.as_of)
            number = made.number
        return (await documents.print_paper(session, actor, number, render, now)).content


def import_summary(args: argparse.Namespace) -> int:
    """Import a table of monthly figures (CSV) as it was printed; totals that do not add up are named."""
    from logistics.work import history, people

    settings = Settings.from_environment()

    async def work(url: str) -> history.Imported:
        async with opened(url) as database, database.begin() as session:
            actor = await people.actor(session, args.by)
            return await history.import_table(session, actor, args.file.read_bytes(), settings.clock()())

    with database_url(settings) as url:
        done = asyncio.run(work(url))
    print(f"Import {done.code}: {done.lines} lines.")
    for total in done.totals:
        print(f"{total.name} ({total.measure}): {total.places} places, {total.added:,}")
    for doubt in done.doubts:
        print(f"WARNING {doubt.where}: printed {doubt.printed:,}, its months add up to {doubt.added:,}")
    return 0


def _for_import_summary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the table, as CSV")
    parser.add_argument("--by", required=True, metavar="PERSON", help="code of the person who imports it")


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-05-31T17:00") from None
    return at if at.tzinfo else at.replace(tzinfo=JST)


def _for_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("which", choices=tuple(FORMATS))
    parser.add_argument("--month", type=month, metavar="YYYY-MM")
    parser.add_argument("--place", metavar="PLACE", help="whose cards are listed")
    parser.add_argument("--format", choices=("json", "csv", "xlsx", "pdf"), default="json")
    parser.add_argument("--as-of", type=_moment, metavar="TIME", help="as it was known then; by default, now")
    parser.add_argument("--charset", choices=("utf-8", "shift_jis"), default="utf-8", help="of the CSV")
    parser.add_argument("--by", metavar="PERSON", help="who issues the paper; by default, the service itself")
    parser.add_argument("--out", type=Path, metavar="FILE", help="by default, standard output")


COMMANDS = (
    Command("report", report, _for_report),
    Command("import-summary", import_summary, _for_import_summary),
)
