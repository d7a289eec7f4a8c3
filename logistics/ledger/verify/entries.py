"""The entries of an export, one after the other, each judged by itself and after those before it."""

from __future__ import annotations

from pathlib import Path

from logistics.ledger.merkle import leaf_hash
from logistics.ledger.verify import bodies, layout
from logistics.ledger.verify.reading import Lines, Objects

# The facts by which an entry says that a paper was handed out.
_PAPER = ("document", "copy", "sha256")


class Entries:
    """Reads entries.jsonl and documents.jsonl side by side. `count` is of the entries read, `documents` of papers."""

    def __init__(self, directory: Path, *, whole: bool) -> None:
        self.lines = Lines(directory, layout.ENTRIES)
        self.custody = bodies.Custody(whole=whole)
        self.papers = Lines(directory, layout.DOCUMENTS)
        self.count = self.documents = 0
        self.first: int | None = None
        self.last: int | None = None
        self._whole = whole
        self._entries = Objects(self.lines, layout.EntryLine)
        self._documents = Objects(self.papers, layout.DocumentLine)
        self._document = next(self._documents, None)

    def next(self) -> tuple[int, bytes] | None:
        """Index and leaf hash of the next entry; None after the last."""
        line = next(self._entries, None)
        if line is None:
            return None
        index = line.index
        self._check_order(index)
        raw = line.body.encode()
        leaf = leaf_hash(raw)
        if leaf.hex() != line.leaf:
            raise self.lines.refuted("its text is not the one that was hashed", index)
        try:
            body = bodies.read(line.body, raw)
            self.custody.take(body)
        except bodies.BodyRefused as refusal:
            raise self.lines.refuted(str(refusal), index) from None
        if "document" in body.facts or (self._document is not None and self._document.index <= index):
            self._check_document(index, body)
        self.count += 1
        self.last = index
        return index, leaf

    def end(self) -> None:
        """Nothing more may follow."""
        if next(self._entries, None) is not None:
            raise self.lines.refuted("more entries than the last checkpoint covers, or the manifest counts")
        if self._document is not None:
            raise self.papers.refuted("no entry says that this paper was handed out", self._document.index)

    def _check_order(self, index: int) -> None:
        if self.last is None:
            if index < 0:
                raise self.lines.refuted("no entry is numbered below 0")
            self.first = index
            missing = 0 if self._whole else index
        else:
            missing = self.last + 1
            if index <= self.last:
                raise self.lines.refuted(
                    f"entry {index} after entry {self.last}: twice, or out of order", index
                )
        if self._whole and index != missing:
            raise self.lines.refuted(f"missing: the next line is of entry {index}", missing)

    def _check_document(self, index: int, body: bodies.Body) -> None:
        facts = body.facts
        said = None
        if all(name in facts for name in _PAPER):
            said = (index, facts["document"], facts["copy"], facts["sha256"])
        line = self._document
        found = None if line is None else (line.index, line.number, line.copy, line.sha256)
        if said is None and (line is None or line.index > index):
            return
        if said != found:
            raise self.papers.refuted(f"it says {found}, the log says {said}", index)
        self.documents += 1
        self._document = next(self._documents, None)
