"""What the day report P12 日次報告 says, and what keeps a day open. Frozen, as in `records`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from logistics.rules.counting import CountKind
from logistics.rules.records import NamedPerson, NamedPlace, Record

DayProblemKind = Literal[
    "out", "unslotted", "receipt_open", "count_open", "uncounted", "difference_untouched"
]

# What each problem is called, and what to do about it: in English, and in Japanese for screen and paper.
PROBLEMS: Mapping[DayProblemKind, tuple[str, str, str]] = {
    "out": (
        "取出し中のカード",
        "Put each card back into its slot, or issue it.",
        "棚へ戻すか、交付してください",
    ),
    "unslotted": (
        "未格納のカード",
        "Put each card into a slot by scan.",
        "棚に格納してください",
    ),
    "receipt_open": (
        "収受が完了していない便",
        "Scan what came, then close the receipt.",
        "読み取りを終えて収受を完了してください",
    ),
    "count_open": (
        "終わっていない棚卸し",
        "Finish the count and conclude it, or cancel it.",
        "棚卸しを終えて確定するか、中止してください",
    ),
    "uncounted": (
        "終業時棚卸しをしていない保管庫",
        "Open a closing count of the vault and finish it.",
        "終業時棚卸しを行ってください",
    ),
    "difference_untouched": (
        "手を付けていない差異",
        "Settle the difference, search for the card, or write what is being done.",
        "差異を処理するか、対応を記録してください",
    ),
}


class DayProblem(Record, frozen=True):
    """Something that keeps a day open, with the codes it is about."""

    what: DayProblemKind
    codes: tuple[str, ...]


class DayLine(Record, frozen=True):
    """One kind on one day, in cards; `found` and `undone` are what the balance would not show by itself."""

    kind: str
    name: str
    opening: int
    incoming: int
    found: int
    issued: int
    returned: int
    transferred: int
    destroyed: int
    lost: int
    undone: int
    closing: int


class DayCount(Record, frozen=True):
    """A count of that day: who counted, who else was named, what it came to."""

    count: str
    kind: CountKind
    vault: str
    counter: NamedPerson
    witness: NamedPerson | None
    expected: int
    missing: int
    unexpected: int


class DayReceipt(Record, frozen=True):
    """A receipt of that day: accepted + rejected + missing = dispatched."""

    manifest: str
    receipt: str | None
    dispatched: int
    accepted: int
    rejected: int
    missing: int


class DayDifference(Record, frozen=True):
    """A difference that was opened that day, and how it ended until the report was made."""

    code: str
    kind: str
    card: str | None
    note: str
    how: str | None


class DayCase(Record, frozen=True):
    """A case of a missing card that was opened or ended that day."""

    code: str
    card: str
    cause: str
    opened_at: datetime
    last_seen_at: datetime | None
    how: str | None


class DayReportRecord(Record, frozen=True):
    """P12 日次報告 of one place and one day that is over and closed.

    `in_hand` is how often a card was taken out that day, `late` how many entries of the day came in after the close.
    """

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    day: date
    due_at: datetime | None
    closed_at: datetime
    closed_by: NamedPerson
    second: NamedPerson
    reason: str | None
    problems: tuple[DayProblem, ...]
    lines: tuple[DayLine, ...]
    in_hand: int
    counts: tuple[DayCount, ...]
    receipts: tuple[DayReceipt, ...]
    differences: tuple[DayDifference, ...]
    cases: tuple[DayCase, ...]
    entries: int
    late: int
    overdue: int
