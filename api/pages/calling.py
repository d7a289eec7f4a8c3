"""Whom to call in an emergency (緊急連絡体制), as a page: the version in force, the earlier ones, and setting a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.wire_contacts import ContactIn
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor, may
from logistics.work import contacts
from logistics.work.contacts import Contact

MOST_LINES, MOST_VERSIONS, SPARE = 60, 20, 3
TEXTS = ("party", "duty", "name", "phone", "hours", "mail")
# What a line's parts are called, where one is wrong.
CALLED = {
    "party": ("組織", "organisation"),
    "duty": ("役割", "duty"),
    "name": ("氏名", "name"),
    "phone": ("電話番号（数字と - ( ) +）", "telephone number"),
    "hours": ("つながる時間", "hours"),
    "mail": ("メール", "mail address"),
    "position": ("順番", "position"),
}
_AT = re.compile(r"\$\.(\w+)")


@get("/contacts")
async def contacts_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """Whom to call, first on top."""
    permissions.require(reader, "see")
    return await _page(request, snapshot, reader)


@post("/contacts")
async def set_contacts(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Put a new version in force. What is wrong with a line is said beside what was typed, which is too much for a cookie."""
    permissions.require(actor, "set_contacts")
    typed = typed_lines(request)
    try:
        lines = [line_of(n, said) for n, said in enumerate(typed, start=1)]
        if not lines:
            raise InvalidValue("lines", "are needed, one at least")
        reason = forms.text(request, "reason")
    except InvalidValue as wrong:
        return await _page(request, session, actor, typed, wrong)
    made = await contacts.set_contacts(session, actor, lines, reason, now)
    return done(
        "/contacts",
        f"緊急連絡先を第{made['version']}版に改め、載っている人に知らせました。P21 を印刷して掲示してください。",
        f"Version {made['version']} is in force, and everybody on it is told. Print P21 and put it up.",
    )


def typed_lines(request: Request[Any, Any, Any]) -> list[dict[str, str]]:
    """The lines of the form that hold anything, in the order of the numbers before them."""
    found = []
    for n in range(MOST_LINES):
        said = {name: forms.optional(request, f"{name}-{n}") for name in TEXTS}
        if any(said.values()):
            said["notified"] = forms.optional(request, f"notified-{n}")
            found.append((_place_of(request, n), n, said))
    return [said for _, _, said in sorted(found, key=lambda one: one[:2])]


def line_of(n: int, said: dict[str, str]) -> Contact:
    """The `n`-th line as the domain knows it. InvalidValue names the line and the part of it."""
    given = {name: said[name] for name in TEXTS if said[name]} | {"notified": bool(said["notified"])}
    try:
        line = msgspec.convert(given, ContactIn).contact()
    except msgspec.ValidationError as wrong:
        at = _AT.search(str(wrong))
        missing = next((name for name in TEXTS if not said[name] and name != "mail"), "party")
        raise _wrong(n, at[1] if at else missing) from None
    if line.notified and line.mail is None:
        raise _wrong(n, "mail")
    return line


def _wrong(n: int, name: str) -> InvalidValue:
    ja, en = CALLED[name]
    return InvalidValue(f"{n} 行目の{ja}", f"({en}) is missing or cannot be read")


def _place_of(request: Request[Any, Any, Any], n: int) -> int:
    said = forms.optional(request, f"position-{n}")
    if not said.isdigit():
        return n + 1
    return int(said[:4])


async def _page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    reader: Actor,
    typed: Sequence[dict[str, Any]] | None = None,
    wrong: InvalidValue | None = None,
) -> Response[str]:
    held = await contacts.current(session)
    known: Sequence[dict[str, Any]] = held["lines"] if held else []
    shown = [
        {**{name: line[name] or "" for name in TEXTS}, "notified": line["notified"]}
        for line in (known if typed is None else typed)
    ]
    blank = {**dict.fromkeys(TEXTS, ""), "notified": False}
    return page(
        "contacts.html",
        request=request,
        reader=reader,
        held=held,
        versions=await contacts.versions(session, MOST_VERSIONS),
        lines=(shown + [blank] * SPARE)[:MOST_LINES],
        reason=forms.optional(request, "reason") if wrong else "",
        wrong=wrong,
        called=CALLED,
        may_set=may(reader, "set_contacts"),
    )


router = Router(
    "/",
    route_handlers=[contacts_page, set_contacts],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
