"""Lines of the log, carried to another machine as they are written: syslog over TLS (RFC 5424, 5425).

A thread of its own sends them; whoever writes a line waits for nobody. While the other side is away, lines wait; when
too many do, the oldest are dropped and counted, and standard error has all of them in any case.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from logistics.channels import tls
from logistics.outward import LogSettings

# Lines that wait at most; seconds between tries, and for each word of the other side.
MOST_WAITING, PAUSE, PATIENCE = 10_000, 5.0, 20.0
# Facility "log audit", severity "informational" (RFC 5424 section 6.2.1).
_PRIORITY = 13 * 8 + 6


@dataclass
class Carrier:
    """Carries lines to one machine from `start` on."""

    settings: LogSettings
    pause: float = PAUSE
    dropped: int = field(default=0, init=False)
    _waiting: deque[bytes] = field(default_factory=deque, init=False)
    _some: threading.Event = field(default_factory=threading.Event, init=False)

    def start(self) -> None:
        """Carry what comes, until the process ends."""
        threading.Thread(target=self._carry, name="syslog", daemon=True).start()

    def put(self, line: str) -> None:
        """Have a line carried."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(framed(line))
        self._some.set()

    def _carry(self) -> None:
        while True:
            try:
                address = (self.settings.host, self.settings.port)
                with (
                    socket.create_connection(address, PATIENCE) as plain,
                    tls().wrap_socket(plain, server_hostname=self.settings.host) as line,
                ):
                    self._send(line)
            except OSError:
                time.sleep(self.pause)

    def _send(self, line: socket.socket) -> None:
        while True:
            while self._waiting:
                first = self._waiting[0]
                line.sendall(first)
                # It may have been dropped meanwhile, by whoever made room.
                if self._waiting and self._waiting[0] is first:
                    self._waiting.popleft()
            self._some.clear()
            if not self._waiting:
                self._some.wait()


def framed(line: str) -> bytes:
    """A line as one message of the protocol, with its length before it."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    message = (
        f"<{_PRIORITY}>1 {at} {socket.gethostname()} logistics {os.getpid()} - - {line.rstrip()}".encode()
    )
    return str(len(message)).encode() + b" " + message
