"""What Litestar leaves out of the schemas of our structs: their docstring, the limits inside lists, closed bodies."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.openapi.spec import Schema
from litestar.typing import FieldDefinition

# JSON schema's word and Litestar's name for it.
_LIMITS = {
    "pattern": "pattern",
    "minLength": "min_length",
    "maxLength": "max_length",
    "description": "description",
    "examples": "examples",
}


class OurStructs(StructSchemaPlugin):
    """Stands before Litestar's own plugin for structs, and completes what that makes."""

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """The component of a struct."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        struct: Any = field_definition.origin or field_definition.annotation
        schema.description = inspect.getdoc(struct)
        if struct.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        if not field_definition.has_inner_subclass_of(msgspec.Struct):
            _complete_lists(schema, struct)
        return schema


def _complete_lists(schema: Schema, struct: type[msgspec.Struct]) -> None:
    """Items of a list keep their limits, which Litestar drops."""
    _, components = msgspec.json.schema_components([struct])
    known: Mapping[str, Any] = components[struct.__name__]["properties"]
    for name, field in (schema.properties or {}).items():
        items = known.get(name, {}).get("items")
        if isinstance(field, Schema) and isinstance(field.items, Schema) and items:
            for word, attribute in _LIMITS.items():
                if word in items:
                    setattr(field.items, attribute, items[word])
