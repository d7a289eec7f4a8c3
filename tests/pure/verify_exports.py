"""Small logs and their exports, made without a database: every verdict of `verify` is tried on these."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from logistics.ledger import merkle, notes
from logistics.ledger.canonical import canonical
from logistics.ledger.evidence import Occasion, Writer
from logistics.ledger.notes import SigningKey
from logistics.ledger.verify import layout

ORIGIN = "card-logistics/11111111-2222-4333-8444-555555555555"
KEY = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
STRANGER = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
OCCASION = Occasion(
    "監査（令和8年度上期）", "市監第12号", "P01-001", datetime(2026, 4, 3, 1, 2, 3, tzinfo=UTC)
)

CARD_PATH = (
    ("expect", "new", "expected"),
    ("check_in", "expected", "arrived"),
    ("set_up", "arrived", "ready"),
    ("pack", "ready", "packed"),
    ("dispatch", "packed", "dispatched"),
    ("take_over", "dispatched", "in_transit"),
    ("hand_over", "in_transit", "delivered"),
    ("receive", "delivered", "received"),
    ("put_away", "received", "stored"),
)
BATCH_PATH = {
    "pack": ("open", "new", "open"),
    "dispatch": ("load", "sealed", "loaded"),
    "take_over": ("dispatch", "loaded", "dispatched"),
}


def body(number: int, act: str, **said: Any) -> str:
    """The body of an entry as the service writes it."""
    moment = f"2026-04-02T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
    plain = {
        "v": 1,
        "id": str(UUID(int=number + 1)),
        "act": act,
        "actor": "P01-001",
        "device": "D-1",
        "site": "annex",
        "occurred_at": moment,
        "recorded_at": moment,
        **said,
    }
    return canonical({key: value for key, value in plain.items() if value})


def move(step: str, source: str, to: str, *codes: str) -> dict[str, Any]:
    return {"step": step, "from": source, "to": to, "codes": list(codes)}


def story(groups: int = 3) -> list[str]:
    """Cards that go from the arrival list to the vault, two at a time, with a printed manifest for each two."""
    numbers = count()
    bodies = []
    for group in range(groups):
        cards = (f"C26-{group:06}A", f"C26-{group:06}B")
        for step, source, to in CARD_PATH:
            said: dict[str, Any] = {"cards": [move(step, source, to, *cards)], "reason": "引渡し"}
            if step == "pack":
                said["batches"] = [move("open", "new", "open", f"B26-{group:06}")]
            bodies.append(body(next(numbers), step, **said))
        paper = {"document": f"M26-{group:06}", "copy": 0, "sha256": f"{group:064x}", "bytes": 9}
        bodies.append(body(next(numbers), "print", facts=paper))
    return bodies


def signed(bodies: Sequence[str], size: int, key: SigningKey = KEY, origin: str = ORIGIN) -> str:
    """The note of the tree over the first `size` bodies."""
    root = merkle.root(merkle.leaf_hash(text.encode()) for text in bodies[:size])
    return notes.sign_checkpoint(origin, size, root, key)


def rows(bodies: Sequence[str], indexes: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"leaf_index": n, "hash": merkle.leaf_hash(bodies[n].encode()), "body": bodies[n]} for n in indexes
    ]


def papers(bodies: Sequence[str], indexes: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of the papers that these entries say were printed."""
    found = [(n, printed_facts(bodies[n])) for n in indexes]
    return [
        {
            "number": facts["document"],
            "copy_number": facts["copy"],
            "sha256": bytes.fromhex(facts["sha256"]),
            "leaf_index": n,
        }
        for n, facts in found
        if facts
    ]


def printed_facts(text: str) -> dict[str, Any]:
    """What the entry says of a paper; empty where it speaks of none."""
    facts: dict[str, Any] = json.loads(text).get("facts", {})
    return facts if "document" in facts else {}


def whole(
    out: Path,
    bodies: Sequence[str],
    sizes: Sequence[int] | None = None,
    *,
    key: SigningKey = KEY,
    notes_: Sequence[str] | None = None,
) -> Path:
    """An export of all of a log, with checkpoints at `sizes`, the last of which covers everything."""
    sizes = sizes or [len(bodies)]
    texts = list(notes_ or [signed(bodies, size, key) for size in sizes])
    with Writer(out, whole=True) as writer:
        writer.put(layout.VKEY, f"{key.vkey}\n")
        writer.put(layout.CHECKPOINT, texts[-1])
        everything = range(len(bodies))
        writer.entries(rows(bodies, everything))
        writer.documents(papers(bodies, everything))
        writer.checkpoints([{"note": text} for text in texts])
        writer.finish(OCCASION, None, texts[-1])
    return out


def selection(out: Path, bodies: Sequence[str], indexes: Sequence[int], sizes: Sequence[int]) -> Path:
    """An export of some entries, proved against the last of the checkpoints at `sizes`."""
    fetch = merkle.from_leaves([merkle.leaf_hash(text.encode()) for text in bodies])
    texts = [signed(bodies, size) for size in sizes]
    with Writer(out, whole=False) as writer:
        writer.put(layout.VKEY, f"{KEY.vkey}\n")
        writer.put(layout.CHECKPOINT, texts[-1])
        writer.entries(rows(bodies, indexes))
        spans = {n: merkle.inclusion_spans(n, sizes[-1]) for n in indexes}
        writer.proofs([(n, merkle.hashes(span, fetch)) for n, span in spans.items()])
        writer.documents(papers(bodies, indexes))
        writer.checkpoints([{"note": text} for text in texts])
        for old, new in pairwise(sizes):
            writer.consistency(old, new, merkle.hashes(merkle.consistency_spans(old, new), fetch))
        writer.finish(OCCASION, "card C26-000001A", texts[-1])
    return out
