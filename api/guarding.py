"""The My Number guard at the door: path, query, headers and body of every request, before any handler.

Text is read, typed values are not. What a struct's type makes a UUID, a time, a date or a number is no text;
every string is. Where a body does not fit its type, all of it is read as text. Nothing is logged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, get_args, get_origin
from urllib.parse import unquote_plus
from uuid import UUID

import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from logistics.rules.errors import InvalidValue, MyNumberRefused
from logistics.rules.guard import holds_my_number
from logistics.work.cleaning import kind_of

# Headers whose digits are a protocol's own: lengths, dates, versions of a browser, the boundary of a form.
_PROTOCOL = ("content-", "sec-", "if-", "host", "date", "connection")
# A version such as 150.0.7871.1000 is no number of a person.
_VERSIONED = frozenset({"user-agent", "via", "server"})
# Mark of a handler that reads a file of its own form and names the place of a My Number in it.
NAMES_MY_NUMBERS = {"names_my_numbers": True}
# Mark of a handler that reads a PDF and keeps nothing of it: its bytes hold rows of digits by chance.
READS_PDF = {"reads_pdf": True}
# Mark of a handler that takes in files and keeps of them what it has written anew.
READS_FILES = {"reads_files": True}
PDF, _PDF_BEGINS = "application/pdf", b"%PDF-"
# Where the scope keeps the body as it was read here, for the handler; or how it does not fit the handler's type.
_READ, _MISFIT = "logistics.body", "logistics.misfit"
_WHERE = re.compile(r"^(.*?)(?: - at `\$\.?(.*)`)?$", re.S)


class ReadOnce(Request[Any, Any, Any]):
    """A request whose JSON body is read once, strictly: a number in quotes is no number, a number is no time.

    The framework itself would take each for the other.
    """

    async def json(self) -> Any:
        """The body as a struct of the handler's type. ValidationException with field and fault if it does not fit."""
        if misfit := self.scope.get(_MISFIT):
            found = _WHERE.match(str(misfit))
            message, where = found.groups() if found else (str(misfit), None)
            raise ValidationException(extra=[{"key": where or "body", "message": message}])
        known = self.scope.get(_READ)
        return await super().json() if known is None else known


def guard_requests(app: ASGIApp) -> ASGIApp:
    """ASGI middleware: refuse with MyNumberRefused a request that holds a My Number anywhere in its text."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        request = ReadOnce(scope, receive, send)
        refuse_head(request)
        if request.method in ("POST", "PUT", "PATCH", "DELETE"):
            # Litestar keeps the body it has read, bounded by the handler's limit, for the handler.
            content = await request.body()
            if not (is_pdf(request, content) or _is_file(request, content)):
                _refuse_body(content, scope)
        await app(scope, receive, send)

    return guarded


def refuse_head(request: Request[Any, Any, Any]) -> None:
    """MyNumberRefused if path, query or headers hold a My Number."""
    if _encoded_holds(request.scope["path"]):
        raise MyNumberRefused("the path")
    if _encoded_holds(request.scope["query_string"].decode("latin-1")):
        raise MyNumberRefused("the query")
    for raw_name, value in request.scope["headers"]:
        name = raw_name.decode("latin-1")
        if holds_my_number(name):
            raise MyNumberRefused("the name of a header")
        # What is not ASCII may be meant as either; what is, reads the same.
        readings = ("latin-1",) if value.isascii() else ("latin-1", "utf-8")
        if any(_header_holds(name, value.decode(encoding, "replace")) for encoding in readings):
            raise MyNumberRefused(f"the header {name}")


def _encoded_holds(text: str) -> bool:
    """Whether `text` holds a My Number as it stands, or once its %xx and + are read."""
    return bool(text) and (holds_my_number(text) or holds_my_number(unquote_plus(text)))


def is_pdf(request: Request[Any, Any, Any], content: bytes) -> bool:
    """Whether a PDF came, as such, to a handler that reads PDFs: no text, even where it could be read as such."""
    reads = getattr(request.scope.get("route_handler"), "opt", {}).get("reads_pdf", False)
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return bool(reads) and said == PDF and content.startswith(_PDF_BEGINS)


def _is_file(request: Request[Any, Any, Any], content: bytes) -> bool:
    """Whether a file came to a handler that takes them in, by its own first bytes: no text, and read by its handler."""
    reads = getattr(request.scope.get("route_handler"), "opt", {}).get("reads_files", False)
    return bool(reads) and kind_of(content) is not None


def _header_holds(name: str, value: str) -> bool:
    if name.startswith(_PROTOCOL):
        return False
    text = value.replace(".", "#") if name in _VERSIONED else unquote_plus(value)
    return holds_my_number(text) and not _is_uuid(value)


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _refuse_body(content: bytes, scope: Scope) -> None:
    if not content:
        return
    annotation = _body_type(scope)
    if annotation is not None:
        _require_utf8(content)
    names_itself = scope["route_handler"].opt.get("names_my_numbers", False)
    if annotation is not None:
        try:
            value = _decoder(annotation).decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError) as misfit:
            scope[_MISFIT] = misfit  # type: ignore[literal-required]
        else:
            _refuse_texts(texts(value, ""))
            scope[_READ] = value  # type: ignore[literal-required]
            return
    try:
        _refuse_texts(texts(msgspec.json.decode(content), ""))
    except RecursionError:
        if not names_itself:
            raise InvalidValue("body", "is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not JSON: a list to import names line and column itself, anything else is refused as a whole.
        if not names_itself and any(holds_my_number(text) for text in _readings(content)):
            raise MyNumberRefused("the body") from None


@cache
def _decoder(annotation: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(annotation)


def _require_utf8(content: bytes) -> None:
    """JSON is UTF-8 (RFC 8259 section 8.1); a form that was sent instead is refused for its media type."""
    try:
        content.decode()
    except UnicodeDecodeError:
        if any(holds_my_number(text) for text in _readings(content)):
            raise MyNumberRefused("the body") from None
        raise InvalidValue("body", "is not UTF-8") from None


def _readings(content: bytes) -> Iterator[str]:
    """A body that is not JSON as the texts it may be meant as: plain, or a form."""
    for encoding in ("utf-8", "cp932"):
        text = content.decode(encoding, "replace")
        yield text
        yield unquote_plus(text)


def _refuse_texts(texts: Iterator[tuple[str, str]]) -> None:
    for where, text in texts:
        if holds_my_number(text):
            raise MyNumberRefused("a key of the body" if holds_my_number(where) else where or "the body")


def texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text in a decoded value with the path that leads to it; keys are texts too."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        # Untyped JSON only: a struct's own integers are bounded far below twelve digits.
        yield where, f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    elif isinstance(value, msgspec.Struct):
        unread = getattr(value, "unread_by_guard", ())
        for name in value.__struct_fields__:
            if name not in unread:
                yield from texts(getattr(value, name), f"{where}.{name}" if where else name)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{where or 'body'} (a key)", str(key)
            yield from texts(item, f"{where}.{key}" if where else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for n, item in enumerate(value):
            yield from texts(item, f"{where}[{n}]")
        if value and all(isinstance(item, str) for item in value):
            # One number in several items is still one number.
            yield where, " ".join(value)
    else:
        assert isinstance(value, UUID | datetime | date), type(value)


def _body_type(scope: Scope) -> Any | None:
    handler = scope.get("route_handler")
    if not isinstance(handler, HTTPRouteHandler) or handler.parsed_data_field is None:
        return None
    annotation = handler.parsed_data_field.annotation
    if annotation is bytes:
        return None
    return (
        get_args(annotation)[0]
        if get_origin(annotation) is not None and not _is_struct(annotation)
        else annotation
    )


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)
