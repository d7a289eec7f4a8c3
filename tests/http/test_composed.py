"""What the compose file and the Dockerfile say, done by hand: an engine adds only the walls around it.

A plain PostgreSQL with the file's arguments, accounts and published port; the package installed from what the image
gets and nothing else; the service with the file's environment and none of ours.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import httpx
import pytest
import yaml  # type: ignore[import-untyped]

from logistics.store.accounts import account
from logistics.store.server import programs

ROOT = Path(__file__).parents[2]
SECONDS = 120
PASSWORDS = {name: name.lower().replace("_", "0") for name in ("POSTGRES_PASSWORD", "OWNER_PASSWORD")} | {
    "LOGISTICS_PASSWORD": "third"
}
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@dataclass(frozen=True)
class Composed:
    """The two services as they run, and what the file says of each."""

    database: dict[str, Any]
    service: dict[str, Any]
    environment: Mapping[str, str]
    installed: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.environment['PORT']}"

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run something as the image would."""
        return subprocess.run(
            command, env=self.environment, cwd="/", text=True, capture_output=True, timeout=SECONDS
        )


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def filled_in(node: Any, given: Mapping[str, str]) -> Any:
    """A part of the file with its variables as compose fills them in."""

    def value(found: re.Match[str]) -> str:
        name, how, other = found.groups()
        if how == "?":
            assert given.get(name), f"{name}: {other}"
        return given.get(name) or (other if how == "-" else "")

    if isinstance(node, dict):
        return {name: filled_in(inner, given) for name, inner in node.items()}
    if isinstance(node, list):
        return [filled_in(inner, given) for inner in node]
    return _VARIABLE.sub(value, node).replace("$$", "$") if isinstance(node, str) else node


def install(into: Path) -> None:
    """What the image copies, built and installed as it does it, but into a directory of its own."""
    docker = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    source = into / "context"
    source.mkdir()
    for line in re.findall(r"^COPY (.+) \S+$", docker, re.MULTILINE):
        for name in line.split():
            leave = shutil.ignore_patterns("__pycache__", ".*_cache")
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / name, ignore=leave)
            else:
                shutil.copy(ROOT / name, source)
    (said,) = re.findall(r"^RUN pip (install .* \.)$", docker, re.MULTILINE)
    command = [sys.executable, "-m", "pip", *shlex.split(said), "--quiet", "--target", str(into / "package")]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=SECONDS, umask=0o022)
    shutil.rmtree(source)


def start_postgresql(held: ExitStack, home: Path, said: dict[str, Any], as_account: dict[str, Any]) -> None:
    """As the image's first start does it: initdb, the file's roles, then the server with the file's command."""
    at, environment = programs(), said["environment"]
    cluster = home / "cluster"
    (home / "pwfile").write_text(environment["POSTGRES_PASSWORD"])

    def run(program: str, *arguments: str, stdin: str | None = None, **more: str) -> None:
        environ = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **more}
        with (home / "postgresql.log").open("a") as log:
            done = subprocess.run(
                [str(at / program), *arguments],
                input=stdin, text=True, stdout=log, stderr=log, env=environ, cwd="/", timeout=SECONDS, **as_account,
            )  # fmt: skip
        assert done.returncode == 0, (home / "postgresql.log").read_text()[-2000:]

    run("initdb", "--username=postgres", f"--pwfile={home}/pwfile", "--auth-host=scram-sha-256",
        *shlex.split(environment["POSTGRES_INITDB_ARGS"]), "-D", str(cluster))  # fmt: skip
    published, inner = said["ports"][0].rsplit(":", 1)
    host, port = published.split(":")
    assert (inner, said["command"][0]) == ("5432", "postgres")
    options = [*said["command"][1:], "-c", f"listen_addresses={host}", "-p", port, "-k", str(home)]
    run("pg_ctl", "start", "-w", "-t", str(SECONDS), "-l", str(home / "server.log"), "-D", str(cluster),
        "-o", shlex.join(options))  # fmt: skip
    held.callback(run, "pg_ctl", "stop", "-m", "immediate", "-D", str(cluster))
    run("psql", "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-h", str(home), "-p", port, "-U", "postgres",
        stdin=said["roles"], **environment)  # fmt: skip


@pytest.fixture(scope="module")
def composed() -> Iterator[Composed]:
    given = PASSWORDS | {"PORT": free_port(), "DATABASE_PORT": free_port()}
    said = filled_in(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")), given)
    database, service = said["services"]["database"], said["services"]["service"]
    database["roles"] = said["configs"]["roles"]["content"]
    with ExitStack() as held:
        home = Path(held.enter_context(TemporaryDirectory(prefix="logistics-composed-")))
        volume = home / "volume"
        volume.mkdir()
        owner = account(home / "cluster")
        as_account: dict[str, Any] = {}
        if owner:
            as_account = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(home, owner.pw_uid, owner.pw_gid)
        install(home)
        start_postgresql(held, home, database, as_account)
        environment = {
            "PATH": f"{home}/package/bin:{Path(sys.executable).parent}:{os.defpath}",
            "PYTHONPATH": str(home / "package"),
            "DATA_DIR": str(volume / "data"),
            "HOME": str(volume),
            **service["environment"],
        }
        command = re.findall(r'^CMD \["(.+)"\]$', (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0].split(
            '", "'
        )
        with (home / "service.log").open("w") as log:
            process = subprocess.Popen(
                [str(home / "package" / "bin" / command[0]), *command[1:]],
                env=environment, cwd=volume, stdout=log, stderr=log,
            )  # fmt: skip
        held.callback(process.wait, SECONDS)
        held.callback(process.terminate)
        running = Composed(database, service, environment, home / "package")
        wait_until_healthy(running, process, home / "service.log")
        yield running


def wait_until_healthy(composed: Composed, process: subprocess.Popen[bytes], log: Path) -> None:
    marker, *command = composed.service["healthcheck"]["test"]
    assert marker == "CMD"
    deadline = time.monotonic() + SECONDS
    while composed.run(command).returncode:
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.2)


def test_the_image_holds_all_that_the_service_needs(composed: Composed) -> None:
    found = composed.run(
        [sys.executable, "-c", "import api, logistics; print(api.__file__, logistics.__file__)"]
    )
    pages = [httpx.get(f"{composed.base}{path}", trust_env=False) for path in ("/sign-in", "/docs")]

    assert all(path.startswith(str(composed.installed)) for path in found.stdout.split()), found
    assert [page.status_code for page in pages] == [200, 200]


def test_the_database_says_itself_when_it_is_ready(composed: Composed) -> None:
    marker, program, *arguments = composed.database["healthcheck"]["test"]
    port = composed.database["ports"][0].split(":")[1]

    said = composed.run([str(programs() / program), *arguments, f"--port={port}"])

    assert (marker, said.returncode) == ("CMD", 0)


async def test_the_service_has_a_database_of_its_own_that_it_neither_owns_nor_administers(
    composed: Composed,
) -> None:
    connection = await asyncpg.connect(composed.environment["DATABASE_URL"])
    try:
        owners = {
            row[0]
            for row in await connection.fetch("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")
        }
        settings = {
            name: await connection.fetchval("SELECT current_setting($1)", name)
            for name in ("max_connections", "data_checksums", "server_encoding", "log_error_verbosity")
        }
        is_super = await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM entry")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE mine ()")
    finally:
        await connection.close()

    assert owners == {"logistics"}
    assert not is_super
    assert settings == {
        "max_connections": "60",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "log_error_verbosity": "terse",
    }


async def test_whoever_does_not_know_the_password_gets_nowhere(composed: Composed) -> None:
    url = composed.environment["DATABASE_URL"].replace(PASSWORDS["LOGISTICS_PASSWORD"], "wrong")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url)
