"""How a page is drawn: one environment of templates, one set of headers, nothing from another host."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router
from markupsafe import Markup, escape

from api.auth import PUBLIC
from logistics.rules.japanese import japanese_clock, japanese_date, japanese_time

HERE = Path(__file__).parent
STATIC = HERE / "static"
ONE_YEAR = 31_536_000

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def _versioned() -> Callable[[str], str]:
    """Address of a static file by name; the content's hash in it lets browsers keep the file for a year."""
    addresses = {
        file.name: f"/static/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"
        for file in STATIC.iterdir()
    }
    return addresses.__getitem__


def _number(value: int) -> str:
    return f"{value:,}"


def _machine(at: datetime) -> str:
    return at.isoformat()


def _ticks(text: str) -> Markup:
    """Text in which `words` between backticks are code."""
    parts = text.split("`")
    drawn = (
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )
    return Markup().join(drawn)


TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals["asset"] = _versioned()
TEMPLATES.filters.update(
    number=_number,
    day=japanese_date,
    moment=japanese_time,
    clock=japanese_clock,
    machine=_machine,
    ticks=_ticks,
)


def page(template: str, status: int = 200, *, cache: str = "no-store", **facts: object) -> Response[str]:
    """A page from its template and the facts it shows."""
    return Response(
        TEMPLATES.get_template(template).render(facts),
        status_code=status,
        media_type="text/html",
        headers=HEADERS | {"Cache-Control": cache},
    )


def static_files() -> Router:
    """The stylesheet and the mark. What is there changes its address when it changes."""
    return create_static_files_router(
        "/static",
        [STATIC],
        cache_control=CacheControlHeader(public=True, max_age=ONE_YEAR, immutable=True),
        after_request=_believe_type,
        opt=PUBLIC,
    )


def _believe_type(response: Any) -> Any:
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
