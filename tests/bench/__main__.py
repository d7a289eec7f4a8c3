"""`python -m tests.bench`: measure, print the table, write build/bench.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from tests.bench import custody, dispatching, growth, ledger, paper, scans
from tests.bench.measuring import Row, as_json, table
from tests.bench.setting import Stage, stage
from tests.bench.world import World

OUTPUT = Path("build/bench.json")
ROUNDS, QUICK_ROUNDS = 5, 3

PATHS: dict[str, Callable[[Stage], Awaitable[list[Row]]]] = {
    "steady": scans.steady,
    "single": scans.single,
    "fifty": scans.fifty,
    "five-hundred": scans.five_hundred,
    "dispatch-300": dispatching.three_hundred,
    "dispatch-900": dispatching.nine_hundred,
    "custody": custody.one_card,
    "paper-30": paper.thirty,
    "paper-300": paper.three_hundred,
    "log-cost": scans.log_cost,
    "log": ledger.log,
    "signed": ledger.signed,
}
# Named to be run: they take minutes.
LONG: dict[str, Callable[[Stage], Awaitable[list[Row]]]] = {
    "growth": growth.curve,
    "log-million": ledger.million,
}


def main() -> None:
    """Measure what was asked for."""
    arguments = _parser().parse_args()
    started = time.monotonic()
    rows = uvloop.run(_measure(arguments.only or list(PATHS), quick=arguments.quick))
    print(table(rows))
    print(
        f"\n{time.monotonic() - started:.0f} s; medians in turn; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    OUTPUT.parent.mkdir(exist_ok=True)
    said = {"machine": platform.platform(), "cores": os.cpu_count(), "rows": [as_json(row) for row in rows]}
    OUTPUT.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


async def _measure(names: list[str], *, quick: bool) -> list[Row]:
    rounds = QUICK_ROUNDS if quick else ROUNDS

    def furnish(world: World) -> None:
        scans.furnish(world, rounds)
        dispatching.furnish(world, rounds)

    rows: list[Row] = []
    async with stage(furnish, rounds, quick=quick) as set_up:
        for name in names:
            rows += await (PATHS | LONG)[name](set_up)
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, within a minute")
    parser.add_argument(
        "--only",
        action="append",
        choices=PATHS | LONG,
        metavar="NAME",
        help=f"one of {', '.join(PATHS | LONG)}",
    )
    return parser


if __name__ == "__main__":
    main()
