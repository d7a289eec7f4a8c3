"""Forecasts: the next weeks' volumes of each site, the room in its vaults, and whether weekend sessions are ready."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import forecast as rules
from logistics.rules import permissions
from logistics.rules.calendar import PlaceKind, business_date
from logistics.rules.forecast import WEEKS, Gap, Known, SiteForecast
from logistics.rules.lifecycle import AT_REST, CardStep
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import history, moments, places

_ROOM = """
SELECT place.code,
       (SELECT COALESCE(sum(slot.capacity), 0) FROM slot JOIN vault ON vault.code = slot.vault
        WHERE vault.place = place.code AND vault.purpose = 'stock')::int AS capacity,
       (SELECT count(*) FROM card WHERE card.place = place.code AND card.state = ANY ($1::text[]))::int AS stock
FROM place
"""
_LATELY = """
SELECT entry.site, moved.step, count(*)::int AS cards
FROM entry_card AS moved
JOIN entry ON entry.id = moved.entry
WHERE moved.entry >= $1 AND moved.step = ANY ($2::text[])
GROUP BY 1, 2
"""
# A booked card is there when it rests at the place of its session.
_BOOKED = """
SELECT pick_list.place, pick_list.day, pick_list.service, count(*)::int AS booked,
       (count(*) FILTER (WHERE card.place = pick_list.place AND card.state = ANY ($3::text[])))::int AS there
FROM pick_list
JOIN pick_line ON pick_line.pick_list = pick_list.code
JOIN card ON card.id = pick_line.card
WHERE pick_list.day BETWEEN $1 AND $2
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the next weeks bring, as known at `at`; sites in the order of the contract."""

    at: datetime
    first: date
    gaps: Sequence[Gap]
    sites: Sequence[SiteForecast]


async def forecast(session: AsyncSession, reader: Actor, now: datetime) -> Forecast:
    """The forecast of every site, or of the own one to whom only that is to be reported on. NotAllowed."""
    permissions.require(reader, "make_report")
    own = None if permissions.may(reader, "make_report", permissions.relations(reader)) else reader.place
    today, calendar = business_date(now), await places.calendar(session)
    sites = [
        site
        for site in await places.all_places(session)
        if site["kind"] != PlaceKind.ANNEX.value and own in (None, site["code"])
    ]
    known = await _known(session, sites, now)
    return Forecast(
        now,
        today,
        rules.gaps(calendar, today, [(PlaceKind(site["kind"]), site["number"]) for site in sites]),
        [rules.site(one, calendar, today) for one in known],
    )


async def _known(session: AsyncSession, sites: Sequence[dict[str, object]], now: datetime) -> list[Known]:
    connection, today = await driver(session), business_date(now)
    room = {row["code"]: row for row in await connection.fetch(_ROOM, sorted(AT_REST))}
    lately = await moments.moment(session, now - timedelta(days=28))
    steps = [CardStep.ISSUE.value, CardStep.RECEIVE.value]
    moved = {
        (row["site"], row["step"]): row["cards"]
        for row in await connection.fetch(_LATELY, lately.first, steps)
    }
    booked: dict[str, dict[tuple[date, str], tuple[int, int]]] = defaultdict(dict)
    last = today + timedelta(days=WEEKS * 7)
    for row in await connection.fetch(_BOOKED, today, last, sorted(AT_REST)):
        booked[row["place"]][row["day"], row["service"]] = (row["booked"], row["there"])
    months: dict[str, dict[date, int]] = defaultdict(dict)
    for line in await history.figures(session, "issued"):
        if line.place is not None:
            months[line.place].update(line.months)
    return [
        Known(
            place=code,
            place_name=str(site["short_name"]),
            kind=PlaceKind(str(site["kind"])),
            number=int(str(site["number"])),
            stock=room[code]["stock"],
            capacity=room[code]["capacity"],
            issued=moved.get((code, CardStep.ISSUE.value), 0),
            received=moved.get((code, CardStep.RECEIVE.value), 0),
            months=months[code],
            booked=booked[code],
        )
        for site in sites
        for code in [str(site["code"])]
    ]
