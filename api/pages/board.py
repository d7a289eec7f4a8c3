"""The run board: one day, 13 sites, whoever has something left to do first. Counts only, no codes, no people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import PASSIVE
from api.pages import faults, speech
from api.pages.html import fragment, page
from api.pages.live import Hub
from logistics.rules.calendar import Calendar, business_date, is_holiday, is_year_end
from logistics.rules.cutoffs import cutoffs
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor
from logistics.work import board as boards
from logistics.work import day_closing, places
from logistics.work.board import SiteDay, Stage
from logistics.work.day_closing import DayState

# Days a board can be asked for: what an era year and a fiscal year can be said of, and what a clerk can mean.
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2099, 12, 31)
DAYS_AHEAD = 10
DAYS_BACK = 20

WORDS = {
    Stage.PACKING: ("梱包中", "Packing"),
    Stage.RELEASED: ("引受待ち", "Awaiting courier"),
    Stage.ON_THE_WAY: ("運搬中", "On the way"),
    Stage.COUNTING: ("検数中", "Counting"),
    Stage.STORING: ("格納待ち", "To be stored"),
    Stage.SETTLING: ("差異処理中", "Settling"),
    Stage.DONE: ("完了", "Done"),
    Stage.NOTHING: ("便なし", "No run"),
}
_ORDER = {stage: n for n, stage in enumerate(Stage)}
_LOOKS = {
    Stage.PACKING: "move",
    Stage.RELEASED: "wait",
    Stage.ON_THE_WAY: "move",
    Stage.COUNTING: "wait",
    Stage.STORING: "wait",
    Stage.SETTLING: "wait",
    Stage.DONE: "done",
    Stage.NOTHING: "none",
}

Day = Annotated[date | None, QueryParameter(description="Day of the run; without it, the latest")]


@dataclass(frozen=True)
class Line:
    """A site on the board: its figures, how its stage is said, and how far the close of its day is."""

    site: SiteDay
    is_late: bool
    close: Mapping[str, Any]

    @property
    def words(self) -> tuple[str, str]:
        """The stage in one word, in Japanese and in English."""
        return WORDS[self.site.stage]

    @property
    def look(self) -> str:
        """How the stage's badge looks: somebody waits, it moves, done, none."""
        return _LOOKS[self.site.stage]


@dataclass(frozen=True)
class Totals:
    """The day's sums: cards, and how many of the concerned sites have come how far."""

    packed: int
    dispatched: int
    received: int
    missing: int
    stored: int
    differences: int
    concerned: int
    released: int
    taken_over: int
    arrived: int
    done: int
    late: int


async def answer(
    request: Request[Any, Any, Any], session: AsyncSession, reader: Actor, now: datetime, day: date | None
) -> Response[str]:
    """The board of a day; of the latest run's day, or of the next one if none has been yet."""
    today = business_date(now)
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidValue("day", "is not a day of this service")
    known = await boards.days(session, day or today)
    shown = day or known.latest or known.following
    if shown is None:
        return page("empty.html", request=request, reader=reader, today=today)
    return page(
        "board.html",
        request=request,
        reader=reader,
        today=today,
        around=await boards.days(session, shown),
        ahead=_ahead(await places.calendar(session), today),
        **await _facts(session, shown, now),
    )


@get("/board", name="board")
async def board(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    day: Day = None,
) -> Response[str]:
    """The board of a day."""
    return await answer(request, snapshot, reader, now, day)


@get("/board/live", opt=PASSIVE)
async def live(
    request: Request[Any, Any, Any],
    hub: NamedDependency[Hub],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    day: FromQuery[date],
) -> ServerSentEvent:
    """The board's table again whenever anything was recorded. Drawn once for everybody who looks at it."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidValue("day", "is not a day of this service")
    lang = speech.language(request)

    async def draw() -> str:
        async with hub.database.read() as session:
            return fragment("board_table.html", lang, **await _facts(session, day, hub.clock()))

    async def tables() -> AsyncIterator[dict[str, str]]:
        async for _ in hub.changes(None):
            yield {"event": "board", "data": await hub.shared(("board", day, lang), draw)}

    return hub.stream(tables())


@get("/board/history")
async def history(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    now: NamedDependency[datetime],
    before: Annotated[date | None, QueryParameter(description="Days before this one")] = None,
) -> Response[str]:
    """Earlier runs with their sums."""
    first = before or business_date(now) + timedelta(days=1)
    if not FIRST_DAY <= first <= LAST_DAY:
        raise InvalidValue("before", "is not a day of this service")
    rows = await boards.history(snapshot, first, DAYS_BACK + 1)
    further = rows[DAYS_BACK - 1]["day"] if len(rows) > DAYS_BACK else None
    return page("history.html", request=request, reader=reader, rows=rows[:DAYS_BACK], further=further)


async def _facts(session: AsyncSession, shown: date, now: datetime) -> dict[str, Any]:
    sites = await boards.day(session, shown)
    closes = {row["place"]: row for row in await day_closing.of_day(session, shown, now)}
    lines = sorted((Line(site, site.is_late(shown, now), closes[site.site]) for site in sites), key=_rank)
    known = await boards.days(session, shown)
    return {
        "day": shown,
        "now": now,
        "lines": lines,
        "totals": _totals(lines),
        "has_run": known.latest == shown,
        "cutoffs": cutoffs(shown),
        "not_closed": [row["name"] for row in closes.values() if row["state"] is DayState.OVERDUE],
    }


def _ahead(calendar: Calendar, today: date) -> list[tuple[date, bool, tuple[str, str]]]:
    """The next days: whether a run goes, and what the day is where none does."""
    days = [today + timedelta(days=n) for n in range(DAYS_AHEAD)]
    return [(day, calendar.is_run_day(day), _why(day)) for day in days]


def _why(day: date) -> tuple[str, str]:
    if is_holiday(day):
        return "祝日", "Holiday"
    if is_year_end(day):
        return "年末年始", "Year end"
    return ("休", "No run")


def _rank(line: Line) -> tuple[bool, bool, int, bool, int]:
    """Late ones first, then unfinished before finished, the least far first; then differences; then by number."""
    site = line.site
    return not line.is_late, site.is_finished, _ORDER[site.stage], not site.differences, site.number


def _totals(lines: list[Line]) -> Totals:
    sites = [line.site for line in lines]
    concerned = [site for site in sites if site.stage is not Stage.NOTHING]
    return Totals(
        packed=sum(site.packed for site in sites),
        dispatched=sum(site.dispatched for site in sites),
        received=sum(site.received for site in sites),
        missing=sum(site.missing or 0 for site in sites),
        stored=sum(site.stored for site in sites),
        differences=sum(site.differences for site in sites),
        concerned=len(concerned),
        released=sum(site.dispatched_at is not None for site in concerned),
        taken_over=sum(site.taken_over_at is not None for site in concerned),
        arrived=sum(site.arrived_at is not None for site in concerned),
        done=sum(site.stage is Stage.DONE for site in concerned),
        late=sum(line.is_late for line in lines),
    )


router = Router(
    "/",
    route_handlers=[board, live, history],
    guards=[auth.signed_in],
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
