"""What a page says about the act before it: done, or refused and why, with what was typed.

An act is a form that is sent; its answer sends the browser on to a page (303), and the message goes with it in a
cookie of one page's life. So a reload never repeats an act, and a refused form comes back filled in.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from api.door import door_of
from logistics.rules.errors import DomainError, MyNumberRefused

COOKIE = "said"
SECONDS = 60
# A cookie holds four kilobytes, which are three before they are written in letters; what was typed goes before the
# message does, and of what was typed the longest first.
MOST_BYTES, MOST_TYPED, MOST_SENTENCE = 2_900, 20, 300


class Said(msgspec.Struct, frozen=True):
    """A message in both languages; `field` is what it is about, `typed` what the form held."""

    is_fault: bool
    ja: str
    en: str
    field: str | None = None
    typed: dict[str, str] = {}

    def forget(self, answer: Response[Any]) -> None:
        """Have the browser drop the message, once it is shown."""
        answer.delete_cookie(COOKIE, path="/")


def take_message(request: Request[Any, Any, Any]) -> Said | None:
    """The message that came along, if a sound one did."""
    text = request.cookies.get(door_of(request).cookie_name(COOKIE))
    if not text:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text.encode()), type=Said)
    except (ValueError, msgspec.DecodeError, UnicodeError):
        return None


def done(path: str, ja: str, en: str) -> Redirect:
    """On to the page at `path`, which says what was done."""
    return _redirect(path, Said(is_fault=False, ja=ja, en=en))


def told(path: str, ja: str, en: str, *, is_fault: bool) -> Redirect:
    """On to the page at `path`, which says what was recorded: what was meant, or a refusal."""
    return _redirect(path, Said(is_fault=is_fault, ja=ja, en=en))


def refused(path: str, error: DomainError, typed: Mapping[str, str]) -> Redirect:
    """Back to the page at `path`, which says why not and holds what was typed; a My Number is not carried back."""
    field = getattr(error, "field", None)
    ja, en = error.message_ja[:MOST_SENTENCE], error.message[:MOST_SENTENCE]
    said = Said(True, ja, en, field)
    room = MOST_BYTES - len(msgspec.json.encode(said))
    kept = {} if isinstance(error, MyNumberRefused) else _bounded(typed, room)
    return _redirect(path, Said(True, ja, en, field, kept))


def local(path: str | None, otherwise: str = "/") -> str:
    """`path` if it leads nowhere but to a page of ours."""
    is_ours = path is not None and path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_ours and path is not None and path.isprintable() else otherwise


def _bounded(typed: Mapping[str, str], room: int) -> dict[str, str]:
    """As much of what was typed as so many bytes hold, the shortest first."""
    kept: dict[str, str] = {}
    for name, value in sorted(typed.items(), key=lambda one: len(one[1]))[:MOST_TYPED]:
        room -= len(msgspec.json.encode({name: value}))
        if room >= 0:
            kept[name] = value
    return kept


def _redirect(path: str, said: Said) -> Redirect:
    answer = Redirect(local(path), status_code=303)
    text = base64.urlsafe_b64encode(msgspec.json.encode(said)).decode()
    answer.set_cookie(COOKIE, text, path="/", max_age=SECONDS, httponly=True, samesite="strict")
    return answer
