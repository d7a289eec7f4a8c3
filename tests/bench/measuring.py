"""Measuring in turn, and saying what came out. Machines are noisy: a ratio within one run is what counts."""

from __future__ import annotations

import statistics
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Side = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `best` says whether much or little is good; a bound may lie on either number."""

    path: str
    unit: str
    ours: float
    bare: float | None = None
    best: Literal["high", "low"] = "low"
    ratio_bound: float | None = None
    bound: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours to bare."""
        return self.ours / self.bare if self.bare else None

    @property
    def target(self) -> str:
        """The bounds, in words."""
        sign = "≥" if self.best == "high" else "≤"
        said = [f"{sign} {self.ratio_bound:g} × bare"] if self.ratio_bound else []
        said += [f"{sign} {self.bound:,g} {self.unit}"] if self.bound else []
        return ", ".join(said)

    @property
    def reached(self) -> bool | None:
        """Whether every bound is kept; None where there is none."""
        pairs = [(self.ours, self.bound), (self.ratio, self.ratio_bound)]
        kept = [
            value >= bound if self.best == "high" else value <= bound
            for value, bound in pairs
            if value is not None and bound is not None
        ]
        return all(kept) if kept else None


async def in_turn(ours: Side, bare: Side, rounds: int) -> tuple[float, float]:
    """The medians of both sides, taken A B A B …; a first round of each warms up and is not counted."""
    counted: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for side, values in zip((ours, bare), counted, strict=True):
            value = await side()
            if turn:
                values.append(value)
    return statistics.median(counted[0]), statistics.median(counted[1])


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest of `values` that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def table(rows: Sequence[Row]) -> str:
    """The rows under their heads, in columns that line up in a terminal."""
    heads = ("path", "unit", "ours", "bare", "ratio", "target", "")
    lines = [heads, *(_cells(row) for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(
            _padded(cell, width, left=column in (0, 1, 5))
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def as_json(row: Row) -> dict[str, object]:
    """A row for build/bench.json."""
    return {
        "path": row.path,
        "unit": row.unit,
        "ours": round(row.ours, 4),
        "bare": None if row.bare is None else round(row.bare, 4),
        "ratio": None if row.ratio is None else round(row.ratio, 3),
        "target": row.target,
        "reached": row.reached,
    }


def _cells(row: Row) -> tuple[str, ...]:
    mark = {True: "reached", False: "MISSED", None: ""}[row.reached]
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    bare = "" if row.bare is None else _number(row.bare)
    return (row.path, row.unit, _number(row.ours), bare, ratio, row.target, mark)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text
