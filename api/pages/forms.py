"""Forms that pages send: read once, before any handler, so that a refusal can hand back what was typed.

A handler of a form raises what the domain raises; the fault handlers then lead back to the form (`back`), filled in
and with the sentence of the error. What went well ends in `messages.done`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

from litestar import Request

from api.door import CSRF_FIELD
from api.pages.messages import local
from api.pages.speech import folded
from api.parameters import check_codes
from logistics.rules.calendar import JST, business_date
from logistics.rules.codes import CodeType, fault, require
from logistics.rules.errors import InvalidValue

TYPED = "typed"
Word = TypeVar("Word", bound=StrEnum)
_SEAL = re.compile(r"[0-9A-Z][0-9A-Z-]{3,19}")


async def read(request: Request[Any, Any, Any]) -> None:
    """Before a handler: keep the form's texts, without surrounding white space; files stay in the request."""
    await check_codes(request)
    await read_form(request)


async def read_form(request: Request[Any, Any, Any]) -> None:
    """The same, where the handler itself says what is wrong with a code in its address."""
    if request.method == "POST":
        is_form = "form" in request.headers.get("content-type", "")
        form = await request.form() if is_form else {}
        typed = {
            name: value.strip()
            for name, value in form.items()
            if isinstance(value, str) and name != CSRF_FIELD
        }
        request.state[TYPED] = typed


def text(request: Request[Any, Any, Any], name: str, *, most: int = 500) -> str:
    """A text of the form. InvalidValue, naming it, if it is missing, empty or too long."""
    value = optional(request, name)
    if not value:
        raise InvalidValue(name, "is needed")
    if len(value) > most:
        raise InvalidValue(name, f"is longer than {most} characters")
    return value


def optional(request: Request[Any, Any, Any], name: str) -> str:
    """A text of the form, empty where it is not given. InvalidValue for one with a NUL in it."""
    value: str = request.state[TYPED].get(name, "")
    if "\x00" in value:
        raise InvalidValue(name, "holds a control character")
    return value


def code(request: Request[Any, Any, Any], name: str, kind: CodeType) -> str:
    """A code of the form, however it was typed. MalformedCode, naming it."""
    return require(folded(text(request, name, most=40)), kind, name)


def codes(request: Request[Any, Any, Any], name: str, kind: CodeType, *, most: int = 2_000) -> list[str]:
    """Codes of the form, one a line or parted by white space or commas. MalformedCode, InvalidValue for none."""
    parts = text(request, name, most=most * 14).replace(",", " ").replace("、", " ").split()
    if len(parts) > most:
        raise InvalidValue(name, f"holds more than {most} codes")
    return [require(folded(part), kind, name) for part in parts]


def number(request: Request[Any, Any, Any], name: str, *, most: int = 100_000) -> int:
    """A whole number of the form, zero or more. InvalidValue."""
    value = folded(text(request, name, most=12))
    if not (value.isascii() and value.isdigit() and int(value) <= most):
        raise InvalidValue(name, f"must be a whole number from 0 to {most}")
    return int(value)


def seal(request: Request[Any, Any, Any], name: str) -> str:
    """The number on a seal. InvalidValue for what is none, and for a barcode of ours scanned in its place."""
    value = folded(text(request, name, most=40))
    if not _SEAL.fullmatch(value) or fault(value) is None:
        raise InvalidValue(name, "is no number of a seal")
    return value


def day(request: Request[Any, Any, Any], name: str) -> date:
    """A day of the form. InvalidValue."""
    try:
        return date.fromisoformat(text(request, name, most=10))
    except ValueError:
        raise InvalidValue(name, "is not a day such as 2026-04-01") from None


def choice(request: Request[Any, Any, Any], name: str, words: type[Word]) -> Word:
    """One of the words of an enumeration. InvalidValue."""
    value = text(request, name, most=40)
    try:
        return words(value)
    except ValueError:
        raise InvalidValue(name, f"must be one of {', '.join(words)}") from None


def take(request: Request[Any, Any, Any], name: str) -> str:
    """A text of the form that is not handed back, whatever comes of it; empty where it is not given."""
    value = optional(request, name)
    request.state[TYPED].pop(name, None)
    return value


def today_at(request: Request[Any, Any, Any], name: str, now: datetime) -> datetime:
    """A time of the present day in Japan, as 17:15. InvalidValue."""
    try:
        at = time.fromisoformat(text(request, name, most=5))
    except ValueError:
        raise InvalidValue(name, "is not a time such as 17:15") from None
    return datetime.combine(business_date(now), at, JST)


def back(request: Request[Any, Any, Any]) -> str:
    """The page that the form came from."""
    return local(request.state[TYPED].get("back"), request.scope["path"])
