"""What verifying came to."""

from __future__ import annotations

from dataclasses import dataclass

from logistics.ledger.notes import Checkpoint, Verifier


class Refuted(Exception):
    """The export is not what it says it is; the first thing found.

    `file` is where, `line` counts from 1, `entry` is the first entry that is bad or missing and `last` the last
    of them, where one of several is meant.
    """

    def __init__(
        self,
        file: str,
        why: str,
        *,
        line: int | None = None,
        entry: int | None = None,
        last: int | None = None,
    ) -> None:
        super().__init__(file, why)
        self.file, self.why, self.line, self.entry, self.last = file, why, line, entry, last

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        if self.entry is None:
            return f"{place}: {self.why}"
        if self.last is None or self.last == self.entry:
            return f"{place}: entry {self.entry}: {self.why}"
        return f"{place}: entries {self.entry} to {self.last}: {self.why}"


class Unreadable(Exception):
    """There is nothing to judge: no such directory, no permission, or a key or checkpoint that cannot be read."""


@dataclass(slots=True)
class Report:
    """What was checked, up to `finding`; without one the export is verified.

    `trusted` says whether the key was given by whoever verifies, and `papers` how many checkpoints were.
    """

    entries: int = 0
    first: int | None = None
    last: int | None = None
    whole: bool = False
    checkpoints: int = 0
    documents: int = 0
    papers: int = 0
    cards: int = 0
    head: Checkpoint | None = None
    key: Verifier | None = None
    trusted: bool = False
    finding: Refuted | None = None

    @property
    def verified(self) -> bool:
        return self.finding is None

    def __str__(self) -> str:
        if self.finding is not None:
            return f"NOT VERIFIED. {self.finding}"
        return "\n".join([*self._checked(), *self._warned()])

    def _checked(self) -> list[str]:
        head = self.head
        assert head is not None
        span = f" ({self.first} to {self.last})" if self.entries else ""
        kind = "the whole log" if self.whole else f"a selection of {head.size} entries, each proved"
        lines = [
            f"VERIFIED: {self.entries} entries{span}, {kind}.",
            f"Log: {head.origin}",
            f"Last checkpoint: {head.size} entries, root {head.root.hex()}",
            f"Checked: {self.checkpoints} checkpoints, {self.documents} documents, {self.papers} checkpoints given",
        ]
        if self.whole:
            lines.append(f"Custody: every step legal, {self.cards} cards followed from state to state")
        return lines

    def _warned(self) -> list[str]:
        lines = []
        if not self.trusted:
            lines.append(
                f"WARNING: the key was NOT independently trusted, it is the export's own: {self.key}"
                " Compare it with the printed one, or give that: --vkey."
            )
        if not self.papers:
            lines.append(
                "Note: no printed checkpoint was given (--checkpoint); only one can show that a log was not"
                " written anew by whoever holds its key, or cut short."
            )
        return lines
