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

from tests.bench import counting, custody, dispatching, growth, japan, ledger, paper, reporting, scans
from tests.bench.measuring import Row, as_json, table
from tests.bench.setting import Size, Stage, stage
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
    "count-10000": counting.ten_thousand,
    "paper-30": paper.thirty,
    "paper-300": paper.three_hundred,
    "log-cost": scans.log_cost,
    "log": ledger.log,
    "signed": ledger.signed,
}
# Named to be run: they take minutes.
LONG: dict[str, Callable[[Stage], Awaitable[list[Row]]]] = {
    "growth": growth.curve,
    "japan": japan.busiest_hour,
    "log-million": ledger.million,
    "reports": reporting.of_months,
}


def main() -> None:
    """Measure what was asked for."""
    arguments = _parser().parse_args()
    # A few people ask here as fast as the service can answer, which at work nobody may.
    os.environ.setdefault("REQUESTS_PER_SECOND", "1000000")
    started = time.monotonic()
    rows = uvloop.run(_measure(arguments))
    print(table(rows))
    print(
        f"\n{time.monotonic() - started:.0f} s; medians in turn; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    OUTPUT.parent.mkdir(exist_ok=True)
    said = {"machine": platform.platform(), "cores": os.cpu_count(), "rows": [as_json(row) for row in rows]}
    OUTPUT.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


async def _measure(asked: argparse.Namespace) -> list[Row]:
    names = asked.only or list(PATHS)
    size = Size(QUICK_ROUNDS if asked.quick else ROUNDS, asked.quick, asked.entries, asked.minutes)

    def furnish(world: World) -> None:
        if names != ["japan"]:
            scans.furnish(world, size.rounds)
            dispatching.furnish(world, size.rounds)
        if "japan" in names:
            japan.furnish(world, size.minutes)

    rows: list[Row] = []
    async with stage(furnish, size) as set_up:
        for name in names:
            rows += await (PATHS | LONG)[name](set_up)
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, within a minute")
    parser.add_argument(
        "--entries",
        type=int,
        default=1_000_000,
        help="how far `growth` goes; 10000000 takes an hour and 20 GB",
    )
    parser.add_argument("--minutes", type=int, default=10, help="how long `japan` lasts")
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
