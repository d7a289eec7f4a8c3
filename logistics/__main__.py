"""The operator's command, installed as `logistics`, and the place where the parts are put together.

A subcommand is a function and one line in COMMANDS. What a command needs is imported when it runs, so that
`--help` is quick and a broken part harms only its own command. The HTTP half is named by import string alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from logistics import serving, workers
from logistics.commands import people, reports, retention
from logistics.commands.command import Command, database_url, month
from logistics.ledger.evidence import ExportRefused
from logistics.rules.errors import DomainError, ListInvalid
from logistics.settings import SIGNER_DIRECTORY, Settings
from logistics.store.database import Database
from logistics.store.keeping import Keeper
from logistics.store.migrate import SchemaUnknown, migrate
from logistics.store.sealing import Sealer
from logistics.store.server import DATABASE, Server, ServerFailed, alone, as_service, embedded, running
from logistics.variables import SettingRefused

if TYPE_CHECKING:
    from seed.demo.approving import ExportFor
    from seed.demo.door import Visits

# The first start fills a database of this name, then renames it: the service's own is never half-filled.
UNFINISHED = "logistics_unfinished"
HAS_DATABASE = "SELECT 1 FROM pg_database WHERE datname = :'name'"
FAILED, REFUSED = 1, 2
DEMO_SIGNED_SECONDS = 20


def serve(args: argparse.Namespace) -> int:
    """Serve on http://HOST:PORT until interrupted; PostgreSQL is started too unless DATABASE_URL names one."""
    settings = Settings.from_environment()
    settings.require_loopback()
    # The port is taken before anything is started: one in use is found out at once.
    with serving.port(settings) as taken, _filled(settings, with_demo=not args.no_demo) as (url, keep):
        _show_accounts(url, settings)
        # The application is made from the environment, by each worker.
        os.environ["DATABASE_URL"] = url
        return workers.run(settings, taken, keep)


def migrate_schema(_: argparse.Namespace) -> int:
    """Bring the database's schema up to date."""
    with database_url(Settings.from_environment()) as url:
        applied = asyncio.run(migrate(url))
    print(f"Applied {', '.join(applied)}." if applied else "The schema is up to date.")
    return 0


def seed_reference(_: argparse.Namespace) -> int:
    """Bring the schema up to date and load the contract's places, vaults and kinds; again changes nothing."""
    with database_url(Settings.from_environment()) as url:
        asyncio.run(_fill(url, again=True))
    print("The reference data is loaded.")
    return 0


def import_arrivals(args: argparse.Namespace) -> int:
    """Import an arrival list (CSV): all of it, or nothing and every fault named."""
    from logistics.work import arrival_lists, people

    settings = Settings.from_environment()

    async def work(url: str) -> arrival_lists.Imported:
        database = Database(url)
        try:
            async with database.begin() as session:
                actor = await people.actor(session, args.by)
                return await arrival_lists.import_list(
                    session, actor, args.file.read_bytes(), settings.clock()()
                )
        finally:
            await database.close()

    with database_url(settings) as url:
        imported = asyncio.run(work(url))
    print(f"Arrival {imported.arrival}: {imported.cards} cards in {len(imported.boxes)} boxes.")
    return 0


def verify_document(args: argparse.Namespace) -> int:
    """Say whether a PDF is a file that was issued here, unchanged: 0 if it is, 1 if not."""
    from labels import checking, signing
    from logistics.work import verifying

    settings = Settings.from_environment()
    ours = settings.pdf_certificate or settings.signer_directory / signing.DEVELOPMENT_FILE
    check = partial(checking.check, trusted=signing.certificates(ours))
    content = args.file.read_bytes()
    with database_url(settings) as url:
        verdict = asyncio.run(verifying.ask(Database(url), content, check, args.number))
    print("\n".join(verdict.lines()))
    return 0 if verdict.genuine else FAILED


def demo(args: argparse.Namespace) -> int:
    """Play one working day over HTTP on a fresh database; leave its PDFs and summary.json in a directory."""
    from seed.demo import approving, day

    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="logistics-demo-") as home, embedded(Path(home)) as url:
        asyncio.run(_fill(url))
        visits = asyncio.run(_hand_out(url, Path(home), day.STARTS_AT))
        with serving.elsewhere(url, day.STARTS_AT, Path(home)) as base_url:
            balanced = day.play(base_url, visits, args.out)
            asked = approving.for_export(base_url, visits, day.STARTS_AT)
            asyncio.run(_export_demo(as_service(url), Path(home), args.out, asked))
            return 0 if balanced else FAILED


async def _hand_out(url: str, home: Path, now: datetime) -> Visits:
    """What the demonstration's people sign in with; it is kept with the database it belongs to."""
    from seed.demo import accounts, door

    database = Database(url)
    try:
        keys = await accounts.hand_out(database, Sealer.kept(home), now)
    finally:
        await database.close()
    accounts.keep(keys, home)
    return door.Visits(keys)


def demo_codes(_: argparse.Namespace) -> int:
    """Show the demonstration's accounts with their codes of this moment (embedded database only)."""
    settings = Settings.from_environment()
    with database_url(settings) as url:
        _show_accounts(url, settings)
    return 0


def _show_accounts(url: str, settings: Settings) -> None:
    from seed.demo import accounts

    keys = accounts.kept(settings.data_dir)
    if settings.database_url is not None or keys is None:
        return

    async def work() -> list[str]:
        database = Database(url)
        try:
            return await accounts.shown(database, keys, settings.clock()(), datetime.now(UTC))
        finally:
            await database.close()

    print("\n".join(asyncio.run(work())), flush=True)


async def _export_demo(url: str, home: Path, out: Path, asked: ExportFor) -> None:
    """The day's custody log as evidence, when the service has signed all of it."""
    from logistics.work import exports

    database = Database(url)
    try:
        if not await exports.until_signed(database, DEMO_SIGNED_SECONDS):
            raise serving.ServiceFailed(f"The log was not signed within {DEMO_SIGNED_SECONDS} s.")
        where = out / "custody-export"
        shutil.rmtree(where, ignore_errors=True)
        order = exports.Order(
            by=asked["by"],
            purpose=asked["purpose"],
            approval=asked["approval"],
            approved=asked["approved"],
        )
        await exports.export_log(database, home / SIGNER_DIRECTORY, where, order, asked["now"])
    finally:
        await database.close()


def export(args: argparse.Namespace) -> int:
    """Export the custody log, or a part of it: as evidence for `logistics verify` anywhere, as EPCIS or as CSV."""
    from logistics import exporting

    settings = Settings.from_environment()
    return exporting.run(args, settings, database_url(settings))


def verify(args: argparse.Namespace) -> int:
    """Verify an export offline, or the live log without one: 0 verified, 1 not verified, 2 nothing that could be judged."""
    from logistics.ledger.verify import command

    if args.export is not None:
        return command.run(args)
    from logistics import exporting
    from logistics.ledger import live

    settings = Settings.from_environment()

    def verified(vkey: str | None, papers: list[str]) -> live.Verdict:
        async def work(url: str) -> live.Verdict:
            database = Database(url)
            try:
                return await live.verify(
                    database, settings.signer_directory, vkey=vkey, papers=papers, progress=exporting.say
                )
            finally:
                await database.close()

        with database_url(settings) as url:
            return asyncio.run(work(url))

    return command.judge(args, verified)


def ask(args: argparse.Namespace) -> int:
    """Answer an auditor's question from the custody log; that it was asked is recorded first."""
    from logistics import asking

    settings = Settings.from_environment()
    return asking.run(args, settings, database_url(settings))


def resume_signing(args: argparse.Namespace) -> int:
    """Have the log signed again after the service found it altered and stopped; recorded with the reason."""
    from logistics.work import trusting

    settings = Settings.from_environment()

    async def work(url: str) -> str:
        database = Database(url)
        try:
            return await trusting.resume_signing(
                database,
                settings.signer_directory,
                by=args.by,
                reason=args.reason,
                now=settings.clock()(),
            )
        finally:
            await database.close()

    with database_url(settings) as url:
        stopped = asyncio.run(work(url))
    print(f"Signing goes on. It had stopped because: {stopped}")
    return 0


def diagram(args: argparse.Namespace) -> int:
    """Print a lifecycle as a Mermaid state diagram."""
    from logistics.rules import lifecycle

    tables: dict[str, lifecycle.Lifecycle[Any, Any]] = {
        "card": lifecycle.CARD,
        "batch": lifecycle.BATCH,
        "incident": lifecycle.INCIDENT,
    }
    print(tables[args.which].mermaid())
    return 0


def calendar(args: argparse.Namespace) -> int:
    """Print the run days of a month, by rule."""
    from logistics.rules.calendar import Calendar, month_days

    days = month_days(args.month.year, args.month.month)
    for day in Calendar().run_days(days[0], days[-1]):
        print(day.isoformat(), day.strftime("%a"))
    return 0


def rebuild(args: argparse.Namespace) -> int:
    """Recompute the present from the custody log and name every stored row that differs."""
    from logistics.work import rebuilding

    async def work(url: str) -> tuple[int, list[rebuilding.Differing]]:
        database = Database(url)
        try:
            async with database.read() as session:
                return await rebuilding.differing(session)
        finally:
            await database.close()

    with database_url(Settings.from_environment()) as url:
        entries, differing = asyncio.run(work(url))
    for row in differing:
        print(f"{row.table} {row.code}: stored {row.stored}, told {row.told}")
    print(f"{entries} entries replayed, {len(differing)} rows differ.")
    return FAILED if differing else 0


def revision(args: argparse.Namespace) -> int:
    """Write a migration for what the tables say and the migrations do not yet (for developers; read it after)."""
    from sqlmodel import SQLModel

    import logistics.store.tables  # noqa: F401 - fills the metadata
    from logistics.store.migrate import write_revision

    with tempfile.TemporaryDirectory(prefix="logistics-revision-") as home, embedded(Path(home)) as url:
        print(f"Wrote {asyncio.run(write_revision(url, args.message, SQLModel.metadata))}.")
    return 0


@contextmanager
def _filled(settings: Settings, *, with_demo: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    """A database with the current schema and the reference data; a new embedded one also with a day's work.

    Yields its address for the service, and what to call now and then so that it stays up.
    """
    if settings.database_url:
        asyncio.run(_fill(settings.database_owner_url or settings.database_url))
        yield settings.database_url, lambda: None
        return
    with running(settings.data_dir) as server:
        with alone(server.home, "first-start"):
            if not server.psql(HAS_DATABASE, name=DATABASE):
                _first_start(server, with_demo=with_demo)
        asyncio.run(_fill(server.url()))
        yield as_service(server.url()), Keeper(server)


def _first_start(server: Server, *, with_demo: bool) -> None:
    """Fill a database aside and give it its name when it is complete; an interrupted first start begins again."""
    server.psql('DROP DATABASE IF EXISTS :"name" WITH (FORCE)', name=UNFINISHED)
    server.create_database(UNFINISHED)
    url = server.url(UNFINISHED)
    asyncio.run(_fill(url))
    if with_demo:
        from seed.demo import day

        print(
            "First start: playing a day of work. `logistics serve --no-demo` would leave it out.", flush=True
        )
        visits = asyncio.run(_hand_out(url, server.home, day.STARTS_AT))
        with serving.elsewhere(url, day.STARTS_AT, server.home) as base_url:
            if not day.play(base_url, visits):
                raise serving.ServiceFailed("The day that was played does not balance; nothing was kept.")
    server.psql('ALTER DATABASE :"old" RENAME TO :"new"', old=UNFINISHED, new=DATABASE)


async def _fill(url: str, *, again: bool = False) -> None:
    """Migrate and load the reference data; a database that has some is left alone, so that any role may serve it."""
    from seed.load import is_empty, load

    await migrate(url)
    database = Database(url)
    try:
        async with database.begin() as session:
            if again or await is_empty(session):
                await load(session)
    finally:
        await database.close()


def _for_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-demo", action="store_true", help="do not play the demonstration day on first start"
    )


def _for_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the list, as CSV")
    parser.add_argument("--by", required=True, metavar="PERSON", help="code of the person who imports it")


def _for_verify_document(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the PDF in question")
    parser.add_argument("--number", metavar="NUMBER", help="the number it is presented as")


def _for_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the papers go")


def _for_export(parser: argparse.ArgumentParser) -> None:
    from logistics import exporting

    exporting.arguments(parser)


def _for_verify(parser: argparse.ArgumentParser) -> None:
    from logistics.ledger.verify import command

    command.arguments(parser)


def _for_ask(parser: argparse.ArgumentParser) -> None:
    from logistics import asking

    asking.arguments(parser)


def _for_resume_signing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", required=True, metavar="PERSON", help="code of the person who answers for it")
    parser.add_argument("--reason", required=True, help="what was found, and what was done about it")


def _for_diagram(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("which", nargs="?", choices=("card", "batch", "incident"), default="card")


def _for_calendar(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("month", type=month, metavar="YYYY-MM")


def _for_rebuild(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", required=True, help="compare only; nothing is ever written"
    )


def _for_revision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("message", help="what is true afterwards")


COMMANDS = (
    Command("serve", serve, _for_serve),
    Command("migrate", migrate_schema),
    Command("seed", seed_reference),
    Command("import-arrivals", import_arrivals, _for_import),
    Command("verify-document", verify_document, _for_verify_document),
    Command("demo", demo, _for_demo),
    Command("demo-codes", demo_codes),
    Command("export", export, _for_export),
    Command("verify", verify, _for_verify),
    Command("ask", ask, _for_ask),
    Command("resume-signing", resume_signing, _for_resume_signing),
    Command("diagram", diagram, _for_diagram),
    Command("calendar", calendar, _for_calendar),
    Command("rebuild", rebuild, _for_rebuild),
    *people.COMMANDS,
    *reports.COMMANDS,
    *retention.COMMANDS,
    Command("revision", revision, _for_revision),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; 0 done, 1 failed, 2 refused for what was asked or set."""
    # Told to stop, we leave as by Ctrl-C: the embedded server is stopped, nothing stays behind.
    for told in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(told) is not signal.SIG_IGN:
            signal.signal(told, _leave)
    args = _parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except ListInvalid as refusal:
        print(f"logistics: {refusal}", file=sys.stderr)
        for fault in refusal.problems:
            print(f"  line {fault['line']}, {fault['column']}: {fault['reason']}", file=sys.stderr)
        return REFUSED
    except (DomainError, SettingRefused) as refusal:
        print(f"logistics: {refusal}", file=sys.stderr)
        return REFUSED
    except asyncpg.UndefinedTableError:
        print("logistics: the database has no schema yet; `logistics migrate` makes it.", file=sys.stderr)
        return FAILED
    except (ServerFailed, ExportRefused, SchemaUnknown, serving.ServiceFailed, OSError) as failure:
        print(f"logistics: {failure}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="logistics", description="Custody of My Number cards on their way.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        does = command.run.__doc__ or ""
        added = commands.add_parser(command.name, help=does, description=does)
        command.arguments(added)
        added.set_defaults(run=command.run)
    return parser


def _leave(*_: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    raise SystemExit(main())
