"""Secrets that people and machines carry: made by chance, shown once, kept as their SHA-256 alone.

They are written in letters only. A row of digits in a header would now and then be taken for a My Number.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

TOKEN_BYTES = 32
TOKEN_LENGTH = 2 * TOKEN_BYTES
# What a person types from a slip of paper: no I, L, O, U.
_TYPED = "ABCDEFGHJKMNPQRSTVWXYZ"
TYPED_LENGTH, TYPED_GROUP = 30, 5
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_BACK = str.maketrans("abcdefghijklmnop", "0123456789abcdef")


def new_token() -> str:
    """256 random bits as 64 letters from a to p."""
    return letters(secrets.token_bytes(TOKEN_BYTES))


def new_code() -> str:
    """A one-time code of 133 random bits in six groups of five letters."""
    drawn = "".join(secrets.choice(_TYPED) for _ in range(TYPED_LENGTH))
    return "-".join(drawn[n : n + TYPED_GROUP] for n in range(0, TYPED_LENGTH, TYPED_GROUP))


def is_token(text: str) -> bool:
    """Whether `text` has the form of a token."""
    return len(text) == TOKEN_LENGTH and text.isascii() and text.isalpha() and text.islower()


def digest(token: str) -> bytes:
    """What is kept of a token; a code is read without its hyphens, in either case."""
    plain = token if is_token(token) else token.replace("-", "").replace(" ", "").upper()
    return hashlib.sha256(plain.encode()).digest()


def csrf_of(token: str) -> str:
    """The token that forms and scripts of a session send: made from its own, so it ends with it."""
    return letters(hmac.digest(token.encode(), b"csrf", "sha256"))


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that says nothing of where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def letters(content: bytes) -> str:
    """Bytes as letters from a to p, two each."""
    return content.hex().translate(_LETTERS)


def from_letters(text: str) -> bytes:
    """The bytes that `letters` wrote. ValueError for anything else."""
    return bytes.fromhex(text.translate(_BACK))
