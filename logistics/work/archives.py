"""What leaves the service is encrypted: a zip archive with AES-256 (contract appendix 1 article 10-9)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pyzipper
from zxcvbn import zxcvbn

from logistics.ledger.evidence import ExportRefused
from logistics.rules.errors import InvalidValue

# WinZip's format hardly stretches a password, so only one that nobody could guess will do: 26 characters by chance. One
# that we make has thirty of these: 148 bits.
SHORTEST_PASSWORD, LEAST_GUESSES_LOG10 = 26, 25
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """A password that nobody has chosen: six groups of five characters that are not mistaken for each other."""
    while not _is_drawn(
        made := "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(6))
    ):
        pass
    return made


def checked(password: str) -> str:
    """The password itself. InvalidValue, unsaid, for one that is too short, chosen instead of drawn, or not ASCII."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidValue("password", f"has fewer than {SHORTEST_PASSWORD} characters")
    if not (password.isascii() and password.isprintable()):
        raise InvalidValue("password", "has characters that not every archiver takes alike; use ASCII")
    if not _is_drawn(password):
        raise InvalidValue("password", "could be guessed: draw it by chance, or let the command make one")
    return password


def _is_drawn(password: str) -> bool:
    """Whether nobody who knows words, names, dates and rows of keys would come to it."""
    return float(zxcvbn(password)["guesses_log10"]) >= LEAST_GUESSES_LOG10


def encrypt(content: Path, out: Path, password: str) -> None:
    """Write a file, or a directory's files, as the archive `out`, which must be new. ExportRefused, InvalidValue."""
    if out.exists():
        raise ExportRefused(f"{out} exists already: name a new file")
    files = sorted(content.iterdir()) if content.is_dir() else [content]
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        with pyzipper.AESZipFile(
            unfinished, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES, compresslevel=6
        ) as archive:
            archive.setpassword(checked(password).encode())
            archive.setencryption(pyzipper.WZ_AES, nbits=256)
            for file in files:
                archive.write(file, f"{content.name}/{file.name}" if content.is_dir() else file.name)
        unfinished.chmod(0o600)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
