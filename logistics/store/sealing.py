"""One key of the service, outside the database: what is sealed with it cannot be read from a copy of the tables.

Losing the key loses no custody: codes of authenticator apps have to be enrolled anew, passkeys stay. `logistics people
reseal` puts another key in its place while the service goes on.
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
# The key in use; and the one that is to take its place, as long as both are needed.
KEY, NEXT = "key", "key-next"
KEY_BYTES = 32
_NONCE_BYTES = 12


class SealBroken(Exception):
    """What should be opened was sealed with another key, for another row, or was altered."""


class Sealer:
    """Seals small secrets, each for one row alone, with the first key; opens what any of them sealed.

    It also signs what comes back to us. With `directory` it looks there again for the key to seal with, and for what
    none of its keys can open.
    """

    def __init__(self, *keys: bytes, directory: Path | None = None) -> None:
        self._directory = directory
        self._take(keys)

    @classmethod
    def kept(cls, data_dir: Path) -> Self:
        """With the key in DATA_DIR, which is made there at first, readable by its owner alone."""
        directory = data_dir / DIRECTORY
        _make(directory / KEY)
        return cls(*_keys(directory), directory=directory)

    @classmethod
    def succeeding(cls, data_dir: Path) -> Self:
        """With another key, made beside the one in use; `succeed` puts it in its place."""
        directory = data_dir / DIRECTORY
        _make(directory / KEY)
        _make(directory / NEXT)
        return cls(*reversed(_keys(directory)))

    @staticmethod
    def succeed(data_dir: Path) -> None:
        """Nothing is sealed with the key in use any more: the other one takes its place, and it is gone."""
        directory = data_dir / DIRECTORY
        os.replace(directory / NEXT, directory / KEY)
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def seal(self, plain: bytes, row: str) -> bytes:
        """`plain`, for this row; with the key that is to stay, where another one takes its place meanwhile."""
        cipher = self._ciphers[0]
        if self._directory is not None:
            self._take(_keys(self._directory))
            cipher = self._ciphers[-1]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, plain, row.encode())

    def open(self, sealed: bytes, row: str) -> bytes:
        """What was sealed for this row. SealBroken for anything else."""
        for again in (False, True):
            for cipher in self._ciphers:
                with suppress(InvalidTag):
                    return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row.encode())
            if self._directory is None or again:
                break
            self._take(_keys(self._directory))
        raise SealBroken(f"The secret of {row} was not sealed with this service's key.")

    def sign(self, content: bytes) -> bytes:
        """32 bytes that only this service can make of `content`."""
        return hmac.digest(self._signing, content, "sha256")

    def _take(self, keys: tuple[bytes, ...]) -> None:
        self._ciphers = [AESGCM(hmac.digest(key, b"seal", "sha256")) for key in keys]
        self._signing = hmac.digest(keys[0], b"sign", "sha256")


def _keys(directory: Path) -> tuple[bytes, ...]:
    """The key in use, and the next one where there is one."""
    keys = []
    for path in (directory / KEY, directory / NEXT):
        if path.name == KEY or path.exists():
            keys.append(path.read_bytes())
            if len(keys[-1]) != KEY_BYTES:
                raise SealBroken(f"{path} does not hold a key of {KEY_BYTES} bytes.")
    return tuple(keys)


def _make(path: Path) -> None:
    """A key in a file of its own, if there is none."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    # Of two processes that start together, the first one's key counts.
    with suppress(FileExistsError):
        os.link(made, path)
    made.unlink()
