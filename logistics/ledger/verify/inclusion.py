"""Checking many inclusion proofs in one tree: what a proof shares with the one before is not hashed again."""

from __future__ import annotations

from collections.abc import Sequence

from logistics.ledger import merkle


class Inclusion:
    """Proofs in the tree of `size` with that root, as hexadecimal text. Ascending indexes are quickest."""

    def __init__(self, size: int, root: bytes) -> None:
        self._size = size
        self._root = root
        self._index = -1
        self._proof: Sequence[str] = ()
        # The nodes above the leaf proved last, from itself up to its largest complete subtree.
        self._nodes: list[bytes] = []

    def holds(self, leaf: bytes, index: int, proof: Sequence[str]) -> bool:
        """Whether the proof shows the leaf hash at `index`: what `merkle.included` says. ValueError: no hashes."""
        meet = (index ^ self._index).bit_length()
        if self._index < 0 or meet >= len(self._nodes) or proof[meet:] != self._proof[meet:]:
            return self._holds_alone(leaf, index, proof)
        # Both leaves are under one complete subtree, which the proof before has shown to be in the tree.
        nodes = _climb(leaf, index, from_hex(proof[:meet]))
        if nodes[-1] != self._nodes[meet]:
            return False
        self._nodes[: meet + 1] = nodes
        self._index, self._proof = index, proof
        return True

    def _holds_alone(self, leaf: bytes, index: int, proof: Sequence[str]) -> bool:
        hashes = from_hex(proof)
        if not merkle.included(leaf, index, self._size, self._root, hashes):
            return False
        complete = 0
        while complete < len(hashes) and ((index >> complete + 1) + 1) << complete + 1 <= self._size:
            complete += 1
        self._nodes = _climb(leaf, index, hashes[:complete])
        self._index, self._proof = index, proof
        return True


def from_hex(texts: Sequence[str]) -> list[bytes]:
    """The hashes that lower-case hexadecimal says. ValueError."""
    hashes = [bytes.fromhex(text) for text in texts]
    if any(
        len(item) != merkle.HASH_BYTES or item.hex() != text for item, text in zip(hashes, texts, strict=True)
    ):
        raise ValueError("a hash is 64 lower-case hexadecimal digits")
    return hashes


def _climb(leaf: bytes, index: int, siblings: Sequence[bytes]) -> list[bytes]:
    nodes = [leaf]
    for level, sibling in enumerate(siblings):
        below = nodes[-1]
        nodes.append(
            merkle.node_hash(sibling, below) if index >> level & 1 else merkle.node_hash(below, sibling)
        )
    return nodes
