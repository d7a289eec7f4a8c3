"""Canonical JSON: what is hashed can be written in one way only, and RFC 8785 is the judge."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from logistics.ledger.canonical import LARGEST_INTEGER, canonical, canonical_act, leaf_hash

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
WHOLE = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=6)


def composed(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(item) for item in value]
    if isinstance(value, dict):
        return {key: composed(item) for key, item in value.items()}
    return value


@given(BODIES)
def test_the_text_is_what_rfc_8785_says(body: dict[str, Any]) -> None:
    assert canonical(body) == rfc8785.dumps(composed(body)).decode()


@given(st.dictionaries(KEYS, TEXTS | st.lists(TEXTS, max_size=3), max_size=4), BODIES)
def test_an_act_is_written_as_everything_is(said: dict[str, Any], facts: dict[str, Any]) -> None:
    for body in (said, {**said, "facts": facts}):
        assert canonical_act(body, "facts") == canonical(body)


@given(BODIES)
def test_reading_the_text_and_writing_it_again_gives_the_same_text(body: dict[str, Any]) -> None:
    text = canonical(body)

    assert canonical(msgspec.json.decode(text)) == text


@given(BODIES, st.randoms(use_true_random=False))
def test_the_order_of_the_keys_does_not_matter(body: dict[str, Any], chance: Any) -> None:
    items = list(body.items())
    chance.shuffle(items)

    assert canonical(dict(items)) == canonical(body)


def test_text_that_looks_the_same_is_written_the_same() -> None:
    assert canonical({"name": "か\u3099"}) == canonical({"name": "が"}) == '{"name":"が"}'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        0.1,
        float("nan"),
        float("inf"),
        2**53,
        -(2**53),
        10**40,
        "\ud800",
        "a\udfffb",
        b"bytes",
        {1, 2},
        object(),
        {"é": 1},
        {1: "a"},
        {None: "a"},
        [[{"a": [1.5]}]],
    ],
)
def test_what_could_be_written_two_ways_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ, the class is the promise
        canonical({"value": value})
    with pytest.raises(ValueError):  # noqa: PT011
        canonical_act({"facts": {"value": value}}, "facts")


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1, 0, True, False, None, "", [], {}])
def test_what_lies_just_within_the_subset_is_written(value: Any) -> None:
    assert canonical({"value": value}) == rfc8785.dumps({"value": value}).decode()


def test_a_tuple_is_a_list() -> None:
    assert canonical({"codes": ("a", "b")}) == '{"codes":["a","b"]}'


@given(BODIES, st.data())
def test_any_one_changed_byte_changes_the_hash(body: dict[str, Any], data: st.DataObject) -> None:
    text = canonical(body)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != text[at]))

    assert leaf_hash(text[:at] + other + text[at + 1 :]) != leaf_hash(text)


def test_a_leaf_is_hashed_as_rfc_6962_says() -> None:
    assert leaf_hash("{}") == hashlib.sha256(b"\x00{}").digest()
    assert leaf_hash("名") == hashlib.sha256(b"\x00" + "名".encode()).digest()
