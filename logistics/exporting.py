"""`logistics export`: the custody log as evidence, EPCIS or CSV; encrypted where it is to leave the house."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from logistics import asking
from logistics.settings import Settings
from logistics.store.database import Database

ARCHIVE = ".zip"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command is told."""
    from logistics.work.views import Charset

    parser.add_argument(
        "--out", type=Path, required=True, metavar="PATH",
        help="not there yet: a directory for evidence, a file otherwise; NAME.zip makes an encrypted archive",
    )  # fmt: skip
    parser.add_argument("--by", required=True, metavar="PERSON", help="code of the person who answers for it")
    parser.add_argument("--purpose", required=True, help="what it is for")
    parser.add_argument("--approval", required=True, help="number of the city's approval")
    parser.add_argument(
        "--approved",
        metavar="CODE",
        help="the second person's approval, given in the service; the whole log needs one",
    )
    parser.add_argument(
        "--format", choices=("evidence", "epcis", "csv"), default="evidence",
        help="evidence comes with proofs; the others are views that prove nothing",
    )  # fmt: skip
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE",
        help="its first line encrypts NAME.zip; without it a password is made and printed once",
    )  # fmt: skip
    parser.add_argument("--base", help="where the URIs of EPCIS begin, such as https://cards.example.jp")
    parser.add_argument("--charset", choices=[c.value for c in Charset], default=Charset.UTF_8.value)
    asking.filter_arguments(parser)


def run(args: argparse.Namespace, settings: Settings, connected: AbstractContextManager[str]) -> int:
    """Export, and say where it is; `connected` gives the database's address."""
    from logistics.rules.errors import InvalidValue
    from logistics.work import archives, epcis
    from logistics.work import asking as questions
    from logistics.work.audit_sources import Filters
    from logistics.work.exports import Format, Order
    from logistics.work.views import Charset

    given = asking.filters_given(args)
    questions.Question("entries", given).checked()
    base = (args.base or epcis.BASE).rstrip("/")
    if not base.startswith("https://") or any(c.isspace() for c in base):
        raise InvalidValue("base", "is no https address")
    order = Order(
        by=args.by,
        purpose=args.purpose,
        approval=args.approval,
        approved=args.approved,
        format=Format(args.format),
        filters=Filters(**given) if given else None,
        charset=Charset(args.charset),
        base=base,
    )
    encrypted = args.out.suffix == ARCHIVE
    password = _password(args.password_file) if encrypted else None
    if password is not None:
        archives.checked(password)
    with connected as url:
        if password is None:
            asyncio.run(_write(url, settings, args.out, order))
        else:
            with tempfile.TemporaryDirectory(
                prefix="logistics-export-", dir=args.out.absolute().parent
            ) as home:
                inside = Path(
                    home, args.out.stem + ("" if order.format is Format.EVIDENCE else _ENDS[args.format])
                )
                asyncio.run(_write(url, settings, inside, order))
                archives.encrypt(inside, args.out, password)
    print(f"Wrote {args.out}.")
    if password is not None and args.password_file is None:
        print(f"Password, to be handed over by another way than the archive: {password}")
    if order.format is Format.EVIDENCE:
        print(
            f"Anybody can check it{' once unpacked' if encrypted else ''}: logistics verify {args.out.with_suffix('') if encrypted else args.out}"
        )
    return 0


_ENDS = {"epcis": ".jsonld", "csv": ".csv"}


def _password(file: Path | None) -> str:
    from logistics.work import archives

    if file is None:
        return archives.new_password()
    lines = file.read_text(encoding="utf-8").splitlines()
    return lines[0] if lines else ""


async def _write(url: str, settings: Settings, out: Path, order: Any) -> None:
    from logistics.work import exports

    database = Database(url)
    try:
        await exports.export_log(
            database, settings.signer_directory, out, order, settings.clock()(), progress=say
        )
    finally:
        await database.close()


def say(done: int, total: int) -> None:
    """How far it is, where somebody watches."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r{done:,} of {total:,} entries", end=end, file=sys.stderr, flush=True)
