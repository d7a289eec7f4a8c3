"""The undelivered cards of a place, one by one: as figures, as files, and as the numbered list P24."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.undelivered_cards
from api.answers import download
from api.audit_parameters import CharsetQuery, aware
from api.parameters import Limit, PlaceQuery
from api.problems import documented
from api.reports import XLSX, AsOf, month_of
from api.wire_reports import MONTH, ListUndelivered, UndeliveredCard, UndeliveredCards, UndeliveredList
from logistics.rules import errors, permissions
from logistics.rules.calendar import business_date
from logistics.rules.permissions import Actor
from logistics.work import undelivered, undelivered_cards
from logistics.work.views import Charset, csv_view

MonthOrNone = Annotated[
    str | None,
    QueryParameter(name="month", pattern=MONTH, description="As of its end; without one, as of now"),
]
After = Annotated[
    str, QueryParameter(pattern=r"^(C[0-9A-Z]{3,11})?$", description="`next` of the page before")
]


def place_for(reader: Actor, place: str | None) -> str:
    """The place asked about; the reader's own where only that is the reader's. InvalidValue where it must be said."""
    permissions.require(reader, "make_report")
    if place is not None:
        return place
    if permissions.may(reader, "make_report", permissions.relations(reader)) or reader.place is None:
        raise errors.InvalidValue("place", "says of which place")
    return reader.place


@get(
    "/reports/undelivered/cards",
    operation_id="listUndeliveredCards",
    summary="The undelivered cards of a place that P11 counts, one by one",
    description="Up to the same moment as the report of that month. A site's leader sees the own site."
    " `format=csv` and `format=xlsx` give all of them as a file.",
    responses=documented(errors.NotFound),
)
async def list_undelivered_cards(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    place: PlaceQuery = None,
    month: MonthOrNone = None,
    as_of: AsOf = None,
    after: After = "",
    limit: Limit = 100,
    as_file: Annotated[Literal["json", "csv", "xlsx"], QueryParameter(name="format")] = "json",
    charset: CharsetQuery = Charset.UTF_8,
) -> Response[Any]:
    wanted = place_for(reader, place)
    first = month_of(month) if month else business_date(now).replace(day=1)
    until = undelivered.upto(first, now, aware(as_of, "as_of"))
    if as_file == "json":
        found = await undelivered_cards.cards(snapshot, reader, wanted, until, after, limit + 1)
        return Response(
            UndeliveredCards(
                place=wanted,
                until=until,
                day=undelivered.last_day(until),
                items=msgspec.convert(found[:limit], list[UndeliveredCard], from_attributes=True),
                next=found[limit - 1].card if len(found) > limit else None,
            )
        )
    cards = undelivered_cards.in_paper_order(await undelivered_cards.cards(snapshot, reader, wanted, until))
    name = f"P24-{wanted}-{undelivered.last_day(until):%Y-%m-%d}.{as_file}"
    if as_file == "xlsx":
        return download(labels.undelivered_cards.spreadsheet(wanted, until, cards), name, XLSX)
    rows = [labels.undelivered_cards.cells(card) for card in cards]
    return download(csv_view(list(labels.undelivered_cards.HEADS), rows, charset), name, "text/csv")


@post(
    "/reports/undelivered/cards",
    operation_id="makeUndeliveredList",
    summary="P24 未交付カード一覧: freeze the undelivered cards of a place as a numbered paper",
    description="Printed as `/documents/{document}/paper.pdf`.",
    status_code=200,
    responses=documented(errors.NotFound),
)
async def make_undelivered_list(
    data: JSONBody[ListUndelivered],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> UndeliveredList:
    wanted = place_for(actor, data.place)
    first = month_of(data.month) if data.month else business_date(now).replace(day=1)
    record = await undelivered_cards.freeze(session, actor, wanted, undelivered.upto(first, now, None), now)
    return UndeliveredList(
        number=record.number,
        place=wanted,
        until=record.until,
        issued_at=record.issued_at,
        cards=len(record.cards),
    )


router = Router("/", tags=["reports"], route_handlers=[list_undelivered_cards, make_undelivered_list])
