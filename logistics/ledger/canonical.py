"""Canonical JSON of an entry's body: the RFC 8785 form of a subset that cannot be written two ways."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

LARGEST_INTEGER = 2**53 - 1  # beyond it, readers that use doubles would read another number (RFC 8785 §3.1)
LEAF_PREFIX = b"\x00"  # RFC 6962 §2.1: a leaf can never be mistaken for an inner node

_encoder = msgspec.json.Encoder(order="sorted")


def canonical(body: Mapping[str, Json]) -> str:
    """`body` as RFC 8785 JSON text: keys sorted, no white space, NFC.

    ValueError for anything outside the subset: a float, an integer beyond 2^53 - 1, a key that is not ASCII,
    a lone surrogate.
    """
    return _encoder.encode(_checked(body)).decode()


def canonical_act(body: Mapping[str, Json], facts: str) -> str:
    """As `canonical`, for a body in which everything but what stands under `facts` is text of ours and small numbers.

    Text that came out as ASCII is NFC; only where something else is in it has every item to be looked at.
    """
    given = body.get(facts)
    text = _encoder.encode(body if given is None else {**body, facts: _checked(given)})
    return text.decode() if text.isascii() else canonical(body)


def leaf_hash(text: str) -> bytes:
    """SHA-256 of 0x00 and the UTF-8 text: the entry's leaf in the Merkle tree (RFC 6962 §2.1)."""
    return hashlib.sha256(LEAF_PREFIX + text.encode()).digest()


def _checked(value: Json) -> Json:
    # A body has thousands of items, nearly all of them short ASCII text: such an item is taken as it is, without a call.
    # Plain types are told apart first: asking whether something is a Mapping costs more than all the rest.
    kind = type(value)
    if kind is int or isinstance(value, str):
        return _scalar(value)
    if kind is dict or (kind is not list and isinstance(value, Mapping)):
        assert isinstance(value, Mapping)
        for key in value:
            if not (isinstance(key, str) and key.isascii()):
                raise ValueError("keys in the custody log are ASCII text")
        return {
            key: item if type(item) is str and item.isascii() else _checked(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [item if type(item) is str and item.isascii() else _checked(item) for item in value]
    return _scalar(value)


def _scalar(value: Json) -> Json:
    if isinstance(value, str):
        value.encode()  # UnicodeEncodeError is a ValueError: a lone surrogate
        return unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError("integers in the custody log stay below 2^53")
        return value
    raise ValueError(f"{type(value).__name__} has no place in the custody log")
