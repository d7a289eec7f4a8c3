"""Signed papers: PAdES B-B (ETSI EN 319 142-1) over a finished PDF, certified with no changes allowed.

ECDSA on P-256, nothing fetched, no time stamp: the custody log says when. The library that knows PDF signatures
takes half a second to import, so each function imports it when it is first needed.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from logistics.rules.records import Imprint

FIELD = "Issued"
DEVELOPMENT_FILE = "development-papers.pem"
# From before the first day of the contract, whatever a demonstration's clock shows, and for as long as papers are kept.
_VALID = datetime(2026, 1, 1, tzinfo=UTC), datetime(2047, 1, 1, tzinfo=UTC)
# What a signature takes besides the certificates in it.
_SIGNATURE_BYTES = 1_500

Render = Callable[[Any, Imprint], bytes]


class CertificateRefused(ValueError):
    """The certificate or its key cannot sign papers; the message says why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs: a P-256 key, and its certificate followed by those that vouch for it."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    @classmethod
    def from_pem(cls, certificates: bytes, key: bytes) -> Identity:
        """CertificateRefused unless the first certificate belongs to the key, and the key is a P-256 one."""
        try:
            private = load_pem_private_key(key, password=None)
            chain = tuple(x509.load_pem_x509_certificates(certificates))
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise CertificateRefused("it is no PEM, or its key is kept under a password") from None
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise CertificateRefused("the key that signs papers is an ECDSA key on P-256")
        if chain[0].public_key() != private.public_key():
            raise CertificateRefused("its first certificate belongs to another key")
        return cls(private, chain)

    @classmethod
    def development(cls, directory: Path) -> Identity:
        """The one kept in the directory, made on first use: self-signed, and it says that it proves nothing."""
        path = directory / DEVELOPMENT_FILE
        if not path.exists():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _keep(path, _made())
        pem = path.read_bytes()
        return cls.from_pem(pem, pem)

    @classmethod
    def kept(cls, certificate: Path | None, key: Path | None, directory: Path) -> Identity:
        """The one in the two files, or where none are named the development one. CertificateRefused."""
        if certificate is None or key is None:
            return cls.development(directory)
        return cls.from_pem(certificate.read_bytes(), key.read_bytes())

    @property
    def certificate(self) -> bytes:
        """The signer's own certificate, DER."""
        return self.chain[0].public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class Press:
    """Makes a file of a record: drawn, then signed where there is somebody to sign."""

    identity: Identity | None = None

    def __call__(self, render: Render) -> Render:
        """`render` with the signature put on what it draws, made at the time of the print."""
        identity = self.identity
        if identity is None:
            return render
        return lambda record, imprint: sign(render(record, imprint), identity, imprint.printed_at)

    @property
    def trusted(self) -> tuple[bytes, ...]:
        """The certificates whose signatures are ours, DER."""
        return () if self.identity is None else (self.identity.certificate,)


UNSIGNED = Press()


def sign(pdf: bytes, identity: Identity, at: datetime) -> bytes:
    """`pdf` with an invisible certification signature. Blocks for some 30 ms; not for an event loop."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signer = signers.PdfSigner(meta, signer=_cms_signer(identity))
    session = signer.init_signing_session(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    session.system_time = at
    reserved = 2 * (_SIGNATURE_BYTES + sum(len(c.public_bytes(Encoding.DER)) for c in identity.chain))
    unsigned = session.prepare_tbs_document(
        validation_info=None, bytes_reserved=reserved, appearance_text_params=None
    )
    output = io.BytesIO()
    digest, _ = unsigned.digest_tbs_document(output=output)
    attributes = PdfCMSSignedAttributes(signing_time=at)
    asyncio.run(unsigned.perform_signature(digest.document_digest, attributes))
    return output.getvalue()


def _cms_signer(identity: Identity) -> Any:
    from asn1crypto import keys
    from asn1crypto import x509 as asn1
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    own, *others = [asn1.Certificate.load(c.public_bytes(Encoding.DER)) for c in identity.chain]
    known = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    known.register_multiple([own, *others])
    der = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=own,
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=known,
    )


def _made() -> bytes:
    """A new key and its self-signed certificate, in one PEM text."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "card-logistics"),
            x509.NameAttribute(NameOID.COMMON_NAME, "開発用（証明力なし） development only"),
        ]
    )
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *_VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def certificates(path: Path) -> tuple[bytes, ...]:
    """The signer's certificate in a PEM file, DER; nothing where there is no such file."""
    if not path.exists():
        return ()
    return (x509.load_pem_x509_certificates(path.read_bytes())[0].public_bytes(Encoding.DER),)


def _keep(path: Path, pem: bytes) -> None:
    """Write the file for its owner alone; of processes that start together, the first one's stays."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
