"""What P18 引継書 says. See `records`."""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.records import DifferenceKind, KindCount, NamedPerson, NamedPlace, Record
from logistics.rules.succeeding import Receiver, Way
from logistics.rules.supply_records import SupplyLine


class WayCount(Record, frozen=True):
    """How many went one way."""

    way: Way
    cards: int


class SuccessionPlace(Record, frozen=True):
    """A place: what lay there when the succession was opened, and what became of it."""

    place: str
    name: str
    opening: int
    ways: tuple[WayCount, ...]


class SuccessionSlot(Record, frozen=True):
    """What was handed on out of one slot, of one kind; no slot: what lay aside."""

    place: str
    name: str
    slot: str | None
    kind_name: str
    cards: int


class SuccessionCount(Record, frozen=True):
    """The full count of a vault that went before: its report P6, who counted, and what it found."""

    place: str
    vault_name: str
    count: str
    report: str | None
    day: date
    counted_by: str
    witnessed_by: str | None
    expected: int
    missing: int
    unexpected: int


class OpenDifference(Record, frozen=True):
    """A difference that nobody has settled yet."""

    code: str
    place: str
    kind: DifferenceKind
    card: str | None
    opened_at: datetime


class SuccessionRecord(Record, frozen=True):
    """P18 引継書 (body 13(3), appendix 1 article 11(1)): everything that was left, where it lay, and where it went.

    `listed` is the SHA-256 of the list of cards handed on, `card kind place slot` lines in the order of the cards.
    """

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    succession: str
    receiver: Receiver
    successor: str
    reference: str
    directed_by: NamedPerson
    opened_at: datetime
    opening: int
    ways: tuple[WayCount, ...]
    counts: tuple[KindCount, ...]
    listed: str
    places: tuple[SuccessionPlace, ...]
    slots: tuple[SuccessionSlot, ...]
    full_counts: tuple[SuccessionCount, ...]
    differences: tuple[OpenDifference, ...]
    supplies: tuple[SupplyLine, ...]
