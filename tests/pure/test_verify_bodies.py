"""What an entry may say, judged as whoever wrote it and a second reader of JSON would judge it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.ledger.canonical import canonical
from logistics.ledger.verify import bodies
from logistics.rules.lifecycle import BATCH, CARD
from tests.pure.verify_exports import body, move

integers = st.integers(-(2**53) + 1, 2**53 - 1)
plain = st.none() | st.booleans() | integers | st.text(st.characters(exclude_categories=["Cs"]))
keys = st.text(st.characters(codec="ascii"))
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=8)
CODES = ("C1", "C2", "C3")


def accepted(text: str) -> bool:
    try:
        bodies.read(text, text.encode())
    except bodies.BodyRefused:
        return False
    return True


@settings(deadline=None)
@given(st.dictionaries(keys, values))
def test_whatever_the_service_can_write_is_canonical_to_the_verifier(facts: dict[str, Any]) -> None:
    text = canonical({"v": 1, "id": "x", "act": "y", "facts": facts})

    assert accepted(text)
    assert rfc8785.dumps(json.loads(text)).decode() == text


@settings(deadline=None)
@given(st.dictionaries(keys, values), st.data())
def test_a_text_that_is_accepted_is_the_one_that_a_second_reader_would_write(
    facts: dict[str, Any], data: st.DataObject
) -> None:
    text = canonical({"v": 1, "id": "x", "act": "y", "facts": facts})
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(len(text), at + 3)))
    changed = (
        text[:at]
        + data.draw(st.sampled_from(['"', "\\", " ", "1", "0", ".", "e", ",", "{}", "\n", "é", ""]))
        + text[end:]
    )

    if accepted(changed):
        assert canonical(json.loads(changed)) == changed


@pytest.mark.parametrize("key", ["é", 'é"', '"é', 'a"é"b', "é\\", "é\n"])
def test_a_key_that_is_not_ascii_is_refused_whatever_else_is_in_it(key: str) -> None:
    text = msgspec.json.encode({"act": "y", "facts": {key: None}, "id": "x", "v": 1}).decode()

    assert not accepted(text)


@settings(deadline=None)
@given(st.text() | st.text('{}[]":,\\0123456789.eE+-truefalsn v'))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    accepted(text)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(CARD.edges()) + sorted(BATCH.edges())),
            st.lists(st.sampled_from(CODES), min_size=1, unique=True),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_custody_is_followed_as_the_tables_say(moves: list[tuple[Any, list[str], bool]]) -> None:
    custody = bodies.Custody(whole=True)
    model: dict[tuple[str, str], str] = {}

    for number, ((source, step, to), codes, as_batch) in enumerate(moves):
        kind, lifecycle = ("batches", BATCH) if as_batch else ("cards", CARD)
        text = body(number, "act", **{kind: [move(step, source, to, *codes)]})
        legal = (source, step, to) in set(lifecycle.edges())
        there = all(model.get((kind, code), "new") == source for code in codes)

        try:
            custody.take(bodies.read(text, text.encode()))
        except bodies.BodyRefused:
            assert not (legal and there)
            return
        assert legal
        assert there
        model.update({(kind, code): to for code in codes})
