"""How the service speaks to others: with whom it could not be overheard, or not at all."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from api import carrying
from api.carrying import Carrier
from logistics.channels import tls
from logistics.outward import LogSettings
from logistics.settings import Settings
from logistics.variables import SettingRefused
from tests.sql.mail_server import certificate


def shaken(client: ssl.SSLContext, server: ssl.SSLContext) -> tuple[str, str]:
    """Version and suite on which two sides agree, in memory; raises what the first of them to refuse raises."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    left = [ours, theirs]
    for _ in range(20):
        for side in list(left):
            try:
                side.do_handshake()
                left.remove(side)
            except ssl.SSLWantReadError:
                pass
    agreed = ours.cipher()
    assert agreed
    assert not left
    return str(ours.version()), agreed[0]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


def server_of(files: tuple[Path, Path], suites: str | None = None) -> ssl.SSLContext:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*files)
    if suites:
        server.maximum_version = ssl.TLSVersion.TLSv1_2
        server.set_ciphers(suites)
    return server


def client_of(files: tuple[Path, Path], *, trusting: bool = True) -> ssl.SSLContext:
    client = tls()
    if trusting:
        client.load_verify_locations(files[0])
    return client


def test_tls_1_2_and_1_3_are_spoken_with_suites_that_keep_the_past_secret(files: tuple[Path, Path]) -> None:
    newest = shaken(client_of(files), server_of(files))
    older = shaken(client_of(files), server_of(files, "ECDHE+AESGCM"))

    assert newest[0] == "TLSv1.3"
    assert older[0] == "TLSv1.2"
    assert older[1].startswith("ECDHE-")
    assert tls().minimum_version is ssl.TLSVersion.TLSv1_2
    strong = ("TLS_AES", "TLS_CHACHA20", "ECDHE-")
    assert all(suite["name"].startswith(strong) and suite["aead"] for suite in tls().get_ciphers())


@pytest.mark.parametrize("suites", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"])
def test_a_server_that_offers_weak_suites_alone_is_not_spoken_to(
    files: tuple[Path, Path], suites: str
) -> None:
    with pytest.raises(ssl.SSLError):
        shaken(client_of(files), server_of(files, suites))


def test_a_server_whose_certificate_nobody_vouches_for_is_not_spoken_to(files: tuple[Path, Path]) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(client_of(files, trusting=False), server_of(files))


def received(line: socket.socket, lines: int) -> list[str]:
    """So many messages of syslog, each with its length before it (RFC 5425)."""
    said, got = b"", list[str]()
    while len(got) < lines:
        length, blank, rest = said.partition(b" ")
        if blank and len(rest) >= int(length):
            got.append(rest[: int(length)].decode())
            said = rest[int(length) :]
        else:
            piece = line.recv(65_536)
            assert piece, "the line was cut"
            said += piece
    return got


def test_lines_of_the_log_reach_another_machine_over_tls_also_after_it_was_away(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    context = server_of(files)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        carrier = Carrier(LogSettings("localhost", listening.getsockname()[1]), pause=0.01)
        carrier.put('{"event": "before anybody listened"}')
        carrier.start()
        listening.settimeout(60)
        with context.wrap_socket(listening.accept()[0], server_side=True) as line:
            carrier.put('{"event": "refused", "kind": "cross-site"}\n')
            first = received(line, 2)
        listening.settimeout(0.05)
        again: socket.socket | None = None
        while again is None:
            carrier.put('{"event": "request"}')
            with suppress(TimeoutError):
                again = listening.accept()[0]
        again.settimeout(60)
        with context.wrap_socket(again, server_side=True) as line:
            last = received(line, 1)

    header = r"<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ logistics \d+ - - "
    assert [re.sub(header, "", one) for one in first] == [
        '{"event": "before anybody listened"}',
        '{"event": "refused", "kind": "cross-site"}',
    ]
    assert all(re.match(header, one) for one in (*first, *last))


def test_whoever_writes_a_line_waits_for_nobody_and_the_oldest_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carrying, "MOST_WAITING", 3)
    carrier = Carrier(LogSettings("localhost", 1))

    for n in range(5):
        carrier.put(f"line {n}")

    assert [one.decode()[-6:] for one in carrier._waiting] == ["line 2", "line 3", "line 4"]
    assert carrier.dropped == 2


@pytest.mark.parametrize(
    "to", ["tcp://logs.city.example", "logs.city.example", "tls://", "tls://u@a:1", "tls://a:x"]
)
def test_logs_are_carried_nowhere_in_clear(to: str) -> None:
    with pytest.raises(SettingRefused, match="LOG_TO"):
        Settings.from_environment({"LOG_TO": to})

    assert Settings.from_environment({"LOG_TO": "tls://logs.city.example"}).log_to == LogSettings(
        "logs.city.example", 6514
    )
