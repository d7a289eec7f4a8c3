"""Signed checkpoints as text: C2SP signed-note and tlog-checkpoint, Ed25519 (RFC 8032). Strict both ways, no I/O.

What is parsed is written again as the same bytes: a text has one reading, and a reading one text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ED25519 = b"\x01"  # the signature type of keys and key ids (C2SP signed-note, "Signature types")
KEY_ID_BYTES, KEY_BYTES, ROOT_BYTES = 4, 32, 32
# A checkpoint takes some 200 characters; 16 signatures must be accepted (C2SP signed-note, "Format").
LARGEST_NOTE = 100_000
MOST_SIGNATURES = 100
LARGEST_SIZE = 2**63 - 1  # as large as a row number can be

_SIGNATURE = "— "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")  # below U+0020, newline excepted


class NoteRefused(ValueError):
    """The text is not a note, checkpoint or key of the form C2SP prescribes, or not signed as it has to be.

    Take it again from where it was written: paper, or the export.
    """


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; `key` is the key id."""

    name: str
    key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text, its last newline included, with the signatures under it: verified or not."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        lines = [f"{_SIGNATURE}{s.name} {_base64(s.key + s.signature)}\n" for s in self.signatures]
        return f"{self.text}\n{''.join(lines)}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: it has `size` entries and this root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in (self.origin, self.size, _base64(self.root), *self.extensions))


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and its name. As text it is a vkey: name, key id, type and key."""

    name: str
    public: bytes

    @property
    def key(self) -> bytes:
        """The key id: the first four bytes of SHA-256(name, newline, type, key)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key.hex()}+{_base64(ED25519 + self.public)}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key made the signature over the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """A private key and its name, kept as PKCS #8 in PEM (RFC 5958, RFC 8410)."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        _checked_name(name)
        self._private = private
        self.verifier = Verifier(name, private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, name: str, pem: bytes) -> SigningKey:
        """NoteRefused unless it is one Ed25519 key without a password."""
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise NoteRefused("this is no private key in PEM") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise NoteRefused("the key that signs checkpoints is of type Ed25519")
        return cls(name, private)

    def to_pem(self) -> bytes:
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def vkey(self) -> str:
        """The text that verifies what this key signs."""
        return str(self.verifier)

    def sign(self, text: str) -> Signature:
        """The signature over a text that ends in a newline."""
        _checked_text(text)
        return Signature(self.verifier.name, self.verifier.key, self._private.sign(text.encode()))


def parse_note(text: str) -> Note:
    """A note in its parts; nothing is verified. NoteRefused."""
    if len(text) > LARGEST_NOTE:
        raise NoteRefused(f"a note has at most {LARGEST_NOTE} characters")
    _checked_text(text)
    body, blank, signatures = text.rpartition("\n\n")
    lines = signatures.split("\n")[:-1]
    if not blank or not lines or len(lines) > MOST_SIGNATURES:
        raise NoteRefused("a note is a text, a blank line and 1 to 100 signature lines")
    return Note(f"{body}\n", tuple(_parse_signature(line) for line in lines))


def parse_checkpoint(text: str) -> Checkpoint:
    """The text of a note as a checkpoint. NoteRefused."""
    _checked_text(text)
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise NoteRefused("a checkpoint is origin, size and root, each on a line, and no line is empty")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > LARGEST_SIZE:
        raise NoteRefused("the size of a tree is decimal, without leading zeros")
    return Checkpoint(origin, int(size), _decoded(root, ROOT_BYTES), tuple(extensions))


def parse_vkey(text: str) -> Verifier:
    """A verifier from its text, one newline at the end allowed. NoteRefused, also if its key id is wrong."""
    parts = text.removesuffix("\n").split("+", 2)  # Base64 has plus signs of its own.
    if len(parts) != 3:
        raise NoteRefused("a verifier key is name+keyid+key")
    name, key, encoded = parts
    _checked_name(name)
    typed = _decoded(encoded, len(ED25519) + KEY_BYTES)
    if not typed.startswith(ED25519):
        raise NoteRefused("the key that verifies checkpoints is of type Ed25519")
    verifier = Verifier(name, typed[len(ED25519) :])
    if verifier.key.hex() != key:
        raise NoteRefused(
            f"this key's id is {verifier.key.hex()}, the text says otherwise: a slip in copying"
        )
    return verifier


def open_note(text: str, verifiers: Iterable[Verifier]) -> Note:
    """A note that one of the verifiers has signed. Signatures of unknown keys are ignored.

    NoteRefused if none of theirs is there, or if any of theirs is wrong: then nothing in it is to be believed.
    """
    note = parse_note(text)
    known = {(verifier.name, verifier.key): verifier for verifier in verifiers}
    signed = [(known[s.name, s.key], s.signature) for s in note.signatures if (s.name, s.key) in known]
    if not signed:
        raise NoteRefused("no known key has signed this note")
    for verifier, signature in signed:
        if not verifier.verifies(note.text, signature):
            raise NoteRefused(f"the signature of {verifier.name} does not belong to this text")
    return note


def open_checkpoint(text: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """A signed checkpoint, verified. NoteRefused."""
    return parse_checkpoint(open_note(text, verifiers).text)


def sign_checkpoint(origin: str, size: int, root: bytes, key: SigningKey, *others: SigningKey) -> str:
    """The signed note of a tree. NoteRefused for what no checkpoint can say."""
    text = str(Checkpoint(origin, size, root))
    parse_checkpoint(text)
    return str(Note(text, tuple(signer.sign(text) for signer in (key, *others))))


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_SIGNATURE).partition(" ")
    if not line.startswith(_SIGNATURE) or not space:
        raise NoteRefused("a signature line is: em dash, space, name, space, signature")
    _checked_name(name)
    signature = _decoded(encoded)
    if len(signature) <= KEY_ID_BYTES:
        raise NoteRefused("a signature is longer than its key id")
    return Signature(name, signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:])


def _checked_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteRefused("a note ends in a newline and has no other control characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NoteRefused("a note is UTF-8") from None


def _checked_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() or c < " " for c in name):
        raise NoteRefused("the name of a key has no spaces and no plus sign")
    _checked_text(f"{name}\n")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str, length: int | None = None) -> bytes:
    """Base64 (RFC 4648 §4) in its one canonical writing."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise NoteRefused("this is not Base64") from None
    if _base64(data) != text or (length is not None and len(data) != length):
        raise NoteRefused("this Base64 is not as it is written, or of another length")
    return data
