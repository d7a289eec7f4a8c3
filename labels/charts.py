"""Charts on paper: stacked bars and columns in five greys that a copier keeps apart, with their figures beside."""

from __future__ import annotations

from collections.abc import Sequence

from labels.flow import Piece
from labels.page import LEFT, WIDTH
from labels.parts import Draw
from labels.pen import GREY, HAIR, PALE, THIN, Pen

# From light to dark: what is old is dark.
SHADES = (1.0, 0.9, 0.76, 0.6, 0.42, 0.16)
_BAR, _GAP = 4.6, 1.6


def legend(names: Sequence[str]) -> Piece:
    """What each shade stands for, in one line."""
    step = WIDTH / len(names)

    def draw(pen: Pen, y: float) -> None:
        for index, name in enumerate(names):
            x = LEFT + index * step
            pen.box(x, y + 1.2, 4, 3, HAIR, fill=SHADES[index])
            pen.cell(x + 4.4, y + 0.2, step - 5, 5, name, 7.5, pad=0.6)

    return Piece(6, draw, keep=True)


def bars(rows: Sequence[tuple[str, Sequence[int]]]) -> list[Piece]:
    """One bar a row, as long as its sum; all to the scale of the longest."""
    longest = max((sum(parts) for _, parts in rows), default=0)
    return [Piece(_BAR + _GAP, _bar(name, parts, longest)) for name, parts in rows]


def _bar(name: str, parts: Sequence[int], longest: int) -> Draw:
    room = WIDTH - 24 - 18

    def draw(pen: Pen, y: float) -> None:
        pen.cell(LEFT, y, 24, _BAR, name, 8)
        x = LEFT + 24
        for shade, part in zip(SHADES, parts, strict=True):
            wide = room * part / longest if longest else 0
            if wide:
                pen.box(x, y, wide, _BAR, HAIR, fill=shade)
            x += wide
        pen.cell(x, y, 18, _BAR, f"{sum(parts):,}", 8)

    return draw


def columns(points: Sequence[tuple[str, int | None]], height: float = 34) -> Piece:
    """One column a point, its figure above and its name below; a point without a figure stays empty."""
    highest = max((value for _, value in points if value), default=0)
    step = WIDTH / max(len(points), 1)

    def draw(pen: Pen, y: float) -> None:
        base = y + height - 6
        for index, (name, value) in enumerate(points):
            x = LEFT + index * step
            if value is not None:
                tall = (height - 12) * value / highest if highest else 0
                pen.box(x + step * 0.2, base - tall, step * 0.6, tall, HAIR, fill=SHADES[3])
                pen.cell(x, base - tall - 4.6, step, 4.4, f"{value:,}", 7.5, "centre", pad=0.3)
            else:
                pen.cell(x, base - 4.6, step, 4.4, "―", 7.5, "centre", grey=GREY)
            pen.cell(x, base + 0.6, step, 5, name, 7, "centre", pad=0.3)
        pen.rule(LEFT, base, LEFT + WIDTH, THIN)
        pen.rule(LEFT, y, LEFT + WIDTH, HAIR, PALE)

    return Piece(height, draw)
