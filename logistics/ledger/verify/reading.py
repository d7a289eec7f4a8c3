"""Reading an export as if it were hostile: bounded lines, exact files, one canonical writing of everything."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from logistics.ledger.verify import layout
from logistics.ledger.verify.report import Refuted, Unreadable

# The largest body is an arrival list's: 100,000 codes of 14 characters would still fit ten times over.
LONGEST_LINE = 16 << 20
LARGEST_SMALL_FILE = 1 << 20
CHUNK = 1 << 20

T = TypeVar("T")


class Lines:
    """The lines of a file, without their newlines; `number` is that of the last one given.

    The file's size and SHA-256 are known when all have been read.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self.number = 0
        self._path = directory / name
        self._digest = sha256()
        self._bytes = 0
        self.raw = self._split()

    def __iter__(self) -> Iterator[str]:
        for raw in self.raw:
            try:
                yield raw.decode()
            except UnicodeDecodeError:
                raise self.refuted("this line is not UTF-8") from None

    def refuted(self, why: str, entry: int | None = None) -> Refuted:
        return Refuted(self.name, why, line=self.number, entry=entry)

    def finish(self, said: layout.FileLine) -> None:
        """Compare with the manifest; nothing may be left to read."""
        for _ in self.raw:
            raise self.refuted("nothing belongs here any more")
        if (self._bytes, self._digest.hexdigest()) != (said.bytes, said.sha256):
            raise Refuted(self.name, "size or SHA-256 is not the manifest's: this file was altered")

    def _split(self) -> Iterator[bytes]:
        rest = b""
        with open_regular(self._path) as file:
            while chunk := file.read(CHUNK):
                self._digest.update(chunk)
                self._bytes += len(chunk)
                lines = (rest + chunk).split(b"\n")
                rest = lines.pop()
                if len(rest) > LONGEST_LINE:
                    raise Refuted(
                        self.name, f"a line is longer than {LONGEST_LINE} bytes", line=self.number + 1
                    )
                for line in lines:
                    self.number += 1
                    yield line
        if rest:
            raise Refuted(
                self.name, "the last line has no newline at its end: cut short", line=self.number + 1
            )


class Objects(Generic[T]):
    """The lines of a JSON Lines file as structs; each must be written as it would be written again."""

    def __init__(self, lines: Lines, kind: type[T]) -> None:
        self.lines = lines
        self._decode = msgspec.json.Decoder(kind).decode
        self._encode = layout.encoder.encode
        self._raw = lines.raw

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        raw = next(self._raw)
        try:
            value = self._decode(raw)
            same = self._encode(value) == raw
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise self.lines.refuted("this line is not of the form it should have") from None
        if not same:
            raise self.lines.refuted("this line is not written in the canonical form")
        return value


def read_manifest(directory: Path) -> layout.Manifest:
    """The manifest, if it is well-formed and its own digest is right, and if it lists what is there and no more."""
    name = layout.MANIFEST
    text = small_text(directory, name)
    try:
        manifest = msgspec.json.decode(text, type=layout.Manifest)
        sealed = layout.encoder.encode(manifest.sealed()).decode()
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Refuted(name, "this is not a manifest of an export") from None
    if manifest.format != layout.FORMAT:
        raise Refuted(name, f"its format is not {layout.FORMAT}: another version of this command reads it")
    if sealed + "\n" != text:
        raise Refuted(name, "it does not have its own digest: this file was altered")
    wanted = layout.OF_A_WHOLE if manifest.whole else layout.OF_A_SELECTION
    if set(manifest.files) != wanted:
        raise Refuted(name, f"an export of this kind has the files {sorted(wanted)}")
    return manifest


def check_files(directory: Path, wanted: Collection[str]) -> None:
    """Whether the directory holds these files, all of them plain, and nothing else."""
    try:
        found = {item.name: item.is_file(follow_symlinks=False) for item in os.scandir(directory)}
    except OSError as failure:
        raise Unreadable(f"{directory} cannot be read: {failure.strerror}") from None
    for name in sorted({*found, *wanted}):
        if name not in found:
            raise Refuted(name, "this file is missing")
        if name not in wanted:
            raise Refuted(name, "this does not belong to the export")
        if not found[name]:
            raise Refuted(name, "this is not a plain file")


def small_text(directory: Path, name: str, said: layout.FileLine | None = None) -> str:
    """The text of a file that is known to be small, as the manifest says it is, where that is known."""
    with open_regular(directory / name) as file:
        raw = file.read(LARGEST_SMALL_FILE + 1)
    if len(raw) > LARGEST_SMALL_FILE:
        raise Refuted(name, f"this file is larger than {LARGEST_SMALL_FILE} bytes")
    if said is not None and (len(raw), sha256(raw).hexdigest()) != (said.bytes, said.sha256):
        raise Refuted(name, "size or SHA-256 is not the manifest's: this file was altered")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refuted(name, "this is not UTF-8") from None


def open_regular(path: Path) -> BufferedReader:
    """The file opened for reading: not through a link, and never a pipe or device that would wait."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Refuted(path.name, "this file is missing") from None
    except OSError as failure:
        if path.is_symlink():
            raise Refuted(path.name, "this is not a plain file") from None
        raise Unreadable(f"{path} cannot be read: {failure.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refuted(path.name, "this is not a plain file")
    return os.fdopen(descriptor, "rb")
