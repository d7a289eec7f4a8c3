"""Keeping: the policy, the clocks, holds from disposal, who would be a candidate, who is to be reminded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire, wire_retention
from api.parameters import After, CardPath, Limit, PlaceQuery
from api.problems import documented
from api.times import on_calendar
from logistics.rules import errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.permissions import Actor
from logistics.rules.retention import PRESETS, Clock, Requester
from logistics.work import candidates, policies, retaining

HoldPath = Annotated[
    str, PathParameter(pattern=r"^Z[0-9A-Z]{3,11}$", description="Number of a hold, such as Z08000001I")
]
CardQuery = Annotated[
    str | None, QueryParameter(pattern=r"^C[0-9A-Z]{3,11}$", description="Only of this card")
]
KindQuery = Annotated[str | None, QueryParameter(pattern=r"^[a-z_]{1,40}$", description="Only of this kind")]
OnQuery = Annotated[date | None, QueryParameter(description="As it will stand on this day; otherwise today")]


@post(
    "/retention/policies",
    operation_id="setRetention",
    summary="Record a version of the retention policy, as the city decided it",
    description="City staff only, with another city employee as approver. Earlier versions stay as they are.",
    responses=documented(errors.SecondPersonNeeded),
)
async def set_retention(
    data: JSONBody[wire_retention.NewPolicy],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_retention.Policy:
    number = await policies.decide(
        session,
        actor,
        data.approver,
        on_calendar(data.effective_from, "effective_from"),
        data.reference,
        data.note,
        [policies.Ruling(one.kind, one.preset, one.rule) for one in data.rules],
        data.remind_after,
        now,
    )
    return _policies(await policies.page(session, number + 1, 1))[0]


@get(
    "/retention/policies",
    operation_id="listRetention",
    summary="Versions of the retention policy, the last recorded first",
    responses=documented(),
)
async def list_retention(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    before: Annotated[int, QueryParameter(ge=0, le=2**53, description="`next` of the page before")] = 2**53,
    limit: Limit = 100,
) -> wire_retention.Policies:
    items = _policies(await policies.page(snapshot, before, limit))
    return wire_retention.Policies(items=items, next=items[-1].id if len(items) == limit else None)


@get(
    "/retention/presets",
    operation_id="listPresets",
    summary="Rules that have a name",
    responses=documented(),
)
async def list_presets(
    snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> list[wire_retention.Preset]:
    return [wire_retention.Preset(name=name, rule=rule) for name, rule in PRESETS.items()]


@get(
    "/retention/candidates",
    operation_id="listCandidates",
    summary="Who would be a candidate for disposal on a day; changes nothing",
    responses=documented(),
)
async def list_candidates(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    on: OnQuery = None,
    place: PlaceQuery = None,
    kind: KindQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_retention.Candidate]:
    day = on_calendar(on, "on") if on else business_date(now)
    rows = await candidates.candidates(
        snapshot, day, after=after, limit=limit, place=permissions.place(reader, place), kind=kind
    )
    return wire.paged(rows, wire_retention.Candidate, limit)


@get(
    "/retention/reminders",
    operation_id="listReminders",
    summary="Whose holders are to be reminded (再通知) by a day",
    responses=documented(),
)
async def list_reminders(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    on: OnQuery = None,
    place: PlaceQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_retention.ToRemind]:
    day = on_calendar(on, "on") if on else business_date(now)
    rows = await candidates.reminders(
        snapshot, day, after=after, limit=limit, place=permissions.place(reader, place)
    )
    return wire.paged(rows, wire_retention.ToRemind, limit)


@post(
    "/retention/reminders",
    operation_id="recordReminder",
    summary="Record 再通知 posted for many cards, with the day by which it asks to come",
    status_code=200,
    responses=documented(errors.CardsRefused),
)
async def record_reminder(
    data: JSONBody[wire_retention.Reminder],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Marked:
    day = on_calendar(data.day, "day")
    deadline = on_calendar(data.deadline, "deadline") if data.deadline else None
    done = await retaining.post_reminder(session, actor, data.cards, day, deadline, now)
    return wire.Marked(cards=done)


@post(
    "/retention/returned-notices",
    operation_id="recordReturnedNotice",
    summary="Record that the notices of many cards came back undelivered",
    status_code=200,
    responses=documented(errors.CardsRefused),
)
async def record_returned_notice(
    data: JSONBody[wire.Mark],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Marked:
    day = on_calendar(data.day, "day")
    return wire.Marked(cards=await retaining.return_notice(session, actor, data.cards, day, now))


@post(
    "/retention/clocks",
    operation_id="tellClock",
    summary="Tell from which day a clock of many cards counts; blocking is the city's",
    status_code=200,
    responses=documented(errors.CardsRefused),
)
async def tell_clock(
    data: JSONBody[wire_retention.ClockDay],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Marked:
    day = on_calendar(data.day, "day")
    done = await retaining.tell(session, actor, Clock(data.clock), data.cards, day, data.reason, now)
    return wire.Marked(cards=done)


@get(
    "/retention/cards/{card:str}",
    operation_id="getCardRetention",
    summary="What counts for one card: clocks, rule, and from when it may be proposed",
    responses=documented(errors.NotFound),
)
async def get_card_retention(
    card: CardPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    on: OnQuery = None,
) -> wire_retention.CardRetention:
    day = on_calendar(on, "on") if on else business_date(now)
    row = await candidates.of_card(snapshot, card, day)
    if row is None:
        raise errors.NotFound("card in stock", card)
    return wire.listed([row], wire_retention.CardRetention)[0]


@post(
    "/retention/holds",
    operation_id="holdDisposal",
    summary="Keep a card from disposal until a day (廃棄留保)",
    responses=documented(errors.CardsRefused),
)
async def hold_disposal(
    data: JSONBody[wire_retention.NewHold],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_retention.Hold:
    until = on_calendar(data.until, "until")
    who = Requester(data.requester)
    return _hold(await retaining.hold(session, actor, data.card, data.reason, who, until, now))


@get(
    "/retention/holds",
    operation_id="listHolds",
    summary="Holds from disposal; those in force on a day where one is given",
    responses=documented(),
)
async def list_holds(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    on: Annotated[date | None, QueryParameter(description="Only those in force on this day")] = None,
    card: CardQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_retention.Hold]:
    rows = await retaining.holds(
        snapshot, after=after, limit=limit, card=card, on=on, scope=permissions.scope(reader)
    )
    return wire.paged(rows, wire_retention.Hold, limit)


@post(
    "/retention/holds/{hold:str}/release",
    operation_id="releaseDisposal",
    summary="End a hold before its day",
    status_code=200,
    responses=documented(errors.NotFound, errors.AlreadyResolved),
)
async def release_disposal(
    hold: HoldPath,
    data: JSONBody[wire.WithReason],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_retention.Hold:
    return _hold(await retaining.release(session, actor, hold, data.reason, now))


def _hold(row: dict[str, Any]) -> wire_retention.Hold:
    return wire.listed([row], wire_retention.Hold)[0]


def _policies(rows: list[dict[str, Any]]) -> list[wire_retention.Policy]:
    return [
        msgspec.convert({**row, "rules": msgspec.json.decode(row["rules"])}, wire_retention.Policy)
        for row in rows
    ]


router = Router(
    "/",
    tags=["retention"],
    route_handlers=[
        set_retention,
        list_retention,
        list_presets,
        list_candidates,
        list_reminders,
        record_reminder,
        record_returned_notice,
        tell_clock,
        get_card_retention,
        hold_disposal,
        list_holds,
        release_disposal,
    ],
)
