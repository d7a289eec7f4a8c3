"""The Merkle tree of the custody log (RFC 6962 §2.1, RFC 9162 §2.1): hashes, roots and proofs. No I/O.

A tree is never held whole. A writer keeps its right edge (`Edge`); whoever proves something names the complete
subtrees he needs and reads them from rows, of which 256 make one of the next stored level (`LEVELS`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, TypeAlias

HASH_BYTES = 32
LEAF_PREFIX, NODE_PREFIX = b"\x00", b"\x01"  # a leaf can never be mistaken for an inner node (RFC 6962 §2.1)
EMPTY_ROOT = sha256(b"").digest()

# Levels whose complete subtrees are kept as rows; level 8 covers 256 leaves, and level 0 is the leaves themselves.
WIDTH_BITS = 8
LEVELS = (0, 8, 16, 24)

Proof: TypeAlias = Sequence[bytes]
# (level, first, count) -> that many hashes of neighbouring complete subtrees of that level, from the first on.
Fetch: TypeAlias = Callable[[int, int, int], Sequence[bytes]]


class Span(NamedTuple):
    """Leaves `first` to `end` - 1, one operand of a hash: MTH(D[first:end])."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Read:
    """`count` rows of `level`, from `first` on."""

    level: int
    first: int
    count: int


class Unavailable(LookupError):
    """A row of the tree that a proof needs is not there, or is not a hash.

    The tree's rows can be computed again from the entries; compare the result with the last printed checkpoint.
    """


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry's bytes."""
    return sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return sha256(NODE_PREFIX + left + right).digest()


class Edge:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first.

    `size` and `peaks` are all there is to store; `Edge(size, peaks)` goes on from there.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or len(peaks) != size.bit_count() or any(len(peak) != HASH_BYTES for peak in peaks):
            raise ValueError(f"{len(peaks)} peaks cannot be the edge of a tree of {size} leaves")
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Grow by one leaf hash: as many hashes are folded as the old size ends in one-bits (RFC 9162 §2.1.2)."""
        peaks, size = self._peaks, self.size
        while size & 1:
            leaf = sha256(NODE_PREFIX + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Grow by leaf hashes, in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return folded(self._peaks) if self._peaks else EMPTY_ROOT


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    edge = Edge()
    edge.extend(leaves)
    return edge.root()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of neighbouring complete subtrees of 256 `hashes` each: rows of one level into those of the next."""
    if len(hashes) % (1 << WIDTH_BITS):
        raise ValueError("only complete subtrees of 256 have a row")
    level = list(hashes)
    for _ in range(WIDTH_BITS):
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Whose hashes prove that leaf `index` is in the tree of `size`, in the order of RFC 9162 §2.1.3.1."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    spans, first, end = [], 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(first, middle))
            first = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """Whose hashes prove that the tree of `new` begins with the tree of `old` (RFC 9162 §2.1.4.1)."""
    if not 0 < old <= new:
        raise ValueError(f"no proof leads from a tree of {old} to one of {new}")
    spans, first, end = [], 0, new
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(first, middle))
            first = middle
    # The old tree's own root is known to whoever checks.
    return ([Span(first, end)] if first else []) + spans[::-1]


def subtrees(span: Span) -> Iterator[tuple[int, int]]:
    """The complete subtrees a span is made of, (level, index), largest first."""
    first, end = span
    while first < end:
        level = (end - first).bit_length() - 1
        yield level, first >> level
        first += 1 << level


def folded(peaks: Sequence[bytes]) -> bytes:
    """The hash of a span from those of its `subtrees`, which are never none."""
    result = peaks[-1]
    for peak in peaks[-2::-1]:
        result = node_hash(peak, result)
    return result


def reads(spans: Iterable[Span]) -> list[Read]:
    """The rows `hashes` will ask for, each once: for a proof at most 510 of a level, beside the leaf and at the edge."""
    return list(dict.fromkeys(_read(level, index) for span in spans for level, index in subtrees(span)))


def hashes(spans: Iterable[Span], fetch: Fetch) -> list[bytes]:
    """The hash of each span, from rows. `fetch` is asked for exactly what `reads` names. Unavailable."""
    return [folded([_subtree(level, index, fetch) for level, index in subtrees(span)]) for span in spans]


def from_leaves(leaves: Sequence[bytes]) -> Fetch:
    """A source of rows that has all leaf hashes at hand."""

    def fetch(level: int, first: int, count: int) -> list[bytes]:
        rows = list(leaves[first << level : first + count << level])
        for _ in range(level // WIDTH_BITS):
            rows = parents(rows)
        return rows

    return fetch


def included(leaf: bytes, index: int, size: int, root: bytes, proof: Proof) -> bool:
    """Whether `proof` shows the leaf hash at `index` of the tree of `size` with that root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or not _sound((leaf, root, *proof)):
        return False
    at, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            result = node_hash(sibling, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and result == root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Proof) -> bool:
    """Whether `proof` shows that the tree of `new` begins with that of `old` (RFC 9162 §2.1.4.2).

    A tree is consistent with itself without a proof. The empty tree, of which nothing is proved, is with none.
    """
    if not 0 < old <= new or not _sound((old_root, new_root, *proof)):
        return False
    if old == new:
        return not proof and old_root == new_root
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    shared = (old ^ (old - 1)).bit_length() - 1  # the largest complete subtree at the old tree's end
    at, last = (old - 1) >> shared, (new - 1) >> shared
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _sound(hashes: Iterable[bytes]) -> bool:
    return all(len(item) == HASH_BYTES for item in hashes)


def _split(width: int) -> int:
    """The largest power of two below `width`: where RFC 6962 parts a tree."""
    return 1 << (width - 1).bit_length() - 1


def _read(level: int, index: int) -> Read:
    stored = min(level // WIDTH_BITS * WIDTH_BITS, LEVELS[-1])
    return Read(stored, index << level - stored, 1 << level - stored)


def _subtree(level: int, index: int, fetch: Fetch) -> bytes:
    wanted = _read(level, index)
    rows = list(fetch(wanted.level, wanted.first, wanted.count))
    if len(rows) != wanted.count or not _sound(rows):
        raise Unavailable(f"the tree lacks rows below its subtree {index} of level {level}")
    while len(rows) > 1:
        rows = [node_hash(rows[at], rows[at + 1]) for at in range(0, len(rows), 2)]
    return rows[0]
