"""`python -m tests.year OUT [--scale 0.05]`: play the contract year, add it up, write year.json and its papers.

It ends with one line, OK or BAD; 0 if every card, every day and every report is right.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import asyncpg

from logistics.store.database import Database
from logistics.store.migrate import migrate
from logistics.store.server import OWNER, SERVICE, Server, running
from seed.load import load
from tests.sessions import admit_everybody
from tests.year.plan import Plan
from tests.year.playing import Played, Year
from tests.year.recount import Recount, recount
from tests.year.stage import staged
from tests.year.summary import verdict, write

NAME = "contract_year"
# From this scale on every place counts and closes every day.
DAILY = Fraction(1, 20)


def main() -> int:
    """Play the year; 0 if it is right."""
    parser = argparse.ArgumentParser(prog="python -m tests.year", description=__doc__)
    parser.add_argument("out", type=Path, help="where the papers and year.json go")
    parser.add_argument(
        "--scale", type=Fraction, default=DAILY, help="of the contract's counts; 1 is all of them"
    )
    parser.add_argument(
        "--daily",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="count and close every place every day, else on the last day of each month",
    )
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    daily = asked.scale >= DAILY if asked.daily is None else asked.daily
    plan = Plan(asked.scale)
    # Not below the directory of the user: root's server runs as another account, which has to get there.
    with tempfile.TemporaryDirectory(prefix="logistics-year-") as home, running(Path(home)) as server:
        server.create_database(NAME)
        # What a power cut would lose here can be played again; that nothing is lost is shown elsewhere.
        server.psql(f"ALTER DATABASE {NAME} SET synchronous_commit = off")
        try:
            played, found, requests = asyncio.run(_play(server, Path(home), plan, asked.out, daily))
        except AssertionError as failure:
            print(f"BAD the play stopped: {failure}", flush=True)
            return 1
    write(asked.out, plan, played, found, requests, daily)
    for fault in found.faults[:40]:
        print(f"  {fault}")
    print(verdict(plan, found), flush=True)
    return 1 if found.faults else 0


async def _play(
    server: Server, home: Path, plan: Plan, out: Path, daily: bool
) -> tuple[Played, Recount, int]:
    await migrate(server.url(NAME))
    owner = Database(server.url(NAME))
    async with owner.begin() as session:
        await load(session)
    await admit_everybody(owner)
    await owner.close()
    database = Database(server.url(NAME, SERVICE), pool_size=16)
    try:
        async with staged(database, plan, out, home / "signer") as stage:
            played = await Year(stage, lambda line: print(line, flush=True), daily).play()
            requests = stage.transport.requests
    finally:
        await database.close()
    connection = await asyncpg.connect(host=str(server.socket_dir), user=OWNER, database=NAME)
    try:
        return played, await recount(connection, plan, played), requests
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
