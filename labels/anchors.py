"""What ties a paper to the custody log: the root in full, the signed note as text and QR code, the key."""

from __future__ import annotations

from labels import fonts, qrcodes
from labels.flow import Piece
from labels.page import LEFT, WIDTH
from labels.pen import STRONG, TINT, Pen

_LEADING, _SIZE = 4.4, 8.5
_QR_DOTS = 3


def root(digits: str) -> Piece:
    """The root's 64 hexadecimal digits in groups of four."""
    return lines("照合値", [_fours(digits[:32]), _fours(digits[32:])], 12.0)


def key(vkey: str) -> Piece:
    """The key that verifies the note."""
    return lines("検証鍵", list(fonts.wrapped(vkey, WIDTH - 26, _SIZE, 3)), _SIZE)


def _fours(digits: str) -> str:
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def lines(title: str, texts: list[str], size: float) -> Piece:
    """A titled box with one line of text under another."""
    leading = max(_LEADING, size * 0.5)
    height = len(texts) * leading + 3.6

    def draw(pen: Pen, y: float) -> None:
        _frame(pen, y, height, title)
        for index, line in enumerate(texts):
            pen.cell(LEFT + 23, y + 1.8 + index * leading, WIDTH - 23, leading, line, size)

    return Piece(height, draw)


def signed(note: str) -> Piece:
    """The whole note: as it is written, line for line, and as a QR code beside it."""
    wide = qrcodes.width_mm(note, _QR_DOTS)
    room = WIDTH - 23 - wide - 3
    lines = [part for line in note.split("\n")[:-1] for part in fonts.wrapped(line, room - 3, _SIZE, 4)]
    height = max(wide + 2, len(lines) * _LEADING + 4)

    def draw(pen: Pen, y: float) -> None:
        _frame(pen, y, height, "署名付き照合票")
        for index, line in enumerate(lines):
            pen.write(LEFT + 24.5, y + 5.4 + index * _LEADING, line, _SIZE)
        pen.qr(note, LEFT + WIDTH - wide - 1, y + (height - wide) / 2, _QR_DOTS)

    return Piece(height, draw)


def _frame(pen: Pen, y: float, height: float, title: str) -> None:
    pen.box(LEFT, y, 23, height, 0, fill=TINT)
    pen.cell(LEFT, y, 23, height, title, 8, lines=2)
    pen.box(LEFT, y, WIDTH, height, STRONG)
