"""The run board: how far each site's cards of one day are, as counts, without any card's code or person's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST, fiscal_year, reiwa_year
from logistics.rules.codes import CodeType
from logistics.rules.cutoffs import cutoffs, moment
from logistics.store.database import driver

# A run has at most one manifest per site, so each count below reads the day's own cards and no older ones.
_DAY = """
SELECT place.code AS site, place.number, place.short_name AS name,
       packed.batches, COALESCE(manifest.cards - manifest.recalled, packed.cards) AS packed,
       COALESCE(manifest.cards - manifest.recalled, 0) AS dispatched,
       manifest.dispatched_at, manifest.taken_over_at, manifest.arrived_at, manifest.closed_at,
       received.cards AS received, kept.to_store, kept.stored, COALESCE(found.differences, 0) AS differences
FROM place
LEFT JOIN run ON run.day = $1 AND run.sequence = 1
LEFT JOIN manifest ON manifest.run = run.code AND manifest.destination = place.code
LEFT JOIN LATERAL (
    SELECT count(DISTINCT batch.code) AS batches, count(card.id) AS cards
    FROM batch
    LEFT JOIN card ON card.batch = batch.code
    WHERE batch.run = run.code AND batch.destination = place.code AND batch.state <> 'cancelled'
) AS packed ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS cards
    FROM scan
    WHERE scan.manifest = manifest.code AND scan.accepted AND scan.purpose = 'receive' AND scan.card IS NOT NULL
      AND NOT EXISTS (SELECT FROM scan_undone WHERE scan_undone.scan = scan.id)
) AS received ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE card.state = 'received') AS to_store,
           count(*) FILTER (WHERE card.state = 'stored') AS stored
    FROM manifest_card AS line
    JOIN card ON card.id = line.card
    WHERE line.manifest = manifest.code AND card.place = place.code
) AS kept ON true
LEFT JOIN (
    SELECT discrepancy.place, count(*) AS differences
    FROM discrepancy
    LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
    WHERE discrepancy.code >= $2
      AND ended.discrepancy IS NULL
      AND (discrepancy.opened_at >= $3 AND discrepancy.opened_at < $4
           OR discrepancy.manifest IN (SELECT code FROM manifest
                                       WHERE manifest.run IN (SELECT code FROM run WHERE run.day = $1)))
    GROUP BY discrepancy.place
) AS found ON found.place = place.code
WHERE place.kind IN ('counter', 'center')
ORDER BY place.number
"""

_DAYS = """
SELECT (SELECT max(day) FROM run WHERE day < $1) AS before, (SELECT max(day) FROM run WHERE day <= $1) AS latest,
       (SELECT min(day) FROM run WHERE day > $1) AS following
"""

_HISTORY = """
SELECT run.day, count(manifest.code) AS sites, COALESCE(sum(manifest.cards), 0)::int AS dispatched,
       COALESCE(sum(received.cards), 0)::int AS received, count(manifest.closed_at) AS closed,
       (SELECT count(*)
        FROM discrepancy
        WHERE discrepancy.manifest IN (SELECT code FROM manifest AS own WHERE own.run = run.code)) AS differences
FROM (SELECT code, day FROM run WHERE day < $1 ORDER BY day DESC LIMIT $2) AS run
LEFT JOIN manifest ON manifest.run = run.code
LEFT JOIN LATERAL (
    SELECT count(*) AS cards
    FROM scan
    WHERE scan.manifest = manifest.code AND scan.accepted AND scan.purpose = 'receive' AND scan.card IS NOT NULL
      AND NOT EXISTS (SELECT FROM scan_undone WHERE scan_undone.scan = scan.id)
) AS received ON true
GROUP BY run.code, run.day
ORDER BY run.day DESC
"""


class Stage(StrEnum):
    """How far a site is on a day, least far first."""

    PACKING = "packing"
    RELEASED = "released"
    ON_THE_WAY = "on_the_way"
    COUNTING = "counting"
    STORING = "storing"
    SETTLING = "settling"
    DONE = "done"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SiteDay:
    """One site on one day, in cards. `stored` is what lies in the site's vaults now, `to_store` what waits."""

    site: str
    number: int
    name: str
    batches: int
    packed: int
    dispatched: int
    dispatched_at: datetime | None
    taken_over_at: datetime | None
    arrived_at: datetime | None
    closed_at: datetime | None
    received: int
    to_store: int
    stored: int
    differences: int

    @property
    def missing(self) -> int | None:
        """Dispatched and not received; None until the receipt is closed, since until then they are awaited."""
        return None if self.closed_at is None else self.dispatched - self.received

    @property
    def stage(self) -> Stage:
        """How far the site is: what it or somebody before it has to do next."""
        if self.dispatched_at is None:
            return Stage.PACKING if self.batches else Stage.NOTHING
        if self.arrived_at is None:
            return Stage.ON_THE_WAY if self.taken_over_at else Stage.RELEASED
        if self.closed_at is None:
            return Stage.COUNTING
        if self.to_store:
            return Stage.STORING
        return Stage.SETTLING if self.differences else Stage.DONE

    @property
    def is_finished(self) -> bool:
        """Nobody has anything left to do."""
        return self.stage in (Stage.DONE, Stage.NOTHING)

    def is_late(self, day: date, now: datetime) -> bool:
        """Whether the cut-off for what comes next has passed. A difference may take days to settle."""
        times = cutoffs(day)
        awaited = {
            Stage.PACKING: times.dispatched,
            Stage.RELEASED: times.taken_over,
            Stage.ON_THE_WAY: times.arrived,
            Stage.COUNTING: times.counted,
            Stage.STORING: times.stored,
        }
        return self.stage in awaited and now >= moment(day, awaited[self.stage])


@dataclass(frozen=True, slots=True)
class Days:
    """Days with a run around a day: the last before it, the last up to it, the next after it."""

    before: date | None
    latest: date | None
    following: date | None


async def day(session: AsyncSession, day: date) -> list[SiteDay]:
    """Every site on the day of a run, in the order of the contract; zeros where there is no run.

    Open differences are those found at the site that day, and those about that day's manifests.
    """
    midnight = datetime.combine(day, time(), JST)
    rows = await (await driver(session)).fetch(
        _DAY, day, _first_difference(day), midnight, midnight + timedelta(days=1)
    )
    return [SiteDay(**row) for row in rows]


async def days(session: AsyncSession, day: date) -> Days:
    """The days with a run around `day`."""
    return Days(**await (await driver(session)).fetchrow(_DAYS, day))


async def history(session: AsyncSession, before: date, limit: int) -> list[dict[str, Any]]:
    """Days of runs before `before`, the latest first, with their sums; differences of the manifests, open or not."""
    return [dict(row) for row in await (await driver(session)).fetch(_HISTORY, before, limit)]


def _first_difference(day: date) -> str:
    """What every number of the day's fiscal year sorts behind, so that earlier years are not read."""
    return f"{CodeType.DISCREPANCY}{reiwa_year(fiscal_year(day)):02d}"
