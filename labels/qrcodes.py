"""QR codes as vectors. Every symbol is decoded from its own modules before it reaches paper.

A module is a whole number of dots of a 203 dpi printer wide, like that of the barcodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import zxingcpp
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from labels.barcodes import DOT_MM

# ISO/IEC 18004 asks for four modules of white on every side.
QUIET_MODULES = 4
_DOT = DOT_MM * mm
# Two pixels a module, as the coarsest printer draws the smallest symbol.
_PROOF_PIXELS = 2
_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


class UnprovenQr(Exception):
    """A QR code was not drawn, because what a scanner reads from it is not the text it stands for."""

    def __init__(self, text: str) -> None:
        super().__init__(f"a QR code of {len(text)} characters does not read back; check zxing-cpp")


@dataclass(frozen=True, slots=True)
class Qr:
    """A proven symbol: `modules` wide without its quiet zone, `path` its dark modules in PDF, y upwards."""

    modules: int
    path: str

    @property
    def total_modules(self) -> int:
        """With the quiet zone on both sides."""
        return self.modules + 2 * QUIET_MODULES


@lru_cache(maxsize=64)
def symbol(text: str) -> Qr:
    """The proven symbol of `text`, error correction M. UnprovenQr."""
    picture = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(
        scale=1, add_quiet_zones=False
    )
    dark = bytes(memoryview(picture).cast("B"))  # type: ignore[arg-type]
    side = int(picture.shape[0])
    rows = [[dark[y * side + x] == 0 for x in range(side)] for y in range(side)]
    if _read_back(rows) != text:
        raise UnprovenQr(text)
    return Qr(side, " ".join(_runs(rows)))


def _read_back(rows: list[list[bool]]) -> str | None:
    """What zxing-cpp reads from a raster of the modules with their quiet zone."""
    side = (len(rows) + 2 * QUIET_MODULES) * _PROOF_PIXELS
    quiet = b"\xff" * (QUIET_MODULES * _PROOF_PIXELS)
    lines = [
        quiet + b"".join((b"\x00" if dark else b"\xff") * _PROOF_PIXELS for dark in row) + quiet
        for row in rows
    ]
    margin = b"\xff" * (side * QUIET_MODULES * _PROOF_PIXELS)
    raster = margin + b"".join(line * _PROOF_PIXELS for line in lines) + margin
    read = zxingcpp.read_barcode(memoryview(raster).cast("B", (side, side)), formats=_FORMATS)
    return None if read is None else str(read.text)


def _runs(rows: list[list[bool]]) -> list[str]:
    """The dark modules as PDF rectangles, neighbours in a row joined; the first row is the uppermost."""
    found = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                found.append(f"{x} {len(rows) - 1 - y} {width} 1 re")
            x += width or 1
    return found


def width_mm(text: str, dots: int) -> float:
    """How wide the symbol is with its quiet zone and the dot that it may move by."""
    return (symbol(text).total_modules * dots + 1) * DOT_MM


def draw(canvas: Canvas, text: str, x: float, y: float, dots: int) -> None:
    """Draw the symbol from the lower left corner of its quiet zone, at `x` and `y` in points.

    It moves by less than a 203 dpi dot, to begin on one.
    """
    proven = symbol(text)
    quiet = QUIET_MODULES * dots * _DOT
    left, bottom = (-(-(at + quiet - 0.001) // _DOT) * _DOT for at in (x, y))
    canvas.saveState()
    canvas.transform(dots * _DOT, 0, 0, dots * _DOT, left, bottom)
    canvas.drawPath(PDFPathObject(["n", proven.path]), stroke=0, fill=1)
    canvas.restoreState()
