"""Signed papers: certified, sound as made, and anything done to them afterwards is found."""

from __future__ import annotations

import io
import random
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from labels import transfer_slip
from labels.checking import check
from labels.signing import (
    DEVELOPMENT_FILE,
    CertificateRefused,
    Identity,
    Press,
    certificates,
    sign,
)
from tests.pure import labels_records as records

RECORD = records.transfer_slip(2)
IMPRINT = records.imprint(RECORD)


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.development(tmp_path_factory.mktemp("signer"))


@pytest.fixture(scope="session")
def signed(identity: Identity) -> bytes:
    return Press(identity)(transfer_slip.render)(RECORD, IMPRINT)


@cache
def unsigned() -> bytes:
    return transfer_slip.render(RECORD, IMPRINT)


def test_a_signed_paper_is_sound_says_its_number_and_the_time_of_its_print(
    signed: bytes, identity: Identity
) -> None:
    found = check(signed, Press(identity).trusted)

    assert (found.state, found.number, found.at) == ("sound", RECORD.number, IMPRINT.printed_at)
    assert found.by
    assert "development" in found.by


def test_the_signature_follows_the_drawing_whose_bytes_stay_as_they_are(signed: bytes) -> None:
    assert transfer_slip.render(RECORD, IMPRINT) == unsigned()
    assert signed.startswith(unsigned())
    assert len(signed) < len(unsigned()) + 8_000


def test_a_press_without_anybody_to_sign_draws_only() -> None:
    assert Press()(transfer_slip.render)(RECORD, IMPRINT) == unsigned()
    assert check(unsigned(), ()).state == "unsigned"


def test_another_certificate_is_foreign_however_sound_its_signature(
    signed: bytes, tmp_path: Path, identity: Identity
) -> None:
    stranger = Identity.development(tmp_path)
    forged = sign(unsigned(), stranger, IMPRINT.printed_at)

    assert check(forged, Press(identity).trusted).state == "foreign"
    assert check(signed, Press(stranger).trusted).state == "foreign"


def test_what_is_appended_is_found(signed: bytes, identity: Identity) -> None:
    for junk in (b"\n", b"\x00", b"% junk", signed):
        assert check(signed + junk, Press(identity).trusted).state == "added", junk
    assert check(signed + b"%%EOF\n", Press(identity).trusted).state == "unreadable"


def retitled(pdf: bytes) -> bytes:
    """An incremental update that gives the paper the number of another."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    info = writer.trailer_view["/Info"]
    info["/Title"] = generic.TextStringObject("授受票 T08000124E")
    writer.update_container(info)
    output = io.BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


def turned(pdf: bytes) -> bytes:
    """An incremental update that shows the page another way."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Rotate"] = generic.NumberObject(90)  # type: ignore[no-untyped-call]
    writer.update_container(page)
    output = io.BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


@pytest.mark.parametrize("change", [retitled, turned])
def test_an_incremental_update_is_found(
    signed: bytes, identity: Identity, change: Callable[[bytes], bytes]
) -> None:
    assert check(change(signed), Press(identity).trusted).state == "added"


def test_a_second_signature_is_found(signed: bytes, identity: Identity, tmp_path: Path) -> None:
    stranger = Identity.development(tmp_path)
    once = sign(unsigned(), stranger, IMPRINT.printed_at)

    assert check(retitled(once), Press(identity).trusted).state == "added"
    assert check(unsigned() + signed, Press(identity).trusted).state != "sound"


def test_any_flipped_bit_of_what_is_signed_is_found(signed: bytes, identity: Identity) -> None:
    # Within the signature itself some bits mean nothing; there it is the SHA-256 of the file that decides.
    start = signed.index(b"/Contents <")
    chance = random.Random(4)  # noqa: S311
    wrong = []
    for _ in range(150):
        at = chance.choice([*range(start)])
        changed = bytearray(signed)
        changed[at] ^= 1 << chance.randrange(8)
        if check(bytes(changed), Press(identity).trusted).state not in ("changed", "unreadable", "added"):
            wrong.append(at)

    assert wrong == []


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"no PDF", b"%PDF-1.7\n" + b"[" * 100_000])
def test_what_is_no_pdf_is_unreadable_and_nothing_worse(content: bytes) -> None:
    assert check(content, ()).state == "unreadable"


def test_signing_and_checking_need_no_network(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> NoReturn:
        raise AssertionError("somebody tried to connect")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)

    signed = sign(unsigned(), identity, datetime(2026, 4, 1, tzinfo=UTC))

    assert check(signed, Press(identity).trusted).state == "sound"


def test_the_development_certificate_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first, again = Identity.development(tmp_path), Identity.development(tmp_path)

    assert first.certificate == again.certificate
    assert (tmp_path / DEVELOPMENT_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [DEVELOPMENT_FILE]
    assert certificates(tmp_path / DEVELOPMENT_FILE) == (first.certificate,)
    assert certificates(tmp_path / "nothing") == ()


def test_a_certificate_that_cannot_sign_papers_is_refused(tmp_path: Path, identity: Identity) -> None:
    def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    own = identity.chain[0].public_bytes(Encoding.PEM)
    wrong = {
        "another key": pem(ec.generate_private_key(ec.SECP256R1())),
        "on P-256": pem(ec.generate_private_key(ec.SECP384R1())),
        "no PEM": b"no key",
    }

    for reason, key in wrong.items():
        with pytest.raises(CertificateRefused, match=reason):
            Identity.from_pem(own, key)
    with pytest.raises(CertificateRefused, match="no PEM"):
        Identity.from_pem(b"", pem(identity.key))
    certificate, key_file = tmp_path / "city.pem", tmp_path / "city.key"
    certificate.write_bytes(own)
    key_file.write_bytes(pem(identity.key))
    assert Identity.kept(certificate, key_file, tmp_path).certificate == identity.certificate


def test_the_service_starts_without_importing_what_signs() -> None:
    said = (
        "import sys, api.app; print([m for m in sys.modules if m.startswith(('pyhanko', 'aiohttp', 'lxml'))])"
    )

    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
