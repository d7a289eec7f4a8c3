"""`logistics verify` without an export, and the running service that notices by itself what was altered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logistics.__main__ import main
from logistics.ledger import live, watching
from logistics.ledger.rereading import What
from logistics.ledger.sequencer import Sequencer
from logistics.rules.errors import InvalidValue, NotAllowed
from logistics.store.database import Database, driver
from logistics.store.server import Server
from logistics.work.trusting import resume_signing
from seed.load import person_code
from tests.conftest import as_superuser, clone
from tests.sql import gate_rows as given
from tests.sql.test_sequencer import at_work, write

AUDITOR = person_code(0, 99)
ALTER = "UPDATE entry SET body = replace(body, 'open_box', 'open_bax') WHERE id = 2"
RESTORE = "UPDATE entry SET body = replace(body, 'open_bax', 'open_box') WHERE id = 2"


def now() -> datetime:
    return datetime.now(UTC)


async def as_dba(server: Server, database: Database, statement: str) -> None:
    name = str(database.engine.url.database)
    await as_superuser(server, "ALTER TABLE entry DISABLE TRIGGER ALL", name)
    await as_superuser(server, "ALTER TABLE entry DROP CONSTRAINT IF EXISTS entry_hash_check", name)
    await as_superuser(server, statement, name)


@asynccontextmanager
async def served(database: Database, home: Path) -> AsyncIterator[Sequencer]:
    sequencer = Sequencer(database, home / "signer", now)
    task = asyncio.create_task(sequencer.run())
    try:
        yield sequencer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(sequencer: Sequencer, *, alarmed: bool) -> None:
    async with asyncio.timeout(20):
        while (sequencer.alarm is not None) != alarmed:  # noqa: ASYNC110 - it says so nowhere else
            await asyncio.sleep(0.05)


@pytest.fixture
def command(
    server: Server, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """A signed log of three entries that the operator's command will find, from outside any event loop."""
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        database = runner.run(stack.enter_async_context(clone(server, template)))

        async def sign() -> None:
            await write(database, 3)
            async with at_work(database, tmp_path / "signer") as (worker, connection):
                await worker.round()
                note = await connection.fetchval("SELECT note FROM checkpoint")
            (tmp_path / "paper").write_text(note, encoding="utf-8")
            await database.close()

        runner.run(sign())
        monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        yield database
        runner.run(stack.aclose())


def test_the_live_log_is_verified_against_the_signer_and_the_paper(
    command: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 0
    said = capsys.readouterr().out
    assert main(["verify", "--checkpoint", str(tmp_path / "paper")]) == 0

    assert said.startswith("VERIFIED: 3 entries of the live log, 3 of them signed.")
    assert "Note: no printed checkpoint was given" in said
    assert "1 checkpoints given" in capsys.readouterr().out


def test_an_altered_live_log_is_not_verified_and_its_first_bad_entry_is_named(
    command: Database, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(as_dba(server, command, ALTER))

    assert main(["verify"]) == 1
    said = capsys.readouterr().out

    assert said.startswith("NOT VERIFIED.")
    assert "row hash: entry 1: its body is not what the hash beside it was made from" in said


@pytest.mark.parametrize("damage", ["no directory", "another key", "an unreadable paper"])
def test_what_cannot_be_judged_is_neither_verified_nor_refuted(
    command: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    arguments = ["verify"]
    if damage == "no directory":
        (tmp_path / "signer").rename(tmp_path / "elsewhere")
    elif damage == "another key":
        (tmp_path / "signer" / "ledger.key").write_text("no key\n", encoding="utf-8")
    else:
        (tmp_path / "paper").write_text("no note\n", encoding="utf-8")
        arguments += ["--checkpoint", str(tmp_path / "paper")]

    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("logistics verify: ")


def test_an_empty_log_is_verified_before_anything_was_signed(
    server: Server, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with clone(server, template) as database:
            async with at_work(database, tmp_path / "signer"):
                pass
            monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
            monkeypatch.setenv("DATA_DIR", str(tmp_path))
            verdict = await live.verify(database, tmp_path / "signer")
            assert verdict.verified, verdict
            assert (verdict.entries, verdict.signed, verdict.remembers) == (0, 0, None)

    asyncio.run(work())


async def test_the_running_service_notices_an_altered_entry_and_stops_signing_until_somebody_resumes_it(
    database: Database, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(watching, "EVERY_SECONDS", 0.1)
    await write(database, 4)
    async with served(database, tmp_path) as sequencer:
        async with asyncio.timeout(20):
            while await signed(database) < 4:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await as_dba(server, database, ALTER)
        await until(sequencer, alarmed=True)
        assert sequencer.alarm is not None
        assert "entry 1" in sequencer.alarm
        await write(database, 2)
        await asyncio.sleep(1.5)
        assert await signed(database) == 4
        await as_dba(server, database, RESTORE)

        with pytest.raises(NotAllowed):
            await resume_signing(database, tmp_path / "signer", by=person_code(1, 2), reason="-", now=now())
        stopped = await resume_signing(
            database, tmp_path / "signer", by=AUDITOR, reason="restored from the backup", now=now()
        )
        await until(sequencer, alarmed=False)
        async with asyncio.timeout(20):
            while await signed(database) < 7:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    assert "entry 1" in stopped
    assert await given.rows(database, "SELECT count(*) FROM entry WHERE act = 'resume_signing'") == [(1,)]


async def test_signing_that_was_not_stopped_cannot_be_resumed(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="not stopped"):
        await resume_signing(database, tmp_path, by=AUDITOR, reason="-", now=now())

    assert await given.rows(database, "SELECT count(*) FROM entry") == [(0,)]


async def signed(database: Database) -> int:
    async with database.read() as session:
        size: int = await (await driver(session)).fetchval("SELECT COALESCE(max(size), 0) FROM checkpoint")
        return size


@pytest.mark.parametrize(
    "body",
    [
        '{"cards":{}}',
        '{"cards":[1],"scans":"x"}',
        '{"cards":[{"codes":[[1]]}]}',
        '{"a":' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"facts":{"n":1' + "0" * 400 + "}}",
    ],
    ids=lambda body: str(body)[:20],
)
async def test_a_body_of_no_known_form_is_a_finding_and_no_crash(
    database: Database, tmp_path: Path, body: str
) -> None:
    await write(database, 3)
    async with database.begin() as session:
        await (await driver(session)).execute(
            "INSERT INTO entry (uuid, act, actor, site, occurred_at, recorded_at, body, hash)"
            " SELECT gen_random_uuid(), act, actor, site, occurred_at, recorded_at, $1::text,"
            "        sha256('\\x00'::bytea || convert_to($1, 'UTF8')) FROM entry LIMIT 1",
            body,
        )
    async with at_work(database, tmp_path / "signer") as (worker, _):
        await worker.round()
        assert await worker.watch.go_on()
        distrusted = worker.watch.distrusts

    verdict = await live.verify(database, tmp_path / "signer")

    assert set(verdict.found) == {What.COPIES, What.CUSTODY}, verdict
    assert all(finding.entry == 3 for finding in verdict.found.values()), verdict
    assert distrusted is not None


async def test_a_memory_that_is_no_note_is_a_finding(database: Database, tmp_path: Path) -> None:
    await write(database, 2)
    async with at_work(database, tmp_path / "signer") as (worker, _):
        await worker.round()
    (memory,) = (tmp_path / "signer").glob("*.checkpoint")
    for content in (b"", b"\xff\xfe\x00", b"no note\n", memory.read_bytes()[:-5], memory.read_bytes() * 2):
        memory.write_bytes(content)

        verdict = await live.verify(database, tmp_path / "signer")

        assert set(verdict.found) == {What.SIGNER}, (content, str(verdict))


async def test_a_day_of_work_leaves_nothing_for_the_watch_to_find(
    played_database: Database, tmp_path: Path
) -> None:
    async with at_work(played_database, tmp_path / "signer") as (worker, _):
        await worker.round()
        while not await worker.watch.go_on():
            pass
        assert worker.watch.distrusts is None

    verdict = await live.verify(played_database, tmp_path / "signer")

    assert verdict.verified, verdict
