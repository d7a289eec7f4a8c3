"""What the next weeks bring: volumes by site, gaps between runs, room in the vaults, readiness of weekend sessions."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api.problems import documented
from api.wire import Output
from logistics.rules.permissions import Actor
from logistics.work import forecasting


class Gap(Output, frozen=True, kw_only=True):
    """Days without a run; what is needed on the days in `open` comes by `by`."""

    first: date
    last: date
    by: date
    open: list[date]


class Week(Output, frozen=True, kw_only=True):
    """Days `first` through `last`: sessions and runs in them, cards to hand out, coming in, and left at the end."""

    first: date
    last: date
    sessions: int
    runs: int
    booked: int
    cards: int
    incoming: int
    stock: int


class Readiness(Output, frozen=True, kw_only=True):
    """A session to which no run comes on its day; `missing` of the booked cards are not at the site yet."""

    day: date
    service: str
    by: date
    booked: int
    there: int
    missing: int


class SiteForecast(Output, frozen=True, kw_only=True):
    """A site's next weeks. `rate` is cards a day; `basis` is actual, history and its month, or none."""

    place: str
    place_name: str
    rate: float
    basis: str
    stock: int
    capacity: int
    is_full: bool
    weeks: list[Week]
    readiness: list[Readiness]


class Forecast(Output, frozen=True, kw_only=True):
    """What the next weeks bring, as known at `at`."""

    at: datetime
    first: date
    gaps: list[Gap]
    sites: list[SiteForecast]


@get(
    "/reports/forecast",
    operation_id="getForecast",
    summary="The next weeks' volumes by site, from bookings, history and calendar, against the room in the vaults",
    description="A site's leader sees the own site.",
    responses=documented(),
)
async def get_forecast(
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Forecast:
    made = await forecasting.forecast(snapshot, reader, now)
    return msgspec.convert(made, Forecast, from_attributes=True)


router = Router("/", tags=["reports"], route_handlers=[get_forecast])
