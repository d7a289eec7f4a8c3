"""How the runs of a month went: what was carried, how late it came, and the differences among it.

Appendix 1 article 9(3)–(5): the contractor supervises who carries and reports on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST, Calendar, PlaceKind, month_days
from logistics.rules.performance import Grade, grade
from logistics.store.database import driver

# A difference belongs to the run whose manifest it is about; a broken seal names the manifest too.
_RUNS = """
SELECT run.code AS run, run.day, run.courier, courier.name AS courier_name, run.vehicle,
       carried.manifests, carried.cards, found.differences, found.seals
FROM run
JOIN courier ON courier.code = run.courier
CROSS JOIN LATERAL (
    SELECT count(*)::int AS manifests, COALESCE(sum(manifest.cards), 0)::int AS cards
    FROM manifest
    WHERE manifest.run = run.code
) AS carried
CROSS JOIN LATERAL (
    SELECT count(*)::int AS differences, (count(*) FILTER (WHERE discrepancy.kind = 'broken_seal'))::int AS seals
    FROM discrepancy
    JOIN manifest ON manifest.code = discrepancy.manifest
    WHERE manifest.run = run.code AND discrepancy.opened_at < $3
) AS found
WHERE run.day >= $1 AND run.day < $2 AND run.departed_at IS NOT NULL AND run.departed_at < $3
ORDER BY run.day
"""

_ARRIVALS = """
SELECT manifest.run, manifest.code AS manifest, place.kind, place.number, manifest.dispatched_at, manifest.taken_over_at,
       manifest.arrived_at
FROM manifest
JOIN run ON run.code = manifest.run
JOIN place ON place.code = manifest.destination
WHERE run.day >= $1 AND run.day < $2 AND manifest.dispatched_at < $3
"""


@dataclass(frozen=True, slots=True)
class RunPerformance:
    """One run: what it carried, how many manifests came after their site had closed, differences and broken seals."""

    run: str
    day: date
    courier: str
    courier_name: str
    manifests: int
    cards: int
    late: int
    not_arrived: int
    differences: int
    seals: int

    @property
    def grade(self) -> Grade:
        """What its rate of differences calls for."""
        return grade(self.differences, self.cards)


@dataclass(frozen=True, slots=True)
class Performance:
    """The runs of a month up to `until`, in order of days; differences of the month that are of no run beside them."""

    month: date
    until: datetime
    runs: tuple[RunPerformance, ...]

    @property
    def cards(self) -> int:
        """Carried in all."""
        return sum(run.cards for run in self.runs)

    @property
    def differences(self) -> int:
        """Of all runs."""
        return sum(run.differences for run in self.runs)

    @property
    def grade(self) -> Grade:
        """What the month's rate of differences calls for."""
        return grade(self.differences, self.cards)


async def of_month(session: AsyncSession, month: date, now: datetime) -> Performance:
    """How the runs of the month of `month` went, as far as it is recorded before its end or `now`."""
    days = month_days(month.year, month.month)
    end = datetime.combine(days[-1] + timedelta(days=1), datetime.min.time(), JST)
    until = min(end, now)
    connection = await driver(session)
    runs = await connection.fetch(_RUNS, days[0], days[-1] + timedelta(days=1), until)
    late: dict[str, int] = {}
    missing: dict[str, int] = {}
    closes = {row["run"]: row["day"] for row in runs}
    for row in await connection.fetch(_ARRIVALS, days[0], days[-1] + timedelta(days=1), until):
        if row["run"] not in closes:
            continue
        arrived = row["arrived_at"] if row["arrived_at"] and row["arrived_at"] < until else None
        latest = _closing(row["kind"], row["number"], closes[row["run"]])
        if arrived is None:
            missing[row["run"]] = missing.get(row["run"], 0) + (until > latest)
        elif arrived > latest:
            late[row["run"]] = late.get(row["run"], 0) + 1
    return Performance(
        days[0],
        until,
        tuple(
            RunPerformance(
                run=row["run"],
                day=row["day"],
                courier=row["courier"],
                courier_name=row["courier_name"],
                manifests=row["manifests"],
                cards=row["cards"],
                late=late.get(row["run"], 0),
                not_arrived=missing.get(row["run"], 0),
                differences=row["differences"],
                seals=row["seals"],
            )
            for row in runs
        ),
    )


def _closing(kind: str, number: int, day: date) -> datetime:
    """When a place closes on a day; the end of the working day where the calendar knows no session there."""
    known = {str(one.value) for one in PlaceKind}
    sessions = Calendar().sessions(PlaceKind(kind), day, number) if kind in known else ()
    return max(
        (session.closes_at for session in sessions),
        default=datetime.combine(day, datetime.min.time(), JST) + timedelta(hours=17),
    )
