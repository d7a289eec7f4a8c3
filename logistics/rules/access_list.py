"""Reading what a badge reader recorded: who was in which room, or had which vault open, from when to when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from logistics.rules.calendar import JST
from logistics.rules.codes import CodeType
from logistics.rules.csv_list import Columns, Fault, fault, read, wrong_code

COLUMNS: Columns = {
    "person": ("person", "職員", "職員番号"),
    "vault": ("vault", "保管庫", "場所"),
    "opened_at": ("opened_at", "入室", "開扉"),
    "closed_at": ("closed_at", "退室", "閉扉"),
}
# What stands in the column of the vault where only the room was entered.
ROOM = frozenset({"", "room", "室"})
# An older one is a clock that was never set.
OLDEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One stay or opening; `vault` is None for the room. Times are UTC."""

    number: int
    person: str
    vault: str | None
    opened_at: datetime
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class KnownHere:
    """Who is registered, and which vaults the place has."""

    people: Collection[str]
    vaults: Collection[str]


def parse(content: bytes, known: KnownHere, now: datetime) -> tuple[list[AccessLine], list[Fault]]:
    """The lines of a badge reader's list, and all its faults; a list with faults is not to be imported.

    A time without an offset is Japanese. Two lines that overlap in the same vault, or of one person in the room,
    cannot both be true.
    """
    given, faults = read(content, COLUMNS, optional=("vault",))
    lines: list[AccessLine] = []
    for one in given:
        line, wrong = _line(one.number, one.cells, known, now)
        faults += wrong
        if line is not None:
            lines.append(line)
    faults += _overlaps(lines)
    if not lines and not faults:
        faults.append(fault(2, "-", "the list names nobody"))
    return lines, sorted(faults, key=lambda one: one["line"])


def _line(
    number: int, cells: Mapping[str, str], known: KnownHere, now: datetime
) -> tuple[AccessLine | None, list[Fault]]:
    faults: list[Fault] = []
    if reason := wrong_code(cells["person"], CodeType.PERSON):
        faults.append(fault(number, "person", reason))
    elif cells["person"] not in known.people:
        faults.append(fault(number, "person", "nobody is registered under this code"))
    vault = None if cells["vault"] in ROOM else cells["vault"]
    if vault is not None and vault not in known.vaults:
        faults.append(fault(number, "vault", "no vault of this place; leave it empty for the room"))
    opened, closed = (_time(cells[column]) for column in ("opened_at", "closed_at"))
    for column, at in (("opened_at", opened), ("closed_at", closed)):
        if at is None:
            faults.append(fault(number, column, "write a time such as 2026-04-01 09:12"))
        elif at > now:
            faults.append(fault(number, column, "lies in the future"))
        elif at < now - OLDEST:
            faults.append(fault(number, column, "lies too far in the past"))
    if opened and closed and closed < opened:
        faults.append(fault(number, "closed_at", "lies before opened_at"))
    if faults or opened is None or closed is None:
        return None, faults
    return AccessLine(number, cells["person"], vault, opened, closed), []


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=JST)).astimezone(UTC)


def _overlaps(lines: list[AccessLine]) -> list[Fault]:
    found: list[Fault] = []
    last: dict[str, AccessLine] = {}
    for line in sorted(lines, key=lambda line: (line.opened_at, line.number)):
        place = line.vault or line.person
        before = last.get(place)
        if before is not None and line.opened_at < before.closed_at:
            found.append(fault(line.number, "opened_at", f"overlaps with line {before.number}"))
        if before is None or line.closed_at > before.closed_at:
            last[place] = line
    return found
