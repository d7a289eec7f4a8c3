"""The Merkle tree, against RFC 6962's own definition written out and its published vectors."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.ledger import merkle
from logistics.ledger.merkle import Edge, Span

LEAVES = [merkle.leaf_hash(str(n).encode()) for n in range(300)]

# The tree of Certificate Transparency's reference implementation (google/certificate-transparency,
# merkletree/merkle_tree_test.cc): eight leaves, the root at each size, and paths counted from zero.
CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CT_GROWTH = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


@cache
def mth(first: int, end: int) -> bytes:
    """MTH as RFC 6962 §2.1 writes it, over LEAVES[first:end]."""
    if first == end:
        return sha256().digest()
    if end - first == 1:
        return LEAVES[first]
    middle = first + split(end - first)
    return sha256(b"\x01" + mth(first, middle) + mth(middle, end)).digest()


def split(width: int) -> int:
    power = 1
    while power * 2 < width:
        power *= 2
    return power


def path(index: int, first: int, end: int) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1."""
    if end - first == 1:
        return []
    middle = first + split(end - first)
    if index < middle:
        return [*path(index, first, middle), mth(middle, end)]
    return [*path(index, middle, end), mth(first, middle)]


def subproof(old: int, first: int, end: int, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2; `old` is an end, not a count."""
    if old == end:
        return [] if whole else [mth(first, end)]
    middle = first + split(end - first)
    if old <= middle:
        return [*subproof(old, first, middle, whole), mth(middle, end)]
    return [*subproof(old, middle, end, False), mth(first, middle)]


def prove(index: int, size: int) -> list[bytes]:
    return merkle.hashes(merkle.inclusion_spans(index, size), merkle.from_leaves(LEAVES))


def growth(old: int, new: int) -> list[bytes]:
    return merkle.hashes(merkle.consistency_spans(old, new), merkle.from_leaves(LEAVES))


def ct_leaves(size: int) -> list[bytes]:
    return [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES[:size]]


@pytest.mark.parametrize("size", range(9))
def test_the_root_is_certificate_transparencys(size: int) -> None:
    assert merkle.root(ct_leaves(size)).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(("index", "size"), CT_PATHS)
def test_the_inclusion_proof_is_certificate_transparencys(index: int, size: int) -> None:
    leaves = ct_leaves(size)
    proof = merkle.hashes(merkle.inclusion_spans(index, size), merkle.from_leaves(leaves))

    assert [item.hex() for item in proof] == CT_PATHS[index, size]
    assert merkle.included(leaves[index], index, size, bytes.fromhex(CT_ROOTS[size]), proof)


@pytest.mark.parametrize(("old", "new"), CT_GROWTH)
def test_the_consistency_proof_is_certificate_transparencys(old: int, new: int) -> None:
    proof = merkle.hashes(merkle.consistency_spans(old, new), merkle.from_leaves(ct_leaves(new)))

    assert [item.hex() for item in proof] == CT_GROWTH[old, new]
    assert merkle.consistent(old, new, bytes.fromhex(CT_ROOTS[old]), bytes.fromhex(CT_ROOTS[new]), proof)


def test_the_root_at_every_size_is_rfc_6962s() -> None:
    edge = Edge()
    roots = [edge.root()]

    for leaf in LEAVES:
        edge.append(leaf)
        roots.append(edge.root())

    assert roots == [mth(0, size) for size in range(301)]


def test_every_inclusion_proof_of_every_size_is_rfc_6962s_and_holds() -> None:
    fetch = merkle.from_leaves(LEAVES)

    for size in (*range(1, 40), 63, 64, 65, 127, 128, 129, 255, 256, 257, 299, 300):
        for index in range(size):
            proof = merkle.hashes(merkle.inclusion_spans(index, size), fetch)
            assert proof == path(index, 0, size), (index, size)
            assert merkle.included(LEAVES[index], index, size, mth(0, size), proof), (index, size)


@pytest.mark.parametrize("new", [*range(1, 40), 64, 65, 128, 255, 256, 257, 300])
def test_every_consistency_proof_is_rfc_6962s_and_holds(new: int) -> None:
    for old in range(1, new + 1):
        proof = growth(old, new)
        assert proof == subproof(old, 0, new, True), (old, new)
        assert merkle.consistent(old, new, mth(0, old), mth(0, new), proof), (old, new)


@settings(deadline=None)
@given(st.data(), st.integers(1, 300))
def test_a_proof_of_one_leaf_proves_no_other_leaf_place_size_or_root(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-2, 310))
    proof, leaf, root = prove(index, size), LEAVES[index], mth(0, size)

    assert merkle.included(leaf, other, size, root, proof) == (other == index)
    if other != index:
        assert not merkle.included(LEAVES[other % 300], index, size, root, proof) or other % 300 == index
    # A proof has the shape of the tree; where two sizes share it, the root tells them apart.
    assert not merkle.included(leaf, index, other, mth(0, max(0, min(other, 300))), proof) or other == size
    assert not merkle.included(leaf, index, size, LEAVES[0][::-1], proof)


@settings(deadline=None)
@given(st.data(), st.integers(2, 300))
def test_an_inclusion_proof_altered_in_any_way_is_refused(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = prove(index, size)

    changed = data.draw(altered(proof))

    assert not merkle.included(LEAVES[index], index, size, mth(0, size), changed)


@settings(deadline=None)
@given(st.data(), st.integers(2, 300))
def test_a_consistency_proof_altered_in_any_way_is_refused(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new - 1))
    proof = growth(old, new)

    changed = data.draw(altered(proof))

    assert not merkle.consistent(old, new, mth(0, old), mth(0, new), changed)


@settings(deadline=None)
@given(st.data(), st.integers(2, 300))
def test_a_tree_is_not_consistent_with_another_history(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new - 1))
    at = data.draw(st.integers(0, old - 1))
    forked = merkle.root([*LEAVES[:at], LEAVES[at][::-1], *LEAVES[at + 1 : old]])

    assert not merkle.consistent(old, new, forked, mth(0, new), growth(old, new))


@settings(deadline=None)
@given(
    st.integers(-3, 70),
    st.integers(-3, 70),
    st.binary(min_size=32, max_size=32),
    st.lists(st.binary(min_size=30, max_size=33), max_size=8),
)
def test_what_nobody_proved_is_never_accepted(
    first: int, second: int, root: bytes, proof: list[bytes]
) -> None:
    leaf = LEAVES[0]

    assert not merkle.included(leaf, first, second, root, proof)
    assert not merkle.consistent(first, second, leaf, root, proof)


def test_the_empty_tree_holds_nothing_and_is_consistent_with_nothing() -> None:
    assert not merkle.included(LEAVES[0], 0, 0, merkle.EMPTY_ROOT, [])
    assert not merkle.consistent(0, 0, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [])
    assert not merkle.consistent(0, 1, merkle.EMPTY_ROOT, LEAVES[0], [])
    with pytest.raises(ValueError, match="no leaf 0"):
        merkle.inclusion_spans(0, 0)
    with pytest.raises(ValueError, match="no proof leads"):
        merkle.consistency_spans(0, 5)
    with pytest.raises(ValueError, match="no proof leads"):
        merkle.consistency_spans(6, 5)


def test_hashes_of_another_length_are_refused_even_where_they_would_fit() -> None:
    root = merkle.node_hash(LEAVES[0], LEAVES[1])

    assert merkle.included(LEAVES[0], 0, 2, root, [LEAVES[1]])
    # Together they are the 64 bytes that were hashed; apart they are not two children.
    assert not merkle.included(LEAVES[0] + LEAVES[1][:1], 0, 2, root, [LEAVES[1][1:]])
    assert not merkle.included(b"", 0, 2, root, [LEAVES[0] + LEAVES[1]])


@settings(deadline=None)
@given(st.lists(st.integers(0, 80), max_size=6))
def test_an_edge_put_away_and_taken_up_again_goes_on(growths: list[int]) -> None:
    edge = Edge()

    for end in accumulate(growths):
        edge.extend(LEAVES[edge.size : min(end, 300)])
        edge = Edge(edge.size, edge.peaks)

    assert edge.root() == mth(0, min(sum(growths), 300))


@pytest.mark.parametrize(
    ("size", "peaks"), [(3, LEAVES[:1]), (0, LEAVES[:1]), (1, [LEAVES[0][:31]]), (-1, LEAVES[:1]), (4, [])]
)
def test_an_edge_of_another_tree_is_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="cannot be the edge"):
        Edge(size, peaks)


def test_an_edge_is_not_changed_through_what_it_gave_or_was_given() -> None:
    edge = Edge(3, given := [merkle.node_hash(LEAVES[0], LEAVES[1]), LEAVES[2]])
    before = edge.peaks

    given.clear()
    edge.append(LEAVES[3])

    assert before == (merkle.node_hash(LEAVES[0], LEAVES[1]), LEAVES[2])
    assert edge.root() == mth(0, 4)


def altered(proof: list[bytes]) -> st.SearchStrategy[list[bytes]]:
    """The proof with one bit flipped, one hash too few, too many, twice or out of order."""
    flipped = st.builds(
        lambda at, bit: [
            (int.from_bytes(h) ^ 1 << bit).to_bytes(32) if n == at else h for n, h in enumerate(proof)
        ],
        st.integers(0, len(proof) - 1),
        st.integers(0, 255),
    )
    shortened = st.integers(0, len(proof) - 1).map(lambda at: proof[:at] + proof[at + 1 :])
    longer = st.builds(
        lambda at, extra: [*proof[:at], extra, *proof[at:]],
        st.integers(0, len(proof)),
        st.sampled_from([*proof, LEAVES[0]]),
    )
    cut = st.integers(0, len(proof) - 1).map(
        lambda at: [h[:-1] if n == at else h for n, h in enumerate(proof)]
    )
    ways = [flipped, shortened, longer, cut]
    if len(proof) > 1:
        ways.append(st.integers(1, len(proof) - 1).map(lambda at: proof[at:] + proof[:at]))
    return st.one_of(ways)


def test_spans_of_a_proof_are_named_without_reading_anything() -> None:
    assert merkle.inclusion_spans(2, 5) == [Span(3, 4), Span(0, 2), Span(4, 5)]
    assert merkle.consistency_spans(3, 5) == [Span(2, 3), Span(3, 4), Span(0, 2), Span(4, 5)]
