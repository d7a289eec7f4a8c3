"""A scan as it comes, what a judge says of it, and what its sender is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from logistics.ledger.canonical import Json
from logistics.ledger.log import timestamp
from logistics.rules.codes import CodeType, fault
from logistics.rules.guard import holds_my_number
from logistics.rules.lifecycle import BatchStep, CardStep
from logistics.rules.outcomes import Outcome, Purpose
from logistics.rules.permissions import Actor
from logistics.rules.records import DifferenceKind

MOST_SCANS = 500
_OTHER_KIND = "it is the code of a "


class Scan(msgspec.Struct, frozen=True):
    """One scan as a client sent it. `damaged` and the seal are what the clerk saw on the thing scanned.

    `said` is whatever else the client said of it, as text that may be digested. `sequence` is its number among all
    scans of one browser, `queue` the browser's name for that row of numbers. `manual` is the approval of a number that
    was typed instead of scanned; `typed` says that a browser took it for typed, though nobody asked for approval.
    """

    id: UUID
    text: str
    occurred_at: datetime
    damaged: bool = False
    seal_number: str | None = None
    seal_intact: bool = True
    said: tuple[str, ...] = ()
    queue: str | None = None
    sequence: int | None = None
    manual: Mapping[str, Json] | None = None
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Scans that one person made for one purpose against one thing, and where that takes what is scanned.

    `holder` has the cards in hand afterwards. `facts` are kept in every entry that comes of it; `said` is what
    else the client said, so that the same id with other words is another scan.
    """

    actor: Actor
    purpose: Purpose
    subject: str
    site: str
    scans: Sequence[Scan]
    supervisor: str | None = None
    place: str | None = None
    custodian: str | None = None
    batch: str | None = None
    slot: str | None = None
    run: str | None = None
    box: str | None = None
    destination: str | None = None
    holder: str | None = None
    reason: str | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    said: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """What a judge decides on one scan; a verdict without a step changes nothing but is recorded.

    `group` keeps acts apart that would share an entry; `cards` are cards that move along with a batch. `act` names
    the entry where the step alone would not say what was done; `facts` are kept in it.
    """

    outcome: Outcome
    step: CardStep | None = None
    batch_step: BatchStep | None = None
    manifest: str | None = None
    belongs_to: str | None = None
    difference: DifferenceKind | None = None
    note: str = ""
    reason: str | None = None
    was_missing: bool = False
    group: str | None = None
    cards: Sequence[str] = ()
    act: str | None = None
    facts: Mapping[str, Json] = {}


class Answer(msgspec.Struct, frozen=True):
    """The outcome of one scan. `code` is None where the text was not a code of ours."""

    id: UUID
    outcome: Outcome
    code: str | None
    belongs_to: str | None = None
    repeated: bool = False
    reason: str | None = None
    discrepancy: str | None = None


Row: TypeAlias = dict[str, Any]
Judge: TypeAlias = Callable[[Call, Scan, str, "Row | None"], Verdict]


def read(scan: Scan, kind: CodeType) -> tuple[str | None, Verdict | None]:
    """The code in a scan's text, or the verdict that there is none; a sound code holds no My Number.

    White space around the text, a scanner's suffix, is ignored. Text that is not a code is kept nowhere: it
    could be anything that is printed as a barcode, an application number among them.
    """
    text = scan.text.strip()
    reason = fault(text)
    if reason is None and text[0] == kind:
        return text, None
    if holds_my_number(text):
        return None, Verdict(Outcome.GUARD, reason="It holds a My Number; nothing of it was kept.")
    if reason is None:
        reason = _OTHER_KIND + CodeType(text[0]).name.lower().replace("_", " ")
    return None, Verdict(Outcome.MALFORMED, reason=reason)


def other_kind(reason: str | None) -> CodeType | None:
    """What was scanned instead of what was wanted, where a reason says so."""
    if reason is None or not reason.startswith(_OTHER_KIND):
        return None
    return CodeType[reason.removeprefix(_OTHER_KIND).upper().replace(" ", "_")]


def content_of(call: Call, scan: Scan, code: str | None) -> bytes:
    """A digest of all that a scan says: the same id with another digest is another scan.

    Text that is no code of ours is left out: not even a digest of a My Number is kept, which could be guessed.
    """
    said = (
        call.purpose.value,
        call.subject,
        code or "",
        timestamp(scan.occurred_at),
        str(scan.damaged),
        scan.seal_number or "",
        str(scan.seal_intact),
        *call.said,
        *scan.said,
        *(("typed",) if scan.typed else ()),
    )
    return hashlib.sha256("\n".join(said).encode()).digest()[:16]
