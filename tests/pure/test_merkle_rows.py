"""Proofs from rows of complete subtrees, as the database keeps them, up to trees of many levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.ledger import merkle
from logistics.ledger.merkle import Fetch

SIZE = 200_003


@cache
def rows() -> dict[int, list[bytes]]:
    """Every complete row of a tree of SIZE leaves, by level."""
    kept = {0: [merkle.leaf_hash(n.to_bytes(4)) for n in range(SIZE)]}
    for below, level in zip(merkle.LEVELS, merkle.LEVELS[1:], strict=False):
        whole = len(kept[below]) // 256 * 256
        kept[level] = [
            row for at in range(0, whole, 256) for row in merkle.parents(kept[below][at : at + 256])
        ]
    return kept


@cache
def root(size: int) -> bytes:
    return merkle.root(rows()[0][:size])


def reading(asked: Counter[int]) -> Fetch:
    def fetch(level: int, first: int, count: int) -> Sequence[bytes]:
        asked[level] += count
        return rows()[level][first : first + count]

    return fetch


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_535, 65_536, 65_537, 131_072, 200_000, SIZE])
def test_a_proof_from_rows_holds_and_reads_at_most_510_of_each_level(size: int) -> None:
    for index in sorted({0, size // 3, size // 2, size - 1}):
        asked: Counter[int] = Counter()

        proof = merkle.hashes(merkle.inclusion_spans(index, size), reading(asked))

        assert merkle.included(rows()[0][index], index, size, root(size), proof)
        assert max(asked.values(), default=0) <= 2 * 255
        assert len(proof) <= size.bit_length()


@settings(deadline=None)
@given(st.data())
def test_any_leaf_of_any_size_is_proved_from_rows(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from([1000, 65_793, 131_073, 199_999, SIZE]))
    index = data.draw(st.integers(0, size - 1))

    proof = merkle.hashes(merkle.inclusion_spans(index, size), reading(Counter()))

    assert merkle.included(rows()[0][index], index, size, root(size), proof)


@pytest.mark.parametrize(("old", "new"), [(1, SIZE), (65_536, SIZE), (65_537, 65_538), (100_001, 200_000)])
def test_growth_is_proved_from_rows(old: int, new: int) -> None:
    asked: Counter[int] = Counter()

    proof = merkle.hashes(merkle.consistency_spans(old, new), reading(asked))

    assert merkle.consistent(old, new, root(old), root(new), proof)
    assert max(asked.values()) <= 2 * 255


@settings(deadline=None)
@given(st.integers(1, SIZE), st.data())
def test_what_will_be_read_is_known_beforehand(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    spans = merkle.inclusion_spans(old - 1, size) + merkle.consistency_spans(old, size)
    asked = []

    def fetch(level: int, first: int, count: int) -> Sequence[bytes]:
        asked.append((level, first, count))
        return rows()[level][first : first + count]

    merkle.hashes(spans, fetch)

    assert list(dict.fromkeys(asked)) == [
        (read.level, read.first, read.count) for read in merkle.reads(spans)
    ]


def test_a_row_that_is_missing_or_no_hash_makes_no_proof() -> None:
    spans = merkle.inclusion_spans(3, 1000)

    for broken in (
        lambda *_: [],
        lambda _l, _f, count: [b"short"] * count,
        lambda _l, _f, count: [bytes(32)],
    ):
        with pytest.raises(merkle.Unavailable, match="lacks rows"):
            merkle.hashes(spans, broken)


def test_rows_of_the_next_level_are_made_of_whole_rows_only() -> None:
    leaves = rows()[0]

    assert merkle.parents(leaves[:512]) == [merkle.root(leaves[:256]), merkle.root(leaves[256:512])]
    assert merkle.parents([]) == []
    with pytest.raises(ValueError, match="256"):
        merkle.parents(leaves[:255])
