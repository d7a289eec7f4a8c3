"""A process that answers requests, one of several on one port; started by `workers`, never by hand."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress

import uvicorn

from logistics.stopping import end_endless

APP = "api.app:from_environment"
# Requests that are under way when we are told to stop may end; seconds.
GRACE_SECONDS = 10
# A clerk scans card after card on one connection, with pauses; seconds.
KEEP_ALIVE_SECONDS = 75


class _Worker(uvicorn.Server):
    """Says when it is ready, and ends with its parent: nobody could stop it any more."""

    def __init__(self, config: uvicorn.Config, ready: int) -> None:
        super().__init__(config)
        self._ready = ready
        self._parent = os.getppid()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            with os.fdopen(self._ready, "wb") as pipe:
                pipe.write(b"+")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        end_endless()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        if os.getppid() != self._parent:
            # The parent was killed. Whoever starts the service again wants the port, at once.
            os._exit(1)
        return await super().on_tick(counter)


def main(listening: int, ready: int) -> int:
    """Serve on the socket until SIGINT or SIGTERM; the exit code. A byte in `ready` says that requests are answered."""
    config = uvicorn.Config(
        APP,
        factory=True,
        loop="uvloop",
        http="httptools",
        # The application writes the logs, one line a request, free of what requests carry.
        log_config=None,
        access_log=False,
        server_header=False,
        # There is no proxy before us whose word about a client would count.
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Worker(config, ready)
    with suppress(KeyboardInterrupt), socket.socket(fileno=listening) as taken:
        server.run(sockets=[taken])
    return 0 if server.started else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), int(sys.argv[2])))
