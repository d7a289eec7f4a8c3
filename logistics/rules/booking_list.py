"""Reading what the booking system exports for a session: control numbers, and at which time each is expected."""

from __future__ import annotations

import re
from dataclasses import dataclass

from logistics.rules.codes import CodeType
from logistics.rules.csv_list import Columns, Fault, fault, read, wrong_code

COLUMNS: Columns = {
    "control_number": ("control_number", "管理番号"),
    "booked_for": ("booked_for", "予約時刻", "時刻"),
    "notice_number": ("notice_number", "交付通知書番号", "通知書番号"),
}
TIME = re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Booking:
    """One line: a card, when it is expected, and the number of its notice, which is kept nowhere as it stands."""

    number: int
    card: str
    booked_for: str | None
    notice_number: str | None


def parse(content: bytes) -> tuple[list[Booking], list[Fault]]:
    """The bookings of a list, and its faults as far as the list alone tells; with faults it is not to be imported."""
    given, faults = read(content, COLUMNS, optional=("booked_for", "notice_number"))
    lines: list[Booking] = []
    first_seen: dict[str, int] = {}
    for one in given:
        card, at = one.cells["control_number"], one.cells["booked_for"]
        if reason := wrong_code(card, CodeType.CARD):
            faults.append(fault(one.number, "control_number", reason))
        elif card in first_seen:
            faults.append(fault(one.number, "control_number", f"stands in line {first_seen[card]} already"))
        first_seen.setdefault(card, one.number)
        if at and not TIME.fullmatch(at):
            faults.append(fault(one.number, "booked_for", "write a time of day such as 09:30"))
        lines.append(
            Booking(one.number, card, at.zfill(5) if at else None, one.cells["notice_number"] or None)
        )
    if not lines and not faults:
        faults.append(fault(2, "-", "the list names no card"))
    return lines, sorted(faults, key=lambda found: found["line"])
