"""Gathering: scans that arrive while a transaction is under way share the next one.

One commit then serves many clerks, so that a burst of single scans costs few disk flushes and the answer still
comes after its own commit. Nothing waits on a timer: a scan is settled as soon as those are read that came with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from logistics.rules.errors import DomainError
from logistics.store.database import Database, Line
from logistics.work import receiving
from logistics.work.receiving import Receipt
from logistics.work.scans import Answer

# More would make the first of them wait for the last.
MOST_SCANS = 1_000
# A request with more scans takes its time; nobody's single scan waits behind it.
FEW_SCANS = 25
# Turns of the event loop in which requests that are here already are read: as many as one takes from its socket to
# the queue. It would have to be read before its answer in any case; this way it shares the transaction that begins now.
TURNS = 4
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Waiting:
    receipt: Receipt
    answer: asyncio.Future[list[Answer]]


class Gatherer:
    """Settles receipts of one database, those that come together in one transaction."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._few = _Lane(database, clock)
        self._many = _Lane(database, clock)

    async def record(self, receipt: Receipt) -> list[Answer]:
        """The answers to a receipt's scans, after the commit that holds them. Raises what `receiving` refuses."""
        lane = self._few if len(receipt.scans) <= FEW_SCANS else self._many
        return await lane.record(receipt)


class _Lane:
    """One transaction at a time; while it waits for the database, requests are read and the next group gathers.

    A second transaction beside it would halve the groups, and what a group costs would be shared by fewer.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def record(self, receipt: Receipt) -> list[Answer]:
        """As the gatherer's."""
        waiting = _Waiting(receipt, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await waiting.answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                async with self._database.line() as line:
                    while self._waiting and not line.is_closed:
                        for _ in range(TURNS):
                            await asyncio.sleep(0)
                        await self._settle(line, self._next_group())
        except Exception as failure:
            # No connection is to be had. Whoever waits is told; nothing of theirs was begun.
            while self._waiting:
                _answer(self._waiting.popleft(), failure)

    def _next_group(self) -> list[_Waiting]:
        group = [self._waiting.popleft()]
        scans = len(group[0].receipt.scans)
        while self._waiting and scans + len(self._waiting[0].receipt.scans) <= MOST_SCANS:
            group.append(self._waiting.popleft())
            scans += len(group[-1].receipt.scans)
        return group

    async def _settle(self, line: Line, group: list[_Waiting]) -> None:
        try:
            results = await self._attempt(line, [waiting.receipt for waiting in group])
        except Exception as failure:
            if len(group) == 1 or line.is_closed:
                for waiting in group:
                    _answer(waiting, failure)
                return
            # One of them is at fault; the others must not pay for it.
            for waiting in group:
                await self._settle(line, [waiting])
            return
        for waiting, result in zip(group, results, strict=True):
            _answer(waiting, result)

    async def _attempt(self, line: Line, receipts: list[Receipt]) -> list[list[Answer] | DomainError]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with line.begin() as session:
                    return await receiving.record(session, receipts, self._clock())
            except asyncpg.UniqueViolationError as clash:
                # The same scan id is being recorded elsewhere; now it is there to be found.
                if clash.constraint_name != "scan_pkey" or attempt == ATTEMPTS:
                    raise
            except asyncpg.DeadlockDetectedError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")


def _answer(waiting: _Waiting, result: list[Answer] | Exception) -> None:
    if waiting.answer.done():  # its client has gone
        return
    if isinstance(result, Exception):
        waiting.answer.set_exception(result)
    else:
        waiting.answer.set_result(result)
