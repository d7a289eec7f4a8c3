"""`python -m tests.accidents OUT`: play the accidents, print the table, write accidents.json into OUT."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from logistics.store.database import Database
from logistics.store.migrate import migrate
from logistics.store.server import Server, running
from seed.load import load
from tests.accidents.cases import ACCIDENTS
from tests.accidents.stage import scene
from tests.accidents.table import Played, gap, markdown, rows
from tests.sessions import admit_everybody

TEMPLATE = "template_accidents"


def main() -> int:
    """Play all of them; 0 if each was noticed as it should be."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    # Not below the directory of the user: root's server runs as another account, which has to get there.
    with tempfile.TemporaryDirectory(prefix="logistics-accidents-") as home, running(Path(home)) as server:
        server.create_database(TEMPLATE)
        asyncio.run(_fill(server.url(TEMPLATE)))
        played = asyncio.run(play(server, TEMPLATE))
    print("\n" + markdown(played))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(rows(played), ensure_ascii=False, indent=2)
        (out / "accidents.json").write_text(text + "\n", encoding="utf-8")
    return 0


async def play(server: Server, template: str) -> list[Played]:
    """Every accident on a database of its own, in order."""
    played: list[Played] = []
    for accident in ACCIDENTS:
        async with scene(server, template) as at:
            noticed = await accident.play(at)
        played.append((accident, noticed))
        print(
            f"{accident.number:>2} {accident.name:<24} {gap(noticed):>8}  {noticed.last_sighting}", flush=True
        )
    return played


async def _fill(url: str) -> None:
    await migrate(url)
    database = Database(url)
    async with database.begin() as session:
        await load(session)
    await admit_everybody(database)
    await database.close()


if __name__ == "__main__":
    sys.exit(main())
