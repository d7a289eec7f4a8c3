"""Sharing connections out: this process accepts them, and hands each to the worker that holds the fewest.

Workers that accept from one socket leave it to chance, and often a single one of them gets all. A clerk's scanner
keeps its connection all day, so that chance would last as long.
"""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from threading import Event, Thread

# With a connection handed over, and back for each that has ended.
HANDED, ENDED = b"+", b"-"
# How soon a worker that was added gets its first connection, at the latest; seconds.
_TICK_SECONDS = 0.1
# Where there is no room or nobody takes anything, for a moment; seconds.
_PAUSE_SECONDS = 0.02
_BACKLOG = 2048


class Acceptor:
    """Accepts the connections of a socket that is bound, in a thread of its own, as long as a worker is there.

    Until then they wait with the kernel; nobody is turned away while one worker takes another's place.
    """

    def __init__(self, taken: socket.socket) -> None:
        self._taken = taken
        # How many connections each worker holds, by the channel to it.
        self._held: dict[socket.socket, int] = {}
        self._stopped = Event()
        self._thread = Thread(target=self._work, name="acceptor", daemon=True)

    def start(self) -> None:
        """Listen."""
        self._taken.setblocking(False)
        self._taken.listen(_BACKLOG)
        self._thread.start()

    def add(self, channel: socket.socket) -> None:
        """Hand connections to the worker at the other end of `channel` too; closed here as soon as it hangs up."""
        channel.setblocking(False)
        self._held[channel] = 0

    @property
    def is_working(self) -> bool:
        """Whether connections are accepted; once it does not, it never will again."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Refuse whoever connects from now on. A worker whose channel is closed takes us for dead: they stay open."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._taken.close()

    def _work(self) -> None:
        while not self._stopped.is_set():
            channels = list(self._held)
            if not channels:
                self._stopped.wait(_TICK_SECONDS)
                continue
            ready = select.select([self._taken, *channels], [], [], _TICK_SECONDS)[0]
            for channel in channels:
                if channel in ready:
                    self._hear(channel)
            if self._taken in ready:
                self._accept()

    def _hear(self, channel: socket.socket) -> None:
        try:
            said = channel.recv(4096)
        except OSError:
            said = b""
        if said:
            self._held[channel] -= len(said)
        else:
            del self._held[channel]
            channel.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._taken.accept()
        except BlockingIOError:
            return
        except OSError:
            # It was cut before we came, or there are no more descriptors: others may end meanwhile.
            time.sleep(_PAUSE_SECONDS)
            return
        with connection:
            while not self._handed(connection) and self._held and not self._stopped.is_set():
                time.sleep(_PAUSE_SECONDS)

    def _handed(self, connection: socket.socket) -> bool:
        """Whether a worker has room for it; whoever holds the fewest is asked first."""
        for channel in sorted(self._held, key=self._held.__getitem__):
            with suppress(OSError):
                socket.send_fds(channel, [HANDED], [connection.fileno()])
                self._held[channel] += 1
                return True
        return False
