"""Many proofs of one tree, read from its rows from left to right: 256 rows at a time, each hashed once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import asyncpg

from logistics.ledger import merkle
from logistics.ledger.merkle import Span, Unavailable

WIDTH = 1 << merkle.WIDTH_BITS
# A tile with its inner nodes takes some 50 kB.
MOST_TILES = 256

_LEAVES = """
SELECT wanted.tile, array_agg(leaf.hash ORDER BY leaf.leaf_index) AS hashes
FROM unnest($1::bigint[]) AS wanted (tile)
JOIN leaf ON leaf.leaf_index >= wanted.tile * 256 AND leaf.leaf_index < LEAST(wanted.tile * 256 + 256, $2)
GROUP BY wanted.tile
"""
_NODES = """
SELECT array_agg(hash ORDER BY "index")
FROM node
WHERE level = $1 AND "index" >= $2 AND "index" < $3
"""


class Prover:
    """Proves leaves of the tree of `size`, and growth up to it. Ascending indexes are quickest."""

    def __init__(self, connection: asyncpg.Connection, size: int) -> None:
        self._connection = connection
        self._size = size
        # (level, index) of 256 neighbours -> all complete subtrees in them, by level above their own.
        self._tiles: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()
        # Spans that end where the tree does are made of many subtrees, and most proofs share them.
        self._ragged: dict[Span, bytes] = {}
        self._above: tuple[int, list[bytes]] = (-1, [])

    async def inclusion(self, index: int) -> list[bytes]:
        """The proof of leaf `index`. Raises Unavailable."""
        tile = index // WIDTH
        if (tile + 1) * WIDTH > self._size:
            return await self.hashes(merkle.inclusion_spans(index, self._size))
        if self._above[0] != tile:
            spans = merkle.inclusion_spans(index, self._size)[merkle.WIDTH_BITS :]
            self._above = tile, await self.hashes(spans)
        levels = await self._tile(0, tile)
        at = index % WIDTH
        siblings = [levels[up][at >> up ^ 1] for up in range(merkle.WIDTH_BITS)]
        return siblings + self._above[1]

    async def hashes(self, spans: Iterable[Span]) -> list[bytes]:
        """The hash of each span. Raises Unavailable."""
        return [await self._hash(span) for span in spans]

    async def inclusions(self, indexes: Iterable[int]) -> list[tuple[int, list[bytes]]]:
        """The proof of each of ascending `indexes`, with it. Raises Unavailable."""
        by_tile: dict[int, list[int]] = {}
        for index in indexes:
            by_tile.setdefault(index // WIDTH, []).append(index)
        tiles, proofs = list(by_tile), []
        for at in range(0, len(tiles), MOST_TILES // 2):
            together = tiles[at : at + MOST_TILES // 2]
            for row in await self._connection.fetch(_LEAVES, together, self._size):
                self._keep((0, row["tile"]), row["hashes"])
            proofs += [(index, await self.inclusion(index)) for tile in together for index in by_tile[tile]]
        return proofs

    async def _hash(self, span: Span) -> bytes:
        if (known := self._ragged.get(span)) is not None:
            return known
        result = merkle.folded([await self._node(level, index) for level, index in merkle.subtrees(span)])
        if span.end == self._size:
            self._ragged[span] = result
        return result

    async def _node(self, level: int, index: int) -> bytes:
        below = min(level // merkle.WIDTH_BITS * merkle.WIDTH_BITS, merkle.LEVELS[-1])
        up = level - below
        levels = await self._tile(below, index << up >> merkle.WIDTH_BITS)
        at = index & (WIDTH >> up) - 1
        if up >= len(levels) or at >= len(levels[up]):
            raise Unavailable(f"the tree lacks rows below its subtree {index} of level {level}")
        return levels[up][at]

    async def _tile(self, level: int, tile: int) -> list[list[bytes]]:
        key = level, tile
        if key in self._tiles:
            self._tiles.move_to_end(key)
            return self._tiles[key]
        first, end = tile * WIDTH, min((tile + 1) * WIDTH, self._size >> level)
        if level:
            rows = await self._connection.fetchval(_NODES, level, first, end)
        else:
            found = await self._connection.fetch(_LEAVES, [tile], self._size)
            rows = found[0]["hashes"] if found else []
        return self._keep(key, rows or [])

    def _keep(self, key: tuple[int, int], rows: list[bytes]) -> list[list[bytes]]:
        """A tile with the subtrees above its rows; rows that are not all there make none."""
        level, tile = key
        if len(rows) != min(WIDTH, (self._size >> level) - tile * WIDTH):
            raise Unavailable(f"rows of level {level} are missing after row {tile * WIDTH}")
        levels = [rows]
        while len(rows) > 1:
            rows = [merkle.node_hash(rows[at], rows[at + 1]) for at in range(0, len(rows) - 1, 2)]
            levels.append(rows)
        self._tiles[key] = levels
        if len(self._tiles) > MOST_TILES:
            self._tiles.popitem(last=False)
        return levels
