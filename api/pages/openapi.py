"""Reading an OpenAPI document for people: operations by tag, fields with their limits, an example to copy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any
Node: TypeAlias = Mapping[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
REFERENCE = "#/components/schemas/"
HOST = "http://127.0.0.1:8000"
PERSON = "P0001027"
SAMPLES = {
    "uuid": "0198f0c2-7d3e-7a51-8c44-5b1f6e2d9a07",
    "date": "2026-04-01",
    "date-time": "2026-04-01T09:12:30+09:00",
}
_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "from {}",
    "maximum": "up to {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "form {}",
}


@dataclass(frozen=True)
class Field:
    """A parameter or a member of a schema. `link` is the schema that `kind` names, if any."""

    name: str
    place: str
    is_required: bool
    kind: str
    link: str | None
    limits: Sequence[str]
    words: str
    example: str | None


@dataclass(frozen=True)
class Answer:
    """An answer by status; `problems` are (slug, title) of the refusals documented under it."""

    status: str
    words: str
    media: str | None
    kind: str
    link: str | None
    problems: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Operation:
    """One operation as the manual shows it."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    words: str
    parameters: Sequence[Field]
    body: Field | None
    media: str | None
    fields: Sequence[Field]
    answers: Sequence[Answer]
    curl: str


@dataclass(frozen=True)
class Component:
    """A named schema: its members, or the words it may be."""

    name: str
    title: str
    words: str
    fields: Sequence[Field]
    values: Sequence[str]


class Document:
    """An OpenAPI document."""

    def __init__(self, document: Node) -> None:
        self.raw = document
        self.schemas: Mapping[str, Node] = document["components"]["schemas"]

    def operations(self) -> list[Operation]:
        """Every operation in the order of the document."""
        return [
            self._operation(path, method, item[method])
            for path, item in self.raw["paths"].items()
            for method in METHODS
            if method in item
        ]

    def components(self) -> list[Component]:
        """Every schema by name."""
        return [
            Component(
                name,
                schema.get("title", name),
                schema.get("description", ""),
                list(self._fields(schema)),
                [str(value) for value in schema.get("enum", ())],
            )
            for name, schema in sorted(self.schemas.items())
        ]

    def sample(self, schema: Node, name: str = "") -> Json:
        """A value of the schema: its example, or the least that is required."""
        schema = self._resolved(schema)
        if examples := schema.get("examples"):
            return examples[0]
        if "enum" in schema:
            return schema["enum"][0]
        if options := [o for o in schema.get("oneOf", ()) if o.get("type") != "null"]:
            return self.sample(options[0], name)
        if schema.get("type") == "object":
            properties = schema.get("properties", {})
            wanted = schema.get("required") or list(properties)
            return {n: self.sample(s, n) for n, s in properties.items() if n in wanted}
        if schema.get("type") == "array":
            return [self.sample(schema["items"], name)]
        plain = {"integer": 1, "number": 0, "boolean": True}
        return SAMPLES.get(schema.get("format", ""), plain.get(schema.get("type", ""), name or "…"))

    def _operation(self, path: str, method: str, node: Node) -> Operation:
        media, schema = _content(node.get("requestBody", {}))
        parameters = [
            self._field(p["name"], p["schema"], p["in"], is_required=p.get("required", False))
            for p in node.get("parameters", ())
        ]
        return Operation(
            id=node["operationId"],
            tag=node.get("tags", ["other"])[0],
            method=method.upper(),
            path=path,
            summary=node.get("summary", ""),
            words=node.get("description", ""),
            parameters=parameters,
            body=self._field("body", schema, "body", is_required=True) if schema else None,
            media=media,
            fields=list(self._fields(self._resolved(schema))) if schema else [],
            answers=[self._answer(status, answer) for status, answer in node["responses"].items()],
            curl=self._curl(path, method, node, parameters, media, schema),
        )

    def _answer(self, status: str, node: Node) -> Answer:
        media, schema = _content(node)
        kind, link = self._kind(schema) if schema else ("", None)
        words = node.get("description", "")
        refusals = re.findall(r"([a-z-]+): (.+?\.)(?= [a-z-]+: |$)", words) if status >= "4" else []
        return Answer(status, "" if refusals else words, media, kind, link, refusals)

    def _fields(self, schema: Node) -> Iterator[Field]:
        required = schema.get("required", ())
        for name, member in schema.get("properties", {}).items():
            yield self._field(name, member, "member", is_required=name in required)

    def _field(self, name: str, schema: Node, place: str, *, is_required: bool) -> Field:
        kind, link = self._kind(schema)
        items = schema.get("items", {})
        example = next(iter(schema.get("examples") or ()), None)
        if example is None and items.get("examples"):
            example = items["examples"][:1]
        return Field(
            name,
            place,
            is_required,
            kind,
            link,
            _limits(schema) + [f"each: {limit}" for limit in _limits(items)],
            schema.get("description") or items.get("description", ""),
            None if example is None else json.dumps(example, ensure_ascii=False),
        )

    def _kind(self, schema: Node) -> tuple[str, str | None]:
        """What a schema is called, and the component it names."""
        if reference := schema.get("$ref"):
            name = reference.removeprefix(REFERENCE)
            return self.schemas[name].get("title", name), name
        if options := schema.get("oneOf"):
            kinds = [self._kind(option) for option in options]
            return " or ".join(kind for kind, _ in kinds), next((link for _, link in kinds if link), None)
        if schema.get("type") == "array":
            kind, link = self._kind(schema["items"])
            return f"list of {kind}", link
        if values := schema.get("enum"):
            return " | ".join("null" if value is None else str(value) for value in values), None
        if values := schema.get("additionalProperties"):
            kind, link = self._kind(values)
            return f"map to {kind}", link
        types = schema.get("type", "any")
        said = types if isinstance(types, str) else " or ".join(types)
        return f"{said} ({schema['format']})" if "format" in schema else said, None

    def _resolved(self, schema: Node) -> Node:
        reference = schema.get("$ref")
        return self.schemas[reference.removeprefix(REFERENCE)] if reference else schema

    def _curl(
        self,
        path: str,
        method: str,
        node: Node,
        parameters: Sequence[Field],
        media: str | None,
        schema: Node | None,
    ) -> str:
        for parameter in parameters:
            if parameter.place == "path":
                path = path.replace(f"{{{parameter.name}}}", _path_sample(parameter))
        lines = ["curl" + ("" if method == "get" else f" -X {method.upper()}") + f" '{HOST}{path}'"]
        if node.get("security"):
            lines.append('-H "Authorization: Bearer $TOKEN"')
        if _content(node["responses"].get("200", {}))[0] == "application/pdf":
            lines.append(f"-o {node['operationId']}.pdf")
        if media:
            lines.append(f"-H 'Content-Type: {media}'")
        if media == "application/json" and schema:
            lines.append(f"-d '{json.dumps(self.sample(schema), ensure_ascii=False)}'")
        elif media:
            lines.append("--data-binary @list.csv")
        return " \\\n  ".join(lines)


def _content(node: Node) -> tuple[str | None, Node | None]:
    """The first media type of a body or an answer with its schema."""
    for media, content in node.get("content", {}).items():
        return media, content.get("schema")
    return None, None


def _limits(schema: Node) -> list[str]:
    limits = [said.format(_plain(schema[word])) for word, said in _LIMITS.items() if word in schema]
    return [*limits, f"default {json.dumps(schema['default'])}"] if "default" in schema else limits


def _plain(value: Json) -> Json:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _path_sample(parameter: Field) -> str:
    said = re.search(r"such as (\w+)", parameter.words)
    return said[1] if said else SAMPLES.get("date" if "date" in parameter.kind else "", parameter.name)
