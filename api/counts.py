"""Counts of a vault: open, count by scan or by number, finish, conclude; and which cards are due to be seen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.count_report
import labels.count_sheet
from api import wire, wire_counts
from api.answers import outcomes, pdf
from api.parameters import After, CountPath, Limit, PlacePath, PlaceQuery, VaultPath, VaultQuery
from api.problems import documented
from api.times import read_scans, require_past
from labels.signing import Press
from logistics.rules import errors, permissions
from logistics.rules.outcomes import JAPANESE
from logistics.rules.permissions import Actor
from logistics.rules.vaulting import AlarmKind
from logistics.work import alarms, concluding, counting, counts, documents, sightings

Days = Annotated[
    int | None,
    QueryParameter(
        ge=1,
        le=3_650,
        description="Seen at least every so many days; without it, as the limit `unsighted` in force there says",
    ),
]
DayQuery = Annotated[date | None, QueryParameter(description="Only of this day")]


@post(
    "/vaults/{vault:str}/counts",
    operation_id="openCount",
    summary="Open a count: what should be there is frozen, and stays on the server",
    responses=documented(
        errors.NotFound, errors.CountOpen, errors.SecondPersonNeeded, errors.SupervisorNeeded
    ),
)
async def open_count(
    vault: VaultPath,
    data: JSONBody[wire_counts.OpenCount],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.Count:
    wanted = counts.Opening(data.kind, data.slots or (), data.witness, data.supervisor)
    return _count(await counts.open_count(session, actor, vault, wanted, now))


@get("/counts", operation_id="listCounts", summary="Counts", responses=documented())
async def list_counts(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    place: PlaceQuery = None,
    vault: VaultQuery = None,
    day: DayQuery = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_counts.Count]:
    own = permissions.place(reader, place)
    rows = await counts.page(snapshot, after, limit, place=own, vault=vault, day=day)
    return wire.paged(rows, wire_counts.Count, limit)


@get(
    "/counts/{count:str}",
    operation_id="getCount",
    summary="A count and how far it is",
    responses=documented(errors.NotFound),
)
async def get_count(
    count: CountPath, snapshot: NamedDependency[AsyncSession], reader: NamedDependency[Actor]
) -> wire_counts.Count:
    row = await counts.one(snapshot, count)
    permissions.require_over(reader, "see", "count", count, holder=row["place"])
    return _count(row)


@post(
    "/counts/{count:str}/scans",
    operation_id="countScans",
    summary="Count cards by scan, as they lie in a slot",
    description="1 to 500 scans, an outcome for each, in order: counted, counted before, not of this place, unknown."
    " No answer tells what is expected. A scan's `id` makes a repeat harmless; scans made offline are sent later with"
    " the time at which they were made. Several people may count one vault at once.",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime, errors.OtherCounterNeeded),
)
async def count_scans(
    count: CountPath,
    data: JSONBody[wire_counts.CountScans],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire.Outcomes:
    return outcomes(await counting.scan(session, actor, count, data.slot, read_scans(data.scans, now), now))


@post(
    "/counts/{count:str}/tallies",
    operation_id="tallySlots",
    summary="Count slots by number: opening and closing counts, and slots that are empty",
    status_code=200,
    responses=documented(errors.NotFound, errors.FutureTime, errors.OtherCounterNeeded),
)
async def tally_slots(
    count: CountPath,
    data: JSONBody[wire_counts.Tallies],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.TalliesOut:
    for n, one in enumerate(data.tallies):
        require_past(one.occurred_at, f"tallies[{n}].occurred_at", now)
    tallies = [counting.Tally(t.id, t.slot, t.cards, t.occurred_at) for t in data.tallies]
    answers = await counting.tally(session, actor, count, tallies, now)
    return wire_counts.TalliesOut(
        outcomes=[
            wire_counts.TallyOut(
                id=a.id, slot=a.slot, outcome=a.outcome, message_ja=JAPANESE[a.outcome], repeated=a.repeated
            )
            for a in answers
        ]
    )


@post(
    "/counts/{count:str}/finish",
    operation_id="finishCount",
    summary="End a round: a clean count is concluded, what differs is counted again by somebody else",
    status_code=200,
    responses=documented(errors.NotFound, errors.CountNotDone, errors.CountEnded, errors.OtherCounterNeeded),
)
async def finish_count(
    count: CountPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.Count:
    return _count(await concluding.finish(session, actor, count, now))


@post(
    "/counts/{count:str}/conclude",
    operation_id="concludeCount",
    summary="Let the differences take effect: missing cards get a case, misplaced ones their slot",
    status_code=200,
    responses=documented(errors.NotFound, errors.CountEnded),
)
async def conclude_count(
    count: CountPath,
    data: JSONBody[wire_counts.ConcludeCount],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.Count:
    return _count(await concluding.conclude(session, actor, count, data.reason, now))


@post(
    "/counts/{count:str}/cancel",
    operation_id="cancelCount",
    summary="Give a count up, with a reason",
    status_code=200,
    responses=documented(errors.NotFound, errors.CountEnded),
)
async def cancel_count(
    count: CountPath,
    data: JSONBody[wire.WithReason],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> wire_counts.Count:
    return _count(await counts.cancel(session, actor, count, data.reason, now))


@get(
    "/counts/{count:str}/findings",
    operation_id="listFindings",
    summary="What a count found, once nobody counts any more",
    responses=documented(errors.NotFound, errors.CountUnderWay),
)
async def list_findings(
    count: CountPath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_counts.CountFinding]:
    row = await counts.one(snapshot, count)
    permissions.require_over(reader, "see", "count", count, holder=row["place"])
    rows = await concluding.page(snapshot, count, after, limit)
    return wire.paged(rows, wire_counts.CountFinding, limit, "card")


@get(
    "/places/{place:str}/due-sightings",
    operation_id="listDueSightings",
    summary="Cards at rest that nobody has seen for so many days",
    responses=documented(errors.NotFound),
)
async def list_due_sightings(
    place: PlacePath,
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    days: Days = None,
    after: After = "",
    limit: Limit = 100,
) -> wire.Page[wire_counts.DueCard]:
    permissions.require_over(reader, "see", "place", place, holder=place)
    term = timedelta(days=days) if days else await alarms.limit(snapshot, AlarmKind.UNSIGHTED, place, now)
    before = now - term
    rows = await sightings.overdue(snapshot, place, before, after, limit)
    return wire.paged(rows, wire_counts.DueCard, limit)


@get(
    "/counts/{count:str}/sheet.pdf",
    operation_id="printCountSheet",
    summary="P5 棚卸表: where to count, without what is expected",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_count_sheet(
    count: CountPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    row = await counts.one(session, count)
    permissions.require_over(actor, "print", "count", count, holder=row["place"])
    return pdf(
        await documents.print_paper(session, actor, row["sheet"], press(labels.count_sheet.render), now)
    )


@get(
    "/counts/{count:str}/report.pdf",
    operation_id="printCountReport",
    summary="P6 棚卸結果報告書, once the count is concluded",
    tags=["papers"],
    media_type="application/pdf",
    responses=documented(errors.NotFound),
)
async def print_count_report(
    count: CountPath,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    press: NamedDependency[Press],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    row = await counts.one(session, count)
    permissions.require_over(actor, "print", "count", count, holder=row["place"])
    if row["report"] is None:
        raise errors.NotFound("report of count", count)
    return pdf(
        await documents.print_paper(session, actor, row["report"], press(labels.count_report.render), now)
    )


def _count(row: dict[str, object]) -> wire_counts.Count:
    return wire.listed([row], wire_counts.Count)[0]


router = Router(
    "/",
    tags=["counts"],
    route_handlers=[
        open_count,
        list_counts,
        get_count,
        count_scans,
        tally_slots,
        finish_count,
        conclude_count,
        cancel_count,
        list_findings,
        list_due_sightings,
        print_count_sheet,
        print_count_report,
    ],
)
