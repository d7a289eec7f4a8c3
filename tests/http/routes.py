"""Every route of the application, as a test can walk it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute


@dataclass(frozen=True)
class Route:
    """One method of one route, with the values that make a request of it reach its handler."""

    method: str
    template: str
    handler: HTTPRouteHandler
    params: dict[str, str]

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"{(\w+):", self.template)

    @property
    def body_type(self) -> Any:
        field = self.handler.parsed_data_field
        return field.annotation if field else None

    def path(self, **changed: str) -> str:
        values = self.params | changed
        return re.sub(r"{(\w+):\w+}", lambda found: quote(values[found[1]], safe=""), self.template)


def routes(app: Litestar, params: dict[str, str] | None = None) -> Iterator[Route]:
    """All of them, but the OPTIONS that the framework answers by itself; in the same order every time."""
    for route in sorted(app.routes, key=lambda route: route.path):
        assert isinstance(route, HTTPRoute), (
            f"{route.path} is not HTTP: the tests that walk routes must learn it"
        )
        for handler in sorted(route.route_handlers, key=lambda handler: sorted(handler.http_methods)):
            for method in sorted({str(m) for m in handler.http_methods} - {"OPTIONS", "HEAD"}):
                yield Route(method, route.path, handler, params or {})


def queries(app: Litestar, route: Route) -> list[str]:
    """The names of a route's query parameters as documented, and one that is not."""
    item = (app.openapi_schema.paths or {}).get(re.sub(r":\w+}", "}", route.template))
    operation = getattr(item, route.method.lower(), None)
    known = [str(p.name) for p in operation.parameters or () if p.param_in == "query"] if operation else []
    return [*known, "anything"]
