"""The run board: one day, 13 sites, whoever has something left to do first. Counts only, no codes, no people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import PUBLIC
from api.pages import faults
from api.pages.html import page
from logistics.rules.calendar import business_date
from logistics.rules.errors import InvalidValue
from logistics.work import board as boards
from logistics.work.board import SiteDay, Stage

# Days a board can be asked for: what an era year and a fiscal year can be said of, and what a clerk can mean.
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2099, 12, 31)

WORDS = {
    Stage.PACKING: "梱包中",
    Stage.RELEASED: "引受待ち",
    Stage.ON_THE_WAY: "運搬中",
    Stage.COUNTING: "検数中",
    Stage.STORING: "格納待ち",
    Stage.SETTLING: "差異処理中",
    Stage.DONE: "完了",
    Stage.NOTHING: "便なし",
}
_ORDER = {stage: n for n, stage in enumerate(Stage)}


@dataclass(frozen=True)
class Line:
    """A site on the board: its figures, and how its stage is said."""

    site: SiteDay
    is_late: bool

    @property
    def word(self) -> str:
        """The stage in one word."""
        return WORDS[self.site.stage]

    @property
    def look(self) -> str:
        """How the stage's badge looks: somebody waits, it moves, done, none."""
        return _LOOKS[self.site.stage]


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


@get("/", opt=PUBLIC, name="board")
async def board(
    snapshot: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    day: Annotated[date | None, QueryParameter(description="Day of the run; without it, the latest")] = None,
) -> Response[str]:
    """The board of a day; of the latest run's day, or of the next one if none has been yet."""
    today = business_date(now)
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidValue("day", "is not a day of this service")
    known = await boards.days(snapshot, day or today)
    shown = day or known.latest or known.following
    if shown is None:
        return page("empty.html", today=today)
    around = await boards.days(snapshot, shown)
    lines = sorted((_line(site, shown, today) for site in await boards.day(snapshot, shown)), key=_rank)
    return page(
        "board.html",
        day=shown,
        today=today,
        now=now,
        around=around,
        lines=lines,
        totals=_totals([line.site for line in lines]),
        has_run=around.latest == shown,
    )


def _line(site: SiteDay, shown: date, today: date) -> Line:
    # A difference may take days to settle; cards that are not put away by the end of their day are late.
    is_late = shown < today and not site.is_finished and site.stage is not Stage.SETTLING
    return Line(site, is_late)


def _rank(line: Line) -> tuple[bool, int, bool, int]:
    """Unfinished before finished, the least far first; then those with differences; then by number."""
    return line.site.is_finished, _ORDER[line.site.stage], not line.site.differences, line.site.number


def _totals(sites: list[SiteDay]) -> Totals:
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
    )


router = Router("/", route_handlers=[board], exception_handlers=faults.handlers(), include_in_schema=False)
