"""Keeping the embedded PostgreSQL alive while it is served from."""

from __future__ import annotations

import sys
import time

from logistics.store.server import Server, ServerFailed, alone

# A server that ends as soon as it is started is started again no faster than this; seconds.
RETRY_SECONDS = 5


class Keeper:
    """Called now and then, it starts a server again that died, as often as it takes; next to nothing while it lives."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._next_try = 0.0

    def __call__(self) -> None:
        if time.monotonic() < self._next_try or self._server.is_alive():
            return
        print("logistics: PostgreSQL has ended; it is started again", file=sys.stderr, flush=True)
        self._next_try = time.monotonic() + RETRY_SECONDS
        try:
            with alone(self._server.home):
                self._server.start()
        except ServerFailed as failure:
            print(f"logistics: {failure}", file=sys.stderr, flush=True)
