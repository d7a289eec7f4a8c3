"""Lists whose cells hold sentences: each row is as high as its longest cell, and continues on the next page by rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from labels import fonts, table
from labels.flow import Piece
from labels.page import LEFT, WIDTH
from labels.pen import STRONG, TINT, Pen
from labels.table import Column
from logistics.rules.japanese import in_japan, japanese_clock, japanese_date

_SIZE, _LEADING, _PAD = 8.5, 4.3, 1.5
# A cell that is longer than this goes on in rows of its own, so that a page can always take one.
_MOST_LINES = 24


def rows(cols: Sequence[Column], cells: Sequence[Sequence[str]]) -> Iterator[Piece]:
    """The rows of a list under its head. Nothing is cut off: what is too long for one row goes on in the next."""
    head = table.head(cols)
    for number, row in enumerate(cells, start=1):
        lines = [
            [
                line
                for part in text.splitlines() or [""]
                for line in fonts.wrapped(part, col.width - 2 * _PAD, _SIZE)
            ]
            for col, text in zip(cols, row, strict=True)
        ]
        longest = max(len(one) for one in lines)
        for start in range(0, longest, _MOST_LINES):
            part = [one[start : start + _MOST_LINES] for one in lines]
            last = start + _MOST_LINES >= longest
            yield _row(cols, part, head, ends=last, strong=number in (len(cells),))


def paragraph(title: str, text: str) -> Iterator[Piece]:
    """A titled box of running text; empty lines of it are kept."""
    label = 27.0
    lines = [
        line
        for part in text.splitlines() or [""]
        for line in fonts.wrapped(part, WIDTH - label - 2 * _PAD, _SIZE + 0.5)
    ]
    for start in range(0, len(lines), _MOST_LINES):
        yield _box(title if start == 0 else f"{title}（続き）", lines[start : start + _MOST_LINES], label)


def when(at: datetime) -> str:
    """A moment for a narrow cell: its day, and under it its time."""
    return f"{japanese_date(in_japan(at).date())}\n{japanese_clock(at)}"


def _box(title: str, lines: Sequence[str], label: float) -> Piece:
    height = max(len(lines) * (_LEADING + 0.4) + 2.6, 8.4)

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, label, height, 0, fill=TINT)
        pen.cell(LEFT, y, label, height, title, 8, lines=2)
        top = y + (height - len(lines) * (_LEADING + 0.4)) / 2
        for index, line in enumerate(lines):
            pen.write(LEFT + label + _PAD, top + index * (_LEADING + 0.4) + 3.5, line, _SIZE + 0.5)
        pen.box(LEFT, y, WIDTH, height, STRONG)

    return Piece(height, draw)


def _row(
    cols: Sequence[Column], lines: Sequence[Sequence[str]], head: Piece, *, ends: bool, strong: bool
) -> Piece:
    height = max(max(len(one) for one in lines) * _LEADING + 2.2, 6.8)

    def draw(pen: Pen, y: float) -> None:
        for col, own in zip(cols, lines, strict=True):
            for index, line in enumerate(own):
                at = {"left": col.x + _PAD, "right": col.x + col.width - _PAD}.get(
                    col.align, col.x + col.width / 2
                )
                pen.write(at, y + 4.4 + index * _LEADING, line, _SIZE, col.align)
        if ends:
            table.under(pen, y + height, strong=strong)

    return Piece(height, draw, head)
