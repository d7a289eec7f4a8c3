"""Where is it, and what happened: cards, batches, runs, sites by day; differences."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api import wire
from api.parameters import (
    After,
    AfterEntry,
    BatchPath,
    BatchQuery,
    CardPath,
    DiscrepancyPath,
    Limit,
    ManifestQuery,
    PlacePath,
    PlaceQuery,
    RunPath,
    SlotQuery,
)
from api.problems import documented
from api.times import on_calendar
from logistics.rules import errors, people_errors, permissions
from logistics.rules.lifecycle import CardState
from logistics.rules.permissions import Actor
from logistics.store.database import Database
from logistics.work import audit, batches, custody, discrepancies, places, runs

DifferenceQuery = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^(short|over|damaged|misrouted|unknown|broken_seal)$", description="Only of this kind"
    ),
]


@get("/cards", operation_id="listCards", summary="Cards", responses=documented())
async def list_cards(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
    destination: PlaceQuery = None,
    batch: BatchQuery = None,
    slot: SlotQuery = None,
    kind: Annotated[
        str | None,
        QueryParameter(pattern=r"^[a-z_]{1,40}$", description="Only of this kind; GET /kinds lists them"),
    ] = None,
    card_state: Annotated[CardState | None, QueryParameter(name="state")] = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire.Card]:
    if kind and kind not in {known["code"] for known in await places.kinds(snapshot)}:
        raise errors.InvalidValue("kind", "is no item kind; GET /kinds lists them")
    rows = await custody.cards(
        snapshot,
        after=after,
        limit=limit,
        place=place,
        state=card_state,
        destination=destination,
        kind=kind,
        batch=batch,
        slot=slot,
        scope=permissions.scope(reader),
    )
    return wire.paged(rows, wire.Card, limit)


@get(
    "/cards/{card:str}",
    operation_id="getCard",
    summary="Where is this card",
    responses=documented(errors.NotFound),
)
async def get_card(
    card: CardPath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> wire.Card:
    return wire.listed([await custody.card(snapshot, card)], wire.Card)[0]


@get(
    "/cards/{card:str}/custody",
    operation_id="getCardCustody",
    summary="State, place, custodian and everything that happened to a card",
    responses=documented(errors.NotFound),
)
async def get_card_custody(
    card: CardPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    after: AfterEntry = 0,
    limit: Limit = 500,
) -> wire.CardCustody:
    known = await custody.card(snapshot, card)
    page = _entries(reader, await custody.of_card(snapshot, card, after, limit), limit)
    await audit.read_by_auditor(database, reader, "custody of a card", {"card": card}, len(page.items), now)
    return wire.CardCustody(card=wire.listed([known], wire.Card)[0], entries=page.items, next=page.next)


@get(
    "/batches/{batch:str}/custody",
    operation_id="getBatchCustody",
    summary="Everything that happened to a batch",
    responses=documented(errors.NotFound),
)
async def get_batch_custody(
    batch: BatchPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    after: AfterEntry = 0,
    limit: Limit = 500,
) -> wire.Entries:
    await batches.one(snapshot, batch)
    found = _entries(reader, await custody.of_batch(snapshot, batch, after, limit), limit)
    await audit.read_by_auditor(
        database, reader, "custody of a batch", {"batch": batch}, len(found.items), now
    )
    return found


@get(
    "/runs/{run:str}/custody",
    operation_id="getRunCustody",
    summary="Everything that happened on a run, up to its last receipt",
    responses=documented(errors.NotFound),
)
async def get_run_custody(
    run: RunPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    after: AfterEntry = 0,
    limit: Limit = 500,
) -> wire.Entries:
    await runs.one(snapshot, run)
    scope = permissions.scope(reader)
    found = _entries(reader, await custody.of_run(snapshot, run, after, limit, scope), limit)
    await audit.read_by_auditor(database, reader, "custody of a run", {"run": run}, len(found.items), now)
    return found


@get(
    "/places/{place:str}/custody/{day:date}",
    operation_id="getPlaceCustody",
    summary="Everything that happened at a place on a day",
    responses=documented(errors.NotFound),
)
async def get_place_custody(
    place: PlacePath,
    day: FromPath[date],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
    after: AfterEntry = 0,
    limit: Limit = 500,
) -> wire.Entries:
    on_calendar(day, "day")
    await places.place(snapshot, place)
    found = _entries(reader, await custody.of_site(snapshot, place, day, after, limit), limit)
    await audit.read_by_auditor(
        database,
        reader,
        "custody of a place",
        {"place": place, "day": day.isoformat()},
        len(found.items),
        now,
    )
    return found


@get("/discrepancies", operation_id="listDiscrepancies", summary="Differences", responses=documented())
async def list_discrepancies(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
    manifest: ManifestQuery = None,
    kind: DifferenceQuery = None,
    is_open: Annotated[
        bool | None, QueryParameter(name="open", description="Only open, or only ended")
    ] = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire.Discrepancy]:
    rows = await discrepancies.page(
        snapshot,
        after=after,
        limit=limit,
        place=place,
        kind=kind,
        is_open=is_open,
        manifest=manifest,
        scope=permissions.scope(reader),
    )
    return wire.paged(rows, wire.Discrepancy, limit)


@post(
    "/discrepancies/{discrepancy:str}/resolve",
    operation_id="resolveDiscrepancy",
    summary="End a difference, with a reason",
    status_code=200,
    responses=documented(
        errors.NotFound,
        errors.AlreadyResolved,
        errors.StepRefused,
        people_errors.ApprovalNeeded,
        people_errors.ApprovalUnusable,
    ),
)
async def resolve_discrepancy(
    discrepancy: DiscrepancyPath,
    data: JSONBody[wire.Resolve],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Discrepancy:
    row = await discrepancies.resolve(session, actor, discrepancy, data.how, data.reason, now, data.approval)
    return wire.listed([row], wire.Discrepancy)[0]


def _entries(reader: Actor, rows: list[dict[str, Any]], limit: int) -> wire.Entries:
    """Entries with their bodies for who sees everything: an act's body names the cards of other sites too."""
    if permissions.scope(reader) is not None:
        rows = [{**row, "body": None} for row in rows]
    following = rows[-1]["id"] if len(rows) == limit else None
    return wire.Entries(items=wire.listed(rows, wire.Entry), next=following)


router = Router(
    "/",
    tags=["custody"],
    route_handlers=[
        list_cards,
        get_card,
        get_card_custody,
        get_batch_custody,
        get_run_custody,
        get_place_custody,
        list_discrepancies,
        resolve_discrepancy,
    ],
)
