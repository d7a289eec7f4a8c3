"""The signer: it signs a checkpoint only if the log has grown from the last one it signed.

Its memory is a file outside the database, one per log. A restored backup, a database put back or a second
copy of the log is smaller than that memory or inconsistent with it, and is refused: history cannot fork unseen.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from logistics.ledger import merkle, notes

KEY_FILE = "ledger.key"


class SigningRefused(Exception):
    """The tree offered is not the signed one grown: a backup was restored, or history was rewritten.

    Compare the log with the last printed checkpoint before anything else is done.
    """


@dataclass(frozen=True, slots=True)
class Signed:
    """The last thing a signer put its name to."""

    size: int
    root: bytes
    note: str


class Signer:
    """Signs for one log. `directory` holds the key and, per log, the last note signed."""

    def __init__(self, directory: Path, origin: str) -> None:
        self.origin = origin
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state = _state(directory, origin)
        self._distrusted = self._state.with_suffix(".distrusted")
        self._key = _key(directory / KEY_FILE, origin)

    @property
    def vkey(self) -> str:
        """The verifier key, as text: it is printed and kept on paper, never learnt from the log itself."""
        return self._key.vkey

    def last(self) -> Signed | None:
        """What was signed last; None before the first. Raises notes' error if the file was tampered with."""
        try:
            text = self._state.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        checkpoint = notes.open_checkpoint(text, [notes.parse_vkey(self.vkey)])
        return Signed(checkpoint.size, checkpoint.root, text)

    def sign(self, size: int, root: bytes, proof: Sequence[bytes]) -> str:
        """The signed checkpoint of a tree. `proof` shows that it has grown from the last one signed.

        The memory is on disk before the signature is handed out. The same tree again gets the same note.
        Raises SigningRefused.
        """
        if (reason := self.distrusts()) is not None:
            raise SigningRefused(reason)
        before = self.last()
        if before is not None:
            if (size, root) == (before.size, before.root):
                return before.note
            if size <= before.size or not merkle.consistent(before.size, size, before.root, root, proof):
                raise SigningRefused(
                    f"the log offers {size} entries, which do not continue the {before.size} signed"
                )
        note = notes.sign_checkpoint(self.origin, size, root, self._key)
        _write_durably(self._state, note)
        return note

    def distrusts(self) -> str | None:
        """Why nothing may be signed: what was signed before is no longer what is stored. None where all is well."""
        try:
            return self._distrusted.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def distrust(self, reason: str) -> None:
        """Sign nothing more, also after a restart, until the whole log has been read again and found as signed."""
        _write_durably(self._distrusted, reason)

    def trust(self) -> None:
        """Sign again."""
        self._distrusted.unlink(missing_ok=True)


def kept(directory: Path, origin: str) -> tuple[str, str | None]:
    """The verifier key, and the note signed last for this log, if any. Makes nothing. OSError without a key."""
    key = notes.SigningKey.from_pem(origin, (directory / KEY_FILE).read_bytes())
    try:
        return key.vkey, _state(directory, origin).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return key.vkey, None


def _state(directory: Path, origin: str) -> Path:
    return directory / f"{origin.rsplit('/', 1)[-1]}.checkpoint"


def known_vkey(directory: Path, origin: str) -> str | None:
    """The verifier key of the signer that works there; None before its key is made."""
    try:
        return notes.SigningKey.from_pem(origin, (directory / KEY_FILE).read_bytes()).vkey
    except FileNotFoundError:
        return None


def _key(path: Path, origin: str) -> notes.SigningKey:
    """The key in the file, made on first use: readable by its owner alone."""
    try:
        return notes.SigningKey.from_pem(origin, path.read_bytes())
    except FileNotFoundError:
        key = notes.SigningKey.generate(origin)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.to_pem())
            file.flush()
            os.fsync(file.fileno())
        return key


def _write_durably(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
