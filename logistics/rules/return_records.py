"""Frozen values of the return slip P4, which a site's return batches travel on. See `records`."""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.records import Carriage, KindCount, NamedPerson, NamedPlace, Record, SealedBatch
from logistics.rules.returns import WhyReturned


class ReasonCount(Record, frozen=True):
    """How many cards go back for one reason."""

    reason: WhyReturned
    count: int


class ReturnLine(Record, frozen=True):
    """One card on a return slip; `position` counts from 1 in batch order."""

    position: int
    card: str
    kind: str
    kind_name: str
    batch: str
    reason: WhyReturned


class ReturnRecord(Record, frozen=True):
    """P4 返送票: everything that one run carries from one site to the annex, and why."""

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
    reasons: tuple[ReasonCount, ...]
    lines: tuple[ReturnLine, ...]
    transfer_slip: str
