"""Ordering an export of the log: which part, in what form, for what, under which approval. A job makes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import door_of
from api.exports import parts_given
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from logistics.rules import permissions
from logistics.rules.calendar import JST
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.jobs import NAMES, JobKind
from logistics.rules.permissions import Actor
from logistics.work import archives, export_jobs, jobs, places
from logistics.work.exports import Format, Order
from logistics.work.views import Charset

MOST = 50


@get("/audit/exports")
async def export_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """What can be ordered, and what the reader ordered lately."""
    permissions.require(reader, "export")
    lately = await jobs.listed(snapshot, reader, now + timedelta(days=1), MOST)
    return page(
        "export.html",
        request=request,
        reader=reader,
        places=[(row["code"], row["name"]) for row in await places.all_places(snapshot)],
        jobs=[one for one in lately if one["kind"] == JobKind.EXPORT],
        drawn=archives.new_password(),
        kept_hours=int(export_jobs.KEPT.total_seconds() // 3600),
        names=NAMES,
    )


@post("/audit/exports")
async def order(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Order one, and go to where it is watched. The password is never handed back to a form."""
    password = forms.take(request, "password")
    wanted = Order(
        by=actor.code,
        purpose=forms.text(request, "purpose", most=100),
        approval=forms.text(request, "approval", most=40),
        format=forms.choice(request, "format", Format),
        charset=forms.choice(request, "charset", Charset),
        filters=parts_given(
            card=_code(request, "card", CodeType.CARD),
            batch=_code(request, "batch", CodeType.BATCH),
            place=_code(request, "place", CodeType.PLACE),
            occurred_from=_moment(request, "occurred_from"),
            occurred_to=_moment(request, "occurred_to"),
        ),
    )
    job = await export_jobs.ask(session, actor, door_of(request).desk.sealer, wanted, password, now)
    return done(
        f"/reports/jobs/{job}",
        "書出しを受け付けました。目的と承認番号を来歴に記録しました。",
        "The export is being made. What it is for is in the log.",
    )


def _code(request: Request[Any, Any, Any], name: str, kind: CodeType) -> str | None:
    return forms.code(request, name, kind) if forms.optional(request, name) else None


def _moment(request: Request[Any, Any, Any], name: str) -> datetime | None:
    value = forms.optional(request, name)
    if not value:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=JST)
    except ValueError:
        raise InvalidValue(name, "is not a time such as 2026-04-01T09:00") from None


router = Router(
    "/",
    route_handlers=[export_page, order],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
