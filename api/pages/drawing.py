"""Pictures as geometry: what the templates draw as SVG, with neither script nor style of its own.

Lengths are in the picture's own units. Every picture stands beside a table that says the same, and colour never
carries a meaning alone: bars have numbers, lanes have names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from logistics.rules.undelivered import Band

WIDTH, LABEL, TOTAL = 960, 150, 70
ROW, BAR = 30, 20
# Narrower bars cannot hold their number.
LEAST_FOR_NUMBER = 30


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: where it begins, how long it is, what it counts."""

    look: str
    x: float
    width: float
    cards: int

    @property
    def is_wide(self) -> bool:
        """Whether its number fits into it."""
        return self.width >= LEAST_FOR_NUMBER


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the picture: its name, its pieces, their sum, and where it lies."""

    name: str
    y: float
    parts: tuple[Part, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars one under another."""

    bars: tuple[Bar, ...]
    height: float
    most: int


def stock(ages: Mapping[str, Mapping[Band, int]], names: Sequence[tuple[str, str]]) -> Bars:
    """The stock of each place as one bar, its pieces by age; places in the order of `names`, code and name."""
    sums = {code: sum(ages.get(code, {}).values()) for code, _ in names}
    most = max([*sums.values(), 1])
    unit = (WIDTH - LABEL - TOTAL) / most
    bars = []
    for n, (code, name) in enumerate(names):
        x, parts = float(LABEL), []
        for band in Band:
            if cards := ages.get(code, {}).get(band, 0):
                parts.append(Part(band.value, round(x, 1), round(cards * unit, 1), cards))
                x += cards * unit
        bars.append(Bar(name, n * ROW, tuple(parts), sums[code]))
    return Bars(tuple(bars), len(names) * ROW + 4, most)


def week(days: Sequence[Mapping[str, Any]], names: Mapping[date, str]) -> Bars:
    """Runs of a few days: what was received of what was dispatched; the rest is what is still out, or missing."""
    most = max([*(day["dispatched"] for day in days), 1])
    unit = (WIDTH - LABEL - TOTAL) / most
    bars = []
    for n, day in enumerate(days):
        received = min(day["received"], day["dispatched"])
        open_ = day["dispatched"] - received
        parts = [Part("received", LABEL, round(received * unit, 1), received)] if received else []
        if open_:
            parts.append(
                Part("open", round(LABEL + received * unit, 1), max(round(open_ * unit, 1), 3), open_)
            )
        bars.append(Bar(names[day["day"]], n * ROW, tuple(parts), day["dispatched"]))
    return Bars(tuple(bars), len(days) * ROW + 4, most)


@dataclass(frozen=True, slots=True)
class Stop:
    """An entry on a card's way: where it stands in the picture, its number, and whether it changed hands."""

    x: float
    y: float
    number: int
    words: str
    is_refusal: bool


@dataclass(frozen=True, slots=True)
class Way:
    """A card's way: lanes for whoever answered for it, stops in the order of the log, and the line between them."""

    lanes: tuple[tuple[str, float], ...]
    stops: tuple[Stop, ...]
    path: str
    width: float
    height: float


_LANE, _STEP, _FROM = 44, 46, 190
MOST_STOPS = 60


def way(entries: Sequence[tuple[str, str, bool]]) -> Way | None:
    """The picture of a card's entries (who answers for it, what was done, whether it was refused), in order.

    None where there is nothing to see yet. A long way is cut to its last entries: the timeline beside it has all.
    """
    shown = list(entries)[-MOST_STOPS:]
    if len(shown) < 2:
        return None
    keepers = list(dict.fromkeys(keeper for keeper, _, _ in shown))
    lanes = {name: n * _LANE + 24.0 for n, name in enumerate(keepers)}
    first = len(entries) - len(shown) + 1
    stops = tuple(
        Stop(_FROM + n * _STEP, lanes[keeper], first + n, words, is_refusal)
        for n, (keeper, words, is_refusal) in enumerate(shown)
    )
    path = f"M{stops[0].x:g} {stops[0].y:g}" + "".join(
        f" H{stop.x - _STEP / 2:g} V{stop.y:g} H{stop.x:g}" for stop in stops[1:]
    )
    width = _FROM + (len(stops) - 1) * _STEP + 30
    return Way(tuple(lanes.items()), stops, path, max(width, 480), len(lanes) * _LANE + 4)
