"""One key of the service, outside the database: what is sealed with it cannot be read from a copy of the tables.

Losing the key loses no custody: codes of authenticator apps have to be enrolled anew, passkeys stay.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DIRECTORY = "sign-in"  # under DATA_DIR
KEY_BYTES = 32
_NONCE_BYTES = 12


class SealBroken(Exception):
    """What should be opened was sealed with another key, for another row, or was altered."""


class Sealer:
    """Seals small secrets, each for one row alone; and signs what comes back to us."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key, b"seal", "sha256"))
        self._signing = hmac.digest(key, b"sign", "sha256")

    @classmethod
    def kept(cls, data_dir: Path) -> Self:
        """With the key in DATA_DIR, which is made there at first, readable by its owner alone."""
        path = data_dir / DIRECTORY / "key"
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = path.with_name(f"key-{secrets.token_hex(8)}")
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            # Of two processes that start together, the first one's key counts.
            with suppress(FileExistsError):
                os.link(made, path)
            made.unlink()
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise SealBroken(f"{path} does not hold a key of {KEY_BYTES} bytes.")
        return cls(key)

    def seal(self, plain: bytes, row: str) -> bytes:
        """`plain`, for this row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, row.encode())

    def open(self, sealed: bytes, row: str) -> bytes:
        """What was sealed for this row. SealBroken for anything else."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row.encode())
        except InvalidTag:
            raise SealBroken(f"The secret of {row} was not sealed with this service's key.") from None

    def sign(self, content: bytes) -> bytes:
        """32 bytes that only this service can make of `content`."""
        return hmac.digest(self._signing, content, "sha256")
