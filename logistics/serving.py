"""Where the service listens, and running all of it in another process of ours."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from logistics.settings import Settings
from logistics.store.server import as_service
from logistics.variables import SettingRefused

READY = "/health/ready"
# How long another process may take to be ready, and to stop; seconds.
READY_SECONDS = 180
STOP_SECONDS = 30


class ServiceFailed(Exception):
    """The service did not start; the message holds its last words."""


@contextmanager
def port(settings: Settings) -> Iterator[socket.socket]:
    """The address, taken but not yet answering; SettingRefused if somebody else has it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((settings.host, settings.port))
        except OSError as fault:
            reason = f"cannot listen on {address(settings)}: {fault.strerror}. Set another PORT."
            raise SettingRefused("PORT", reason) from None
        yield taken


def address(settings: Settings) -> str:
    """Where a browser finds the service."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


@contextmanager
def elsewhere(
    owner_url: str, clock: datetime, data_dir: Path, program: str = "logistics", workers: int | None = None
) -> Iterator[str]:
    """The base address of a ready service in a process of its own, whose clock starts at `clock`.

    With as many `workers` as are asked for, else as many as a service has by itself.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number = probe.getsockname()[1]
    own = {
        "HOST": "127.0.0.1",
        "PORT": str(number),
        "DATABASE_URL": as_service(owner_url),
        "DATABASE_OWNER_URL": owner_url,
        "DATA_DIR": str(data_dir),
        "LOGISTICS_CLOCK": clock.isoformat(),
    }
    if workers:
        own["WORKERS"] = str(workers)
    environment = {**os.environ, **own}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", program, "serve"], env=environment, stdout=said, stderr=said
        )
        try:
            base = f"http://127.0.0.1:{number}"
            _wait_until_ready(base, process, said)
            yield base
        finally:
            _end(process)


def _wait_until_ready(base: str, process: subprocess.Popen[bytes], said: IO[str]) -> None:
    # A proxy that the environment names does not know our loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(urllib.error.URLError, OSError), opener.open(base + READY, timeout=5):
            return
        time.sleep(0.05)
    said.seek(0)
    raise ServiceFailed(f"The service was not ready after {READY_SECONDS} s. It said:\n{said.read()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
