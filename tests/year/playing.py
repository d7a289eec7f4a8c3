"""The year, day by day: the contract's work, what is not every day's, the close of each month, and the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.sessions import confirm_everybody
from tests.year import astray, ending, losses, monthly, papers, vaults, working
from tests.year.monthly import Reminded
from tests.year.stage import Stage, There


@dataclass
class Played:
    """What the play itself knows at the end; `phases` are seconds."""

    reports: dict[date, bytes] = field(default_factory=dict)
    later: dict[date, bytes] = field(default_factory=dict)
    destroyed: int = 0
    returned: int = 0
    spent: int = 0
    handed_on: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    attempted: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)


@dataclass
class Year:
    """One play of the year. `every_day`: each place counts and closes every day it is open, else once a month."""

    stage: Stage
    say: Callable[[str], None]
    every_day: bool
    played: Played = field(default_factory=Played)
    reminded: Reminded = field(default_factory=Reminded)
    month: date | None = None
    odd_is_due: bool = False
    began: float = field(default_factory=time.perf_counter)

    async def play(self) -> Played:
        """Play all days of the plan, and the first one after them."""
        stage = self.stage
        days = [day for day in stage.plan.days() if self._works(day)]
        for day in days:
            stage.at(day, 8)
            await confirm_everybody(stage.database, stage.clock())
            if self.month != day.replace(day=1):
                await self._begin_month(day)
            await self._day(day, last=day == days[-1])
        stage.at(days[-1] + timedelta(days=1), 8)
        await confirm_everybody(stage.database, stage.clock())
        await self._close_month()
        await self._report_again()
        assert not stage.due, f"never done: {stage.due}"
        self.played.lost, self.played.attempted = stage.lost, dict(stage.attempted)
        self.played.seconds = time.perf_counter() - self.began
        return self.played

    def _works(self, day: date) -> bool:
        plan = self.stage.plan
        return plan.calendar.is_run_day(day) or any(plan.is_open(s.number, day) for s in self.stage.sites)

    async def _timed(self, name: str, *work: Coroutine[Any, Any, Any]) -> list[Any]:
        start = time.perf_counter()
        done = list(await asyncio.gather(*work))
        self.played.phases[name] = self.played.phases.get(name, 0.0) + time.perf_counter() - start
        return done

    async def _begin_month(self, day: date) -> None:
        if self.month is None:
            await monthly.policy(self.stage, day)
            await ending.supply(self.stage, day)
            await papers.contacts(self.stage)
            await papers.registers(self.stage)
        else:
            await self._close_month()
        self.month, self.odd_is_due = day.replace(day=1), True

    async def _close_month(self) -> None:
        assert self.month is not None
        (figures,) = await self._timed("month", monthly.close_month(self.stage, self.month))
        self.played.reports[self.month] = figures
        if self.month == self.stage.plan.months[0]:
            await papers.of_month(self.stage, self.month)
            there = self.stage.sites[0]
            last = self.stage.plan.last_open(there.number, self.month)
            await papers.of_day(self.stage, there, last)
        self.say(
            f"{self.month:%Y-%m} closed after {time.perf_counter() - self.began:,.0f} s,"
            f" {self.stage.transport.requests:,} requests"
        )

    async def _report_again(self) -> None:
        for month in self.played.reports:
            (self.played.later[month],) = await self._timed("month", monthly.report(self.stage, month))

    async def _day(self, day: date, *, last: bool) -> None:
        stage, plan = self.stage, self.stage.plan
        opened = [there for there in stage.sites if plan.is_open(there.number, day)]
        runs = plan.calendar.is_run_day(day)
        odd = runs and self.odd_is_due
        if runs:
            (sent,) = await self._timed("annex", working.morning(stage, day, odd))
            if sent is not None:
                stage.at(day, 11)
                await self._receive(sent, day, odd=plan.goes_wrong(day))
                if sent and self.month == plan.months[0] and odd:
                    await self._timed("papers", working.print_papers(stage, sent[0]))
        stage.at(day, 13)
        issues = {there.number: plan.issues.get((there.number, day), 0) for there in opened}
        booked = max((n for n in issues if n != working.CENTER), key=issues.__getitem__, default=0)
        booked *= plan.goes_wrong(day)
        counters = (
            working.counter(stage, there, issues[there.number], booked=there.number == booked)
            for there in opened
        )
        await self._timed("counter", *counters)
        await self._timed("later", self._what_is_due(day))
        if odd:
            self.odd_is_due = False
            await self._odd(day)
        if last:
            (self.played.handed_on,) = await self._timed("end", ending.hand_everything_on(stage, day))
        await self._evening(day, opened, last=last)

    async def _receive(self, bags: list[working.Bag], day: date, *, odd: bool) -> None:
        """All sites at once; once a month after what did not come as it should, and at one of them a damaged card."""
        if odd:
            (bags,) = await self._timed("astray", astray.receive(self.stage, bags, day))
        damaged_at = self.stage.plan.odd(day).damaged if odd else None
        await self._timed(
            "receive", *(working.receive(self.stage, bag, damaged=bag.site == damaged_at) for bag in bags)
        )

    async def _what_is_due(self, day: date) -> None:
        """What was put off until now, in its order."""
        stage = self.stage
        now = [work for on, work in stage.due if on <= day]
        stage.due = [(on, work) for on, work in stage.due if on > day]
        for work in now:
            await work()

    async def _odd(self, day: date) -> None:
        """What happens once a month."""
        stage, sites = self.stage, self.stage.sites
        wrong = stage.plan.goes_wrong(day)
        lost = stage.places[stage.plan.odd(day).lost]
        stage.at(day, 14)
        if wrong:
            await self._timed("lost", losses.from_slot(stage, lost, lost.forgotten[-1][1]))
        stage.at(day, 15)
        await self._timed("remind", monthly.remind(stage, self.reminded), monthly.notices_back(stage))
        there, other = sites[(day.month * 5) % len(sites)], sites[day.month % len(sites)]
        await self._timed(
            "odd", monthly.mistakes(stage, there), monthly.collect(stage, other), ending.use(stage)
        )
        if wrong:
            await self._timed("vaults", vaults.work_in(stage, there), vaults.carry(stage, sites[-1]))
        spent = await self._timed("spent", *(ending.spend(stage, site) for site in sites))
        self.played.spent += sum(spent)
        stage.at(day, 15, 30)
        back = await self._timed(
            "returns", *(monthly.give_back(stage, site, day, self.reminded) for site in sites)
        )
        self.played.returned += sum(len(cards) for cards in back)
        stage.at(day, 16)
        await confirm_everybody(stage.database, stage.clock())
        (gone,) = await self._timed("disposal", monthly.dispose(stage, f"{day:%Y-%m}"))
        self.played.destroyed += gone
        if day.replace(day=1) == stage.plan.months[-1]:
            await ending.prolong(stage)

    async def _evening(self, day: date, opened: list[There], *, last: bool) -> None:
        stage, plan = self.stage, self.stage.plan
        stage.at(day, 17, 5)
        if self.every_day or last:
            closing = list(opened)
        else:
            month = day.replace(day=1)
            closing = [there for there in opened if plan.last_open(there.number, month) == day]
        runs = plan.calendar.is_run_day(day)
        if runs and (self.every_day or last or plan.calendar.next_run_day(day).month != day.month):
            closing.append(stage.annex)
        await self._timed("close", *(working.close(stage, there, day) for there in closing))
