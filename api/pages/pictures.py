"""Where people would rather look: the stock by age and site, the runs of a week. Drawn here, without script."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import drawing, faults, forms, speech
from api.pages.html import page
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.permissions import Actor
from logistics.rules.undelivered import BAND_NAMES, Band
from logistics.work import age_of_stock, board, places

RUNS = 5
BANDS_IN_ENGLISH = {
    Band.NOT_YET: "before the notice",
    Band.TO_30: "to 30 days",
    Band.TO_90: "31–90 days",
    Band.TO_180: "91–180 days",
    Band.TO_365: "181–365 days",
    Band.OVER_365: "over 365 days",
}


@get("/pictures")
async def pictures(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[str]:
    """The stock of the places that the reader may see, and the last runs."""
    own = permissions.scope(reader)
    today = business_date(now)
    lang = speech.language(request)
    known = [
        (row["code"], row["short_name"])
        for row in await places.all_places(snapshot)
        if own in (None, row["code"])
    ]
    ages = await age_of_stock.ages(snapshot, today, own)
    runs = await board.history(snapshot, today + timedelta(days=1), RUNS)
    return page(
        "pictures.html",
        request=request,
        reader=reader,
        today=today,
        stock=drawing.stock(ages, known),
        ages=ages,
        places=known,
        bands=[
            (band, BANDS_IN_ENGLISH[band] if lang == "en" else words) for band, words in BAND_NAMES.items()
        ],
        week=drawing.week(runs, {run["day"]: speech.day(run["day"], lang) for run in runs}),
        runs=runs,
        at=drawing,
    )


router = Router(
    "/",
    route_handlers=[pictures],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
