"""OpenAPI of handlers that read the raw bytes of a CSV file, and how large one may be."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

MOST_BYTES = 4_000_000


def csv_body(columns: str) -> type[Operation]:
    """The operation of a handler whose body is CSV with these columns."""

    @dataclass
    class ListBody(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(
                description=f"CSV with the columns {columns}; UTF-8 with or without BOM, or Shift_JIS",
                required=True,
                content={"text/csv": OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))},
            )

    return ListBody
