"""The embedded server: durable, shared, and back after every kind of death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest
from sqlalchemy import make_url

from logistics.store.server import LONGEST_SOCKET_PATH, SOCKET, Server, ServerFailed, embedded, running

# What another process does: use the server, say so, wait for a line, leave.
GUEST = """
import sys
from pathlib import Path
from logistics.store.server import running
with running(Path(sys.argv[1])) as server:
    print(server.pid(), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with TemporaryDirectory(prefix="logistics-server-") as name:
        yield Path(name)


def guest(home: Path) -> tuple[subprocess.Popen[str], int]:
    """Another process that uses the server on `home`, and the postmaster's id that it sees."""
    command = [sys.executable, "-c", GUEST, str(home)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


async def count(url: str) -> int:
    address = make_url(url)
    host = address.query["host"]
    connection = await asyncpg.connect(host=host, user=address.username, database=address.database)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM kept"))
    finally:
        await connection.close()


def write_a_row(server: Server) -> None:
    server.psql("CREATE TABLE IF NOT EXISTS kept (id integer); INSERT INTO kept VALUES (1);")


def rows(server: Server) -> int:
    return int(server.psql("SELECT count(*) FROM kept"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("wal_level", "replica"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("timezone", "UTC"),
        ("log_error_verbosity", "terse"),
    ],
)
def test_the_server_is_durable_and_private(server: Server, setting: str, value: str) -> None:
    assert server.psql(f"SHOW {setting}").strip() == value


def test_the_server_is_postgresql_18(server: Server) -> None:
    assert server.psql("SHOW server_version_num").startswith("18")


def test_only_the_owner_reaches_the_socket(server: Server) -> None:
    assert server.socket_dir.stat().st_mode & 0o077 == 0


def test_data_outlives_a_stop(home: Path) -> None:
    with running(home) as server:
        write_a_row(server)
    assert server.pid() is None

    with running(home) as server:
        assert rows(server) == 1


def test_data_outlives_a_killed_postmaster(home: Path) -> None:
    with running(home) as server:
        for round_ in range(3):
            write_a_row(server)
            pid = server.pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)

            server.start()

            assert rows(server) == round_ + 1


def test_a_pid_file_that_names_somebody_elses_process_deceives_nobody(home: Path) -> None:
    with running(home) as server:
        write_a_row(server)
        lines = (server.cluster / "postmaster.pid").read_text().splitlines()
    stranger = "\n".join([str(os.getpid()), *lines[1:], ""])
    (server.cluster / "postmaster.pid").write_text(stranger)
    (server.socket_dir / f"{SOCKET}.lock").write_text(stranger)

    with running(home) as server:
        assert server.pid() != os.getpid()
        assert rows(server) == 1


def test_an_interrupted_first_start_leaves_nothing_half_made(home: Path) -> None:
    half = home / "postgresql.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    with running(home) as server:
        write_a_row(server)

    assert not half.exists()


def test_a_cluster_of_another_version_is_refused_by_name(home: Path) -> None:
    (home / "postgresql").mkdir()
    (home / "postgresql" / "PG_VERSION").write_text("16\n")

    with pytest.raises(ServerFailed, match="made by PostgreSQL 16, not 18"), running(home):
        pass


def test_the_first_to_leave_does_not_stop_the_server_of_the_second(home: Path) -> None:
    process, pid = guest(home)
    with running(home) as server:
        leave(process)

        write_a_row(server)

        assert server.pid() == pid
    assert server.pid() is None


def test_the_last_to_leave_stops_the_server(home: Path) -> None:
    with running(home) as server:
        process, pid = guest(home)
        assert server.pid() == pid

    assert server.pid() == pid
    leave(process)
    assert server.pid() is None


def test_a_killed_user_leaves_the_server_to_the_next_and_is_not_counted(home: Path) -> None:
    process, pid = guest(home)
    process.kill()
    process.communicate()

    with running(home) as server:
        assert server.pid() == pid
        write_a_row(server)

    assert server.pid() is None


def test_processes_that_start_at_once_share_one_server(home: Path) -> None:
    command = [sys.executable, "-c", GUEST, str(home)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    seen = {int(process.stdout.readline()) for process in started if process.stdout}
    for process in started:
        leave(process)

    assert len(seen) == 1
    assert Server(home).pid() is None


@pytest.mark.parametrize(
    "name", ["d" * 120, "分室のデータ", "a, b'c:d"], ids=["long", "japanese", "punctuation"]
)
async def test_any_directory_will_do(home: Path, name: str) -> None:
    with embedded(home / name) as url:
        server = Server(home / name)
        write_a_row(server)
        server.psql("CREATE TABLE kept (); ALTER TABLE kept OWNER TO logistics", "logistics")

        assert await count(url) == 0
        assert len(os.fsencode(server.socket_dir / SOCKET)) <= LONGEST_SOCKET_PATH


def test_a_runtime_directory_of_somebody_else_is_refused(home: Path) -> None:
    deep = home / ("d" * 120)
    trap = Server(deep).socket_dir
    trap.symlink_to(home)
    try:
        with pytest.raises(ServerFailed, match="belongs to somebody else"), running(deep):
            pass
    finally:
        trap.unlink()


def test_a_second_start_is_quick(home: Path) -> None:
    with embedded(home):
        pass

    begun = time.monotonic()
    with embedded(home):
        took = time.monotonic() - begun

    assert took < 5
