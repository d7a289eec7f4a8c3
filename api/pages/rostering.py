"""Who is to work when: the two weeks ahead of every site, held against what the contract wants, and handing one in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms
from api.pages.html import page
from api.pages.messages import done
from api.times import on_calendar
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor, may, scope
from logistics.work import people, places, rosters


@get("/rosters")
async def roster_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    site: Annotated[str, QueryParameter(max_length=12)] = "",
) -> Response[str]:
    """Sites and services by day, of the reader's own site or of all, and the people who can be named."""
    own = scope(reader)
    today = business_date(now)
    checked = await rosters.check(snapshot, reader, today, own or site or None)
    known = [row for row in await places.all_places(snapshot) if own in (None, row["code"])]
    home = own or site or reader.place
    staff = await people.people(snapshot, home, "", 1_000) if home else []
    return page(
        "rosters.html",
        request=request,
        reader=reader,
        days=[today + timedelta(days=n) for n in range(rosters.AHEAD.days)],
        lines=_lines(checked),
        sites=[(row["code"], row["name"]) for row in known],
        names={row["code"]: row["name"] for row in known},
        site=site,
        short=sum(1 for row in checked if row["short"] or row["missing"]),
        staff=[row for row in staff if row["role"] not in ("city", "auditor", "service")],
        today=today,
        home=home,
        may_hand_in=may(reader, "hand_in_roster"),
    )


@post("/rosters")
async def hand_in(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Hand in who works at a site on a day."""
    place = forms.code(request, "place", CodeType.PLACE)
    day = on_calendar(forms.day(request, "day"), "day")
    names = forms.codes(request, "people", CodeType.PERSON, most=200)
    version = await rosters.hand_in(session, actor, place, day, names, now)
    return done(
        f"/rosters?site={place}",
        f"名簿（第 {version} 版）を提出しました。",
        f"Version {version} is handed in.",
    )


def _lines(
    checked: Sequence[Mapping[str, Any]],
) -> list[tuple[tuple[str, str], dict[date, Mapping[str, Any]]]]:
    """By site and service, what there is on each day."""
    found: dict[tuple[str, str], dict[date, Mapping[str, Any]]] = {}
    for row in checked:
        found.setdefault((row["place"], row["service"]), {})[row["day"]] = row
    return list(found.items())


router = Router(
    "/",
    route_handlers=[roster_page, hand_in],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
