"""A pen on a page: lines, boxes, text and barcodes, in millimetres from the upper left corner.

Text goes through `fonts.plain`: no markup, no control characters, nothing that the typeface lacks.
"""

from __future__ import annotations

from typing import Literal

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels import barcodes, fonts, qrcodes

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
HAIR, THIN, STRONG, HEAVY = 0.25, 0.4, 0.8, 1.4
INK, GREY, PALE, TINT = 0.0, 0.38, 0.62, 0.945
# Where the middle of a Japanese glyph lies above its baseline, as a part of the size.
_MIDDLE = 0.38
_POINT_MM = 25.4 / 72
_LEADING = 1.25

Align = Literal["left", "centre", "right"]


class Pen:
    """Draws on one canvas. Sizes of text and weights of lines are points; all else is millimetres."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def write(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float = 9,
        align: Align = "left",
        *,
        grey: float = INK,
        bold: bool = False,
        spacing: float = 0,
    ) -> None:
        """Write one line; `x` is its left end, middle or right end. Bold is the outline drawn as well."""
        line = fonts.plain(text)
        left = x * mm
        if align != "left":
            wide = fonts.font().stringWidth(line, size) + spacing * max(len(line) - 1, 0)
            left -= wide if align == "right" else wide / 2
        canvas = self._canvas
        canvas.setFont(fonts.FONT, size)
        if grey:
            canvas.setFillGray(grey)
        if bold:
            canvas.setLineWidth(size * 0.028)
        canvas.drawString(left, self._up(baseline), line, mode=2 if bold else None, charSpace=spacing)
        if grey:
            canvas.setFillGray(INK)

    def cell(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        text: str,
        size: float = 9,
        align: Align = "left",
        *,
        pad: float = 1.5,
        grey: float = INK,
        bold: bool = False,
        lines: Literal[1, 2] = 1,
        least: float | None = None,
    ) -> None:
        """Write into a box, vertically in its middle.

        What is too long breaks into `lines` and shrinks, to `least` points or three fifths of its size.
        """
        room = width - 2 * pad
        shown, fit = self._lines(text, room, height, size, least or max(size * 0.6, 4.5), lines)
        leading = fit * _POINT_MM * _LEADING
        middle = y + height / 2 - leading * (len(shown) - 1) / 2
        at = {"left": x + pad, "centre": x + width / 2, "right": x + width - pad}[align]
        for index, line in enumerate(shown):
            baseline = middle + index * leading + fit * _POINT_MM * _MIDDLE
            self.write(at, baseline, line, fit, align, grey=grey, bold=bold)

    @staticmethod
    def _lines(
        text: str, room: float, height: float, size: float, least: float, lines: int
    ) -> tuple[tuple[str, ...], float]:
        """One line where it is nearly as large as wished; else two, if these are larger; at `least` cut with …."""
        size = min(size, height / _POINT_MM)
        least = min(least, size)
        line, fit = fonts.fitted(text, room, size, least)
        if lines == 1 or fit > size * 0.85:
            return (line,), fit
        upper, lower, both = fonts.halved(text, room, min(size, (height - 0.6) / 2 / _LEADING / _POINT_MM))
        if both <= fit and fit > least:
            return (line,), fit
        if both < least:
            return fonts.wrapped(text, room, least, lines), least
        return (upper, lower), both

    def rule(self, x: float, y: float, to_x: float, weight: float = THIN, grey: float = INK) -> None:
        """A level line."""
        self._line(x, y, to_x, y, weight, grey)

    def stroke(self, x: float, y: float, to_y: float, weight: float = THIN, grey: float = INK) -> None:
        """An upright line."""
        self._line(x, y, x, to_y, weight, grey)

    def _line(self, x: float, y: float, to_x: float, to_y: float, weight: float, grey: float) -> None:
        canvas = self._canvas
        canvas.setLineWidth(weight)
        if grey:
            canvas.setStrokeGray(grey)
        canvas.line(x * mm, self._up(y), to_x * mm, self._up(to_y))
        if grey:
            canvas.setStrokeGray(INK)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        weight: float = THIN,
        *,
        fill: float | None = None,
    ) -> None:
        """A rectangle from its upper left corner; `fill` is a grey, weight 0 leaves out the outline."""
        canvas = self._canvas
        if fill is not None:
            canvas.setFillGray(fill)
        canvas.setLineWidth(weight)
        canvas.rect(
            x * mm,
            self._up(y + height),
            width * mm,
            height * mm,
            stroke=int(weight > 0),
            fill=int(fill is not None),
        )
        if fill is not None:
            canvas.setFillGray(INK)

    def tick(self, x: float, y: float, side: float = 3.6) -> None:
        """A box to tick by hand, from its upper left corner."""
        self.box(x, y, side, side, 0.6)

    def seal(self, x: float, y: float, diameter: float = 14) -> None:
        """The place for a personal seal, by the middle of its circle."""
        canvas = self._canvas
        canvas.setLineWidth(HAIR)
        canvas.setStrokeGray(PALE)
        canvas.setDash(1.2, 1.6)
        canvas.circle(x * mm, self._up(y), diameter / 2 * mm)
        canvas.setDash()
        canvas.setStrokeGray(INK)
        self.write(x, y + 9 * _POINT_MM * _MIDDLE, "印", 9, "centre", grey=PALE)

    def barcode(self, code: str, x: float, y: float, height: float, module: float) -> None:
        """A Code 128 from the upper left corner of its left quiet zone."""
        barcodes.draw(self._canvas, code, x * mm, self._up(y + height), height, module)

    def qr(self, text: str, x: float, y: float, dots: int) -> None:
        """A QR code from the upper left corner of its quiet zone; a module is so many 203 dpi dots."""
        qrcodes.draw(self._canvas, text, x * mm, self._up(y + qrcodes.width_mm(text, dots)), dots)

    @staticmethod
    def _up(y: float) -> float:
        return float((PAGE_HEIGHT - y) * mm)
