"""How each kind of job is made, and what who asks for it must be allowed to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.counting import CountState
from logistics.rules.errors import CountEnded, InvalidValue, NotFound
from logistics.rules.jobs import JobKind
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import (
    concluding,
    counts,
    export_jobs,
    management,
    month_close,
    month_reports,
    undelivered,
    undelivered_cards,
)
from logistics.work.job_making import Making

_IS_PLACE = "SELECT EXISTS (SELECT FROM place WHERE code = $1 AND kind <> 'vehicle')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks for: a report of a month or a place; or the end of a count, with a leader's reason."""

    kind: JobKind
    month: str | None = None
    place: str | None = None
    count: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How a kind is made: the number of its paper, None where it has none. `is_drawn`: it ends with that original.

    `in_states` are those that a count must be in.
    """

    make: Callable[[Making], Awaitable[str | None]]
    act: str = "make_report"
    of_place: bool = False
    in_states: tuple[CountState, ...] = ()
    is_drawn: bool = True


async def require(session: AsyncSession, actor: Actor, wanted: Wanted, now: datetime) -> None:
    """NotAllowed, NotFound, CountEnded; InvalidValue for what is not said, and for a month to come."""
    work = KINDS[wanted.kind]
    if work.in_states:
        if wanted.count is None:
            raise InvalidValue("count", "says of which count")
        permissions.require(actor, work.act)
        state = (await counts.own(session, actor, wanted.count))["state"]
        if state not in work.in_states:
            raise CountEnded(wanted.count, state)
    elif work.of_place:
        if wanted.place is None:
            raise InvalidValue("place", "says of which place")
        permissions.require_over(actor, work.act, "place", wanted.place, holder=wanted.place)
        if not await (await driver(session)).fetchval(_IS_PLACE, wanted.place):
            raise NotFound("place", wanted.place)
    else:
        permissions.require(actor, work.act, permissions.relations(actor))
        if wanted.month is None:
            raise InvalidValue("month", "says of which month")
    if wanted.month is not None:
        undelivered.upto(_first(wanted.month), now, None)


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


async def _undelivered(job: Making) -> str:
    month = _first(job.asked["month"])
    return (await month_close.provisional(job.session, job.actor, month, job.now)).number


async def _close(job: Making) -> str:
    return (await month_close.close(job.session, job.actor, _first(job.asked["month"]), job.now)).number


async def _month_report(job: Making) -> str:
    return (await month_reports.make(job.session, job.actor, _first(job.asked["month"]), job.now)).number


async def _management(job: Making) -> str:
    return (await management.make(job.session, job.actor, _first(job.asked["month"]), job.now)).number


async def _cards(job: Making) -> str:
    month = job.asked["month"]
    until = undelivered.upto(_first(month), job.now, None) if month else job.now
    made = await undelivered_cards.freeze(job.session, job.actor, job.asked["place"], until, job.now)
    return made.number


async def _finish_count(job: Making) -> str | None:
    ended = await concluding.finish(job.session, job.actor, job.asked["count"], job.now, job.tell)
    report: str | None = ended["report"]
    return report


async def _conclude_count(job: Making) -> str | None:
    count, reason = job.asked["count"], job.asked["reason"]
    ended = await concluding.conclude(job.session, job.actor, count, reason, job.now, job.tell)
    report: str | None = ended["report"]
    return report


KINDS: Mapping[JobKind, Work] = {
    JobKind.UNDELIVERED: Work(make=_undelivered),
    JobKind.UNDELIVERED_CARDS: Work(make=_cards, of_place=True),
    JobKind.MONTH_REPORT: Work(make=_month_report),
    JobKind.MANAGEMENT_REPORT: Work(make=_management),
    JobKind.CLOSE_MONTH: Work(make=_close, act="close_month"),
    JobKind.EXPORT: Work(make=export_jobs.make, act="export", is_drawn=False),
    JobKind.FINISH_COUNT: Work(
        make=_finish_count,
        act="count",
        in_states=(CountState.COUNTING, CountState.RECOUNTING),
        is_drawn=False,
    ),
    JobKind.CONCLUDE_COUNT: Work(
        make=_conclude_count, act="close_count", in_states=(CountState.TO_CONCLUDE,), is_drawn=False
    ),
}
