"""How pieces of paper follow each other over pages. Nothing is drawn here: pages are planned, then counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labels.pen import Pen


@dataclass(frozen=True, slots=True)
class Piece:
    """A strip across the page, `height` mm high. `draw` gets the pen and the strip's upper edge.

    `head` stands above the first strip of a list and again at the top of every page that continues it.
    `keep` keeps the strip on one page with the one after it.
    """

    height: float
    draw: Callable[[Pen, float], None]
    head: Piece | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece and where its upper edge lies."""

    y: float
    piece: Piece


def gap(height: float, *, keep: bool = False) -> Piece:
    """White space; it is dropped at the top of a page."""
    return Piece(height, _nothing, keep=keep)


def _nothing(pen: Pen, y: float) -> None:
    pass


def paginate(pieces: Sequence[Piece], top: float, bottom: float) -> list[list[Placed]]:
    """Fill pages from `top` to `bottom` mm, in order; at least one page. A page never begins with a gap.

    A chain of kept pieces that is higher than a page is broken all the same.
    """
    pages: list[list[Placed]] = [[]]
    y, head = top, None
    for chain in _chains(pieces):
        if y + _height(chain, head) > bottom and pages[-1]:
            pages.append([])
            y, head = top, None
        for piece in chain:
            if piece.draw is _nothing and not pages[-1]:
                continue
            y, head = _place(pages, piece, y, head, top, bottom)
    return pages


def _height(chain: Sequence[Piece], head: Piece | None) -> float:
    """What a chain needs below `head`, with the heads that its own lists bring."""
    needed = 0.0
    for piece in chain:
        if piece.head and piece.head is not head:
            needed += piece.head.height
        needed, head = needed + piece.height, piece.head
    return needed


def _chains(pieces: Sequence[Piece]) -> list[list[Piece]]:
    chains: list[list[Piece]] = []
    chained = False
    for piece in pieces:
        if chained:
            chains[-1].append(piece)
        else:
            chains.append([piece])
        chained = piece.keep
    return chains


def _place(
    pages: list[list[Placed]], piece: Piece, y: float, head: Piece | None, top: float, bottom: float
) -> tuple[float, Piece | None]:
    if y + piece.height > bottom and pages[-1]:
        pages.append([])
        y, head = top, None
    if piece.head and piece.head is not head:
        pages[-1].append(Placed(y, piece.head))
        y += piece.head.height
    pages[-1].append(Placed(y, piece))
    return y + piece.height, piece.head
