"""Frozen values that papers are drawn from. A record is stored as its JSON text; equal text, equal paper.

Times are aware UTC; dates are Japanese calendar days. Codes are control numbers. No personal data of citizens.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

# The differences a receipt can end with; the same words as rows of the discrepancy table.
DifferenceKind = Literal["short", "over", "damaged", "misrouted", "unknown", "broken_seal"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen value; the base that lets every record be encoded and read back the same way."""


class NamedPlace(Record, frozen=True):
    """A place as it was called on that day."""

    code: str
    name: str
    address: str


class NamedPerson(Record, frozen=True):
    """A member of staff, never a citizen."""

    code: str
    name: str


class Carriage(Record, frozen=True):
    """Who carries a run, and by which authority (contract appendix 1 articles 9 and 10-10)."""

    code: str
    name: str
    consent_number: str
    crew: tuple[str, ...]
    vehicle: str


class KindCount(Record, frozen=True):
    """How many of one kind; `name` is what paper calls the kind."""

    kind: str
    name: str
    count: int


class SealedBatch(Record, frozen=True):
    """One sealed container on a manifest; `counts` adds up to `cards`."""

    code: str
    seal_number: str
    cards: int
    counts: tuple[KindCount, ...]
    loaded_at: datetime


class ManifestLine(Record, frozen=True):
    """One card on a manifest; `position` counts from 1 in batch order."""

    position: int
    card: str
    kind: str
    kind_name: str
    batch: str


class ManifestRecord(Record, frozen=True):
    """P1 発送明細書: everything that one run carries to one destination."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    run: str
    run_date: date
    run_sequence: int
    origin: NamedPlace
    destination: NamedPlace
    carriage: Carriage
    batches: tuple[SealedBatch, ...]
    counts: tuple[KindCount, ...]
    lines: tuple[ManifestLine, ...]
    transfer_slip: str


class HandOver(Record, frozen=True):
    """One change of hands; what is not known yet is written by hand on the paper."""

    at: datetime | None
    released_by: NamedPerson | None
    accepted_by: NamedPerson | None


class TransferSlipRecord(Record, frozen=True):
    """P2 授受票: annex to courier to site, or the other way (`returning`): three parties, two changes of hands."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    manifest: str
    run: str
    run_date: date
    run_sequence: int
    origin: NamedPlace
    destination: NamedPlace
    carriage: Carriage
    batches: tuple[SealedBatch, ...]
    cards: int
    taken_over: HandOver
    delivered: HandOver
    returning: bool = False


class SealCheck(Record, frozen=True):
    """What the site found on one batch; `seen` is None where no seal could be read."""

    batch: str
    expected: str
    seen: str | None
    intact: bool
    dispatched: int
    received: int


class Difference(Record, frozen=True):
    """One discrepancy that the receipt ended with; `code` is its own number."""

    code: str
    kind: DifferenceKind
    card: str | None
    batch: str | None
    note: str


class ReceiptRecord(Record, frozen=True):
    """P3 受領書: accepted + rejected + missing = dispatched, which leaves out what the courier left behind.

    `recalled` cards stand on the manifest and stayed where they were; `returning`: the annex signs, not a site.
    """

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    supervisor: NamedPerson
    manifest: str
    run: str
    run_date: date
    run_sequence: int
    origin: NamedPlace
    destination: NamedPlace
    carriage: Carriage
    arrived_at: datetime
    closed_at: datetime
    dispatched: int
    accepted: int
    rejected: int
    missing: int
    unexpected: int
    counts: tuple[KindCount, ...]
    seals: tuple[SealCheck, ...]
    differences: tuple[Difference, ...]
    recalled: int = 0
    returning: bool = False


class ActCount(Record, frozen=True):
    """How many entries of one act; `act` is its name in the log."""

    act: str
    entries: int


class ClosingRecord(Record, frozen=True):
    """日次照合票: the log at the close of a day. `size`, `root` and `note` are of its last signed state then.

    `unsigned` entries were younger than that state; the next day's sheet covers them.
    """

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    day: date
    acts: tuple[ActCount, ...]
    entries: int
    unsigned: int
    size: int
    root: str
    note: str
    vkey: str | None


class BatchLabel(Record, frozen=True):
    """A label for one container: the `number`-th `of` those that one run carries to one destination."""

    batch: str
    destination: NamedPlace
    run_date: date
    run_sequence: int
    seal_number: str | None
    number: int = 1
    of: int = 1


class SleeveLabel(Record, frozen=True):
    """A label for one opaque card sleeve; never for the card itself."""

    card: str
    kind_name: str


class Imprint(Record, frozen=True):
    """What tells one print of a document from another, and ties it to the log.

    `copy` is 0 for the original, n for the n-th reprint. `digest` is the SHA-256 of the frozen record, hex.
    `checkpoint` is the custody log's state as paper shows it (tree size and short root), where it is known;
    `note` is the whole signed note of that state.
    """

    copy: int
    printed_at: datetime
    digest: str
    checkpoint: str | None = None
    note: str | None = None


# sound: ours, over the whole file; foreign: as good, but of a certificate that is not ours.
SignatureState = Literal["sound", "foreign", "unsigned", "added", "changed", "broken", "unreadable"]


class SignatureCheck(Record, frozen=True):
    """What a file's own signature says: `number` is the number that the file gives itself, `by` its signer."""

    state: SignatureState
    number: str | None = None
    by: str | None = None
    at: datetime | None = None
