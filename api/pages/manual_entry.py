"""A number that cannot be scanned: it is typed, and a second person is asked to look at it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms, speech
from api.pages.approving import asked
from api.pages.html import page
from api.pages.vault_purposes import TAKE_OUT_REASONS
from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import TakeOutPurpose
from logistics.work import approvable, manual_entries, people
from logistics.work.manual_entries import SUBJECTS, Typed

PURPOSES: Mapping[str, tuple[str, str]] = {
    "check_in": ("検品", "Check in"),
    "pack": ("梱包", "Pack"),
    "receive": ("収受", "Receive"),
    "put_away": ("格納", "Put away"),
    "take_out": ("取出し", "Take out"),
    "put_back": ("戻入", "Put back"),
    "count": ("棚卸し", "Count"),
}


@get("/manual")
async def manual_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """Entering a control number whose barcode cannot be scanned."""
    bosses = [
        (one["code"], one["name"])
        for one in await people.people(snapshot, reader.place, "", 1_000)
        if one["role"] == "city"
    ]
    return page(
        "manual_entry.html",
        request=request,
        reader=reader,
        purposes=[(name, PURPOSES[name][speech.language(request) == "en"]) for name in SUBJECTS],
        reasons=[(name, TAKE_OUT_REASONS[name][speech.language(request) == "en"]) for name in TakeOutPurpose],
        supervisors=bosses,
    )


@post("/manual")
async def ask_manual(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Ask a second person to look at the card and its number."""
    purpose = forms.text(request, "purpose", most=20)
    is_taken_out = purpose == "take_out"
    subject = (
        forms.choice(request, "what_for", TakeOutPurpose)
        if is_taken_out
        else forms.optional(request, "subject")
    )
    typed = Typed(
        purpose,
        forms.code(request, "card", CodeType.CARD),
        forms.text(request, "reason"),
        (speech.folded(subject) if SUBJECTS.get(purpose) else subject) or None,
        speech.folded(forms.optional(request, "slot")) or None,
        forms.optional(request, "supervisor") or None,
    )
    made = await approvable.request(
        session, actor, manual_entries.ACT, typed.card, typed.details(), typed.reason, now
    )
    return asked(made)


router = Router(
    "/",
    route_handlers=[manual_page, ask_manual],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
