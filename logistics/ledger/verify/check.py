"""Verifying an export from its first byte to its last. It ends at the first thing that is wrong, and names it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from logistics.ledger import merkle
from logistics.ledger.notes import Checkpoint, Verifier
from logistics.ledger.verify import layout, reading
from logistics.ledger.verify.checkpoints import (
    GIVEN,
    Checkpoints,
    open_papers,
    read_papers,
    read_vkey,
)
from logistics.ledger.verify.entries import Entries
from logistics.ledger.verify.inclusion import Inclusion, from_hex
from logistics.ledger.verify.reading import Lines, Objects
from logistics.ledger.verify.report import Refuted, Report, Unreadable


def verify_export(directory: Path, vkey: str | None = None, papers: Sequence[str] = ()) -> Report:
    """Whether the export is what the log's key signed, complete and in order, and agrees with every paper.

    `vkey` is the key that is trusted; without it the export's own is used, and the report says so. `papers` are
    the notes of printed checkpoints. Raises Unreadable where there is nothing to judge.
    """
    trusted = None if vkey is None else read_vkey(vkey)
    given = read_papers(papers)
    report = Report(trusted=trusted is not None)
    try:
        _Examination(directory, report, trusted, given).run()
    except Refuted as finding:
        report.finding = finding
    except OSError as failure:
        raise Unreadable(f"{directory} cannot be read: {failure.strerror}") from None
    return report


class _Examination:
    """One export under examination. What is established goes into the report as it is established."""

    def __init__(
        self, directory: Path, report: Report, trusted: Verifier | None, papers: Sequence[str]
    ) -> None:
        if not directory.is_dir():
            raise Unreadable(f"{directory} is not a directory")
        self._directory = directory
        self._report = report
        self._manifest = manifest = reading.read_manifest(directory)
        reading.check_files(directory, {*manifest.files, layout.MANIFEST})
        self._key = report.key = self._check_key(trusted)
        self._papers = open_papers(papers, self._key, manifest.origin)
        self._checkpoints = Checkpoints(Lines(directory, layout.CHECKPOINTS), self._key, manifest.origin)
        self._entries = Entries(directory, whole=manifest.whole)
        self._lines = [self._checkpoints.lines, self._entries.lines, self._entries.papers]

    def run(self) -> None:
        head = self._whole() if self._manifest.whole else self._selection()
        self._entries.end()
        report, entries, manifest = self._report, self._entries, self._manifest
        report.head, report.whole, report.papers = head, manifest.whole, len(self._papers)
        report.entries, report.first, report.last = entries.count, entries.first, entries.last
        report.checkpoints, report.documents = self._checkpoints.count, entries.documents
        report.cards = len(entries.custody.cards)
        if reading.small_text(self._directory, layout.CHECKPOINT, manifest.files[layout.CHECKPOINT]) != (
            self._checkpoints.last
        ):
            raise Refuted(layout.CHECKPOINT, f"this is not the last note of {layout.CHECKPOINTS}")
        for lines in self._lines:
            lines.finish(manifest.files[lines.name])
        self._check_counts(head)

    def _check_key(self, trusted: Verifier | None) -> Verifier:
        text = reading.small_text(self._directory, layout.VKEY, self._manifest.files[layout.VKEY])
        try:
            key = read_vkey(text)
        except Unreadable as failure:
            raise Refuted(layout.VKEY, str(failure)) from None
        if trusted is not None and key != trusted:
            raise Refuted(layout.VKEY, f"the export is of the key {key}, not of the trusted one")
        return key

    def _whole(self) -> Checkpoint:
        """Every root from the entries themselves, also those that are known from paper."""
        edge = merkle.Edge()
        waiting = list(self._papers)
        for checkpoint in self._checkpoints:
            while waiting and waiting[0].size <= checkpoint.size:
                self._grow(edge, waiting.pop(0), GIVEN)
            self._grow(edge, checkpoint, layout.CHECKPOINTS)
        if waiting:
            raise _cut_short(edge.size, waiting[0])
        return checkpoint

    def _grow(self, edge: merkle.Edge, checkpoint: Checkpoint, where: str) -> None:
        """Read on to where the checkpoint was made, and compare the roots."""
        before = edge.size
        for _ in range(checkpoint.size - before):
            entry = self._entries.next()
            if entry is None:
                raise Refuted(layout.ENTRIES, "missing", entry=edge.size, last=checkpoint.size - 1)
            edge.append(entry[1])
        if edge.root() == checkpoint.root:
            return
        why = "these are not the entries that were signed: altered, or another history (a fork)"
        if where == layout.CHECKPOINTS:
            raise Refuted(where, why, line=self._checkpoints.line, entry=before, last=edge.size - 1)
        raise Refuted(where, why, entry=0, last=edge.size - 1)

    def _selection(self) -> Checkpoint:
        """Every entry by its proof in the last checkpoint, and every checkpoint by its growth into the next."""
        checkpoints = list(self._check_growth())
        head = checkpoints[-1]
        known = {checkpoint.size: checkpoint for checkpoint in checkpoints}
        for paper in self._papers:
            if paper.size > head.size:
                raise _cut_short(head.size, paper)
            if paper.size not in known:
                raise Refuted(
                    GIVEN, f"this selection proves nothing about size {paper.size}: ask for one that does"
                )
            if paper.root != known[paper.size].root:
                raise Refuted(GIVEN, f"the export has another root for {paper.size} entries: a fork")
        proofs = Objects(Lines(self._directory, layout.PROOFS), layout.ProofLine)
        self._lines.append(proofs.lines)
        inclusion = Inclusion(head.size, head.root)
        while (entry := self._entries.next()) is not None:
            proof = next(proofs, None)
            if proof is None or proof.index != entry[0]:
                raise proofs.lines.refuted("the next proof is of another entry, or missing", entry[0])
            try:
                holds = inclusion.holds(entry[1], entry[0], proof.hashes)
            except ValueError as fault:
                raise proofs.lines.refuted(str(fault), entry[0]) from None
            if not holds:
                raise self._entries.lines.refuted("its proof does not lead to the last checkpoint", entry[0])
        return head

    def _check_growth(self) -> Iterable[Checkpoint]:
        steps = Objects(Lines(self._directory, layout.CONSISTENCY), layout.ConsistencyLine)
        self._lines.append(steps.lines)
        before: Checkpoint | None = None
        for checkpoint in self._checkpoints:
            if before is not None:
                step = next(steps, None)
                if step is None or (step.old, step.new) != (before.size, checkpoint.size):
                    raise steps.lines.refuted(f"no proof leads from {before.size} to {checkpoint.size}")
                try:
                    proof = from_hex(step.hashes)
                except ValueError as fault:
                    raise steps.lines.refuted(str(fault)) from None
                if not merkle.consistent(before.size, checkpoint.size, before.root, checkpoint.root, proof):
                    raise steps.lines.refuted(
                        f"{checkpoint.size} entries do not continue {before.size}: a fork"
                    )
            yield checkpoint
            before = checkpoint

    def _check_counts(self, head: Checkpoint) -> None:
        said, report = self._manifest, self._report
        claimed = (
            said.entries,
            said.first,
            said.last,
            said.checkpoints,
            said.documents,
            said.size,
            said.root,
        )
        found = (
            report.entries,
            report.first,
            report.last,
            report.checkpoints,
            report.documents,
            head.size,
            head.root.hex(),
        )
        if claimed != found:
            raise Refuted(layout.MANIFEST, f"it says {claimed}, the files say {found}")


def _cut_short(size: int, paper: Checkpoint) -> Refuted:
    return Refuted(
        GIVEN,
        f"missing: the checkpoint given covers {paper.size} entries, the export {size}."
        " It was made before that checkpoint, or the log was rolled back",
        entry=size,
        last=paper.size - 1,
    )
