"""Incidents on pages: raised from anywhere, their register, and one of them with all that is known and to be done."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.incident_acts import items_of, moment_of
from api.pages.incident_words import REPORT_WORDS, WORDS
from api.pages.messages import done
from api.pages.speech import folded
from api.parameters import After, IncidentPath
from logistics.rules import permissions
from logistics.rules.calendar import JST
from logistics.rules.codes import CodeType, fault, type_of
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.incidents import DECIDED, ITEM_TYPES, WRITTEN, IncidentKind
from logistics.rules.lifecycle import INCIDENT, IncidentState, IncidentStep
from logistics.rules.permissions import OVERSIGHT, Actor, may, relations
from logistics.work import (
    archives,
    attachments,
    contacts,
    freezing,
    incident_course,
    incidents,
    mailing,
    places,
    sight,
)
from logistics.work.incidents import NewIncident

PER_PAGE, MOST_MESSAGES = 100, 20
_CODE = re.compile(r"(?<![0-9A-Z])[A-Z][0-9A-Z]{3,11}(?![0-9A-Z])")


@get("/incidents")
async def list_incidents(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    closed: Annotated[bool, QueryParameter()] = False,
    after: After = "",
) -> Response[str]:
    """The register: open incidents with their clocks, or those that are closed."""
    own = permissions.scope(reader)
    rows = await incidents.page(snapshot, now, after=after, limit=PER_PAGE + 1, place=own, is_open=not closed)
    return page(
        "incidents.html",
        request=request,
        reader=reader,
        rows=rows[:PER_PAGE],
        following=rows[PER_PAGE - 1]["code"] if len(rows) > PER_PAGE else None,
        closed=closed,
        words=WORDS,
    )


@get("/incidents/new")
async def new_incident(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    source: Annotated[str, QueryParameter(name="from", max_length=300)] = "",
) -> Response[str]:
    """The short form, filled in with what the page before was about."""
    permissions.require(reader, "report_incident")
    elsewhere = reader.role in OVERSIGHT
    return page(
        "incident_new.html",
        request=request,
        reader=reader,
        now=now.astimezone(JST).strftime("%Y-%m-%dT%H:%M"),
        items=await _concerned(snapshot, reader, source),
        places=[(row["code"], row["name"]) for row in await places.all_places(snapshot)] if elsewhere else [],
        words=WORDS,
        contacts=await contacts.current(snapshot),
    )


@post("/incidents")
async def raise_incident(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take in what was reported; the city hears of it."""
    kind = forms.text(request, "kind", most=40)
    if kind not in WORDS["kind"]:
        raise InvalidValue("kind", "is no kind of incident")
    new = NewIncident(
        IncidentKind(kind),
        forms.text(request, "happened", most=2_000),
        moment_of(request, "noticed_at"),
        items_of(request),
        folded(forms.optional(request, "place")) or None,
    )
    row = await incidents.report(session, actor, new, now)
    return done(
        f"/incidents/{row['code']}",
        f"事故 {row['code']} を登録しました。市へ通知します。",
        f"Incident {row['code']} is on the register; the city is told.",
    )


@get("/incidents/{incident:str}")
async def incident_page(
    request: Request[Any, Any, Any],
    incident: IncidentPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """All that is known of an incident, and what the reader can do about it."""
    await sight.require(snapshot, reader, "incident", incident)
    row = await incidents.one(snapshot, incident, now)
    over = relations(reader, holder=row["place"])
    is_open = row["state"] != IncidentState.CLOSED
    steps = INCIDENT.steps_from(IncidentState(row["state"]))
    return page(
        "incident.html",
        request=request,
        reader=reader,
        one=row,
        items=await incidents.items(snapshot, incident),
        course=await incidents.course(snapshot, incident),
        actions=await incident_course.actions(snapshot, incident, now),
        evidence=await freezing.evidence(snapshot, incident),
        may_freeze=may(reader, "freeze_evidence", over),
        may_export=may(reader, "export"),
        drawn=archives.new_password(),
        lacking=await incident_course.lacking(snapshot, incident),
        files=await attachments.of(snapshot, "incident", incident),
        messages=await mailing.messages(snapshot, 0, MOST_MESSAGES, incident),
        contacts=await contacts.current(snapshot),
        written=[kind.value for kind in WRITTEN],
        decided=[kind.value for kind in DECIDED],
        may_follow=is_open and may(reader, "follow_up_incident", over),
        may_attach=is_open and may(reader, "attach", over),
        reports=[step.value for step in steps if step in REPORT_WORDS]
        if may(reader, "issue_incident_report", over)
        else [],
        may_close=IncidentStep.CLOSE in steps and may(reader, "close_incident", over),
        may_send_back=IncidentStep.SEND_BACK in steps and may(reader, "send_back_incident", over),
        words=WORDS,
    )


async def _concerned(session: AsyncSession, reader: Actor, path: str) -> list[str]:
    """What the page at an address shows: the codes in it, and the card or bag that a difference or a case is about."""
    found = _codes_in(path)
    for code in list(found):
        name = {CodeType.DISCREPANCY: "discrepancy", CodeType.CASE: "case"}.get(CodeType(code[0]))
        if name is None:
            continue
        try:
            await sight.require(session, reader, name, code)
        except NotFound:
            continue
        found += await incidents.through(session, code)
    return list(dict.fromkeys(found))


def _codes_in(path: str) -> list[str]:
    """The codes in a page's address that an incident can concern."""
    found = dict.fromkeys(_CODE.findall(path))
    return [code for code in found if fault(code) is None and type_of(code) in ITEM_TYPES]


router = Router(
    "/",
    route_handlers=[
        list_incidents,
        new_incident,
        raise_incident,
        incident_page,
    ],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
