"""The registers: who works here, who may carry, where cards may lie, who is to work when; and their papers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.parameters import PlacePath, PlaceQuery
from api.problems import documented
from api.times import on_calendar
from api.wire_registers import (
    Changed,
    Consent,
    Expiring,
    HandedIn,
    NewConsent,
    NewPremises,
    NewRoster,
    NewTraining,
    PersonHistory,
    PersonRow,
    Premises,
    Roster,
    RosterCheck,
    SignedPledge,
)
from logistics.rules import errors, people_errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.permissions import Actor
from logistics.work import couriers, premises, registers, rosters


@get(
    "/people/expiring",
    operation_id="listExpiring",
    summary="Who may not act, or soon will not: registration, pledge, training",
    responses=documented(),
)
async def list_expiring(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor], now: NamedDependency[datetime]
) -> list[Expiring]:
    return wire.listed(await registers.expiring(snapshot, reader, business_date(now)), Expiring)


@get(
    "/people/{person:str}/registration",
    operation_id="getRegistration",
    summary="A person's rows of the register, pledges and trainings, nothing left out",
    responses=documented(errors.NotFound),
)
async def get_registration(
    person: FromPath[str], snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> PersonHistory:
    return msgspec.convert(await registers.history(snapshot, reader, person), PersonHistory)


@post(
    "/registrations",
    operation_id="registerPerson",
    summary="Add a row to the register of people, approved by a second person",
    description="Ask for the approval with the same fields as `details` of POST /approvals, act `register_person`.",
    responses=documented(
        errors.NotFound,
        errors.SecondPersonNeeded,
        people_errors.ApprovalNeeded,
        people_errors.ApprovalUnusable,
    ),
)
async def register_person(
    data: JSONBody[PersonRow],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Changed:
    details = data.details()
    person = await registers.change(session, actor, data.person or "new", details, data.approval, now)
    return Changed(person=person)


@post(
    "/people/{person:str}/pledges",
    operation_id="recordPledge",
    summary="Record a signed pledge (誓約書)",
    status_code=204,
    responses=documented(errors.NotFound, errors.SecondPersonNeeded),
)
async def record_pledge(
    person: FromPath[str],
    data: JSONBody[SignedPledge],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    day = on_calendar(data.received_on, "received_on")
    await registers.pledge(session, actor, person, day, data.reference, now)


@post(
    "/people/{person:str}/trainings",
    operation_id="recordTraining",
    summary="Record a training that was attended",
    status_code=204,
    responses=documented(errors.NotFound, errors.SecondPersonNeeded),
)
async def record_training(
    person: FromPath[str],
    data: JSONBody[NewTraining],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    held, until = on_calendar(data.held_on, "held_on"), on_calendar(data.valid_to, "valid_to")
    await registers.training(session, actor, person, held, data.topic, until, data.reference, now)


@get(
    "/consents",
    operation_id="listConsents",
    summary="Consents of the city to couriers and subcontractors",
    responses=documented(),
)
async def list_consents(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[Consent]:
    return wire.listed(await couriers.consents(snapshot), Consent)


@post(
    "/consents",
    operation_id="registerConsent",
    summary="Record a consent: without one in force on its day no run leaves",
    status_code=204,
    responses=documented(errors.NotFound),
)
async def register_consent(
    data: JSONBody[NewConsent],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    start, end = on_calendar(data.valid_from, "valid_from"), on_calendar(data.valid_to, "valid_to")
    await couriers.register(
        session, actor, data.number, data.courier, data.scope, data.contract, start, end, now
    )


@get(
    "/premises",
    operation_id="listPremises",
    summary="Rooms and vaults as registered with the city",
    responses=documented(),
)
async def list_premises(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[Premises]:
    return wire.listed(await premises.registered(snapshot, permissions.scope(reader)), Premises)


@post(
    "/premises",
    operation_id="registerPremises",
    summary="Record a room or a vault: nothing is stored in a vault that is not registered",
    status_code=204,
    responses=documented(errors.NotFound),
)
async def register_premises(
    data: JSONBody[NewPremises],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> None:
    await premises.register(
        session,
        actor,
        data.number,
        data.place,
        data.room,
        data.vault,
        data.lock_type,
        data.key_holder,
        on_calendar(data.registered_on, "registered_on"),
        now,
    )


@post(
    "/rosters",
    operation_id="handInRoster",
    summary="Hand in who works at a site on a day; a later one replaces it, and both stay",
    responses=documented(errors.NotFound),
)
async def hand_in_roster(
    data: JSONBody[NewRoster],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> HandedIn:
    day = on_calendar(data.day, "day")
    return HandedIn(version=await rosters.hand_in(session, actor, data.place, day, data.people, now))


@get(
    "/rosters/{place:str}/{day:date}",
    operation_id="getRoster",
    summary="The roster that holds for a site and day",
    responses=documented(errors.NotFound),
)
async def get_roster(
    place: PlacePath,
    day: FromPath[date],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Roster:
    on_calendar(day, "day")
    return wire.listed([await rosters.one(snapshot, reader, place, day)], Roster)[0]


@get(
    "/rosters/check",
    operation_id="checkRosters",
    summary="The two weeks ahead against 資料1 and the register (6(8))",
    responses=documented(errors.NotFound),
)
async def check_rosters(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    place: PlaceQuery = None,
    start: Annotated[
        date | None, QueryParameter(name="from", description="First day; without it, today")
    ] = None,
) -> list[RosterCheck]:
    day = on_calendar(start, "from") if start else business_date(now)
    return wire.listed(await rosters.check(snapshot, reader, day, place), RosterCheck)


router = Router(
    "/",
    tags=["registers"],
    route_handlers=[
        list_expiring,
        get_registration,
        register_person,
        record_pledge,
        record_training,
        list_consents,
        register_consent,
        list_premises,
        register_premises,
        hand_in_roster,
        get_roster,
        check_rosters,
    ],
)
