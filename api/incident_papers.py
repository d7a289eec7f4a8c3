"""What of incidents and differences goes on paper or leaves: P9, P10, P21 with its contacts, sealed evidence."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth, wire, wire_contacts
from api import wire_incidents as w
from api.answers import download
from api.incidents import told
from api.parameters import DiscrepancyPath, IncidentPath, Limit
from api.problems import documented
from logistics.ledger.evidence import ExportRefused
from logistics.rules import errors, permissions
from logistics.rules.lifecycle import IncidentStep
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import archives, contacts, difference_papers, freezing, incident_papers

# What was written a moment ago is signed within two seconds; look again rather than refuse it.
TRIES, TRY_SECONDS = 5, 1.0


@post(
    "/incidents/{incident:str}/reports",
    operation_id="issueIncidentReport",
    summary="Issue P9 事故報告書: 速報, 続報 or 確報, frozen from what is written; printed by its number",
    status_code=201,
    responses=documented(errors.NotFound, errors.IncidentStepRefused, errors.IncidentNotReady),
)
async def issue_report(
    incident: IncidentPath,
    data: JSONBody[w.IssueReport],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.IncidentReport:
    row = await incident_papers.issue(session, actor, incident, IncidentStep(data.stage), now)
    return w.IncidentReport(document=row["document"], incident=told(row))


@post(
    "/discrepancies/{discrepancy:str}/reports",
    operation_id="makeDifferenceReport",
    summary="Freeze P10 差異報告書 of a difference as it stands; printed by its number",
    status_code=201,
    responses=documented(errors.NotFound),
)
async def make_difference_report(
    discrepancy: DiscrepancyPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.DifferenceReport:
    record = await difference_papers.make(session, actor, discrepancy, now)
    return w.DifferenceReport(document=record.number, discrepancy=discrepancy)


@post(
    "/incidents/{incident:str}/evidence",
    operation_id="freezeEvidence",
    summary="Seal all entries that an incident concerns; the service has done so once by itself",
    status_code=201,
    responses=documented(errors.NotFound),
    opt=auth.RESOLVES,
)
async def freeze_evidence(
    incident: IncidentPath,
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    signer_directory: NamedDependency[Path | None],
    now: NamedDependency[datetime],
) -> w.Evidence:
    async with database.begin() as session:
        actor = await auth.provide_actor(request, session)
        permissions.require(actor, "freeze_evidence")
    return wire.listed([await sealed(database, signer_directory, actor, incident, now)], w.Evidence)[0]


async def sealed(
    database: Database, signer_directory: Path | None, actor: Actor, incident: str, now: datetime
) -> dict[str, Any]:
    """Sealed evidence, once the signer is done with what it concerns. InvalidValue where nothing can be sealed yet."""
    if signer_directory is None:
        raise errors.InvalidValue("incident", "this service signs no log, so there is no evidence to seal")
    for left in reversed(range(TRIES)):
        try:
            row = await freezing.freeze(database, signer_directory, actor.code, incident, now)
            break
        except ExportRefused as refusal:
            if not left:
                raise errors.InvalidValue("incident", str(refusal)) from None
            await asyncio.sleep(TRY_SECONDS)
    assert row is not None, "what somebody asks for is always sealed"
    return row


@post(
    "/incidents/{incident:str}/evidence/{position:int}/archive",
    operation_id="takeEvidence",
    summary="Sealed evidence as an encrypted archive, for a purpose and under an approval",
    status_code=200,
    media_type="application/zip",
    responses=documented(errors.NotFound),
)
async def take_evidence(
    incident: IncidentPath,
    position: FromPath[int],
    data: JSONBody[w.TakeEvidence],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    archives.checked(data.password)
    content = await freezing.hand_out(session, actor, incident, position, data.purpose, data.approval, now)
    archive = await anyio.to_thread.run_sync(partial(archived, content, incident, data.password))
    return download(archive, f"evidence-{incident}-{position}.zip", "application/zip")


@get(
    "/contacts",
    operation_id="getContacts",
    summary="The emergency contacts in force, whom to call first on top",
    responses=documented(errors.NotFound),
)
async def get_contacts(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> wire_contacts.Contacts:
    permissions.require(reader, "see")
    held = await contacts.current(snapshot)
    if held is None:
        raise errors.NotFound("emergency contacts", "current")
    return wire.listed([held], wire_contacts.Contacts)[0]


@get(
    "/contacts/versions",
    operation_id="listContactVersions",
    summary="The versions of the emergency contacts, the latest first",
    responses=documented(),
)
async def list_contact_versions(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    before: Annotated[
        int, QueryParameter(ge=0, le=contacts.LATEST, description="`version` of the last item before")
    ] = contacts.LATEST,
    limit: Limit = 100,
) -> list[wire_contacts.ContactVersion]:
    permissions.require(reader, "see")
    return wire.listed(await contacts.versions(snapshot, limit, before), wire_contacts.ContactVersion)


@post(
    "/contacts",
    operation_id="setContacts",
    summary="Put a new version of the emergency contacts in force: P21 is frozen and everybody on it is told",
    status_code=201,
    responses=documented(),
)
async def set_contacts(
    data: JSONBody[wire_contacts.SetContacts],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_contacts.Contacts:
    lines = [line.contact() for line in data.lines]
    return wire.listed(
        [await contacts.set_contacts(session, actor, lines, data.reason, now)], wire_contacts.Contacts
    )[0]


def archived(content: bytes, incident: str, password: str) -> bytes:
    """Sealed evidence as an encrypted archive."""
    with tempfile.TemporaryDirectory(prefix="logistics-evidence-") as home:
        out = Path(home, "evidence.zip")
        freezing.encrypted(content, incident, out, password)
        return out.read_bytes()


router = Router(
    "/",
    tags=["incidents"],
    route_handlers=[
        issue_report,
        make_difference_report,
        freeze_evidence,
        take_evidence,
        get_contacts,
        list_contact_versions,
        set_contacts,
    ],
)
