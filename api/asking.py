"""How a question reaches us, and how its answer leaves: written down first, as JSON or as a CSV view."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth, wire_audit
from api.audit_parameters import CharsetQuery, FormatQuery
from logistics.rules import permissions
from logistics.store.database import Database
from logistics.work import audit
from logistics.work.views import Charset, csv_view

CSV = "text/csv"
DESCRIPTION = (
    "Asking is itself an entry of the log. `Accept: text/csv` or `format=csv` gives a view for a spreadsheet, which"
    " is no evidence; the header `X-Next` then holds `next`."
)


@dataclass
class AlsoCsv(Operation):
    """An operation whose answer may be had as CSV."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse) and answer.content is not None:
            answer.content[CSV] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as it reaches us: by whom, when, and in which form the answer is wanted."""

    request: Request[Any, Any, Any]
    database: Database
    now: datetime
    format: Literal["json", "csv"] | None
    charset: Charset

    async def answered(
        self,
        question: str,
        parameters: Mapping[str, Any],
        read: Callable[[AsyncSession], Awaitable[msgspec.Struct]],
    ) -> Response[Any]:
        """Read from a snapshot, write down that it was asked, and only then give the answer. NotAllowed."""
        async with self.database.read() as snapshot:
            actor = await auth.provide_reader(self.request, snapshot)
            permissions.require(actor, "ask")
            answer = await read(snapshot)
        items = getattr(answer, "items", [answer])
        async with self.database.begin() as session:
            await audit.record(session, actor, question, parameters, len(items), self.now)
        return self._as_csv(answer, items) if self._wants_csv() else Response(answer)

    def _wants_csv(self) -> bool:
        if self.format is None:
            return self.request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip() == CSV
        return self.format == "csv"

    def _as_csv(self, answer: msgspec.Struct, items: list[msgspec.Struct]) -> Response[bytes]:
        kind = wire_audit.ITEMS[type(answer)]
        content = csv_view(
            kind.__struct_fields__, [msgspec.structs.asdict(item) for item in items], self.charset
        )
        headers = {"X-Next": str(getattr(answer, "next", None) or ""), "Cache-Control": "no-store"}
        return Response(
            content, media_type=f"{CSV}; header=present", headers=headers, encoding=self.charset.value
        )


def provide_asking(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    view: FormatQuery = None,
    charset: CharsetQuery = Charset.UTF_8,
) -> Asking:
    """The question that a request asks."""
    return Asking(request, database, now, view, charset)
