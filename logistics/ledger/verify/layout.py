"""The export of the custody log: a directory of text files, the same bytes for the same log and occasion.

Every file is UTF-8; every line ends in one newline. A `.jsonl` file has one JSON object a line, in the canonical
form of RFC 8785: keys sorted, no white space, one way to write each string. Hashes are lower-case hexadecimal.

`entries.jsonl`
    One line per entry, in the order of the log. `body` is the text that was hashed; `index` its place; `leaf`
    its hash as the log stores it. Who verifies computes the leaf again; the stored one tells which entry differs.
`checkpoints.txt`
    Signed notes (C2SP signed-note, tlog-checkpoint), smallest tree first, one empty line between two. No line
    of a checkpoint is empty, so the empty lines alone tell text, signatures and the next note apart.
`checkpoint`
    The last of them: what the whole export is proved against.
`vkey`
    The key that verifies the notes. A convenience only: compare it with the printed one.
`documents.jsonl`
    The papers handed out: `number`, `copy` (0 is the original), `sha256` of the file, `index` of the entry that
    says the same. Sorted by index.
`MANIFEST.json`
    One line: what was asked, by whom, why, and size and SHA-256 of every other file; `sha256` is the digest of
    the manifest's own canonical text without it. This finds damage. Forgery is found by proofs and signatures.

A whole log needs no proofs: every root is computed from the entries. A selection has two files more, and only
one checkpoint a day beside the last and those that were asked for:

`proofs.jsonl`
    For each entry, in the same order, `hashes`: its inclusion proof in the last checkpoint (RFC 9162 §2.1.3).
`consistency.jsonl`
    From each checkpoint to the next, sizes `old` and `new`: `hashes` proves growth (RFC 9162 §2.1.4).
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

FORMAT = "custody-export/1"

ENTRIES, PROOFS, DOCUMENTS = "entries.jsonl", "proofs.jsonl", "documents.jsonl"
CHECKPOINTS, CONSISTENCY, CHECKPOINT = "checkpoints.txt", "consistency.jsonl", "checkpoint"
VKEY, MANIFEST = "vkey", "MANIFEST.json"
OF_A_WHOLE = frozenset({ENTRIES, DOCUMENTS, CHECKPOINTS, CHECKPOINT, VKEY})
OF_A_SELECTION = OF_A_WHOLE | {PROOFS, CONSISTENCY}

encoder = msgspec.json.Encoder(order="sorted")


class EntryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A line of entries.jsonl."""

    body: str
    index: int
    leaf: str


class ProofLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A line of proofs.jsonl."""

    hashes: list[str]
    index: int


class ConsistencyLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A line of consistency.jsonl."""

    hashes: list[str]
    new: int
    old: int


class DocumentLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A line of documents.jsonl."""

    copy: int
    index: int
    number: str
    sha256: str


class FileLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the manifest says of a file."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """MANIFEST.json. `whole` says that the log is there from its first entry to the last checkpoint's end.

    `first` and `last` are indexes, both None where no entry was found; `question` is None for a whole log.
    """

    approval: str
    checkpoints: int
    documents: int
    entries: int
    files: dict[str, FileLine]
    first: int | None
    format: str
    last: int | None
    made_at: str
    made_by: str
    origin: str
    purpose: str
    question: str | None
    root: str
    sha256: str
    size: int
    whole: bool

    def sealed(self) -> Manifest:
        """The same with the digest that its other fields have."""
        said = msgspec.structs.asdict(self)
        del said["sha256"]
        return msgspec.structs.replace(self, sha256=sha256(encoder.encode(said)).hexdigest())
