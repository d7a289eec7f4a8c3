"""A client that costs next to nothing: HTTP/1.1 on kept connections, requests made beforehand."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast
from urllib.parse import urlsplit

import msgspec

from tests.sessions import headers_of

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Failed(Exception):
    """The service answered with an error, or cut the connection."""


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._needed = 0
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    async def call(self, request: bytes) -> bytes:
        """The body of the answer, which has to be 200. Raises Failed."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        head, _, body = (await self._answer).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise Failed((head + b"\n" + body)[:2000].decode("utf-8", "replace"))
        return body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Collect bytes until the answer is whole."""
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(b"\r\n\r\n")
            length = _LENGTH.search(self._buffer) if end >= 0 else None
            if length is None:
                return
            self._needed = end + 4 + int(length[1])
        if len(self._buffer) >= self._needed and self._answer is not None:
            whole, self._buffer, self._needed = self._buffer[: self._needed], b"", 0
            self._answer.set_result(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for ever."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Failed(f"the connection was cut: {exc}"))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def connected(base: str, count: int) -> AsyncIterator[list[Connection]]:
    """So many connections to the service."""
    address = urlsplit(base)
    host, port = address.hostname or "", address.port or 80
    loop = asyncio.get_running_loop()
    made = [(await loop.create_connection(Connection, host, port))[1] for _ in range(count)]
    try:
        yield made
    finally:
        for connection in made:
            connection.close()


def get(path: str, person: str) -> bytes:
    """A GET as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{_headers(person)}\r\n".encode()


def post(path: str, person: str, body: object = None) -> bytes:
    """A POST of a JSON body as it goes over the wire."""
    content = b"" if body is None else msgspec.json.encode(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\n{_headers(person)}"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _headers(person: str) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers_of(person, base="http://bench").items())


async def drain(
    connections: Sequence[Connection], requests: Sequence[bytes], check: Callable[[bytes], None]
) -> float:
    """Send all requests as fast as answers come, sharing them out; seconds. `check` sees every body, afterwards."""
    waiting = iter(requests)
    bodies: list[bytes] = []

    async def work(connection: Connection) -> None:
        for request in waiting:
            bodies.append(await connection.call(request))

    started = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    seconds = time.perf_counter() - started
    for body in bodies:
        check(body)
    return seconds


async def steadily(
    connections: Sequence[Connection], requests: Sequence[bytes], per_second: float
) -> list[float]:
    """Send at a steady rate whether or not answers come; milliseconds of each, from when it was due."""
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        idle.put_nowait(connection)
    loop = asyncio.get_running_loop()
    # Making the tasks takes the client itself a while, which is no delay of the service.
    start = loop.time() + 0.5

    async def one(number: int, request: bytes) -> float:
        due = start + number / per_second
        await asyncio.sleep(max(0.0, due - loop.time()))
        connection = await idle.get()
        await connection.call(request)
        idle.put_nowait(connection)
        return (loop.time() - due) * 1000

    return list(await asyncio.gather(*(one(n, request) for n, request in enumerate(requests))))
