"""Exports made beside the requests: recorded when they are ordered, written with their progress told, fetched at leisure.

What waits to be fetched is encrypted as it will leave. The password is sealed with the service's key as long as the
job lasts and forgotten with its end, the archive after KEPT; that it was ordered stays in the log.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import anyio.to_thread
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger.evidence import ExportRefused
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import Database, driver
from logistics.store.sealing import SealBroken, Sealer
from logistics.work import archives, exports
from logistics.work.exports import Format, Order
from logistics.work.job_making import Making, new_job

KEPT = timedelta(days=1)
# What was written a moment ago is signed within two seconds; look again rather than refuse it.
TRIES, TRY_SECONDS = 4, 1.0
TELL_SECONDS = 0.5
PIECE_BYTES = 1 << 20
ENDS = {Format.EVIDENCE: "", Format.EPCIS: ".jsonld", Format.CSV: ".csv"}

_ASK = """
INSERT INTO job (id, kind, asked_by, device, asked_at, details, secret)
VALUES ($1, 'export', $2, $3, $4, $5, $6)
"""
_PIECE = "INSERT INTO job_piece (job, number, content) VALUES ($1, $2, $3)"
_MADE = "UPDATE job SET size = $2 WHERE id = $1"
_ARCHIVE = """
SELECT details, asked_at, (SELECT count(*) FROM job_piece WHERE job_piece.job = job.id) AS pieces
FROM job
WHERE id = $1 AND asked_by = $2 AND size IS NOT NULL
"""
_READ = "SELECT content FROM job_piece WHERE job = $1 AND number = $2"
# One that is being made is waited for: what it has opened may have to be opened again.
_SEALED = "SELECT id, secret FROM job WHERE secret IS NOT NULL ORDER BY id FOR NO KEY UPDATE"
_RESEAL = "UPDATE job SET secret = $2 WHERE id = $1"
_FORGET = """
WITH old AS (
    UPDATE job SET size = NULL WHERE size IS NOT NULL AND ended_at < $1 RETURNING id
)
UPDATE job_piece SET content = NULL FROM old WHERE job_piece.job = old.id
"""


async def ask(
    session: AsyncSession, actor: Actor, sealer: Sealer, order: Order, password: str, now: datetime
) -> UUID:
    """Have a part of the log exported; the job's id. What it is for is an entry from here on.

    NotAllowed, MyNumberRefused, InvalidValue for a password that will not do.
    """
    archives.checked(password)
    await exports.record(session, actor, order, now)
    job = new_job()
    details = msgspec.json.encode(order).decode()
    secret = sealer.seal(password.encode(), str(job))
    await (await driver(session)).execute(_ASK, job, actor.code, actor.device, now, details, secret)
    return job


async def make(making: Making) -> None:
    """Write what was ordered, encrypt it and keep it to be fetched. NotAllowed, InvalidValue."""
    permissions.require(making.actor, "export")
    order = msgspec.json.decode(making.asked["details"], type=Order)
    password = _password(making)
    with tempfile.TemporaryDirectory(prefix="logistics-export-") as home:
        content, archive = Path(home, f"custody{ENDS[order.format]}"), Path(home, "export.zip")
        async with _telling(making) as progress:
            await _written(making, order, content, progress)
        await anyio.to_thread.run_sync(archives.encrypt, content, archive, password)
        await _keep(making, archive)


async def archive(session: AsyncSession, reader: Actor, job: UUID) -> tuple[str, int]:
    """What the archive that a job made is called, and of how many pieces it consists. NotFound; NotAllowed."""
    permissions.require(reader, "export")
    row = await (await driver(session)).fetchrow(_ARCHIVE, job, reader.code)
    if row is None:
        raise NotFound("archive of the job", str(job))
    order = msgspec.json.decode(row["details"], type=Order)
    return f"custody-{order.format.value}-{row['asked_at']:%Y%m%d}.zip", row["pieces"]


async def pieces(database: Database, job: UUID, count: int) -> AsyncIterator[bytes]:
    """The archive piece by piece, each read by itself: a slow line holds no connection to the database."""
    for number in range(count):
        async with database.read() as session:
            content: bytes | None = await (await driver(session)).fetchval(_READ, job, number)
        if content is None:
            raise NotFound("archive of the job", str(job))
        yield content


async def forget(session: AsyncSession, now: datetime) -> None:
    """Drop the archives that nobody has to fetch any more."""
    await (await driver(session)).execute(_FORGET, now - KEPT)


async def reseal(session: AsyncSession, sealer: Sealer) -> int:
    """Seal the passwords of exports that are still to be made with the sealer's first key; how many those are."""
    connection = await driver(session)
    rows = await connection.fetch(_SEALED)
    for row in rows:
        job = str(row["id"])
        await connection.execute(_RESEAL, row["id"], sealer.seal(sealer.open(row["secret"], job), job))
    return len(rows)


def _password(making: Making) -> str:
    assert making.tools.sealer is not None, "who makes exports can open what was sealed for them"
    try:
        return making.tools.sealer.open(making.asked["secret"], str(making.asked["id"])).decode()
    except SealBroken:
        raise InvalidValue(
            "password", "was sealed with another key than this service has; order it again"
        ) from None


async def _written(making: Making, order: Order, content: Path, progress: exports.Progress) -> None:
    tools = making.tools
    if order.format is Format.EVIDENCE and tools.signer_directory is None:
        raise InvalidValue("format", "this service signs no log, so there is no evidence to export")
    signer = tools.signer_directory or content.parent
    for left in reversed(range(TRIES)):
        try:
            await exports.write(making.database, signer, content, order, making.now, progress=progress)
            break
        except ExportRefused as refusal:
            if not left:
                raise InvalidValue("format", str(refusal)) from None
            await asyncio.sleep(TRY_SECONDS)


@asynccontextmanager
async def _telling(making: Making) -> AsyncIterator[exports.Progress]:
    """Hears of every few entries and tells of them now and then."""
    heard, ended = (0, 1), asyncio.Event()

    def hear(done: int, total: int) -> None:
        nonlocal heard
        heard = (done, max(total, 1))

    async def tell() -> None:
        told = None
        while not ended.is_set():
            if heard != told:
                told = heard
                await making.tell(*told)
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), TELL_SECONDS)

    telling = asyncio.create_task(tell())
    try:
        yield hear
    finally:
        ended.set()
        await telling
    await making.tell(heard[1], heard[1])


async def _keep(making: Making, archive: Path) -> None:
    connection, job = await driver(making.session), making.asked["id"]
    with archive.open("rb") as file:
        number = size = 0
        while content := file.read(PIECE_BYTES):
            await connection.execute(_PIECE, job, number, content)
            number, size = number + 1, size + len(content)
    await connection.execute(_MADE, job, size)
