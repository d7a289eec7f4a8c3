"""Sealed evidence of an incident, on its page: sealing once more, and handing a piece out as an encrypted file."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.answers import download
from api.incident_papers import archived, sealed
from api.pages import faults, forms
from api.pages.messages import done
from api.parameters import IncidentPath
from logistics.rules import permissions
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import archives, freezing


@post("/incidents/{incident:str}/evidence", opt=auth.RESOLVES)
async def seal(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    database: NamedDependency[Database],
    signer_directory: NamedDependency[Path | None],
    now: NamedDependency[datetime],
) -> Redirect:
    """Seal what the log holds about the incident, once more."""
    async with database.begin() as session:
        actor = await auth.provide_actor(request, session)
        permissions.require(actor, "freeze_evidence")
    row = await sealed(database, signer_directory, actor, incident, now)
    return done(
        f"/incidents/{incident}",
        f"取扱記録 {row['entries']} 件を保全しました。",
        f"{row['entries']} entries are sealed.",
    )


@post("/incidents/{incident:str}/evidence/archive", status_code=200)
async def hand_out(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """A sealed piece as an encrypted file, for a purpose and under an approval. The password is kept nowhere."""
    password = archives.checked(forms.take(request, "password"))
    number = forms.number(request, "piece", most=2**53)
    purpose, approval = forms.text(request, "purpose", most=100), forms.text(request, "approval", most=40)
    content = await freezing.hand_out(session, actor, incident, number, purpose, approval, now)
    archive = await anyio.to_thread.run_sync(partial(archived, content, incident, password))
    return download(archive, f"evidence-{incident}-{number}.zip", "application/zip")


router = Router(
    "/",
    route_handlers=[seal, hand_out],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
