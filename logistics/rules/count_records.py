"""What the papers of counts say: P5 棚卸表, P6 棚卸結果報告書. Frozen, as in `records`."""

from __future__ import annotations

from datetime import date, datetime

from logistics.rules.counting import CountKind, Finding
from logistics.rules.records import NamedPerson, NamedPlace, Record


class CountedSlot(Record, frozen=True):
    """A slot to be counted, in walking order."""

    code: str
    shelf: str
    position: int


class CountSheetRecord(Record, frozen=True):
    """P5 棚卸表: where to count, with room to write; what is expected is not on it."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    witness: NamedPerson | None
    supervisor: NamedPerson | None
    count: str
    kind: CountKind
    place: NamedPlace
    vault: str
    vault_name: str
    day: date
    aside: bool
    slots: tuple[CountedSlot, ...]


class LastSeen(Record, frozen=True):
    """Who had a card before their eyes last: when, where, doing what, by which entry of the log."""

    at: datetime
    by: NamedPerson
    place: str
    slot: str | None
    act: str
    entry: int


class CountLine(Record, frozen=True):
    """One card that did not simply match."""

    card: str
    finding: Finding
    expected_in: str | None
    found_in: str | None
    hint: str | None
    note: str
    difference: str | None
    case: str | None
    last_seen: LastSeen | None


class CountReportRecord(Record, frozen=True):
    """P6 棚卸結果報告書: expected = matched + explained + missing + misplaced; `unexpected` are besides."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    witness: NamedPerson | None
    supervisor: NamedPerson | None
    counters: tuple[NamedPerson, ...]
    recounters: tuple[NamedPerson, ...]
    count: str
    kind: CountKind
    place: NamedPlace
    vault: str
    vault_name: str
    day: date
    opened_at: datetime
    closed_at: datetime
    slots: int
    recounted: tuple[str, ...]
    expected: int
    matched: int
    explained: int
    missing: int
    misplaced: int
    unexpected: int
    reason: str | None
    lines: tuple[CountLine, ...]
