"""One export or verification in a process of its own; prints how long it took and its largest memory, as JSON."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from logistics.ledger import live
from logistics.ledger.rereading import What
from logistics.ledger.verify.check import verify_export
from logistics.store.database import Database
from logistics.work import exports


def main(what: str, *arguments: str) -> None:
    """Do what is asked and say what it took."""
    # Verifying is nothing but computing; what else the machine does meanwhile is not its time.
    clock = time.process_time if what == "verify" else time.perf_counter
    started = clock()
    if what == "verify":
        report = verify_export(Path(arguments[0]))
        assert report.verified, str(report)
    else:
        asyncio.run(_export(*arguments) if what == "export" else _live(*arguments))
    seconds = clock() - started
    print(json.dumps([seconds, _peak_mb()]))


def _peak_mb() -> float:
    """The most memory that this program had; what `getrusage` says begins with the one that started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


async def _export(url: str, signer: str, out: str, form: str) -> None:
    database = Database(url)
    order = exports.Order(by="-", purpose="bench", approval="-", format=exports.Format(form))
    await exports.write(database, Path(signer), Path(out), order, datetime.now(UTC))
    await database.close()


async def _live(url: str, signer: str) -> None:
    database = Database(url)
    verdict = await live.verify(database, Path(signer))
    await database.close()
    # The cards of this log have no rows: only that is to be found.
    assert set(verdict.found) <= {What.COPIES}, str(verdict)


if __name__ == "__main__":
    main(*sys.argv[1:])
