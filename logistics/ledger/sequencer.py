"""The sequencer: gives committed entries their place in the tree, recomputes, has the tree signed.

One leader at a time, by an advisory lock. A round takes the window of transactions that are surely over: ids
below the oldest transaction still running. Polling "id greater than the last" would lose rows that commit late.
Every step can be killed and repeated: leaves are contiguous by key, checkpoints are signed for what is stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from logistics.ledger import merkle, reconciling, tree, watching
from logistics.ledger.canonical import leaf_hash
from logistics.ledger.notes import NoteRefused
from logistics.ledger.reconciling import Reconciler
from logistics.ledger.signer import Signer, SigningRefused, known_vkey
from logistics.ledger.watching import Watch
from logistics.store.database import Database

LEADER_LOCK = 7_346_002
ROUND_SECONDS = 0.25
# Somebody else leads; look again.
FOLLOW_SECONDS = 1.0
MOST_LEAVES = 20_000
# Hashing these takes some milliseconds, for which nothing else of the process runs.
MOST_HASHED = 2_000
# Beside the signer's memory: why the leader signs no more, for the processes that follow it.
ALARM_FILE = "alarm"
# A checkpoint a second at most: from commit to signature stays well below two.
SIGN_SECONDS = 1.0

log = structlog.get_logger("sequencer")

_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"

# The transactions between two horizons, which are over; one statement, so that nothing goes to and fro.
_WINDOW = """
INSERT INTO leaf (leaf_index, entry, hash)
SELECT (SELECT COALESCE(max(leaf_index) + 1, 0) FROM leaf) + row_number() OVER (ORDER BY id) - 1, id, hash
FROM (
    SELECT entry.id, entry.hash
    FROM entry
    LEFT JOIN leaf ON leaf.entry = entry.id
    WHERE entry.xid >= $1::text::xid8 AND entry.xid < $2::text::xid8 AND leaf.entry IS NULL
    ORDER BY entry.id
    LIMIT $3
) AS ended
"""

_STORED = """
SELECT leaf.leaf_index, leaf.hash, entry.body
FROM leaf
JOIN entry ON entry.id = leaf.entry
WHERE leaf.leaf_index >= $1
ORDER BY leaf.leaf_index
LIMIT $2
"""


class TreeDiffers(Exception):
    """What is stored is not what was hashed: an entry's body and its leaf disagree. Nothing is signed any more."""


# Why nothing is signed any more, until somebody has looked: the service goes on, the alarm is up.
UNSIGNED = (SigningRefused, TreeDiffers, merkle.Unavailable, NoteRefused)


class Sequencer:
    """Sequences the log of one database, or follows another process that does; both know the same.

    `alarm` says why nothing is being signed, where that is so. `vkey` verifies what is signed; None until a key is
    made.
    """

    def __init__(self, database: Database, signer_directory: Path, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.directory = signer_directory
        self._clock = clock
        self.alarm: str | None = None
        self.vkey: str | None = None

    async def run(self) -> None:
        """Lead whenever nobody else does, until cancelled; a lost connection is opened again."""
        while True:
            try:
                await self._lead()
            except UNSIGNED as failure:
                self._raise(str(failure))
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError) as failure:
                log.warning("sequencer lost its connection", error=type(failure).__name__)
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _lead(self) -> None:
        async with self._connection() as connection:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
                await self._follow(connection)
                await asyncio.sleep(FOLLOW_SECONDS)
            self.alarm = self._told()
            worker = await Worker.start(connection, self.directory, self._clock)
            self.vkey = worker.vkey
            await worker.reconcile()
            went_on = reread = 0.0
            while True:
                if time.monotonic() - went_on > reconciling.SLICE_SECONDS:
                    await worker.reconcile_on()
                    went_on = time.monotonic()
                await self._round(worker)
                if time.monotonic() - reread > watching.EVERY_SECONDS:
                    await worker.watch.go_on()
                    reread = time.monotonic()
                await asyncio.sleep(ROUND_SECONDS)

    async def _follow(self, connection: asyncpg.Connection) -> None:
        """Know what the leader knows, in case it is asked of this process."""
        self.alarm = self._told()
        if self.vkey is None:
            origin = await connection.fetchval("SELECT origin FROM log_identity")
            self.vkey = known_vkey(self.directory, origin)

    async def _round(self, worker: Worker) -> None:
        try:
            await worker.round()
        except UNSIGNED as refusal:
            self._raise(str(refusal))
        else:
            if worker.watch.distrusts is not None:
                self._raise(worker.watch.distrusts)
            elif self.alarm is not None:
                self.alarm = None
                (self.directory / ALARM_FILE).unlink(missing_ok=True)

    def _raise(self, reason: str) -> None:
        """Raise the alarm, here and in the processes that follow."""
        if self.alarm is None:
            log.critical("the log is not signed any more", reason=reason)
        if self.alarm != reason:
            self.alarm = reason
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.directory / ALARM_FILE).write_text(reason, encoding="utf-8")

    def _told(self) -> str | None:
        """The alarm that the leader has raised."""
        try:
            return (self.directory / ALARM_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    @contextlib.asynccontextmanager
    async def _connection(self) -> Any:
        async with self._database.engine.connect() as pooled:
            raw: asyncpg.Connection = (await pooled.get_raw_connection()).driver_connection
            await raw.execute("SET statement_timeout = 0")
            try:
                yield raw
            finally:
                # Not given back to the pool: the leader's lock lives as long as this connection.
                await pooled.invalidate()


class Worker:
    """The leader at work on one connection: assign, extend, sign. Each step may be killed and repeated."""

    def __init__(
        self, connection: asyncpg.Connection, signer: Signer, clock: Callable[[], datetime], edge: merkle.Edge
    ) -> None:
        self._connection = connection
        self._signer = signer
        self._clock = clock
        self._edge = edge
        self._published = edge.size
        self._horizon = "0"
        self._signed_at = 0.0
        # Whether leaves may have been stored that the edge has not grown by; those of a killed leader, to begin with.
        self._has_more = True
        self.watch = Watch(connection, signer)
        self._reconciler = Reconciler(connection, self.watch)

    @property
    def vkey(self) -> str:
        """The verifier key of what is signed."""
        return self._signer.vkey

    @classmethod
    async def start(
        cls, connection: asyncpg.Connection, directory: Path, clock: Callable[[], datetime]
    ) -> Worker:
        """Go on from the last checkpoint that is stored, with the tree's right edge as its rows give it."""
        origin = await connection.fetchval("SELECT origin FROM log_identity")
        last = await connection.fetchrow("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")
        edge = merkle.Edge() if last is None else await tree.edge(connection, last["size"])
        if last is not None and edge.root() != last["root"]:
            raise TreeDiffers(f"the stored tree of {last['size']} entries is not the one that was signed")
        return cls(connection, Signer(directory, origin), clock, edge)

    async def round(self) -> None:
        """Sequence what is surely committed, and have the tree signed if it grew. Raises SigningRefused, TreeDiffers."""
        await self.assign()
        if self._has_more:
            await self.extend()
        if self._edge.size > self._published and time.monotonic() - self._signed_at >= SIGN_SECONDS:
            await self.sign()

    async def reconcile(self) -> int:
        """Give a leaf to every entry that was left without one, whatever its transaction id; how many there were."""
        # Whatever is below this is over, and is seen by each statement from now on.
        horizon: str = await self._connection.fetchval(_HORIZON)
        found = await self._reconciler.all(horizon, self._horizon)
        self._has_more = self._has_more or found > 0
        self._horizon = horizon
        return found

    async def reconcile_on(self) -> int:
        """The same for the next slice of the log, of what the windows have passed over; after its end, from the start."""
        found = await self._reconciler.go_on(self._horizon)
        self._has_more = self._has_more or found > 0
        return found

    async def assign(self) -> None:
        """Give leaves to the entries of all transactions that ended since the last window, in entry order."""
        horizon: str = await self._connection.fetchval(_HORIZON)
        if horizon == self._horizon:
            return
        self._has_more = True
        done: str = await self._connection.execute(_WINDOW, self._horizon, horizon, MOST_LEAVES)
        if int(done.rpartition(" ")[2]) < MOST_LEAVES:
            self._horizon = horizon

    async def extend(self) -> None:
        """Recompute the stored leaves from the entries' bodies and grow the edge by them. Raises TreeDiffers."""
        while True:
            rows = await self._connection.fetch(_STORED, self._edge.size, MOST_HASHED)
            before = self._edge.size
            for row in rows:
                if row["leaf_index"] != self._edge.size or leaf_hash(row["body"]) != row["hash"]:
                    raise TreeDiffers(f"leaf {self._edge.size} is missing or is not the hash of its entry")
                self._edge.append(row["hash"])
            await tree.store_nodes(self._connection, before, self._edge.size)
            if len(rows) < MOST_HASHED:
                self._has_more = False
                return

    async def sign(self) -> None:
        """Have the tree signed as it stands, and publish the checkpoint. Raises SigningRefused."""
        size, root = self._edge.size, self._edge.root()
        before = self._signer.last()
        proof: list[bytes] = []
        if before is not None and 0 < before.size < size:
            proof = await tree.proof(self._connection, merkle.consistency_spans(before.size, size))
        note = await asyncio.to_thread(self._signer.sign, size, root, proof)
        await self._connection.execute(
            "INSERT INTO checkpoint (size, root, note, signed_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            size,
            root,
            note,
            self._clock(),
        )
        self._published, self._signed_at = size, time.monotonic()
