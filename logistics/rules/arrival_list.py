"""Reading an arrival list: every fault of it named by line and column, all of them at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from logistics.rules.codes import CodeType
from logistics.rules.csv_list import MOST_FAULTS, Columns, Fault, fault, read, wrong_code
from logistics.rules.returns import ONE_WAY
from logistics.rules.vaulting import DEPOSITED

# What is handed in at a counter, or bound there: no list announces it.
UNLISTED = ONE_WAY | {DEPOSITED}
LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,19}")
# What a list may call its columns; the first name is ours.
COLUMNS: Columns = {
    "control_number": ("control_number", "管理番号"),
    "kind": ("kind", "種別"),
    "destination": ("destination", "配送先", "拠点"),
    "box": ("box", "小箱", "小箱番号"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One card of the list; `number` is its line in the file, the heading being line 1."""

    number: int
    card: str
    kind: str
    destination: str
    box: str


@dataclass(frozen=True, slots=True)
class Names:
    """What a list may call kinds and destinations, by our codes; and from when to when a kind is handled."""

    kinds: Mapping[str, str]
    terms: Mapping[str, tuple[date, date | None]]
    places: Mapping[str, str]


def parse(content: bytes, names: Names, day: date) -> tuple[list[Line], list[Fault]]:
    """The cards of a list that arrives on `day`, and all its faults; a list with faults is not to be imported."""
    given, faults = read(content, COLUMNS)
    lines: list[Line] = []
    first_seen: dict[str, int] = {}
    for one in given:
        line, wrong = _line(one.number, one.cells, names, day)
        if line.card in first_seen:
            wrong.append(
                fault(one.number, "control_number", f"stands in line {first_seen[line.card]} already")
            )
        first_seen.setdefault(line.card, one.number)
        lines.append(line)
        faults += wrong
        if len(faults) >= MOST_FAULTS:
            break
    if not lines and not faults:
        faults.append(fault(2, "-", "the list names no card"))
    return lines, sorted(faults, key=lambda one: one["line"])


def _line(number: int, cells: Mapping[str, str], names: Names, day: date) -> tuple[Line, list[Fault]]:
    faults: list[Fault] = []
    if reason := wrong_code(cells["control_number"], CodeType.CARD):
        faults.append(fault(number, "control_number", reason))
    kind = names.kinds.get(cells["kind"], "")
    if not kind:
        faults.append(fault(number, "kind", "no such kind"))
    elif kind in UNLISTED:
        faults.append(fault(number, "kind", "this kind comes on no list; take it in where it is collected"))
    elif reason := _term_fault(names.terms[kind], day):
        faults.append(fault(number, "kind", reason))
    destination = names.places.get(cells["destination"], "")
    if not destination:
        faults.append(fault(number, "destination", "no such site; write its name or its code"))
    if not LABEL.fullmatch(cells["box"]):
        faults.append(fault(number, "box", "write 1 to 20 letters, digits and hyphens"))
    return Line(number, cells["control_number"], kind, destination, cells["box"]), faults


def _term_fault(term: tuple[date, date | None], day: date) -> str | None:
    starts, ends = term
    if day < starts:
        return f"this kind is handled from {starts.isoformat()}"
    return f"this kind was handled until {ends.isoformat()}" if ends and day > ends else None
