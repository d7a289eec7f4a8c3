"""Verifying the live log: the database against what the signer remembers, and against checkpoints on paper.

Everything is read in one snapshot; nothing is written. What an export proves to a stranger, this tells the
operator of the database as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from logistics.ledger import notes, signer
from logistics.ledger.notes import NoteRefused
from logistics.ledger.rereading import Finding, Known, Pass, What
from logistics.ledger.verify import bodies
from logistics.ledger.verify.checkpoints import open_papers, read_papers, read_vkey
from logistics.ledger.verify.report import Refuted, Unreadable
from logistics.store.database import Database, driver

# Entries read between two reports of progress.
STRETCH = 5_000

# What commits is sequenced in the order of transaction ids; an entry that was passed over came another way.
_BESIDE = """
SELECT entry.id
FROM entry
LEFT JOIN leaf ON leaf.entry = entry.id
WHERE leaf.entry IS NULL
  AND EXISTS (SELECT FROM entry AS later JOIN leaf ON leaf.entry = later.id WHERE later.xid > entry.xid)
ORDER BY entry.id
LIMIT 1
"""
_WAITING = "SELECT count(*) FROM entry LEFT JOIN leaf ON leaf.entry = entry.id WHERE leaf.entry IS NULL"


@dataclass(slots=True)
class Verdict:
    """What came of it: verified if nothing was found. `waiting` entries have no place in the tree yet."""

    origin: str
    key: str
    trusted: bool
    entries: int = 0
    signed: int = 0
    waiting: int = 0
    checkpoints: int = 0
    papers: int = 0
    cards: int = 0
    remembers: int | None = None
    found: dict[What, Finding] = field(default_factory=dict)

    @property
    def verified(self) -> bool:
        return not self.found

    def __str__(self) -> str:
        if self.found:
            lines = [f"NOT VERIFIED. {len(self.found)} kinds of things are wrong; of each, the first:"]
            return "\n".join([*lines, *(f"  {finding}" for finding in self.found.values())])
        memory = "has signed nothing yet" if self.remembers is None else f"remembers {self.remembers} entries"
        lines = [
            f"VERIFIED: {self.entries} entries of the live log, {self.signed} of them signed.",
            f"Log: {self.origin}",
            f"Key: {self.key}"
            + ("" if self.trusted else " (the signer's own; compare it with the printed one)"),
            f"Checked: {self.checkpoints} checkpoints; the signer, who {memory}; {self.papers} checkpoints given",
            f"Custody: every step legal, {self.cards} cards followed from state to state; copies as the bodies say",
        ]
        if self.waiting:
            lines.append(f"Not in the tree yet: {self.waiting} entries. A running service sequences them.")
        if not self.papers:
            lines.append(
                "Note: no printed checkpoint was given (--checkpoint); only one can show that everything was"
                " written anew, or cut short, by whoever holds the database, the key and the signer's memory."
            )
        return "\n".join(lines)


async def verify(
    database: Database,
    directory: Path,
    *,
    vkey: str | None = None,
    papers: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Verdict:
    """Read the whole log and say of each kind of fault the first. Unreadable where there is nothing to judge.

    `directory` is the signer's; `vkey` the key that is trusted, otherwise the signer's; `papers` are notes.
    """
    given = read_papers(papers)
    async with database.read() as session:
        connection = await driver(session)
        # A whole log takes longer to read than any request may.
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        origin = await connection.fetchval("SELECT origin FROM log_identity")
        try:
            own, memory = signer.kept(directory, origin)
        except (OSError, NoteRefused) as failure:
            raise Unreadable(f"the signer's key cannot be read in {directory}: {failure}") from None
        verdict = Verdict(origin, vkey or own, trusted=vkey is not None)
        task = await _begin(connection, verdict, memory, given)
        custody = _follow(task)
        while not task.done:
            await task.go_on(STRETCH)
            progress(task.read, task.size)
        beside = await connection.fetchval(_BESIDE)
        if beside is not None:
            task.note(What.BESIDE, f"row {beside} of the entries was passed over: it came in another way")
        verdict.entries, verdict.cards, verdict.checkpoints = task.read, len(custody.cards), task.checkpoints
        verdict.waiting = await connection.fetchval(_WAITING)
    verdict.found = task.found
    return verdict


async def _begin(
    connection: asyncpg.Connection, verdict: Verdict, memory: str | None, papers: Sequence[str]
) -> Pass:
    """The pass over the log, with what is known of it from outside the database."""
    key = read_vkey(verdict.key)
    size = await connection.fetchval("SELECT COALESCE(max(leaf_index) + 1, 0) FROM leaf")
    task = Pass(connection, size, key, verdict.origin)
    known = []
    verdict.signed = await connection.fetchval("SELECT COALESCE(max(size), 0) FROM checkpoint")
    if memory is not None:
        try:
            last = notes.open_checkpoint(memory, [key])
            known.append(Known(What.SIGNER, last.size, last.root))
            verdict.remembers = last.size
        except NoteRefused as refusal:
            task.note(What.SIGNER, f"what it signed last is not signed by the key: {refusal}")
    elif verdict.signed:
        task.note(What.SIGNER, "it has never signed this log, and checkpoints are there")
    try:
        opened = open_papers(papers, key, verdict.origin)
    except Refuted as refusal:
        task.note(What.PAPER, refusal.why)
    else:
        known += [Known(What.PAPER, paper.size, paper.root) for paper in opened]
        verdict.papers = len(opened)
    task.known = known
    await task.begin()
    return task


def _follow(task: Pass) -> bodies.Custody:
    """Have every body judged as it is read: its form, and whether each step follows from the last."""
    custody = bodies.Custody(whole=True)

    def each(index: int, text: str) -> None:
        if What.CUSTODY in task.found:
            return
        try:
            custody.take(bodies.read(text, text.encode()))
        except bodies.BodyRefused as refusal:
            task.note(What.CUSTODY, str(refusal), index)

    task.each = each
    return custody
