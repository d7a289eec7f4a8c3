"""Exports of the custody log as evidence: the whole of it, or a selection with proofs. `verify.layout` says how.

Everything is streamed; the directory appears when it is complete, and not before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio.to_thread
import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger import merkle
from logistics.ledger.evidence import ExportRefused, Occasion, Writer
from logistics.ledger.proofs import Prover
from logistics.ledger.verify import layout
from logistics.ledger.verify.layout import (
    Manifest,
)
from logistics.store.database import driver

# Rows held at a time: some 5 MB of bodies.
CHUNK = 5_000

_HEAD = "SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1"

_WHOLE = """
SELECT leaf.leaf_index, leaf.hash, entry.body
FROM leaf
JOIN entry ON entry.id = leaf.entry
WHERE leaf.leaf_index >= $1 AND leaf.leaf_index < $2
ORDER BY leaf.leaf_index
"""

_SELECTED = """
SELECT leaf.leaf_index, leaf.hash, entry.body
FROM leaf
JOIN entry ON entry.id = leaf.entry
WHERE leaf.leaf_index = ANY ($1::bigint[])
ORDER BY leaf.leaf_index
"""

_INDEXES = """
SELECT COALESCE(array_agg(leaf_index ORDER BY leaf_index), '{}')
FROM leaf
WHERE entry = ANY ($1::bigint[]) AND leaf_index < $2
"""

_CHECKPOINTS = "SELECT size, note FROM checkpoint WHERE size <= $1 ORDER BY size"

_SOME_CHECKPOINTS = """
SELECT size, note
FROM checkpoint
WHERE size = ANY ($2::bigint[])
   OR size IN (SELECT max(size) FROM checkpoint
               WHERE size <= $1
               GROUP BY (signed_at AT TIME ZONE 'Asia/Tokyo')::date)
ORDER BY size
"""

_DOCUMENTS = """
SELECT printed.document AS number, printed.copy_number, printed.sha256, leaf.leaf_index
FROM document_print AS printed
JOIN leaf ON leaf.entry = printed.entry
WHERE leaf.leaf_index < $1 AND ($2::bigint[] IS NULL OR printed.entry = ANY ($2))
ORDER BY leaf.leaf_index, printed.document, printed.copy_number
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Some entries, by row id, that answer a question. `checkpoints` are sizes that papers in hand carry."""

    question: str
    entries: Sequence[int]
    checkpoints: Collection[int] = ()


async def export(
    session: AsyncSession,
    out: Path,
    occasion: Occasion,
    vkey: str,
    *,
    selection: Selection | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Manifest:
    """Write the log up to its last checkpoint, or a selection of it, to the directory `out`, which must be new.

    `session` sees one moment (`Database.read`). `progress` hears how many entries of how many are written.
    Raises ExportRefused; merkle.Unavailable if the rows of the tree have been damaged.
    """
    connection = await driver(session)
    head = await connection.fetchrow(_HEAD)
    if head is None:
        raise ExportRefused("nothing in the log is signed yet: wait for its first checkpoint")
    with Writer(out, whole=selection is None) as writer:
        writer.put(layout.VKEY, f"{vkey}\n")
        writer.put(layout.CHECKPOINT, head["note"])
        task = _Task(connection, writer, head["size"], progress)
        await (task.whole() if selection is None else task.selection(selection))
        question = None if selection is None else selection.question
        return await anyio.to_thread.run_sync(partial(writer.finish, occasion, question, head["note"]))


class _Task:
    """One export of the tree of `size` on its way from the connection to the writer."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        writer: Writer,
        size: int,
        progress: Callable[[int, int], None],
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._size = size
        self._progress = progress

    async def whole(self) -> None:
        for first in range(0, self._size, CHUNK):
            end = min(first + CHUNK, self._size)
            rows = await self._connection.fetch(_WHOLE, first, end)
            await anyio.to_thread.run_sync(self._writer.entries, rows)
            self._progress(end, self._size)
        await self._documents(None)
        async for rows in self._rows(_CHECKPOINTS, self._size):
            await anyio.to_thread.run_sync(self._writer.checkpoints, rows)

    async def selection(self, selection: Selection) -> None:
        entries = list(dict.fromkeys(selection.entries))
        indexes: list[int] = await self._connection.fetchval(_INDEXES, entries, self._size)
        if len(indexes) != len(entries):
            raise ExportRefused(
                f"{len(entries) - len(indexes)} of the entries are not under a checkpoint: wait for the next"
            )
        prover = Prover(self._connection, self._size)
        for at in range(0, len(indexes), CHUNK):
            chosen = indexes[at : at + CHUNK]
            rows = await self._connection.fetch(_SELECTED, chosen)
            await anyio.to_thread.run_sync(self._writer.entries, rows)
            self._writer.proofs(await prover.inclusions(chosen))
            self._progress(at + len(chosen), len(indexes))
        await self._documents(entries)
        await self._some_checkpoints(prover, list(selection.checkpoints))

    async def _some_checkpoints(self, prover: Prover, asked: list[int]) -> None:
        rows = await self._connection.fetch(_SOME_CHECKPOINTS, self._size, asked)
        sizes = [row["size"] for row in rows]
        if unknown := sorted(set(asked) - set(sizes)):
            raise ExportRefused(f"there is no checkpoint of {unknown} entries: look at the paper again")
        self._writer.checkpoints(rows)
        for old, new in pairwise(sizes):
            proof = await prover.hashes(merkle.consistency_spans(old, new))
            self._writer.consistency(old, new, proof)

    async def _documents(self, entries: list[int] | None) -> None:
        async for rows in self._rows(_DOCUMENTS, self._size, entries):
            self._writer.documents(rows)

    async def _rows(self, query: str, *arguments: Any) -> AsyncIterator[list[Any]]:
        cursor = await self._connection.cursor(query, *arguments)
        while rows := await cursor.fetch(CHUNK):
            yield rows
