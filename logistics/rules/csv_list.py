"""Reading a list that somebody's office sends as CSV, as it really comes; every fault by line and column, at once.

UTF-8 with or without BOM, else Shift_JIS as Windows writes it (cp932); any line ends. No fault quotes the value it
complains of, which could be anything.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from logistics.rules.codes import CodeType
from logistics.rules.codes import fault as code_fault
from logistics.rules.csv_words import in_japanese
from logistics.rules.guard import holds_my_number

MOST_LINES = 20_000
MOST_FAULTS = 1_000
# What else a program may have put between the columns.
SEPARATORS = {
    "\t": "tabs",
    ";": "semicolons",
    "，": "full-width commas",
    "、": "Japanese commas",
    "|": "bars",
}
_ENCODING = "neither UTF-8 nor Shift_JIS; save the list in one of them"
NAMED = {CodeType.CARD: "control number"}

Fault: TypeAlias = "dict[str, str | int]"
# What a list may call its columns; the first name is ours.
Columns: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Cells:
    """One line: its number in the file, the heading being line 1, and what stands in each of our columns."""

    number: int
    cells: Mapping[str, str]


def fault(line: int, column: str, reason: str) -> Fault:
    """A fault by its place, said in both languages."""
    return {"line": line, "column": column, "reason": reason, "reason_ja": in_japanese(reason) or reason}


def wrong_code(text: str, kind: CodeType) -> str | None:
    """Why a cell is not a code of this kind, or None where it is one."""
    if not text:
        return "is empty"
    reason = code_fault(text)
    if reason is None and text[0] != kind:
        return f"is not the {NAMED.get(kind, 'code')} of a {kind.name.lower().replace('_', ' ')}"
    return reason


def read(content: bytes, columns: Columns, optional: Collection[str] = ()) -> tuple[list[Cells], list[Fault]]:
    """The lines of a list and what is wrong with it as CSV; a column that is missing and optional is empty.

    A list with faults is not to be imported, but its lines may be looked at for more of them.
    """
    text, wrong = _decode(content)
    if text is None:
        return [], [wrong]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        return [], [fault(reader.line_num, "-", f"not CSV: {error}")]
    if not any(rows):
        return [], [fault(1, "-", "the file is empty")]
    places, faults = _heading(rows[0], columns, optional)
    if faults:
        return [], faults
    if len(rows) > MOST_LINES + 1:
        return [], [fault(MOST_LINES + 2, "-", f"a list holds at most {MOST_LINES} cards; split it")]
    return _body(rows, places)


def _decode(content: bytes) -> tuple[str | None, Fault]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None, fault(1, "-", _ENCODING)
    for encoding in ("utf-8-sig",) if content.startswith(codecs.BOM_UTF8) else ("utf-8", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            wrong = fault(line, "-", _ENCODING)
            continue
        if "\x00" in text:
            return None, fault(text.count("\n", 0, text.index("\x00")) + 1, "-", "holds a NUL character")
        return text, {}
    return None, wrong


def _heading(
    row: list[str], columns: Columns, optional: Collection[str]
) -> tuple[dict[str, int], list[Fault]]:
    said = [cell.strip() for cell in row]
    if len(row) == 1 and (other := _other_separator(row[0], columns)):
        return {}, [fault(1, "-", f"the columns are separated by {other}; save the list with commas")]
    places = {
        column: next((said.index(name) for name in known if name in said), -1)
        for column, known in columns.items()
    }
    faults = [
        fault(1, column, "this column is missing")
        for column, at in places.items()
        if at < 0 and column not in optional
    ]
    named = [column for column, known in columns.items() for cell in said if cell in known]
    if len(said) != len(set(said)) or len(named) != len(set(named)):
        faults.append(fault(1, "-", "a column stands twice in the heading"))
    if any(holds_my_number(cell) for cell in said):
        faults.append(fault(1, "-", "the heading holds a My Number; remove it"))
    return places, faults


def _other_separator(heading: str, columns: Columns) -> str | None:
    """What stands between the names of our columns, where it is not a comma."""
    names = {name for known in columns.values() for name in known}
    for separator, called in SEPARATORS.items():
        if len(names.intersection(cell.strip() for cell in heading.split(separator))) > 1:
            return called
    return None


def _body(rows: list[list[str]], places: dict[str, int]) -> tuple[list[Cells], list[Fault]]:
    lines: list[Cells] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(rows[0]):
            faults.append(fault(number, "-", f"{len(row)} columns where the heading has {len(rows[0])}"))
            continue
        faults += [
            fault(number, _column(places, at), "holds a My Number; remove it")
            for at, cell in enumerate(row)
            if holds_my_number(cell)
        ]
        lines.append(Cells(number, {c: row[at].strip() if at >= 0 else "" for c, at in places.items()}))
        if len(faults) >= MOST_FAULTS:
            break
    return lines, faults


def _column(places: dict[str, int], at: int) -> str:
    """What we call the column, or its place where we have no name for it: a heading may hold anything."""
    return next((column for column, known in places.items() if known == at), f"column {at + 1}")
