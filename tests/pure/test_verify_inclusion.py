"""Proofs checked one after the other are judged as each is judged alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.ledger import merkle
from logistics.ledger.verify.inclusion import Inclusion, from_hex

LEAVES = [merkle.leaf_hash(str(n).encode()) for n in range(600)]
NOWHERE = merkle.leaf_hash(b"nowhere")
ROOTS = {size: merkle.root(LEAVES[:size]) for size in (1, 2, 7, 8, 255, 256, 257, 513, 600)}


def prove(index: int, size: int) -> list[str]:
    hashes = merkle.hashes(merkle.inclusion_spans(index, size), merkle.from_leaves(LEAVES))
    return [item.hex() for item in hashes]


@settings(deadline=None)
@given(st.sampled_from(sorted(ROOTS)), st.data())
def test_right_proofs_hold_in_any_order(size: int, data: st.DataObject) -> None:
    inclusion = Inclusion(size, ROOTS[size])

    for index in data.draw(st.lists(st.integers(0, size - 1), max_size=12)):
        assert inclusion.holds(LEAVES[index], index, prove(index, size))


@settings(deadline=None)
@given(st.sampled_from([7, 8, 256, 257, 600]), st.data())
def test_a_wrong_proof_after_right_ones_does_not_hold(size: int, data: st.DataObject) -> None:
    inclusion = Inclusion(size, ROOTS[size])
    first, index, other = (data.draw(st.integers(0, size - 1)) for _ in range(3))
    assert inclusion.holds(LEAVES[first], first, prove(first, size))
    proof = prove(index, size)
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = [*proof[:at], NOWHERE.hex(), *proof[at + 1 :]]

    assert not inclusion.holds(LEAVES[index], index, changed)
    assert not inclusion.holds(LEAVES[index], index, proof[:at])
    assert not inclusion.holds(LEAVES[index], index, [*proof, proof[at]])
    assert inclusion.holds(LEAVES[other], index, proof) == (other == index)
    assert inclusion.holds(LEAVES[index], other, proof) == (other == index)


def test_leaves_beyond_the_tree_are_not_in_it() -> None:
    inclusion = Inclusion(7, ROOTS[7])
    assert inclusion.holds(LEAVES[6], 6, prove(6, 7))

    for index in (-1, 7, 8, 2**70):
        assert not inclusion.holds(LEAVES[6], index, prove(6, 7))


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "AB" * 32, " " + "0" * 64, "0" * 66, "０" * 64])
def test_a_hash_has_one_way_of_writing(text: str) -> None:
    with pytest.raises(ValueError, match=r"hex|64"):
        from_hex([text])
