"""Bodies built from the types of the API, so that a test can put something into each of their places."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from logistics.ledger.log import new_uuid
from logistics.rules.codes import CodeType, random_code
from tests.http.day import NOW, RUN_DAY

Place = tuple[str | int, ...]


def valid(annotation: Any, codes: Mapping[CodeType, str]) -> Any:
    """A value that fits `annotation`: codes from `codes`, one item in each list, every optional field set."""
    if get_origin(annotation) is Annotated:
        return _annotated(annotation, codes)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        hints = get_type_hints(annotation, include_extras=True)
        return {name: valid(hints[name], codes) for name in annotation.__struct_fields__}
    if get_origin(annotation) in (Union, types.UnionType):
        return valid(next(a for a in get_args(annotation) if a is not type(None)), codes)
    if get_origin(annotation) is list:
        return [valid(get_args(annotation)[0], codes)]
    if get_origin(annotation) is dict:
        return {valid(get_args(annotation)[0], codes): valid(get_args(annotation)[1], codes)}
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return next(iter(annotation)).value
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    return {
        str: "words",
        int: 1,
        float: 0.0,
        bool: True,
        UUID: str(new_uuid()),
        date: RUN_DAY,
        datetime: NOW,
    }[annotation]


def _annotated(annotation: Any, codes: Mapping[CodeType, str]) -> Any:
    inner, *notes = get_args(annotation)
    for note in notes:
        if note.extra and "code" in note.extra:
            kind = CodeType(note.extra["code"])
            return codes.get(kind) or random_code(kind)
        if inner is str and note.examples:
            return note.examples[0]
    return valid(inner, codes)


def places(value: Any, where: Place = ()) -> Iterator[Place]:
    """The way to every leaf of a body, such as ("scans", 0, "code")."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*where, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from places(item, (*where, n))
    else:
        yield where


def with_value(body: Any, where: Place, value: Any) -> Any:
    """A copy of `body` with `value` at `where`."""
    changed = deepcopy(body)
    inner = changed
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    return changed
