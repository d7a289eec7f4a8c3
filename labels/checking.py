"""What a PDF's own signature says of it. Strict: one certification signature over the whole file, to its last byte.

The file is anybody's: whatever in it cannot be read makes it unreadable, and nothing of it is fetched or run.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from typing import Any

from logistics.rules import codes
from logistics.rules.records import SignatureCheck

_UNREADABLE = SignatureCheck("unreadable")


def check(pdf: bytes, trusted: Sequence[bytes]) -> SignatureCheck:
    """The state of the signature in `pdf`; `trusted` are the certificates that are ours, DER. Blocks some 20 ms."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    # The library tells its log what it finds wrong with a file; we tell whoever asked.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        number = _number(reader)
        found = reader.embedded_signatures
        if not found:
            return SignatureCheck("unsigned", number)
        return _checked(pdf, found, trusted, number)
    except Exception:
        # A parser of hostile files has more ways to fail than it documents.
        return _UNREADABLE


def _number(reader: Any) -> str | None:
    """The number that the paper calls itself by in its title, if it is one of ours."""
    trailer = reader.trailer_view
    title = trailer["/Info"].get("/Title", "") if "/Info" in trailer else ""
    last = str(title).rpartition(" ")[2]
    return last if codes.fault(last) is None else None


def _checked(
    pdf: bytes, found: Sequence[Any], trusted: Sequence[bytes], number: str | None
) -> SignatureCheck:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    signature = found[0]
    certificate = signature.signer_cert
    by = str(certificate.subject.native.get("common_name", ""))
    if len(found) > 1 or not _covers(pdf, [int(n) for n in signature.byte_range]):
        return SignatureCheck("added", number, by)
    # The certificate itself is what is trusted, so that no chain is looked for and no list of revocations.
    at = signature.self_reported_timestamp
    context = ValidationContext(trust_roots=[certificate], allow_fetching=False, moment=at)
    status = validate_pdf_signature(signature, context)
    if not status.intact:
        return SignatureCheck("changed", number, by)
    permission = signature.docmdp_level
    if not (status.valid and status.trusted and status.docmdp_ok and permission and permission.value == 1):
        return SignatureCheck("broken", number, by)
    return SignatureCheck("sound" if certificate.dump() in trusted else "foreign", number, by, at)


def _covers(pdf: bytes, signed: list[int]) -> bool:
    """Whether all bytes are signed but the signature itself, in its one writing: hexadecimal, then zeros."""
    from asn1crypto import parser

    if len(signed) != 4:
        return False
    start, before, after, length = signed
    gap = pdf[before:after]
    if start != 0 or before >= after or after + length != len(pdf):
        return False
    contents = bytes.fromhex(gap[1:-1].decode("ascii"))
    written = f"<{contents.hex()}>".encode()
    return gap in (written, written.upper()) and not any(contents[parser.peek(contents) :])
