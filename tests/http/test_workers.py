"""The service's processes: whichever of them dies, the service goes on, or the port is free again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from logistics.store.server import Server

SECONDS = 60


@dataclass
class Service:
    """`logistics serve` on a directory of its own."""

    process: subprocess.Popen[str]
    base: str
    home: Path

    def workers(self) -> set[int]:
        """The ids of its workers."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(pid) for pid in listed if b"logistics.worker" in self._command(pid)}

    def _command(self, pid: str) -> bytes:
        """What a process was started as; nothing where it has ended since it was listed."""
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return b""

    def ready(self) -> int:
        """The status of its readiness; 0 where nobody answers."""
        try:
            return httpx.get(f"{self.base}/health/ready", timeout=5, trust_env=False).status_code
        except httpx.TransportError:
            return 0


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One directory for all: making a database takes longer than the rest."""
    with TemporaryDirectory(prefix="logistics-workers-") as name:
        yield Path(name)
        Server(Path(name)).stop()


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Service]:
    """One that goes on whatever happens to it."""
    with started(home) as service:
        yield service


@pytest.fixture
def ending(home: Path) -> Iterator[Service]:
    """One that does not outlive its test."""
    with started(home) as service:
        yield service


@contextmanager
def started(home: Path) -> Iterator[Service]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    own = {"DATA_DIR": str(home), "PORT": port, "WORKERS": "2", "LOG_LEVEL": "WARNING"}
    process = subprocess.Popen(
        [sys.executable, "-m", "logistics", "serve", "--no-demo"],
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert any(line.startswith("Ready") for line in process.stdout)
        yield Service(process, f"http://127.0.0.1:{port}", home)
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.05)


def test_another_worker_takes_the_place_of_one_that_died(service: Service) -> None:
    before = service.workers()
    time.sleep(2)  # one that dies at once is not replaced at once

    os.kill(min(before), signal.SIGKILL)

    wait_until(lambda: len(service.workers() - before) == 1 and len(service.workers()) == 2)
    wait_until(lambda: service.ready() == 200)


def test_a_database_server_that_dies_is_started_again_and_the_service_goes_on(service: Service) -> None:
    server = Server(service.home)
    killed = server.pid()
    assert killed is not None

    os.kill(killed, signal.SIGKILL)

    answered: list[int] = []
    while server.pid() in (None, killed):
        answered.append(service.ready())
    wait_until(lambda: service.ready() == 200)
    assert set(answered) == {503}
    assert service.process.poll() is None


# Messages that end where one reads them in one way and elsewhere in another; each hides a request behind it.
SMUGGLED = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
AMBIGUOUS = (
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Content-Length: 0\r\nContent-Length: 50\r\n\r\n",
    "Content-Length: 0, 50\r\n\r\n",
    "Content-Length: +0\r\n\r\n",
    "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
)


def test_a_message_that_could_end_in_two_places_hides_no_second_one_and_slow_ones_hold_nobody_up(
    service: Service,
) -> None:
    port = int(service.base.rpartition(":")[2])
    head = "POST /api/v1/sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

    def answers(ambiguous: str) -> list[str]:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as line:
            line.sendall((head + ambiguous + SMUGGLED).encode())
            line.shutdown(socket.SHUT_WR)
            said = b""
            while piece := line.recv(65_536):
                said += piece
        return re.findall(r"^HTTP/1\.1 (\d+)", said.decode(), re.M)

    slow = [socket.create_connection(("127.0.0.1", port), SECONDS) for _ in range(200)]
    for line in slow:
        line.sendall((head + "Content-Length: 1000\r\n\r\n{").encode())
    said = {ambiguous: answers(ambiguous) for ambiguous in AMBIGUOUS}
    ready = service.ready()
    for line in slow:
        line.close()

    assert {ambiguous: found for ambiguous, found in said.items() if "200" in found} == {}
    assert all(found[:1] in ([], ["400"]) for found in said.values()), said
    assert ready == 200


def test_a_killed_service_leaves_nobody_on_its_port(ending: Service) -> None:
    workers = ending.workers()

    ending.process.kill()

    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    assert ending.ready() == 0


def test_a_service_told_to_stop_ends_with_all_its_workers(ending: Service) -> None:
    workers = ending.workers()

    ending.process.terminate()

    assert ending.process.wait(SECONDS) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
