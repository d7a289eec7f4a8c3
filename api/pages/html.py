"""How a page is drawn: one environment of templates, one set of headers, nothing from another host.

Every page comes in Japanese and in English: templates and modules write each text as a pair, `t("日本語", "English")`,
so that neither can be forgotten.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router
from markupsafe import Markup, escape

from api.auth import PUBLIC
from api.door import CSRF_FIELD, VISIT
from api.pages import speech
from api.pages.messages import Said, take_message
from api.pages.navigation import links, menus, office
from logistics.rules.permissions import Actor, may

HERE = Path(__file__).parent
STATIC = HERE / "static"
ONE_YEAR = 31_536_000

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self';"
        " worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" a browser would send our own forms with the origin "null".
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


def _version() -> str:
    """A digest of every static file; it is in their address, so that a browser may keep them for a year.

    All of them share it: a module imports its neighbours by relative address, and gets those of its own version.
    """
    digest = hashlib.sha256()
    for file in sorted(STATIC.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


VERSION = _version()
ASSETS = {file.name: f"/static/{VERSION}/{file.name}" for file in sorted(STATIC.iterdir())}


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page: who reads it, in which language, at which address, and what was just said."""

    lang: str = "ja"
    reader: Actor | None = None
    path: str = "/"
    said: Said | None = None

    @classmethod
    def of(cls, request: Request[Any, Any, Any], reader: Actor | None = None) -> Frame:
        """The frame of an answer to a request."""
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["path"] + (f"?{query}" if query else "")
        return cls(speech.language(request), reader, path, take_message(request))

    def nowhere(self) -> Frame:
        """The same without its address: what was asked for in vain is not repeated."""
        return replace(self, path="/")


def _ticks(text: str) -> Markup:
    """Text in which `words` between backticks are code."""
    parts = text.split("`")
    drawn = (
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )
    return Markup().join(drawn)


def _number(value: int) -> str:
    return f"{value:,}"


def _machine(at: datetime) -> str:
    return at.isoformat()


def _csrf() -> str:
    """The token of whoever's page this is; empty where nobody is signed in."""
    return VISIT.get().csrf or ""


def _csrf_field() -> Markup:
    """The hidden field that every form of a signed-in page carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, _csrf())


TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals.update(asset=ASSETS.__getitem__, csrf=_csrf, csrf_field=_csrf_field)
TEMPLATES.filters.update(number=_number, machine=_machine, ticks=_ticks, **speech.FILTERS)
TEMPLATES.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}


def page(
    template: str,
    status: int = 200,
    *,
    request: Request[Any, Any, Any] | None = None,
    reader: Actor | None = None,
    cache: str = "no-store",
    is_fault: bool = False,
    **facts: object,
) -> Response[str]:
    """A page from its template and the facts it shows.

    With `request` it comes in the reader's language and shows the message left by the act before; with `reader`
    its navigation offers what that person may do.
    """
    frame = Frame.of(request, reader) if request else Frame(reader=reader)
    if is_fault:
        frame = frame.nowhere()
    answer = Response(
        _render(template, frame, facts),
        status_code=status,
        media_type="text/html",
        headers=HEADERS | {"Cache-Control": cache, "Content-Language": frame.lang},
    )
    if frame.said is not None:
        frame.said.forget(answer)
    return answer


def fragment(template: str, lang: str, **facts: object) -> str:
    """A part of a page, as the page itself has it."""
    return _render(template, Frame(lang=lang), facts)


def _render(template: str, frame: Frame, facts: dict[str, Any]) -> str:
    shared = {
        "t": speech.chooser(frame.lang),
        "lang": frame.lang,
        "frame": frame,
        "links": links(frame.reader),
        "menus": menus(frame.reader),
        "may_raise": frame.reader is not None and may(frame.reader, "report_incident"),
        "office": office(frame.reader),
    }
    return TEMPLATES.get_template(template).render({**shared, **facts})


def static_files() -> Router:
    """Stylesheet, modules and marks. What is there changes its address when it changes."""
    return create_static_files_router(
        f"/static/{VERSION}",
        [STATIC],
        cache_control=CacheControlHeader(public=True, max_age=ONE_YEAR, immutable=True),
        opt=PUBLIC,
    )
