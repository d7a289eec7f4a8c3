"""Connections are shared out: to whoever holds the fewest, past whoever is gone, and none is turned away."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from logistics.acceptor import ENDED, HANDED, Acceptor

SECONDS = 20


class Bench:
    """An acceptor at work, with workers that only take what they are handed."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held
        self.taken = held.enter_context(socket.socket())
        self.taken.bind(("127.0.0.1", 0))
        self._address = self.taken.getsockname()
        self.acceptor = Acceptor(self.taken)
        self.acceptor.start()
        held.callback(self.acceptor.stop)

    def worker(self) -> socket.socket:
        ours, its = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10_000)
        self._held.enter_context(ours)
        self.acceptor.add(ours)
        its.settimeout(SECONDS)
        return self._held.enter_context(its)

    def connect(self, count: int = 1) -> list[socket.socket]:
        return [
            self._held.enter_context(socket.create_connection(self._address, SECONDS)) for _ in range(count)
        ]

    def taken_by(self, worker: socket.socket, count: int) -> list[socket.socket]:
        return [self._held.enter_context(self._one(worker)) for _ in range(count)]

    def _one(self, worker: socket.socket) -> socket.socket:
        handed, (descriptor,), _, _ = socket.recv_fds(worker, len(HANDED), 1)
        assert handed == HANDED
        return socket.socket(fileno=descriptor)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ExitStack() as held:
        yield Bench(held)


def peers(connections: list[socket.socket]) -> set[object]:
    return {connection.getpeername() for connection in connections}


def test_connections_that_come_one_by_one_are_shared_out_evenly(bench: Bench) -> None:
    first, second = bench.worker(), bench.worker()

    clients = bench.connect(16)

    shared = bench.taken_by(first, 8), bench.taken_by(second, 8)
    assert peers(shared[0]) | peers(shared[1]) == {client.getsockname() for client in clients}


def test_whoever_lost_connections_gets_the_next_ones(bench: Bench) -> None:
    first, second = bench.worker(), bench.worker()
    bench.connect(8)
    bench.taken_by(first, 4)
    bench.taken_by(second, 4)

    second.sendall(ENDED * 4)
    # Said before the next ones connect, it is heard before they are accepted.
    later = bench.connect(4)

    assert peers(bench.taken_by(second, 4)) == {client.getsockname() for client in later}


def test_a_worker_that_is_gone_gets_nothing_and_nobody_is_turned_away(bench: Bench) -> None:
    first, second = bench.worker(), bench.worker()
    first.close()

    clients = bench.connect(6)

    assert peers(bench.taken_by(second, 6)) == {client.getsockname() for client in clients}


def test_whoever_connects_after_a_stop_is_refused_and_the_channels_stay_open(bench: Bench) -> None:
    worker = bench.worker()

    bench.acceptor.stop()

    with pytest.raises(ConnectionRefusedError):
        bench.connect()
    worker.settimeout(0.1)
    with pytest.raises(TimeoutError):
        worker.recv(1)


@pytest.mark.filterwarnings("ignore:Exception in thread acceptor")
def test_an_acceptor_that_failed_is_seen_to_work_no_more(bench: Bench) -> None:
    bench.worker()
    assert bench.acceptor.is_working

    bench.taken.close()

    deadline = time.monotonic() + SECONDS
    while bench.acceptor.is_working:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_connections_wait_until_a_worker_is_there(bench: Bench) -> None:
    clients = bench.connect(3)

    late = bench.worker()

    assert peers(bench.taken_by(late, 3)) == {client.getsockname() for client in clients}


def test_a_worker_that_takes_nothing_holds_up_only_what_it_was_handed(bench: Bench) -> None:
    stuck, other = bench.worker(), bench.worker()

    # As if it held none all the time: it would get everything, and does not take it.
    stuck.sendall(ENDED * 2_000)
    bench.connect(400)

    bench.taken_by(other, 1)
