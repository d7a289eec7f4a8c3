"""Incidents (事故): raised by anybody, followed up by who leads, closed by the city's decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api import wire_incidents as w
from api.parameters import After, IncidentPath, Limit, PlaceQuery
from api.problems import documented
from api.times import on_calendar, require_past
from logistics.rules import errors, people_errors, permissions
from logistics.rules.incidents import EventKind
from logistics.rules.lifecycle import INCIDENT, IncidentState
from logistics.rules.permissions import Actor
from logistics.work import freezing, incident_course, incidents

OpenQuery = Annotated[
    bool | None,
    QueryParameter(name="open", description="Only those that are open (true) or closed (false)"),
]
ItemQuery = Annotated[
    str | None,
    QueryParameter(
        name="item", pattern=r"^[A-Z][0-9A-Z]{3,11}$", description="Only those that concern this code"
    ),
]


@post(
    "/incidents",
    operation_id="reportIncident",
    summary="Raise an incident: it is on the register and the city is told at once",
    status_code=201,
    responses=documented(errors.NotFound, errors.FutureTime),
)
async def report_incident(
    data: JSONBody[w.ReportIncident],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.Incident:
    require_past(data.noticed_at, "noticed_at", now)
    return told(await incidents.report(session, actor, data.new(), now))


@get(
    "/incidents",
    operation_id="listIncidents",
    summary="The register of incidents, with class, state and clocks",
    responses=documented(errors.NotFound),
)
async def list_incidents(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    place: PlaceQuery = None,
    is_open: OpenQuery = None,
    item: ItemQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[w.Incident]:
    own = permissions.place(reader, place)
    rows = await incidents.page(
        snapshot, now, after=after, limit=limit, place=own, is_open=is_open, item=item
    )
    following = rows[-1]["code"] if len(rows) == limit else None
    return wire.Page(items=[told(row) for row in rows], next=following)


@get(
    "/incidents/{incident:str}",
    operation_id="getIncident",
    summary="An incident: what it concerns, its course, corrective actions, sealed evidence",
    responses=documented(errors.NotFound),
)
async def get_incident(
    incident: IncidentPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.IncidentFile:
    row = await incidents.one(snapshot, incident, now)
    return w.IncidentFile(
        incident=told(row),
        items=wire.listed(await incidents.items(snapshot, incident), w.IncidentItem),
        course=wire.listed(await incidents.course(snapshot, incident), w.CourseEvent),
        actions=wire.listed(await incident_course.actions(snapshot, incident, now), w.CorrectiveAction),
        evidence=wire.listed(await freezing.evidence(snapshot, incident), w.Evidence),
        lacking=await incident_course.lacking(snapshot, incident),
    )


@post(
    "/incidents/{incident:str}/course",
    operation_id="writeIncidentCourse",
    summary="Write into an incident's course: what happened, who was told, what was done, why, and decisions",
    status_code=201,
    responses=documented(errors.NotFound, errors.IncidentStepRefused, errors.FutureTime),
)
async def write_course(
    incident: IncidentPath,
    data: JSONBody[w.WriteCourse],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.Incident:
    if data.occurred_at is not None:
        require_past(data.occurred_at, "occurred_at", now)
    row = await incident_course.write(
        session,
        actor,
        incident,
        EventKind(data.kind),
        data.words,
        now,
        occurred_at=data.occurred_at,
        whom=data.whom,
        decided=data.decided,
    )
    return told(row)


@post(
    "/incidents/{incident:str}/items",
    operation_id="addIncidentItems",
    summary="Say what else an incident concerns, or whether a PIN is set: the class may rise",
    status_code=201,
    responses=documented(errors.NotFound, errors.IncidentStepRefused),
)
async def add_items(
    incident: IncidentPath,
    data: JSONBody[w.AddIncidentItems],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.Incident:
    items = [one.item() for one in data.items]
    return told(await incident_course.add_items(session, actor, incident, items, data.words, now))


@post(
    "/incidents/{incident:str}/actions",
    operation_id="addCorrectiveAction",
    summary="Say what is to be done so that it does not happen again",
    status_code=201,
    responses=documented(errors.NotFound, errors.IncidentStepRefused, people_errors.NotInForce),
)
async def add_action(
    incident: IncidentPath,
    data: JSONBody[w.AddAction],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.Incident:
    due = on_calendar(data.due_on, "due_on")
    return told(
        await incident_course.add_action(session, actor, incident, data.what, data.responsible, due, now)
    )


@post(
    "/incidents/{incident:str}/actions/{position:int}/end",
    operation_id="endCorrectiveAction",
    summary="A corrective action was done, or is dropped",
    status_code=200,
    responses=documented(errors.NotFound, errors.IncidentStepRefused),
)
async def end_action(
    incident: IncidentPath,
    position: FromPath[int],
    data: JSONBody[w.EndAction],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.Incident:
    row = await incident_course.end_action(session, actor, incident, position, data.how, data.words, now)
    return told(row)


@post(
    "/incidents/{incident:str}/send-back",
    operation_id="sendBackIncident",
    summary="The city does not take the final report yet",
    status_code=200,
    responses=documented(errors.NotFound, errors.IncidentStepRefused),
)
async def send_back(
    incident: IncidentPath,
    data: JSONBody[w.SendBack],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.Incident:
    return told(await incident_course.send_back(session, actor, incident, data.words, now))


@post(
    "/incidents/{incident:str}/close",
    operation_id="closeIncident",
    summary="Close an incident by the city's decision, approved beforehand by a city employee",
    status_code=200,
    responses=documented(
        errors.NotFound,
        errors.IncidentStepRefused,
        errors.IncidentNotReady,
        people_errors.ApprovalNeeded,
        people_errors.ApprovalUnusable,
    ),
)
async def close(
    incident: IncidentPath,
    data: JSONBody[w.CloseIncident],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> w.Incident:
    return told(await incident_course.close(session, actor, incident, data.reason, data.approval, now))


def told(row: dict[str, Any]) -> w.Incident:
    """An incident of `incidents.page` as it crosses HTTP."""
    clocks = [
        {"name": c.name, "due_at": c.due_at, "done_at": c.done_at, "overdue": c.overdue}
        for c in row["clocks"]
    ]
    steps = INCIDENT.steps_from(IncidentState(row["state"]))
    return wire.listed(
        [{**row, "grade": row["class"], "clocks": clocks, "possible_steps": list(steps)}], w.Incident
    )[0]


router = Router(
    "/",
    tags=["incidents"],
    route_handlers=[
        report_incident,
        list_incidents,
        get_incident,
        write_course,
        add_items,
        add_action,
        end_action,
        send_back,
        close,
    ],
)
