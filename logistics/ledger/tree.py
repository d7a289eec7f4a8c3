"""The Merkle tree as rows: leaves, and the complete subtrees of 256 that proofs read instead of all leaves."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from logistics.ledger import merkle
from logistics.ledger.merkle import Read, Span

_LEAVES = "SELECT hash FROM leaf WHERE leaf_index >= $1 AND leaf_index < $2 ORDER BY leaf_index"
_NODES = 'SELECT hash FROM node WHERE level = $3 AND "index" >= $1 AND "index" < $2 ORDER BY "index"'

_STORE = """
INSERT INTO node (level, index, hash)
SELECT $1, $2 + place - 1, hash
FROM unnest($3::bytea[]) WITH ORDINALITY AS added (hash, place)
ON CONFLICT DO NOTHING
"""


async def edge(connection: asyncpg.Connection, size: int) -> merkle.Edge:
    """The right edge of the tree of `size`, from its rows. Raises merkle.Unavailable."""
    spans, first = [], 0
    while first < size:
        width = 1 << (size - first).bit_length() - 1
        spans.append(Span(first, first + width))
        first += width
    return merkle.Edge(size, await proof(connection, spans))


async def proof(connection: asyncpg.Connection, spans: Iterable[Span]) -> list[bytes]:
    """The hash of each span: a proof, or part of one. Raises merkle.Unavailable."""
    asked = list(spans)
    rows: dict[Read, list[bytes]] = {
        wanted: await _rows(connection, wanted.level, wanted.first, wanted.count)
        for wanted in merkle.reads(asked)
    }
    return merkle.hashes(asked, lambda level, first, count: rows[Read(level, first, count)])


async def store_nodes(connection: asyncpg.Connection, old: int, new: int) -> None:
    """Store the subtrees that became complete as the tree grew from `old` to `new` leaves."""
    for below, level in zip(merkle.LEVELS, merkle.LEVELS[1:], strict=False):
        first, end = old >> level, new >> level
        if first == end:
            return
        bits = merkle.WIDTH_BITS
        hashes = await _rows(connection, below, first << bits, (end - first) << bits)
        await connection.execute(_STORE, level, first, merkle.parents(hashes))


async def _rows(connection: asyncpg.Connection, level: int, first: int, count: int) -> list[bytes]:
    rows = (
        await connection.fetch(_NODES, first, first + count, level)
        if level
        else await connection.fetch(_LEAVES, first, first + count)
    )
    return [row["hash"] for row in rows]
