"""The log under watch: the running service reads what was signed again, for ever, and stops signing if it differs.

Whoever has a superuser's rights can alter an old entry. It is noticed within the time of a pass: half a minute while
the log is small, an hour while a tenth of a second in each reads a 3,600th of it, and longer only beyond. Signing stops, also after a restart, until somebody who may
has looked and said so (`logistics resume-signing`); if nothing was put right, the next pass stops it again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import asyncpg
import structlog

from logistics.ledger.notes import parse_vkey
from logistics.ledger.rereading import Known, Pass, What
from logistics.ledger.signer import Signer

EVERY_SECONDS = 1.0
# A whole pass takes no longer, unless that needed more than this part of every second.
PASS_SECONDS = 3_600.0
SHARE = 0.1
LEAST_ENTRIES = 500
# A small log is read again no sooner than so many seconds after the last pass began.
PAUSE_SECONDS = 30.0

log = structlog.get_logger("watch")

# Of these, what a window has passed over, or whose transaction this server has not begun yet.
_BESIDE = """
SELECT id
FROM entry
WHERE id = ANY ($1::bigint[])
  AND (xid < $2::text::xid8 OR xid >= pg_snapshot_xmax(pg_current_snapshot()))
ORDER BY id
LIMIT 100
"""


class Watch:
    """Reads on the leader's own connection, a slice at a time; what it finds makes the signer refuse."""

    def __init__(self, connection: asyncpg.Connection, signer: Signer) -> None:
        self._connection = connection
        self._signer = signer
        self._pass: Pass | None = None
        self._began = -PAUSE_SECONDS

    @property
    def distrusts(self) -> str | None:
        """Why nothing is signed, where what was signed is not what is stored."""
        return self._signer.distrusts()

    async def go_on(self) -> bool:
        """Read the next slice of what is sequenced again, and whether that ended a pass."""
        if self._pass is None and time.monotonic() - self._began < PAUSE_SECONDS:
            return False
        task = self._pass = self._pass or await self._begin()
        wanted = max(LEAST_ENTRIES, int(task.size * EVERY_SECONDS / PASS_SECONDS) + 1)
        await task.go_on(wanted, SHARE * EVERY_SECONDS)
        if task.found:
            self._distrust(str(next(iter(task.found.values()))))
        if not (task.found or task.done):
            return False
        self._pass = None
        return True

    async def look_at(self, rows: Sequence[int], horizon: str) -> None:
        """Whether entries without a leaf had been passed over: then they were not committed as entries are.

        `horizon` is the end of the last window; before the first, a restored dump is the reason and no fault.
        """
        if rows and horizon != "0":
            beside = await self._connection.fetch(_BESIDE, rows, horizon)
            if beside:
                self._distrust(f"row {beside[0]['id']} of the entries came in beside the sequencer")

    def _distrust(self, reason: str) -> None:
        if self._signer.distrusts() is None:
            log.critical("what was signed is not what is stored", finding=reason)
            self._signer.distrust(reason)

    async def _begin(self) -> Pass:
        """A pass over what is sequenced, with what the signer remembers of it."""
        self._began = time.monotonic()
        last = self._signer.last()
        known = [] if last is None else [Known(What.SIGNER, last.size, last.root)]
        size = await self._connection.fetchval("SELECT COALESCE(max(leaf_index) + 1, 0) FROM leaf")
        key = parse_vkey(self._signer.vkey)
        task = Pass(self._connection, size, key, self._signer.origin, known)
        await task.begin()
        return task
