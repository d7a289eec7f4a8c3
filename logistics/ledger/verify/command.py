"""`logistics verify EXPORT`: the verdict in words, and as an exit code.

`python -m logistics.ledger.verify EXPORT` is the same, for a machine that has no more than this package, msgspec
and cryptography.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

VERIFIED, NOT_VERIFIED, UNREADABLE = 0, 1, 2
LARGEST_ARGUMENT = 1 << 20
LONGEST_SHOWN = 4_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command is told."""
    parser.add_argument(
        "export",
        nargs="?",
        type=Path,
        metavar="EXPORT",
        help="the directory of the export; without one, the live log is verified where its service runs",
    )
    parser.add_argument(
        "--vkey",
        metavar="KEY",
        help="the verifier key you trust, as printed, or a file with it; never the export's",
    )
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="the note of a printed checkpoint; may be given again",
    )


class Verdict(Protocol):
    """What verifying came to; its text says it in words."""

    @property
    def verified(self) -> bool: ...


def run(args: argparse.Namespace) -> int:
    """Verify an export offline: 0 verified, 1 not verified, 2 nothing that could be judged."""
    # Imported here: the operator's command builds its help from `arguments` alone.
    from logistics.ledger.verify.check import verify_export
    from logistics.ledger.verify.report import Unreadable

    def verify(vkey: str | None, papers: list[str]) -> Verdict:
        if args.export is None:
            raise Unreadable(
                "name the directory of an export; the live log is verified by the service's own command"
            )
        return verify_export(args.export, vkey, papers)

    return judge(args, verify)


def judge(args: argparse.Namespace, verify: Callable[[str | None, list[str]], Verdict]) -> int:
    """Print the verdict that `verify` comes to with the trusted key and the notes given, and turn it into an exit code."""
    from logistics.ledger.verify.report import Unreadable

    try:
        vkey = None if args.vkey is None else _key_text(args.vkey)
        report = verify(vkey, [_text(path) for path in args.checkpoint])
    except (Unreadable, OSError, UnicodeError) as failure:
        print(_harmless(f"logistics verify: {failure}"), file=sys.stderr)
        return UNREADABLE
    print(_harmless(str(report)))
    return VERIFIED if report.verified else NOT_VERIFIED


def _harmless(text: str) -> str:
    """The text with nothing in it that a terminal would act upon: some of it is the export's own."""
    shown = "".join(c if c.isprintable() or c == "\n" else "?" for c in text[:LONGEST_SHOWN])
    return shown.encode("ascii", "backslashreplace").decode()


def _key_text(argument: str) -> str:
    """The key itself has plus signs and no file of that name; anything else is a file."""
    path = Path(argument)
    return argument if argument.count("+") >= 2 and not _exists(path) else _text(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(LARGEST_ARGUMENT).decode()
