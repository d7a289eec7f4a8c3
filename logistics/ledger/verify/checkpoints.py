"""The signed checkpoints of an export, one after the other, and those given on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logistics.ledger import notes
from logistics.ledger.notes import Checkpoint, NoteRefused, Verifier
from logistics.ledger.verify.reading import Lines
from logistics.ledger.verify.report import Refuted, Unreadable

GIVEN = "checkpoint given"


class Checkpoints:
    """The checkpoints of checkpoints.txt in order: signed by the key, of one log, each larger than the one before.

    `last` is the note given last, `line` where it begins, `count` how many were given.
    """

    def __init__(self, lines: Lines, key: Verifier, origin: str) -> None:
        self.last = ""
        self.count = self.line = 0
        self.lines = lines
        self._key = key
        self._origin = origin

    def __iter__(self) -> Iterator[Checkpoint]:
        size = -1
        for line, note in self._notes():
            self.line, self.last = line, note
            try:
                checkpoint = notes.open_checkpoint(self.last, [self._key])
            except NoteRefused as refusal:
                raise self._refuted(f"not a checkpoint signed by {self._key.name}: {refusal}") from None
            if checkpoint.origin != self._origin:
                raise self._refuted(f"a checkpoint of another log, {checkpoint.origin}")
            if checkpoint.size <= size:
                raise self._refuted(f"rolled back: {checkpoint.size} entries after {size}")
            size = checkpoint.size
            self.count += 1
            yield checkpoint

    def _notes(self) -> Iterator[tuple[int, str]]:
        """Each note with the number of its first line. Its own empty line is the first, the next one ends it."""
        begins, note, signatures = 1, "", False
        for line in self.lines:
            if not line and signatures:
                yield begins, note
                begins, note, signatures = self.lines.number + 1, "", False
                continue
            signatures = signatures or not line
            note += f"{line}\n"
            if len(note) > notes.LARGEST_NOTE:
                raise Refuted(self.lines.name, "longer than any checkpoint", line=begins)
        # Nothing here is a note too, and a bad one: the file is empty, or an empty line ends it.
        yield begins, note

    def _refuted(self, why: str) -> Refuted:
        return Refuted(self.lines.name, why, line=self.line)


def read_papers(texts: Sequence[str]) -> list[str]:
    """The notes given, each checked to be one. Unreadable."""
    for text in texts:
        try:
            notes.parse_checkpoint(notes.parse_note(text).text)
        except NoteRefused as refusal:
            raise Unreadable(f"a {GIVEN} cannot be read: {refusal}") from None
    return list(texts)


def open_papers(texts: Sequence[str], key: Verifier, origin: str) -> list[Checkpoint]:
    """The checkpoints given, smallest first. Refuted if one is not of this log or not signed by its key."""
    opened = []
    for text in texts:
        try:
            paper = notes.open_checkpoint(text, [key])
        except NoteRefused as refusal:
            raise Refuted(GIVEN, f"{refusal}: it is not of this log, or the export is not") from None
        if paper.origin != origin:
            raise Refuted(GIVEN, f"it is of the log {paper.origin}, the export of {origin}")
        opened.append(paper)
    return sorted(opened, key=lambda paper: paper.size)


def read_vkey(text: str) -> Verifier:
    """The key that the verifying person trusts. Unreadable."""
    try:
        return notes.parse_vkey(text)
    except NoteRefused as refusal:
        raise Unreadable(f"the verifier key cannot be read: {refusal}") from None
