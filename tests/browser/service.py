"""A service that a test can kill and start again, at the same address on the same database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Self

from logistics.store.server import as_service

CLOCK = "2026-04-01T09:00:00+09:00"
READY_SECONDS = 90


class Service:
    """`start` and `kill`, as often as a test likes; a context that starts it and ends it."""

    def __init__(self, owner_url: str, data_dir: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self._port}"
        own = {
            "HOST": "127.0.0.1",
            "PORT": str(self._port),
            "DATABASE_URL": as_service(owner_url),
            "DATABASE_OWNER_URL": owner_url,
            "DATA_DIR": str(data_dir),
            "LOGISTICS_CLOCK": CLOCK,
            "WORKERS": "1",
        }
        self._environment = {**os.environ, **own}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "logistics", "serve"],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), opener.open(self.base + "/health/ready", timeout=5):
                return
            time.sleep(0.1)
        raise AssertionError("the service did not start")

    def kill(self) -> None:
        """End it and all its processes at once, as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
