"""Ruled lists: columns, their head, and the lines under the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labels.flow import Piece
from labels.page import LEFT, RIGHT
from labels.pen import HAIR, PALE, STRONG, THIN, TINT, Align, Pen

HEAD_HEIGHT = 6.4


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list: its title and where it stands."""

    title: str
    x: float
    width: float
    align: Align


def columns(*described: tuple[str, float, Align]) -> tuple[Column, ...]:
    """Columns side by side from the left margin, each given as title, width in mm, alignment."""
    placed, x = [], LEFT
    for title, width, align in described:
        placed.append(Column(title, x, width, align))
        x += width
    return tuple(placed)


def draw_head(pen: Pen, y: float, cols: Sequence[Column]) -> None:
    """The tinted strip with the titles."""
    pen.box(LEFT, y, RIGHT - LEFT, HEAD_HEIGHT, 0, fill=TINT)
    pen.rule(LEFT, y, RIGHT, STRONG)
    pen.rule(LEFT, y + HEAD_HEIGHT, RIGHT, THIN)
    for column in cols:
        pen.cell(column.x, y, column.width, HEAD_HEIGHT, column.title, 8, column.align)


def head(cols: Sequence[Column]) -> Piece:
    """The head of a list as a piece, to be repeated on every page."""
    return Piece(HEAD_HEIGHT, lambda pen, y: draw_head(pen, y, cols))


def under(pen: Pen, y: float, *, strong: bool = False) -> None:
    """The line under a row; every fifth and the last one are stronger, for counting by eye."""
    if strong:
        pen.rule(LEFT, y, RIGHT, THIN)
    else:
        pen.rule(LEFT, y, RIGHT, HAIR, PALE)
