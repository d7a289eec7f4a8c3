"""What P15 says: the receipt of what the city supplied or lent, and the statement of its use. See `records`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from logistics.rules.records import NamedPerson, NamedPlace, Record

Form = Literal["receipt", "statement"]


class SupplyLine(Record, frozen=True):
    """An item at a place: opening + received + moved_in - used - returned - lost - moved_out = closing, in pieces."""

    item: str
    name: str
    unit: str
    lent: bool
    place: str
    opening: int
    received: int
    moved_in: int
    used: int
    returned: int
    lost: int
    moved_out: int
    closing: int


class SupplyRecord(Record, frozen=True):
    """P15 借用書/支給品受領書/使用明細書 (appendix 1 article 14(2), (4)): from `first` through `last`.

    `city` is the employee who handed it over, or took back what was left; None where nothing changes hands.
    """

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    form: Form
    place: NamedPlace
    city: NamedPerson | None
    first: date
    last: date
    lines: tuple[SupplyLine, ...]
