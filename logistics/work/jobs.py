"""What somebody asks for, done beside the requests: each once, whoever dies meanwhile, with its progress told.

A report is two transactions: one counts and freezes the paper, the other draws its original and ends the job; numbers
of papers are not kept from others while something is drawn. An export and the end of a count are one. Who makes a job
holds a lock on its row. A process that is killed lets go of it with nothing done, and the next one begins anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import DomainError, InvalidValue, NotFound
from logistics.rules.jobs import MOST_TRIES, JobKind, first_steps
from logistics.rules.permissions import Actor
from logistics.store.database import Database, driver
from logistics.work import documents, export_jobs, people
from logistics.work.job_kinds import KINDS, Wanted, require
from logistics.work.job_making import Making, Tools, new_job

TICK_SECONDS = 1.0
# How often it is looked for archives that have been kept long enough.
FORGET_SECONDS = 600
# A report of many years may take longer than any request, and drawing lets its transaction wait.
_PATIENCE = "SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = 0"

log = structlog.get_logger("jobs")

_ASK = """
INSERT INTO job (id, kind, month, place, count, reason, asked_by, device, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_UNDER_WAY = (
    "SELECT id FROM job WHERE count = $1 AND kind = $2 AND asked_by = $3 AND ended_at IS NULL LIMIT 1"
)
_NEXT = """
SELECT id, kind, month, place, count, reason, details, secret, asked_by, device, asked_at, document
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
_TELL = "UPDATE job_progress SET done = $2, steps = $3, told_at = $4 WHERE job = $1"
# A step that is done begins the tries of the next one.
_STEP = "UPDATE job_progress SET done = $2, tries = 0, told_at = $3 WHERE job = $1"
_FROZEN = "UPDATE job SET document = $2 WHERE id = $1"
_END = "UPDATE job SET ended_at = $2, document = $3, content = $4, secret = NULL WHERE id = $1"
_FAIL = """
UPDATE job SET ended_at = $2, fault_ja = $3, fault_en = $4, secret = NULL WHERE id = $1 AND ended_at IS NULL
"""
_COLUMNS = """
SELECT job.id, job.kind, job.month, job.place, job.count, job.asked_at, job.ended_at, job.document, job.size,
       job.fault_ja, job.fault_en, COALESCE(progress.done, 0) AS done, progress.steps,
       COALESCE(progress.tries, 0) AS tries, progress.told_at
FROM job
LEFT JOIN job_progress AS progress ON progress.job = job.id
WHERE job.asked_by = $1
"""
_ONE = f"{_COLUMNS} AND job.id = $2"
_LIST = f"{_COLUMNS} AND job.asked_at < $2 ORDER BY job.asked_at DESC LIMIT $3"


async def ask(session: AsyncSession, actor: Actor, wanted: Wanted, now: datetime) -> UUID:
    """Have a report made or a count ended; the job's id. What is under way for the same person is not begun again.

    NotAllowed, NotFound, CountEnded; InvalidValue for a month that is missing or to come.
    """
    if wanted.kind is JobKind.EXPORT:
        raise InvalidValue("kind", "is ordered where exports are")
    await require(session, actor, wanted, now)
    connection = await driver(session)
    if wanted.count is not None:
        known: UUID | None = await connection.fetchval(_UNDER_WAY, wanted.count, wanted.kind, actor.code)
        if known is not None:
            return known
    work, job = KINDS[wanted.kind], new_job()
    place = wanted.place if work.of_place else None
    about = (wanted.month, place, wanted.count, wanted.reason)
    await connection.execute(_ASK, job, wanted.kind.value, *about, actor.code, actor.device, now)
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


async def run_next(database: Database, clock: Callable[[], datetime], tools: Tools) -> UUID | None:
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
            if await _begun(database, row, clock()) > MOST_TRIES:
                await _give_up(connection, row["id"], clock())
                return job
            done = await _step(database, session, clock, tools, row)
        if done is not None:
            await _tell(database, _STEP, job, done, clock())
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


async def keep_running(database: Database, clock: Callable[[], datetime], tools: Tools) -> None:
    """Make what is asked for, one after the other, until cancelled."""
    forget_at = 0.0
    while True:
        try:
            if await run_next(database, clock, tools):
                continue
            if time.monotonic() >= forget_at:
                forget_at = time.monotonic() + FORGET_SECONDS
                async with database.begin() as session:
                    await export_jobs.forget(session, clock())
        except Exception as fault:
            # The database is away; what is asked for waits.
            log.warning("no job could be looked for", error=type(fault).__name__)
        await asyncio.sleep(TICK_SECONDS)


async def _step(
    database: Database, session: AsyncSession, clock: Callable[[], datetime], tools: Tools, row: Any
) -> int | None:
    """Make what was asked for, or draw the paper that was made; how many steps are done, None at the end."""
    kind, connection = JobKind(row["kind"]), await driver(session)
    # The right to it is asked again now, not when it was asked for.
    actor = await people.actor(session, row["asked_by"], row["device"])
    number, content = row["document"], None
    if number is None:

        async def tell(done: int, steps: int) -> None:
            await _tell(database, _TELL, row["id"], done, steps, clock())

        number = await KINDS[kind].make(Making(database, session, tools, actor, row, clock(), tell))
        if KINDS[kind].is_drawn:
            await connection.execute(_FROZEN, row["id"], number)
            return 1
    else:
        render = tools.draw(await documents.catalogue_of(session, number))
        content = (await documents.print_paper(session, actor, number, render, clock())).content
    await connection.execute(_END, row["id"], clock(), number, content)
    return None


async def _begun(database: Database, row: Any, now: datetime) -> int:
    """How often the job has been begun, this time included; told beside its transaction, which may not end."""
    async with database.begin() as session:
        steps = first_steps(JobKind(row["kind"]))
        tries: int = await (await driver(session)).fetchval(_BEGIN, row["id"], steps, now)
        return tries


async def _tell(database: Database, statement: str, *values: Any) -> None:
    async with database.begin() as session:
        await (await driver(session)).execute(statement, *values)


async def _give_up(connection: Any, job: UUID, now: datetime) -> None:
    ja = f"{MOST_TRIES}回試みましたが作成できませんでした。システム管理者に連絡してください。"
    en = f"It could not be made in {MOST_TRIES} tries. Tell whoever operates the service."
    await connection.execute(_FAIL, job, now, ja, en)


def _standing(row: Any) -> dict[str, Any]:
    said = dict(row)
    said["steps"] = row["steps"] or first_steps(JobKind(row["kind"]))
    if row["ended_at"]:
        said["state"] = "failed" if row["fault_ja"] else "done"
        said["done"] = row["done"] if row["fault_ja"] else said["steps"]
    else:
        said["state"] = "running" if row["told_at"] else "waiting"
    return said
