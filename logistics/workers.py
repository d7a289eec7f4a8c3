"""The service's processes: several workers on one port, and this one, which keeps them and PostgreSQL alive.

This one takes no part in answering; it accepts the connections and shares them out (`acceptor`).
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from logistics.acceptor import Acceptor
from logistics.serving import address
from logistics.settings import CLOCK_AHEAD, Settings
from logistics.worker import GRACE_SECONDS, READY

WORKER = "logistics.worker"
# How often the children are looked after; seconds.
TICK_SECONDS = 0.25
# A worker that cannot start is started again, but not as fast as it dies; seconds.
PAUSE_SECONDS = 2.0


def run(settings: Settings, taken: socket.socket, keep: Callable[[], None]) -> int:
    """Serve until told to stop; the exit code. `keep`, called again and again, looks after what the workers need."""
    acceptor = Acceptor(taken)
    crew = [_Process(settings, acceptor) for _ in range(settings.workers)]
    try:
        while not all(worker.is_ready for worker in crew):
            for worker in crew:
                worker.wait(TICK_SECONDS)
            if any(worker.has_ended for worker in crew):
                # It has said why.
                return 1
        acceptor.start()
        where = address(settings)
        print(
            f"Ready on {where} (Ctrl-C stops)\n"
            f"Look at {where}/sign-in, {where}/devices/enrol (with a station's code), {where}/docs (the API)",
            flush=True,
        )
        while True:
            time.sleep(TICK_SECONDS)
            keep()
            if not acceptor.is_working:
                print("logistics: connections are accepted no more", file=sys.stderr)
                return 1
            for number, worker in enumerate(crew):
                worker.wait(0)
                if worker.has_ended and time.monotonic() - worker.started_at > PAUSE_SECONDS:
                    print(
                        f"logistics: a worker ended ({worker.exit_code}); another takes its place",
                        file=sys.stderr,
                    )
                    worker.forget()
                    crew[number] = _Process(settings, acceptor)
    except KeyboardInterrupt:
        return 0
    finally:
        acceptor.stop()
        _end(crew)


def _end(crew: list[_Process]) -> None:
    for worker in crew:
        worker.tell_to_stop()
    deadline = time.monotonic() + GRACE_SECONDS + 5
    for worker in crew:
        worker.stop(max(0.0, deadline - time.monotonic()))


class _Process:
    """One worker: a program of its own, with a channel through which it gets its connections."""

    def __init__(self, settings: Settings, acceptor: Acceptor) -> None:
        self._acceptor = acceptor
        self._channel, its = socket.socketpair()
        self.started_at = time.monotonic()
        self.is_ready = False
        # All of them show the time of one clock, whenever they start.
        environment = {**os.environ, CLOCK_AHEAD: str(settings.clock().ahead.total_seconds())}
        with its:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", WORKER, str(its.fileno())], env=environment, pass_fds=(its.fileno(),)
            )

    @property
    def has_ended(self) -> bool:
        """Whether it is no more."""
        return self._process.poll() is not None

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it lives, minus the signal that ended it."""
        return self._process.poll()

    def wait(self, seconds: float) -> None:
        """Wait so long at most for it to be ready; from then on it gets connections."""
        if not self.is_ready and select.select([self._channel], [], [], seconds)[0]:
            self.is_ready = self._channel.recv(len(READY)) == READY
            if self.is_ready:
                self._acceptor.add(self._channel)

    def tell_to_stop(self) -> None:
        """Have it end what is under way, and itself."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    def stop(self, seconds: float) -> None:
        """See it end, by force after so long."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._channel.close()

    def forget(self) -> None:
        """Close what is left of one that has ended; the acceptor closes a channel that was added to it."""
        if not self.is_ready:
            self._channel.close()
