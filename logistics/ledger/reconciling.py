"""Entries without a leaf that no window will see: left by a window, or brought by a dump with foreign transaction ids.

Also what somebody wrote beside the gate is found so; the watch is told of it.
"""

from __future__ import annotations

import asyncpg

from logistics.ledger.watching import Watch

# The log is gone through once in so many seconds, a slice of it every second: a long past makes no round wait.
RECONCILE_SECONDS = 300.0
SLICE_SECONDS = 1.0
LEAST_SLICE = 1_000
# Below every id that a row can have, also one that somebody wrote by hand.
NO_ID = -(2**63)
# So many ids are gone through in one statement where all of it is at once.
MOST_IDS = 500_000
# So many entries are given a leaf at a time.
MOST_LEAVES = 20_000

# Rows below the horizon, and rows whose transaction id this server has not given out yet: those came by a dump. Which
# have no leaf is told by two indexes alone.
_LEFT_OVER = """
WITH without AS MATERIALIZED (
    SELECT id FROM entry
    WHERE id > $3 AND id <= $4 AND NOT EXISTS (SELECT FROM leaf WHERE leaf.entry = entry.id)
)
SELECT entry.id, entry.hash
FROM without
JOIN entry USING (id)
WHERE entry.xid < $1::text::xid8 OR entry.xid >= pg_snapshot_xmax(pg_current_snapshot())
ORDER BY entry.id
LIMIT $2
"""

_LAST = "SELECT COALESCE(max(id), 0) FROM entry"
_SIZE = "SELECT COALESCE(max(leaf_index) + 1, 0) FROM leaf"

_ASSIGN = """
INSERT INTO leaf (leaf_index, entry, hash)
SELECT $1 + place - 1, entry, hash
FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY AS added (entry, hash, place)
"""


class Reconciler:
    """Gives leaves to what has none, on the leader's connection; each step may be killed and repeated."""

    def __init__(self, connection: asyncpg.Connection, watch: Watch) -> None:
        self._connection = connection
        self._watch = watch
        # Up to which id the pass that is under way has come.
        self._gone_through = 0

    async def all(self, horizon: str, passed: str) -> int:
        """Give leaves in the whole log, to transactions below `horizon`; how many. Windows have `passed` those below."""
        last: int = await self._connection.fetchval(_LAST)
        found = 0
        for after in range(0, max(last, 1), MOST_IDS):
            found += await self._take_up(after or NO_ID, after + MOST_IDS, horizon, passed)
        return found

    async def go_on(self, passed: str) -> int:
        """Give leaves in the next slice of the log, to what the windows have passed; how many."""
        last: int = await self._connection.fetchval(_LAST)
        after = 0 if self._gone_through >= last else self._gone_through
        self._gone_through = after + max(LEAST_SLICE, int(last * SLICE_SECONDS / RECONCILE_SECONDS))
        return await self._take_up(after or NO_ID, self._gone_through, passed, passed)

    async def _take_up(self, after: int, upto: int, horizon: str, passed: str) -> int:
        found = 0
        while True:
            async with self._connection.transaction():
                rows = await self._connection.fetch(_LEFT_OVER, horizon, MOST_LEAVES, after, upto)
                if rows:
                    await self._watch.look_at([row["id"] for row in rows], passed)
                    size = await self._connection.fetchval(_SIZE)
                    ids, hashes = [row["id"] for row in rows], [row["hash"] for row in rows]
                    await self._connection.execute(_ASSIGN, size, ids, hashes)
                    after = ids[-1]
            found += len(rows)
            if len(rows) < MOST_LEAVES:
                return found
