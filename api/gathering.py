"""Gathering: scans that arrive while a transaction is under way share the next one.

One commit then serves many clerks, so that a burst of single scans costs few disk flushes and the answer still
comes after its own commit. Nothing waits on a timer: when nobody is ahead, a scan is settled at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from logistics.rules.errors import DomainError
from logistics.store.database import Database
from logistics.work import receiving
from logistics.work.receiving import Receipt
from logistics.work.scans import Answer

# More would make the first of them wait for the last.
MOST_SCANS = 1_000
# While one transaction waits for the database, the interpreter works on the other; a third would only make groups smaller.
MOST_WORKERS = 2
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Waiting:
    receipt: Receipt
    answer: asyncio.Future[list[Answer]]


class Gatherer:
    """Settles receipts of one database, those that come together in one transaction."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._workers: set[asyncio.Task[None]] = set()

    async def record(self, receipt: Receipt) -> list[Answer]:
        """The answers to a receipt's scans, after the commit that holds them. Raises what `receiving` refuses."""
        waiting = _Waiting(receipt, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._workers) < MOST_WORKERS:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await waiting.answer

    async def _work(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft()]
            scans = len(group[0].receipt.scans)
            while self._waiting and scans + len(self._waiting[0].receipt.scans) <= MOST_SCANS:
                group.append(self._waiting.popleft())
                scans += len(group[-1].receipt.scans)
            await self._settle(group)

    async def _settle(self, group: list[_Waiting]) -> None:
        try:
            results = await self._attempt([waiting.receipt for waiting in group])
        except Exception as failure:
            if len(group) == 1:
                _answer(group[0], failure)
                return
            # One of them is at fault; the others must not pay for it.
            for waiting in group:
                await self._settle([waiting])
            return
        for waiting, result in zip(group, results, strict=True):
            _answer(waiting, result)

    async def _attempt(self, receipts: list[Receipt]) -> list[list[Answer] | DomainError]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._database.begin() as session:
                    return await receiving.record(session, receipts, self.clock())
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
