"""The files of one export, written: they appear together when all are complete, and not before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from logistics.ledger import notes
from logistics.ledger.log import timestamp
from logistics.ledger.verify import layout
from logistics.ledger.verify.layout import (
    ConsistencyLine,
    DocumentLine,
    EntryLine,
    FileLine,
    Manifest,
    ProofLine,
)


class ExportRefused(Exception):
    """This cannot be exported as evidence now; the message says why."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why there is an export, and who answers for it (appendix 1 article 10)."""

    purpose: str
    approval: str
    made_by: str
    made_at: datetime


class Writer:
    """The files of one export, written beside the directory they will be in."""

    def __init__(self, out: Path, *, whole: bool) -> None:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ExportRefused(f"{out} exists already: name a new directory")
        self._out = out
        self._whole = whole
        self._counts = dict.fromkeys((layout.ENTRIES, layout.CHECKPOINTS, layout.DOCUMENTS), 0)
        self._span: tuple[int | None, int | None] = (None, None)
        self._directory = out.with_name(f".{out.name}.unfinished")

    def __enter__(self) -> Writer:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        wanted = layout.OF_A_WHOLE if self._whole else layout.OF_A_SELECTION
        self._files = {name: _File(self._directory / name) for name in sorted(wanted)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def put(self, name: str, text: str) -> None:
        self._files[name].write(text.encode())

    def entries(self, rows: Sequence[Any]) -> None:
        """Rows with leaf_index, hash and body, ascending."""
        if rows:
            self._span = (
                (self._span[0] if self._counts[layout.ENTRIES] else rows[0]["leaf_index"]),
                rows[-1]["leaf_index"],
            )
        self._lines(
            layout.ENTRIES, [EntryLine(row["body"], row["leaf_index"], row["hash"].hex()) for row in rows]
        )

    def proofs(self, proofs: Sequence[tuple[int, Sequence[bytes]]]) -> None:
        lines = [ProofLine([item.hex() for item in proof], index) for index, proof in proofs]
        self._lines(layout.PROOFS, lines)

    def consistency(self, old: int, new: int, proof: Sequence[bytes]) -> None:
        self._lines(layout.CONSISTENCY, [ConsistencyLine([item.hex() for item in proof], new, old)])

    def documents(self, rows: Sequence[Any]) -> None:
        """Rows with number, copy_number, sha256 and leaf_index."""
        lines = [
            DocumentLine(r["copy_number"], r["leaf_index"], r["number"], r["sha256"].hex()) for r in rows
        ]
        self._lines(layout.DOCUMENTS, lines)

    def checkpoints(self, rows: Sequence[Any]) -> None:
        """Rows with note, smallest tree first."""
        for row in rows:
            between = "\n" if self._counts[layout.CHECKPOINTS] else ""
            self.put(layout.CHECKPOINTS, f"{between}{row['note']}")
            self._counts[layout.CHECKPOINTS] += 1

    def finish(self, occasion: Occasion, question: str | None, note: str) -> Manifest:
        """Write the manifest, have the disk keep everything, and give the directory its name."""
        head = notes.parse_checkpoint(notes.parse_note(note).text)
        manifest = Manifest(
            approval=occasion.approval,
            checkpoints=self._counts[layout.CHECKPOINTS],
            documents=self._counts[layout.DOCUMENTS],
            entries=self._counts[layout.ENTRIES],
            files={name: file.close() for name, file in self._files.items()},
            first=self._span[0],
            format=layout.FORMAT,
            last=self._span[1],
            made_at=timestamp(occasion.made_at),
            made_by=occasion.made_by,
            origin=head.origin,
            purpose=occasion.purpose,
            question=question,
            root=head.root.hex(),
            sha256="",
            size=head.size,
            whole=self._whole,
        ).sealed()
        last = _File(self._directory / layout.MANIFEST)
        last.write(layout.encoder.encode(manifest) + b"\n")
        last.close()
        self._directory.replace(self._out)
        return manifest

    def _lines(self, name: str, lines: Sequence[msgspec.Struct]) -> None:
        if lines:
            self._files[name].write(layout.encoder.encode_lines(lines))
            self._counts[name] = self._counts.get(name, 0) + len(lines)


class _File:
    """A file that knows its size and SHA-256, and is on disk once it is closed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._digest = sha256()
        self._bytes = 0

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self._bytes += len(data)
        self._file.write(data)

    def close(self) -> FileLine:
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        return FileLine(self._bytes, self._digest.hexdigest())
