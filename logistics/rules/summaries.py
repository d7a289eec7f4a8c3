"""Monthly summaries of earlier years, as offices print them: every total is checked against its parts.

A wrong total is a warning, not a fault: the print says what it says. Figures are added only where they count the same
thing over the same months at places that are parts of one whole; a figure of the whole city is no part of anything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from logistics.rules.csv_list import Fault, fault, read

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "place": ("place", "拠点"),
    "measure": ("measure", "区分"),
    "name": ("name", "名称"),
    "printed_total": ("printed_total", "合計"),
    "source": ("source", "出典"),
}
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_NUMBER = re.compile(r"\d{1,9}")
MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Summary:
    """One line: a measure by month at a place, or of the whole city where there is none; with its printed total."""

    number: int
    place: str | None
    measure: str
    name: str
    months: Mapping[date, int]
    printed_total: int | None
    source: str

    @property
    def added(self) -> int:
        """The sum of the months."""
        return sum(self.months.values())


@dataclass(frozen=True, slots=True)
class Doubt:
    """A printed total that is not the sum of its parts."""

    where: str
    printed: int
    added: int

    @property
    def ja(self) -> str:
        """For the screen."""
        return (
            f"{self.where}：印字された合計 {self.printed:,} は内訳の合計 {self.added:,} と一致しません"
            f"（差 {self.printed - self.added:+,}）"
        )


@dataclass(frozen=True, slots=True)
class Total:
    """What the places of one table add up to: by month and in all."""

    measure: str
    name: str
    places: int
    months: Mapping[date, int]

    @property
    def added(self) -> int:
        """Over all months."""
        return sum(self.months.values())


def parse(content: bytes, places: Mapping[str, str]) -> tuple[list[Summary], list[Fault]]:
    """The lines of a table, and all its faults; `places` maps what a table may call a place to its code.

    Months are columns named such as 2025-04. A table without a column of places is of the whole city.
    """
    months = {name: (name,) for name in _months_of(content)}
    lines, faults = read(content, {**COLUMNS, **months}, optional=("place", "name", "printed_total"))
    if not months and not faults:
        faults.append(fault(1, "-", "no column is a month such as 2025-04"))
    found = []
    for line in lines:
        summary, wrong = _line(line.number, line.cells, list(months), places)
        faults += wrong
        if summary is not None:
            found.append(summary)
    twice: set[tuple[str | None, str]] = set()
    for one in found:
        if (one.place, one.measure) in twice:
            faults.append(fault(one.number, "measure", "stands twice for the same place"))
        twice.add((one.place, one.measure))
    return found, sorted(faults, key=lambda one: one["line"])


def _months_of(content: bytes) -> list[str]:
    head = content.split(b"\n", 1)[0].decode("ascii", "ignore")
    return list(dict.fromkeys(cell for cell in map(str.strip, head.split(",")) if _MONTH.fullmatch(cell)))


def _line(
    number: int, cells: Mapping[str, str], months: Sequence[str], places: Mapping[str, str]
) -> tuple[Summary | None, list[Fault]]:
    faults = [
        fault(number, column, "must be a whole number without separators")
        for column in (*months, "printed_total")
        if not _NUMBER.fullmatch(cells[column]) and not (column == "printed_total" and not cells[column])
    ]
    if cells["place"] and cells["place"] not in places:
        faults.append(fault(number, "place", "is no place of ours"))
    faults += [fault(number, column, "is empty") for column in ("measure", "source") if not cells[column]]
    faults += [
        fault(number, column, f"is longer than {MOST_WORDS} characters")
        for column in ("measure", "name", "source")
        if len(cells[column]) > MOST_WORDS
    ]
    if faults:
        return None, faults
    return (
        Summary(
            number,
            places[cells["place"]] if cells["place"] else None,
            cells["measure"],
            cells["name"] or cells["measure"],
            {date.fromisoformat(f"{month}-01"): int(cells[month]) for month in months},
            int(cells["printed_total"]) if cells["printed_total"] else None,
            cells["source"],
        ),
        [],
    )


def doubts(lines: Iterable[Summary]) -> list[Doubt]:
    """Every printed total that its months do not add up to, in the order of the lines."""
    return [
        Doubt(f"{line.source} {line.name}", line.printed_total, line.added)
        for line in lines
        if line.printed_total is not None and line.printed_total != line.added
    ]


def totals(lines: Iterable[Summary]) -> list[Total]:
    """What places add up to, for each measure that all of them count under one name over the same months.

    A measure that some place counts otherwise, or over other months, is left out; so is what is of the whole city.
    """
    by_measure: dict[str, list[Summary]] = defaultdict(list)
    for line in lines:
        if line.place is not None:
            by_measure[line.measure].append(line)
    found = []
    for measure, parts in by_measure.items():
        first = parts[0]
        if any(part.name != first.name or set(part.months) != set(first.months) for part in parts):
            continue
        sums = {month: sum(part.months[month] for part in parts) for month in sorted(first.months)}
        found.append(Total(measure, first.name, len({part.place for part in parts}), sums))
    return found
