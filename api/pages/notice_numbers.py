"""Numbers of notices, held against sleeves at the counter: registering which belongs to which, by two scans each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.counter import hashed
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.pages.speech import folded
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor
from logistics.work import notice_numbers
from logistics.work.notice_numbers import NoticeKey, Numbered

# Letters tell the pairs apart: a digit in a field's name would run on into the number that is typed into it.
PAIRS = "abcdefgh"
MOST = 200


@get("/notice-numbers")
async def notices_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    notice_key: NamedDependency[NoticeKey | None],
) -> Response[str]:
    """Which cards of the place have a notice without a number, and registering numbers."""
    permissions.require(reader, "register_notice")
    return page(
        "notice_numbers.html",
        request=request,
        reader=reader,
        pairs=PAIRS,
        lacking=await notice_numbers.lacking(snapshot, str(reader.place), MOST),
        most=MOST,
        is_ready=notice_key is not None,
    )


@post("/notice-numbers")
async def register(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    notice_key: NamedDependency[NoticeKey | None],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep the hashes of the pairs, all or none. The numbers themselves are kept nowhere, nor handed back."""
    numbers = {pair: folded(forms.take(request, f"number-{pair}")) for pair in PAIRS}
    numbered = []
    for pair, number in numbers.items():
        if not (number or forms.optional(request, f"card-{pair}")):
            continue
        card = forms.code(request, f"card-{pair}", CodeType.CARD)
        if not number:
            raise InvalidValue(f"number-{pair}", "is needed")
        numbered.append(Numbered(card, hashed(notice_key, number, f"number-{pair}")))
    if not numbered:
        raise InvalidValue(f"card-{PAIRS[0]}", "is needed")
    count = await notice_numbers.register(session, actor, numbered, now)
    return done(
        "/notice-numbers",
        f"通知書の番号 {count} 件を登録しました。窓口で照合できます。",
        f"{count} numbers are registered; the counter holds notices against them.",
    )


router = Router(
    "/",
    route_handlers=[notices_page, register],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
