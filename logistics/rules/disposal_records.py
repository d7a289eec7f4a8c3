"""Frozen values of the papers of disposal: P7, put before the city, and P8, which certifies. See `records`."""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.disposal import Chip, Method
from logistics.rules.records import KindCount, NamedPerson, NamedPlace, Record


class ProposalLine(Record, frozen=True):
    """One card on a proposal: where it lies, by which rule it may go, and since when."""

    position: int
    card: str
    kind: str
    kind_name: str
    slot: str
    due_on: date
    rule: str


class ProposalRecord(Record, frozen=True):
    """P7 廃棄伺い: what the contractor puts before the city. `policy` is the reference of the policy in force."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    policy: str | None
    note: str
    counts: tuple[KindCount, ...]
    lines: tuple[ProposalLine, ...]


class DestroyedLine(Record, frozen=True):
    """One card that was scanned at the machine, and when."""

    position: int
    card: str
    kind: str
    kind_name: str
    destroyed_at: datetime


class Presence(Record, frozen=True):
    """A witness: when they came, and when they left, if before the end."""

    person: NamedPerson
    came_at: datetime
    left_at: datetime | None


class CertificateRecord(Record, frozen=True):
    """P8 廃棄証明書 (appendix 1 article 11-2(3)): when, who, how, what; `remaining` were picked and not destroyed yet."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    proposal: str
    proposed_by: NamedPerson
    approved_by: NamedPerson
    approved_at: datetime
    due_on: date
    method: Method
    chip: Chip
    machine: str
    begun_at: datetime
    ended_at: datetime
    witness_requested: bool
    witnesses: tuple[Presence, ...]
    photos: tuple[str, ...]
    counted: int
    remaining: int
    counts: tuple[KindCount, ...]
    lines: tuple[DestroyedLine, ...]
