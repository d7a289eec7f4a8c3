"""What an auditor asks. Each answer comes from one snapshot; that it was asked is in the log before it is given."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire_audit
from api.asking import DESCRIPTION, AlsoCsv, Asking, provide_asking
from api.audit_parameters import (
    AfterKey,
    AfterScan,
    At,
    Minutes,
    OccurredFrom,
    OccurredTo,
    OutcomeQuery,
    VaultQuery,
    aware,
    key,
    provide_filters,
)
from api.parameters import AfterEntry, BatchQuery, CardPath, Limit, PlaceQuery, SlotQuery
from api.problems import documented
from api.times import on_calendar
from logistics.rules import errors
from logistics.rules.calendar import business_date
from logistics.work import audit, audit_balances, audit_places, audit_scans
from logistics.work.audit_sources import Filters

T = TypeVar("T")


@get(
    "/entries",
    operation_id="askEntries",
    operation_class=AlsoCsv,
    summary="Entries, by any combination of filters",
    description=DESCRIPTION,
    responses=documented(),
)
async def ask_entries(
    asking: NamedDependency[Asking],
    filters: NamedDependency[Filters],
    after: AfterEntry = 0,
    limit: Limit = 100,
) -> Response[wire_audit.FoundEntries]:
    return await _entries(asking, "entries", filters, after, limit)


@get(
    "/late",
    operation_id="askLate",
    operation_class=AlsoCsv,
    summary="Entries recorded more than so many minutes after they occurred",
    description=DESCRIPTION,
    responses=documented(),
)
async def ask_late(
    asking: NamedDependency[Asking],
    filters: NamedDependency[Filters],
    minutes: Minutes = 60,
    after: AfterEntry = 0,
    limit: Limit = 100,
) -> Response[wire_audit.FoundEntries]:
    return await _entries(asking, "late", replace(filters, late_minutes=minutes), after, limit)


async def _entries(asking: Asking, question: str, filters: Filters, after: int, limit: int) -> Response[Any]:
    async def read(snapshot: AsyncSession) -> wire_audit.FoundEntries:
        page = await audit.entries(snapshot, filters, after, limit)
        return msgspec.convert(asdict(page), wire_audit.FoundEntries)

    return await asking.answered(question, {**asdict(filters), "after": after, "limit": limit}, read)


@get(
    "/cards/{card:str}/holder",
    operation_id="askHolder",
    operation_class=AlsoCsv,
    summary="Who held this card at a moment",
    description=DESCRIPTION,
    responses=documented(errors.NotFound),
)
async def ask_holder(
    card: CardPath, asking: NamedDependency[Asking], at: At = None
) -> Response[wire_audit.Holder]:
    moment = aware(at, "at") or asking.now

    async def read(snapshot: AsyncSession) -> wire_audit.Holder:
        return msgspec.convert(await audit.holder(snapshot, card, moment), wire_audit.Holder)

    return await asking.answered("holder", {"card": card, "at": moment}, read)


@get(
    "/contents",
    operation_id="askContents",
    operation_class=AlsoCsv,
    summary="What lay in this place, vault or slot at a moment",
    description=DESCRIPTION,
    responses=documented(errors.NotFound),
)
async def ask_contents(
    asking: NamedDependency[Asking],
    at: At = None,
    place: PlaceQuery = None,
    vault: VaultQuery = None,
    slot: SlotQuery = None,
    after: AfterKey = None,
    limit: Limit = 100,
) -> Response[wire_audit.Contents]:
    moment = aware(at, "at") or asking.now
    wheres: tuple[tuple[audit_places.Inside, str | None], ...] = (
        ("place", place),
        ("vault", vault),
        ("slot", slot),
    )
    given = [(inside, code) for inside, code in wheres if code]
    if len(given) != 1:
        raise errors.InvalidValue("place", "give one of place, vault and slot")
    ((inside, code),) = given

    async def read(snapshot: AsyncSession) -> wire_audit.Contents:
        found = await audit_places.contents(snapshot, inside, code, moment, key(after), limit)
        return _keyed(found, wire_audit.Contents)

    return await asking.answered(
        "contents", {inside: code, "at": moment, "after": after, "limit": limit}, read
    )


@get(
    "/balance",
    operation_id="askBalance",
    operation_class=AlsoCsv,
    summary="Whether a day of a place or a container adds up",
    description=DESCRIPTION,
    responses=documented(errors.NotFound),
)
async def ask_balance(
    asking: NamedDependency[Asking],
    day: Annotated[date | None, QueryParameter(description="Otherwise today")] = None,
    place: PlaceQuery = None,
    batch: BatchQuery = None,
) -> Response[wire_audit.Balance]:
    asked_day = on_calendar(day, "day") if day else business_date(asking.now)
    if (place is None) == (batch is None):
        raise errors.InvalidValue("place", "give one of place and batch")
    of: audit_balances.Of = "place" if place else "batch"

    async def read(snapshot: AsyncSession) -> wire_audit.Balance:
        found = await audit_balances.balance(snapshot, of, str(place or batch), asked_day, asking.now)
        return msgspec.convert({**asdict(found), "balanced": found.balanced}, wire_audit.Balance)

    return await asking.answered("balance", {of: place or batch, "day": asked_day.isoformat()}, read)


@get(
    "/gaps",
    operation_id="askGaps",
    operation_class=AlsoCsv,
    summary="Containers released and not accepted within so many minutes",
    description=DESCRIPTION,
    responses=documented(),
)
async def ask_gaps(
    asking: NamedDependency[Asking],
    minutes: Minutes = 30,
    destination: PlaceQuery = None,
    occurred_from: OccurredFrom = None,
    occurred_to: OccurredTo = None,
    after: AfterKey = None,
    limit: Limit = 100,
) -> Response[wire_audit.Gaps]:
    filters = _period(occurred_from, occurred_to, place=destination)

    async def read(snapshot: AsyncSession) -> wire_audit.Gaps:
        found = await audit_scans.gaps(snapshot, minutes, asking.now, filters, key(after), limit)
        return _keyed(found, wire_audit.Gaps)

    asked = {**asdict(filters), "minutes": minutes, "after": after, "limit": limit}
    return await asking.answered("gaps", asked, read)


@get(
    "/refused",
    operation_id="askRefused",
    operation_class=AlsoCsv,
    summary="Refused scans, by site, outcome and period",
    description=DESCRIPTION,
    responses=documented(),
)
async def ask_refused(
    asking: NamedDependency[Asking],
    place: PlaceQuery = None,
    outcome: OutcomeQuery = None,
    occurred_from: OccurredFrom = None,
    occurred_to: OccurredTo = None,
    after: AfterScan = None,
    limit: Limit = 100,
) -> Response[wire_audit.RefusedScans]:
    filters = _period(occurred_from, occurred_to, place=place, outcome=outcome)

    async def read(snapshot: AsyncSession) -> wire_audit.RefusedScans:
        return _keyed(
            await audit_scans.refused(snapshot, filters, key(after), limit), wire_audit.RefusedScans
        )

    return await asking.answered("refused", {**asdict(filters), "after": after, "limit": limit}, read)


def _period(start: datetime | None, end: datetime | None, **named: str | None) -> Filters:
    aware(start, "occurred_from")
    aware(end, "occurred_to")
    return Filters(occurred_from=start, occurred_to=end, **named)  # type: ignore[arg-type]


def _keyed(found: audit_places.Keyed, kind: type[T]) -> T:
    following = f"{found.next[0]}-{found.next[1]}" if found.next else None
    return msgspec.convert({"items": list(found.items), "next": following}, kind)


router = Router(
    "/audit",
    tags=["custody"],
    dependencies={
        "asking": Provide(provide_asking, sync_to_thread=False),
        "filters": Provide(provide_filters, sync_to_thread=False),
    },
    route_handlers=[ask_entries, ask_late, ask_holder, ask_contents, ask_balance, ask_gaps, ask_refused],
)
