"""P11 月次未交付カード報告 (contract 8(4)ア(オ)): what lies undelivered at each place, how it got there, how old it is.

Made from the log as it stood at the end of the month, so that today's report of a past month is that of its first
day after. What is recorded later about an earlier month is in the month in which it was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.calendar import JST, month_days
from logistics.rules.errors import InvalidValue
from logistics.rules.report_records import PlaceState, UndeliveredData, UndeliveredLine
from logistics.rules.undelivered import BANDS, BESIDE, Band, Column, Line, Stage, column_of
from logistics.store.database import driver
from logistics.work import moments, stock

_PLACES = """
SELECT place.code, place.short_name, place.kind,
       (SELECT count(*)
        FROM discrepancy
        LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
        WHERE discrepancy.place = place.code AND discrepancy.opened_at < $1
          AND (ended.resolved_at IS NULL OR ended.resolved_at >= $1))::int AS open_differences,
       counted.day AS counted_on, counted.counted_by, counted.witnessed_by
FROM place
LEFT JOIN LATERAL (
    SELECT stock_count.day, counter.name AS counted_by, witness.name AS witnessed_by
    FROM stock_count
    JOIN stock_count_end AS ended ON ended.count = stock_count.code
    JOIN person AS counter ON counter.code = stock_count.opened_by
    LEFT JOIN person AS witness ON witness.code = stock_count.witness
    WHERE stock_count.place = place.code AND ended.how = 'concluded' AND ended.ended_at < $1
    ORDER BY ended.ended_at DESC
    LIMIT 1
) AS counted ON true
WHERE place.kind <> 'vehicle'
ORDER BY place.number
"""
_KINDS = "SELECT code, name FROM kind ORDER BY starts_on, code"


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The report of a month up to `until` (exclusive), the end of the month or an earlier moment.

    Lines are in the order of places and kinds, without those at which nothing lay and nothing happened. `day` is the
    last day counted, on which cards are as old as their bands say.
    """

    month: date
    until: datetime
    day: date
    lines: tuple[Line, ...]

    @property
    def unexplained(self) -> tuple[Line, ...]:
        """The lines whose movements do not lead from opening to closing."""
        return tuple(line for line in self.lines if line.remainder)


async def report(
    session: AsyncSession, month: date, now: datetime, as_of: datetime | None = None
) -> Undelivered:
    """The report of the month of `month`, as it was known at `as_of` or at the month's end, whichever is earlier.

    InvalidValue for a month that has not begun at `as_of`, and for a moment to come.
    """
    first = month.replace(day=1)
    start = _midnight(first)
    until = upto(month, now, as_of)
    opens, closes = await moments.moment(session, start), await moments.moment(session, until)
    day = last_day(until)
    lines: dict[tuple[str, str], Line] = {}

    def line(place: str, kind: str) -> Line:
        return lines.setdefault((place, kind), Line(place=place, kind=kind))

    opened, closed = await stock.lying(session, opens, closes, day)
    for (place, kind), cards in opened.items():
        line(place, kind).opening = cards
    for moved in await stock.moved(session, opens, closes):
        column, sign = column_of(moved.from_state, moved.step, moved.to_state) or (Column.CORRECTIONS, 0)
        line(moved.place, moved.kind).add(column, sign * moved.cards)
    for one in await stock.strayed(session, opens, closes):
        line(one.lost_by, one.kind).add(Column.CORRECTIONS, -one.cards)
        line(one.found_at, one.kind).add(Column.CORRECTIONS, one.cards)
    for lying in closed:
        _lies(line(lying.place, lying.kind), lying)
    return Undelivered(first, until, day, tuple(lines[key] for key in sorted(lines)))


async def data(
    session: AsyncSession, month: date, now: datetime, as_of: datetime | None = None
) -> UndeliveredData:
    """The report as it is frozen, stored and compared: with names, and what is still open at each place."""
    made = await report(session, month, now, as_of)
    connection = await driver(session)
    places = await connection.fetch(_PLACES, made.until)
    kinds = {row["code"]: row["name"] for row in await connection.fetch(_KINDS)}
    order = {row["code"]: n for n, row in enumerate(places)}
    names = {row["code"]: row["short_name"] for row in places}
    lines = sorted(made.lines, key=lambda line: (order[line.place], list(kinds).index(line.kind)))
    frozen = [(_frozen(line, names[line.place], kinds[line.kind]), line.kind in BESIDE) for line in lines]
    return UndeliveredData(
        month=made.month,
        until=made.until.astimezone(UTC),
        day=made.day,
        lines=tuple(line for line, is_beside in frozen if not is_beside),
        places=tuple(
            PlaceState(
                place=row["code"],
                place_name=row["short_name"],
                counted_on=row["counted_on"],
                counted_by=row["counted_by"],
                witnessed_by=row["witnessed_by"],
                open_differences=row["open_differences"],
                to_destroy=sum(line.to_destroy for line in lines if line.place == row["code"]),
            )
            for row in places
        ),
        beside=tuple(line for line, is_beside in frozen if is_beside),
    )


def of_place(made: UndeliveredData, place: str) -> UndeliveredData:
    """The part of a report that is about one place."""
    return UndeliveredData(
        month=made.month,
        until=made.until,
        day=made.day,
        lines=tuple(line for line in made.lines if line.place == place),
        places=tuple(state for state in made.places if state.place == place),
        beside=tuple(line for line in made.beside if line.place == place),
    )


def upto(month: date, now: datetime, as_of: datetime | None) -> datetime:
    """Up to when a report of a month counts: its end, or `as_of` or now if that is earlier.

    InvalidValue for a month that has not begun by then, and for a moment to come.
    """
    known = as_of or now
    if known > now:
        raise InvalidValue("as_of", "that moment is still to come")
    if known <= _midnight(month.replace(day=1)):
        raise InvalidValue("month", "it had not begun then")
    return min(end_of(month), known)


def last_day(until: datetime) -> date:
    """The day on which the ages of a report up to `until` are counted."""
    return (until - timedelta(microseconds=1)).astimezone(JST).date()


def _frozen(line: Line, place_name: str, kind_name: str) -> UndeliveredLine:
    return UndeliveredLine(
        place=line.place,
        place_name=place_name,
        kind=line.kind,
        kind_name=kind_name,
        opening=line.opening,
        received=line.received,
        issued=line.issued,
        returned=line.returned,
        destroyed=line.destroyed,
        corrections=line.corrections,
        closing=line.closing,
        ages=tuple(line.ages.get(band, 0) for band in Band),
        stages=tuple(line.stages.get(stage, 0) for stage in Stage),
    )


def _lies(line: Line, lying: stock.Lying) -> None:
    band = Band.NOT_YET if lying.band is None else BANDS[lying.band]
    stage = Stage(lying.stage)
    line.closing += lying.cards
    line.to_destroy += lying.cards if lying.to_destroy else 0
    line.ages[band] = line.ages.get(band, 0) + lying.cards
    line.stages[stage] = line.stages.get(stage, 0) + lying.cards


def end_of(month: date) -> datetime:
    """The first moment after the month of `month`, in UTC."""
    last = month_days(month.year, month.month)[-1]
    return _midnight(last + timedelta(days=1)).astimezone(UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), JST)
