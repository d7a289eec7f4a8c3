"""One's own ways to sign in."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults
from api.pages.html import page
from logistics.rules.permissions import Actor
from logistics.work import passkeys


@get("/account", guards=[auth.signed_in])
async def account(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """One's passkeys, and the way to a new one."""
    own = await passkeys.passkeys(snapshot, reader)
    return page("account.html", request=request, reader=reader, passkeys=own)


router = Router("/", route_handlers=[account], exception_handlers=faults.handlers(), include_in_schema=False)
