"""Reports that somebody asks for, made beside the requests: each once, whoever dies meanwhile, with its progress told.

A job is two transactions: one counts and freezes the paper, the other draws its original and ends the job; numbers of
papers are not kept from others while something is drawn. Who makes one holds a lock on the job's row. A process that
is killed lets go of it with nothing done, and the next one begins anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.log import new_uuid
from logistics.rules import permissions
from logistics.rules.errors import DomainError, InvalidValue, NotFound
from logistics.rules.guard import holds_my_number
from logistics.rules.jobs import MOST_TRIES, STEPS, JobKind
from logistics.rules.permissions import Actor
from logistics.store.database import Database, driver
from logistics.work import (
    documents,
    management,
    month_close,
    month_reports,
    people,
    undelivered,
    undelivered_cards,
)

TICK_SECONDS = 1.0
# A report of many years may take longer than any request, and drawing lets its transaction wait.
_PATIENCE = "SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = 0"

log = structlog.get_logger("jobs")

_ASK = "INSERT INTO job (id, kind, month, place, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)"
_NEXT = """
SELECT id, kind, month, place, asked_by, asked_at, document
FROM job
WHERE ended_at IS NULL
ORDER BY asked_at
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED
"""
_BEGIN = """
INSERT INTO job_progress (job, tries, done, steps, told_at) VALUES ($1, 1, 0, $2, $3)
ON CONFLICT (job) DO UPDATE SET tries = job_progress.tries + 1, told_at = excluded.told_at
RETURNING tries
"""
_TELL = "UPDATE job_progress SET done = $2, tries = 0, told_at = $3 WHERE job = $1"
_FROZEN = "UPDATE job SET document = $2 WHERE id = $1"
_END = "UPDATE job SET ended_at = $2, content = $3 WHERE id = $1"
_FAIL = "UPDATE job SET ended_at = $2, fault_ja = $3, fault_en = $4 WHERE id = $1 AND ended_at IS NULL"
_COLUMNS = """
SELECT job.id, job.kind, job.month, job.place, job.asked_at, job.ended_at, job.document, job.fault_ja, job.fault_en,
       COALESCE(progress.done, 0) AS done, COALESCE(progress.steps, 2) AS steps, COALESCE(progress.tries, 0) AS tries,
       progress.told_at
FROM job
LEFT JOIN job_progress AS progress ON progress.job = job.id
WHERE job.asked_by = $1
"""
_ONE = f"{_COLUMNS} AND job.id = $2"
_LIST = f"{_COLUMNS} AND job.asked_at < $2 ORDER BY job.asked_at DESC LIMIT $3"

# Draws a paper of a catalogue: given its record and what every print carries.
Render = Callable[[Any, Any], bytes]
Draw = Callable[[str], Render]


@dataclass(frozen=True, slots=True)
class _Work:
    """How a kind is made, and the act that who asks for it must be allowed to do."""

    make: Callable[[AsyncSession, Actor, Mapping[str, Any], datetime], Awaitable[str]]
    act: str = "make_report"
    of_place: bool = False


async def ask(
    session: AsyncSession, actor: Actor, kind: JobKind, month: str | None, place: str | None, now: datetime
) -> UUID:
    """Have a report made; the job's id. NotAllowed, NotFound, InvalidValue for a month that is missing or to come."""
    work = _KINDS[kind]
    if work.of_place:
        if place is None:
            raise InvalidValue("place", "says of which place")
        permissions.require_over(actor, work.act, "place", place, holder=place)
        if not await (await driver(session)).fetchval(
            "SELECT EXISTS (SELECT FROM place WHERE code = $1 AND kind <> 'vehicle')", place
        ):
            raise NotFound("place", place)
    else:
        permissions.require(actor, work.act, permissions.relations(actor))
        if month is None:
            raise InvalidValue("month", "says of which month")
    if month is not None:
        undelivered.upto(_first(month), now, None)
    # It stands in addresses, and twelve digits of an id may happen to be a valid My Number.
    while holds_my_number(str(job := new_uuid())):
        pass
    await (await driver(session)).execute(
        _ASK, job, kind.value, month, place if work.of_place else None, actor.code, now
    )
    return job


async def one(session: AsyncSession, reader: Actor, job: UUID) -> dict[str, Any]:
    """A job that the reader asked for, and how far it is. NotFound, also for a job of others."""
    row = await (await driver(session)).fetchrow(_ONE, reader.code, job)
    if row is None:
        raise NotFound("job", str(job))
    return _standing(row)


async def listed(session: AsyncSession, reader: Actor, before: datetime, limit: int) -> list[dict[str, Any]]:
    """The reader's jobs asked for before a time, the latest first."""
    rows = await (await driver(session)).fetch(_LIST, reader.code, before, limit)
    return [_standing(row) for row in rows]


async def file(session: AsyncSession, reader: Actor, job: UUID) -> tuple[str, bytes]:
    """The number of the paper that a job made, and the original as it was drawn. NotFound before that."""
    row = await (await driver(session)).fetchrow(
        "SELECT document, content FROM job WHERE id = $1 AND asked_by = $2 AND content IS NOT NULL",
        job,
        reader.code,
    )
    if row is None:
        raise NotFound("file of the job", str(job))
    return row["document"], row["content"]


async def run_next(database: Database, clock: Callable[[], datetime], draw: Draw) -> UUID | None:
    """Go one step on with the job that has waited longest and that nobody has at hand; None if there is none.

    What the domain refuses ends the job with its sentences. Any other fault leaves it to be tried again, MOST_TRIES
    times in all.
    """
    job: UUID | None = None
    try:
        async with database.begin() as session:
            connection = await driver(session)
            row = await connection.fetchrow(_NEXT)
            if row is None:
                return None
            job = row["id"]
            await connection.execute(_PATIENCE)
            if await _begun(database, row["id"], clock()) > MOST_TRIES:
                await _give_up(connection, row["id"], clock())
                return job
            # The right to it is asked again now, not when it was asked for.
            actor = await people.actor(session, row["asked_by"])
            if row["document"] is None:
                number = await _KINDS[JobKind(row["kind"])].make(session, actor, row, clock())
                await connection.execute(_FROZEN, job, number)
            else:
                render = draw(await documents.catalogue_of(session, row["document"]))
                printed = await documents.print_paper(session, actor, row["document"], render, clock())
                await connection.execute(_END, job, clock(), printed.content)
        await _tell(database, job, 1 if row["document"] is None else len(STEPS), clock())
    except DomainError as refusal:
        assert job is not None, "nothing is refused before there is a job"
        async with database.begin() as session:
            connection = await driver(session)
            await connection.execute(_FAIL, job, clock(), refusal.message_ja, refusal.message)
    except Exception:
        if job is None:
            raise
        log.exception("a job could not be done", job=str(job))
    return job


async def keep_running(database: Database, clock: Callable[[], datetime], draw: Draw) -> None:
    """Make what is asked for, one after the other, until cancelled."""
    while True:
        try:
            if await run_next(database, clock, draw):
                continue
        except Exception as fault:
            # The database is away; what is asked for waits.
            log.warning("no job could be looked for", error=type(fault).__name__)
        await asyncio.sleep(TICK_SECONDS)


async def _begun(database: Database, job: UUID, now: datetime) -> int:
    """How often the job has been begun, this time included; told beside its transaction, which may not end."""
    async with database.begin() as session:
        tries: int = await (await driver(session)).fetchval(_BEGIN, job, len(STEPS), now)
        return tries


async def _tell(database: Database, job: UUID, done: int, now: datetime) -> None:
    async with database.begin() as session:
        await (await driver(session)).execute(_TELL, job, done, now)


async def _give_up(connection: Any, job: UUID, now: datetime) -> None:
    ja = f"{MOST_TRIES}回試みましたが作成できませんでした。システム管理者に連絡してください。"
    en = f"It could not be made in {MOST_TRIES} tries. Tell whoever operates the service."
    await connection.execute(_FAIL, job, now, ja, en)


def _standing(row: Any) -> dict[str, Any]:
    said = dict(row)
    if row["ended_at"]:
        said["state"] = "failed" if row["fault_ja"] else "done"
        said["done"] = row["done"] if row["fault_ja"] else row["steps"]
    else:
        said["state"] = "running" if row["told_at"] else "waiting"
    return said


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


async def _undelivered(session: AsyncSession, actor: Actor, asked: Mapping[str, Any], now: datetime) -> str:
    return (await month_close.provisional(session, actor, _first(asked["month"]), now)).number


async def _close(session: AsyncSession, actor: Actor, asked: Mapping[str, Any], now: datetime) -> str:
    return (await month_close.close(session, actor, _first(asked["month"]), now)).number


async def _month_report(session: AsyncSession, actor: Actor, asked: Mapping[str, Any], now: datetime) -> str:
    return (await month_reports.make(session, actor, _first(asked["month"]), now)).number


async def _management(session: AsyncSession, actor: Actor, asked: Mapping[str, Any], now: datetime) -> str:
    return (await management.make(session, actor, _first(asked["month"]), now)).number


async def _cards(session: AsyncSession, actor: Actor, asked: Mapping[str, Any], now: datetime) -> str:
    until = undelivered.upto(_first(asked["month"]), now, None) if asked["month"] else now
    return (await undelivered_cards.freeze(session, actor, asked["place"], until, now)).number


_KINDS: Mapping[JobKind, _Work] = {
    JobKind.UNDELIVERED: _Work(_undelivered),
    JobKind.UNDELIVERED_CARDS: _Work(_cards, of_place=True),
    JobKind.MONTH_REPORT: _Work(_month_report),
    JobKind.MANAGEMENT_REPORT: _Work(_management),
    JobKind.CLOSE_MONTH: _Work(_close, "close_month"),
}
