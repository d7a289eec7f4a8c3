"""Was this very file issued? Its SHA-256 is looked up, its log entry is proved, its own signature is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import anyio.to_thread
import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger import merkle, tree
from logistics.ledger.canonical import leaf_hash
from logistics.rules.calendar import JST
from logistics.rules.records import SignatureCheck
from logistics.store.database import Database, driver

LARGEST_FILE = 8_000_000

# Why a file is not to be believed: in English, in Japanese.
REASONS: dict[str, tuple[str, str]] = {
    "not_issued": (
        "No file with this SHA-256 was ever issued here.",
        "このファイル（SHA-256）は発行されていません。",
    ),
    "number_of_another": (
        "The number it gives itself was issued, but with other contents.",
        "記載の番号は発行済みですが、内容が発行したものと異なります。",
    ),
    "another_number": (
        "It was issued under another number than the one asked for.",
        "照会された番号とは別の番号で発行したものです。",
    ),
    "added": (
        "Something was added to it after it was signed.",
        "署名の後に内容が追加されています。",
    ),
    "changed": (
        "It was changed after it was signed.",
        "署名の後に内容が変更されています。",
    ),
    "broken": (
        "Its signature is broken, or allows changes as ours never do.",
        "署名が壊れているか、変更を許す署名です。",
    ),
    "foreign": (
        "It is signed by a certificate that is not ours.",
        "当方以外の証明書で署名されています。",
    ),
    "unsigned": (
        "It carries no signature.",
        "署名がありません。",
    ),
    "unreadable": (
        "It cannot be read as a PDF.",
        "PDFとして読み取れません。",
    ),
    "log_differs": (
        "The custody log says otherwise than the register of prints. Tell the auditor.",
        "印刷の記録と来歴ログが一致しません。監査担当に連絡してください。",
    ),
}  # fmt: skip

_ISSUED = """
SELECT printed.document AS number, document.catalogue, document.subject, printed.copy_number AS copy,
       printed.printed_at, entry.uuid AS entry, entry.actor, person.name AS actor_name, entry.site,
       entry.body, entry.hash, leaf.leaf_index
FROM document_print AS printed
JOIN document ON document.number = printed.document
JOIN entry ON entry.id = printed.entry
JOIN person ON person.code = entry.actor
LEFT JOIN leaf ON leaf.entry = entry.id
WHERE printed.sha256 = $1
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """That the entry is in the log: its place, the way to the root of `size` entries, the signed note of that."""

    leaf_index: int
    size: int
    root: str
    note: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """When, as what, and by whom a file was issued. `proof` is None until a checkpoint covers the entry."""

    number: str
    catalogue: str
    subject: str
    copy: int
    printed_at: datetime
    actor: str
    actor_name: str
    site: str
    entry: UUID
    entry_hash: str
    proof: Proof | None

    def lines(self) -> list[str]:
        """The issue in words, for a terminal."""
        copy = "the original" if self.copy == 0 else f"reprint {self.copy}"
        at = self.printed_at.astimezone(JST).isoformat(timespec="seconds")
        proved = "no checkpoint covers it yet"
        if self.proof is not None:
            proved = f"leaf {self.proof.leaf_index}, proved in the log of {self.proof.size} entries"
        return [
            f"Issued as {self.catalogue} {self.number}, {copy}, {at}, by {self.actor_name} ({self.actor})",
            f"Log entry {self.entry}: {proved}",
        ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a file. It is to be believed if there is nothing against it; `against` are keys of REASONS."""

    sha256: str
    issue: Issue | None
    signature: SignatureCheck
    against: tuple[str, ...]

    @property
    def genuine(self) -> bool:
        """Whether this very file was issued, unchanged."""
        return not self.against

    def lines(self) -> list[str]:
        """The verdict in words, for a terminal."""
        said = [f"SHA-256 {self.sha256}"]
        if self.issue is not None:
            said += self.issue.lines()
        by = f" by {self.signature.by}" if self.signature.by else ""
        said.append(f"Its own signature: {self.signature.state}{by}")
        said += [f"Against it: {REASONS[code][0]}" for code in self.against]
        return [*said, "GENUINE" if self.genuine else "NOT GENUINE"]


async def verify_document(
    session: AsyncSession,
    content: bytes,
    check: Callable[[bytes], SignatureCheck],
    number: str | None = None,
) -> Verdict:
    """The verdict on a file, which is not kept; `number` is the one it is presented as, where that is known.

    `check` runs in a worker thread. A file as issued is genuine whatever has become of the signing certificate.
    """
    digest = hashlib.sha256(content)
    connection = await driver(session)
    row = await connection.fetchrow(_ISSUED, digest.digest())
    signature = await anyio.to_thread.run_sync(check, content)
    if row is None:
        against = await _against_unknown(connection, signature)
        return Verdict(digest.hexdigest(), None, signature, against)
    issue, proved = await _issue(connection, row)
    against = () if proved and _agrees(row, digest.hexdigest()) else ("log_differs",)
    if number is not None and number != issue.number:
        against += ("another_number",)
    if signature.state in ("added", "changed", "broken", "unreadable"):
        against += (signature.state,)
    return Verdict(digest.hexdigest(), issue, signature, against)


async def ask(
    database: Database, content: bytes, check: Callable[[bytes], SignatureCheck], number: str | None = None
) -> Verdict:
    """`verify_document` in a session of its own; the database is closed afterwards."""
    try:
        async with database.read() as session:
            return await verify_document(session, content, check, number)
    finally:
        await database.close()


async def _against_unknown(connection: asyncpg.Connection, signature: SignatureCheck) -> tuple[str, ...]:
    against: tuple[str, ...] = ("not_issued",)
    if signature.state != "sound":
        against += (signature.state,)
    if signature.number is not None and await connection.fetchval(
        "SELECT EXISTS (SELECT FROM document_print WHERE document = $1)", signature.number
    ):
        against += ("number_of_another",)
    return against


async def _issue(connection: asyncpg.Connection, row: Any) -> tuple[Issue, bool]:
    """The issue with its proof; and whether the proof, where there can be one, holds."""
    proof = await _proof(connection, row["leaf_index"])
    issue = Issue(
        **{name: row[name] for name in ("number", "catalogue", "subject", "copy", "printed_at")},
        **{name: row[name] for name in ("actor", "actor_name", "site", "entry")},
        entry_hash=row["hash"].hex(),
        proof=proof,
    )
    if proof is None:
        return issue, True
    hashes = [bytes.fromhex(item) for item in proof.hashes]
    leaf, root = leaf_hash(row["body"]), bytes.fromhex(proof.root)
    return issue, merkle.included(leaf, proof.leaf_index, proof.size, root, hashes)


async def _proof(connection: asyncpg.Connection, leaf_index: int | None) -> Proof | None:
    if leaf_index is None:
        return None
    last = await connection.fetchrow("SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1")
    if last is None or last["size"] <= leaf_index:
        return None
    hashes = await tree.proof(connection, merkle.inclusion_spans(leaf_index, last["size"]))
    way = tuple(item.hex() for item in hashes)
    return Proof(leaf_index, last["size"], last["root"].hex(), last["note"], way)


def _agrees(row: Any, sha256: str) -> bool:
    """Whether the entry itself, as hashed, says what the register of prints says."""
    said = msgspec.json.decode(row["body"]).get("facts", {})
    wanted = {"document": row["number"], "copy": row["copy"], "sha256": sha256}
    return {key: said.get(key) for key in wanted} == wanted
