"""The log read again from its first entry, slice by slice, against everything that was ever signed of it.

What was sequenced yesterday can be altered today by whoever has the rights of a superuser. One pass computes every
leaf, every stored subtree and every signed root again from the bodies, and compares the copies beside them.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import asyncpg

from logistics.ledger import merkle
from logistics.ledger.canonical import leaf_hash
from logistics.ledger.copies import first_differing
from logistics.ledger.notes import Checkpoint, NoteRefused, Verifier, open_checkpoint

# Read at a time: as many as take about so long, for nothing else happens on the connection meanwhile.
LEAST_ROWS, MOST_ROWS = 10, 500
STRETCH_SECONDS = 0.02

_LEAVES = """
SELECT leaf.leaf_index, leaf.hash AS leaf, entry.hash, entry.body
FROM leaf
LEFT JOIN entry ON entry.id = leaf.entry
WHERE leaf.leaf_index >= $1 AND leaf.leaf_index < $2
ORDER BY leaf.leaf_index
"""
_NODES = """
SELECT level, "index", hash
FROM node
WHERE (level = 8 AND "index" >= $1 >> 8 AND "index" < $2 >> 8)
   OR (level = 16 AND "index" >= $1 >> 16 AND "index" < $2 >> 16)
   OR (level = 24 AND "index" >= $1 >> 24 AND "index" < $2 >> 24)
"""
_CHECKPOINTS = "SELECT size, root, note FROM checkpoint WHERE size > $1 AND size <= $2 ORDER BY size"


class What(StrEnum):
    """What can be wrong with a log."""

    ROW = "row hash"
    TREE = "tree"
    SIGNATURE = "signature"
    SIGNER = "signer's memory"
    PAPER = "checkpoint given"
    CUSTODY = "custody"
    COPIES = "copies"
    BESIDE = "beside the sequencer"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong; `entry` is the first entry concerned, counted from 0, where one can be named."""

    what: What
    why: str
    entry: int | None = None

    def __str__(self) -> str:
        return f"{self.what}: {'' if self.entry is None else f'entry {self.entry}: '}{self.why}"


@dataclass(frozen=True, slots=True)
class Known:
    """A size and root that the log must have had, and who says so."""

    what: What
    size: int
    root: bytes


@dataclass(slots=True)
class Pass:
    """One reading of the first `size` entries. `found` has the first finding of each kind.

    `known` are checkpoints from outside the database; `each` hears every body that is what was hashed.
    """

    connection: asyncpg.Connection
    size: int
    key: Verifier
    origin: str
    known: Sequence[Known] = ()
    each: Callable[[int, str], None] = lambda _index, _body: None
    found: dict[What, Finding] = field(default_factory=dict)
    checkpoints: int = 0
    _rows: int = LEAST_ROWS
    _edge: merkle.Edge = field(default_factory=merkle.Edge)
    # Hashes of each stored level that do not make one of the next yet.
    _tiles: dict[int, list[bytes]] = field(default_factory=lambda: {level: [] for level in merkle.LEVELS})

    @property
    def read(self) -> int:
        """How many entries have been read."""
        return self._edge.size

    @property
    def done(self) -> bool:
        return self._edge.size >= self.size

    async def go_on(self, count: int, seconds: float = math.inf) -> None:
        """Read the next `count` entries, or what can be read in so long, in stretches between which others may run."""
        end = min(self.read + count, self.size)
        until = time.monotonic() + seconds
        while self.read < end and (began := time.monotonic()) < until:
            first = self.read
            await self._stretch(min(first + self._rows, end))
            pace = (self.read - first) / (time.monotonic() - began)
            self._rows = min(max(int(pace * STRETCH_SECONDS), LEAST_ROWS), MOST_ROWS)
            await asyncio.sleep(0)

    async def begin(self) -> None:
        """Look whether anything was signed of more entries than there are: then the end was cut off."""
        last = await self.connection.fetchval("SELECT COALESCE(max(size), 0) FROM checkpoint")
        for known in (*self.known, Known(What.TREE, last, b"")):
            if known.size > self.size:
                why = f"{known.size} entries were signed, {self.size} are there: the end is missing"
                self.note(known.what, why, self.size)

    def note(self, what: What, why: str, entry: int | None = None) -> None:
        """Keep the first finding of each kind."""
        self.found.setdefault(what, Finding(what, why, entry))

    async def _stretch(self, end: int) -> None:
        first = self.read
        rows = {row["leaf_index"]: row for row in await self.connection.fetch(_LEAVES, first, end)}
        checkpoints = await self.connection.fetch(_CHECKPOINTS, first, end)
        # Signatures take long to verify, and where entries were few there is one for nearly each of them.
        signed = await asyncio.to_thread(self._signed, checkpoints)
        roots = sorted([*signed, *(k for k in self.known if first < k.size <= end)], key=lambda k: k.size)
        at = 0
        nodes: dict[tuple[int, int], bytes] = {}
        for index in range(first, end):
            leaf = self._leaf(index, rows.get(index))
            self._edge.append(leaf)
            self._grow(index, leaf, nodes)
            while at < len(roots) and roots[at].size == index + 1:
                self._compare(roots[at])
                at += 1
        await self._compare_nodes(first, end, nodes)
        differing = await first_differing(self.connection, first, end)
        if differing is not None:
            self.note(What.COPIES, f"{differing[1]} are not what its body says", differing[0])

    def _leaf(self, index: int, row: Any) -> bytes:
        """The leaf as the body gives it, or what stands in for one that is not there."""
        if row is None or row["body"] is None:
            self.note(What.TREE, "it is missing" if row else "its leaf is missing", index)
            return bytes(merkle.HASH_BYTES)
        leaf = leaf_hash(row["body"])
        if leaf != row["hash"]:
            self.note(What.ROW, "its body is not what the hash beside it was made from", index)
        if leaf != row["leaf"]:
            self.note(What.TREE, "its body is not what was sequenced", index)
        else:
            self.each(index, row["body"])
        return leaf

    def _grow(self, index: int, leaf: bytes, nodes: dict[tuple[int, int], bytes]) -> None:
        """Keep the subtrees that become complete with this leaf."""
        value, number = leaf, index
        for below, level in zip(merkle.LEVELS, merkle.LEVELS[1:], strict=False):
            self._tiles[below].append(value)
            if len(self._tiles[below]) < 1 << merkle.WIDTH_BITS:
                return
            value = merkle.parents(self._tiles[below])[0]
            self._tiles[below].clear()
            number >>= merkle.WIDTH_BITS
            nodes[level, number] = value

    async def _compare_nodes(self, first: int, end: int, nodes: dict[tuple[int, int], bytes]) -> None:
        if not nodes:
            return
        stored = {
            (row["level"], row["index"]): row["hash"]
            for row in await self.connection.fetch(_NODES, first, end)
        }
        for key, value in nodes.items():
            if stored.get(key) != value:
                level, number = key
                self.note(What.TREE, "a stored subtree that begins with it is not its own", number << level)

    def _signed(self, rows: Sequence[Any]) -> list[Known]:
        """What the stored checkpoints say; noted if the key has not signed that, or not said so."""
        self.checkpoints += len(rows)
        for row in rows:
            try:
                said = open_checkpoint(row["note"], [self.key])
            except NoteRefused as refusal:
                self.note(What.SIGNATURE, f"the checkpoint of {row['size']} entries: {refusal}")
                continue
            if said != Checkpoint(self.origin, row["size"], row["root"]):
                self.note(
                    What.SIGNATURE, f"the checkpoint of {row['size']} entries is not what its note says"
                )
        return [Known(What.TREE, row["size"], row["root"]) for row in rows]

    def _compare(self, known: Known) -> None:
        if self._edge.root() == known.root:
            return
        why = f"the first {known.size} entries are not those that were signed"
        self.note(known.what, f"{why}: altered, or another history (a fork)")
