"""A process that answers requests, one of several on one port; started by `workers`, never by hand."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from logistics.acceptor import ENDED, HANDED
from logistics.stopping import end_endless

APP = "api.app:from_environment"
# What a worker says once, when it answers requests.
READY = b"!"
# Requests that are under way when we are told to stop may end; seconds.
GRACE_SECONDS = 10
# A clerk scans card after card on one connection, with pauses; seconds.
KEEP_ALIVE_SECONDS = 75


class _Worker(uvicorn.Server):
    """Takes connections from its channel, and ends with its parent: nobody could stop it any more."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        super().__init__(
            uvicorn.Config(
                APP,
                factory=True,
                loop="uvloop",
                http=self._protocol_class(),
                # The application writes the logs, one line a request, free of what requests carry.
                log_config=None,
                access_log=False,
                server_header=False,
                # There is no proxy before us whose word about a client would count.
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        # Connections on their way to a protocol: a loop keeps no task alive by itself.
        self._opening: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._channel.setblocking(False)
            self._channel.send(READY)
            asyncio.get_running_loop().add_reader(self._channel.fileno(), self._take)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().remove_reader(self._channel.fileno())
        end_endless()
        await super().shutdown(sockets)

    def _take(self) -> None:
        try:
            handed, descriptors, _, _ = socket.recv_fds(self._channel, len(HANDED), 1)
        except BlockingIOError:
            return
        except OSError:
            handed, descriptors = b"", []
        if not handed:
            # The parent was killed. Whoever starts the service again wants the port, at once.
            os._exit(1)
        if not descriptors:
            # It could not be handed over, for want of descriptors.
            self._say_ended()
        for descriptor in descriptors:
            task = asyncio.get_running_loop().create_task(self._open(socket.socket(fileno=descriptor)))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        except OSError:
            # Its client has gone in the meantime.
            connection.close()
            self._say_ended()

    def _say_ended(self) -> None:
        # Without a parent we end ourselves; one that does not listen shares out less evenly, that is all.
        with suppress(OSError):
            self._channel.send(ENDED)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(
            config=self.config,  # type: ignore[call-arg]
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        return made

    def _protocol_class(self) -> type[HttpToolsProtocol]:
        say_ended = self._say_ended

        class Counted(HttpToolsProtocol):
            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                say_ended()

        return Counted


def main(channel: int) -> int:
    """Answer on the connections that come through the channel, until SIGINT or SIGTERM; the exit code."""
    with suppress(KeyboardInterrupt), socket.socket(fileno=channel) as to_parent:
        server = _Worker(to_parent)
        server.run(sockets=[])
    return 0 if server.started else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1])))
