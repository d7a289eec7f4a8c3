"""Reading an arrival list: CSV as it really comes, every fault named by line and column, all of them at once."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from logistics.rules.codes import CodeType, fault
from logistics.rules.guard import holds_my_number

MOST_LINES = 20_000
MOST_FAULTS = 1_000
LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,19}")
# What a list may call its columns; the first name is ours.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "control_number": ("control_number", "管理番号"),
    "kind": ("kind", "種別"),
    "destination": ("destination", "配送先", "拠点"),
    "box": ("box", "小箱", "小箱番号"),
}

Fault: TypeAlias = "dict[str, str | int]"


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
    """The cards of a list that arrives on `day`, and all its faults; a list with faults is not to be imported.

    UTF-8 with or without BOM, else Shift_JIS as Windows writes it (cp932); any line ends. No fault quotes the
    value it complains of, which could be anything.
    """
    text, wrong = _decode(content)
    if text is None:
        return [], [wrong]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        return [], [_fault(reader.line_num, "-", f"not CSV: {error}")]
    if not any(rows):
        return [], [_fault(1, "-", "the file is empty")]
    places, faults = _heading(rows[0])
    if faults:
        return [], faults
    if len(rows) > MOST_LINES + 1:
        return [], [_fault(MOST_LINES + 2, "-", f"a list holds at most {MOST_LINES} cards; split it")]
    return _body(rows, places, names, day)


def _decode(content: bytes) -> tuple[str | None, Fault]:
    for encoding in ("utf-8-sig",) if content.startswith(codecs.BOM_UTF8) else ("utf-8", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            wrong = _fault(line, "-", "neither UTF-8 nor Shift_JIS; save the list in one of them")
            continue
        if "\x00" in text:
            return None, _fault(text.count("\n", 0, text.index("\x00")) + 1, "-", "holds a NUL character")
        return text, {}
    return None, wrong


def _heading(row: list[str]) -> tuple[dict[str, int], list[Fault]]:
    said = [cell.strip() for cell in row]
    places = {
        column: next((said.index(name) for name in known if name in said), -1)
        for column, known in COLUMNS.items()
    }
    faults = [_fault(1, column, "this column is missing") for column, at in places.items() if at < 0]
    named = [column for column, known in COLUMNS.items() for cell in said if cell in known]
    if len(said) != len(set(said)) or len(named) != len(set(named)):
        faults.append(_fault(1, "-", "a column stands twice in the heading"))
    if any(holds_my_number(cell) for cell in said):
        faults.append(_fault(1, "-", "the heading holds a My Number; remove it"))
    return places, faults


def _body(
    rows: list[list[str]], places: dict[str, int], names: Names, day: date
) -> tuple[list[Line], list[Fault]]:
    lines: list[Line] = []
    faults: list[Fault] = []
    first_seen: dict[str, int] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(rows[0]):
            faults.append(_fault(number, "-", f"{len(row)} columns where the heading has {len(rows[0])}"))
            continue
        faults += [
            _fault(number, _column(places, at), "holds a My Number; remove it")
            for at, cell in enumerate(row)
            if holds_my_number(cell)
        ]
        line, wrong = _line(number, {c: row[at].strip() for c, at in places.items()}, names, day)
        if line.card in first_seen:
            wrong.append(_fault(number, "control_number", f"stands in line {first_seen[line.card]} already"))
        first_seen.setdefault(line.card, number)
        lines.append(line)
        faults += wrong
        if len(faults) >= MOST_FAULTS:
            break
    if not lines and not faults:
        faults.append(_fault(2, "-", "the list names no card"))
    return lines, faults


def _line(number: int, cells: Mapping[str, str], names: Names, day: date) -> tuple[Line, list[Fault]]:
    faults: list[Fault] = []
    if reason := _card_fault(cells["control_number"]):
        faults.append(_fault(number, "control_number", reason))
    kind = names.kinds.get(cells["kind"], "")
    if not kind:
        faults.append(_fault(number, "kind", "no such kind"))
    elif reason := _term_fault(names.terms[kind], day):
        faults.append(_fault(number, "kind", reason))
    destination = names.places.get(cells["destination"], "")
    if not destination:
        faults.append(_fault(number, "destination", "no such site; write its name or its code"))
    if not LABEL.fullmatch(cells["box"]):
        faults.append(_fault(number, "box", "write 1 to 20 letters, digits and hyphens"))
    return Line(number, cells["control_number"], kind, destination, cells["box"]), faults


def _column(places: Mapping[str, int], at: int) -> str:
    """What we call the column, or its place where we have no name for it: a heading may hold anything."""
    return next((column for column, known in places.items() if known == at), f"column {at + 1}")


def _card_fault(text: str) -> str | None:
    if not text:
        return "is empty"
    reason = fault(text)
    if reason is None and text[0] != CodeType.CARD:
        return "is not the control number of a card"
    return reason


def _term_fault(term: tuple[date, date | None], day: date) -> str | None:
    starts, ends = term
    if day < starts:
        return f"this kind is handled from {starts.isoformat()}"
    return f"this kind was handled until {ends.isoformat()}" if ends and day > ends else None


def _fault(line: int, column: str, reason: str) -> Fault:
    return {"line": line, "column": column, "reason": reason}
