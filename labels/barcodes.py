"""Code 128 as vectors. Every symbol is decoded from a raster of its own modules before it reaches paper.

A symbol is a row of modules, each black or white and equally wide. The width of a module is a whole number
of dots of a 203 dpi label printer, so that such a printer draws every bar as designed and a finer one hardly
differs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial

import barcode
import zxingcpp
from barcode.writer import SVGWriter
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from logistics.rules import codes
from logistics.rules.errors import MalformedCode

# Code 128 asks for ten modules of white on either side.
QUIET_MODULES = 10
DOT_MM = 25.4 / 203
# From 0.25 mm, what every hand scanner reads from printed paper, to 0.75 mm on large labels.
FEWEST_DOTS, MOST_DOTS = 2, 6
_DOT = DOT_MM * mm
# The proof is drawn as a 203 dpi printer would draw the smallest symbol.
_PROOF_WHITE = b"\xff" * FEWEST_DOTS
_PROOF_BLACK = b"\x00" * FEWEST_DOTS

_BAR = re.compile("1+")
_CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)
# Only its encoding is wanted; each symbol would make a writer of its own.
_Code128 = partial(barcode.get_barcode_class("code128"), writer=SVGWriter())
# ISO/IEC 15417: how wide a character is, and the stop character.
_MODULES, _STOP_MODULES = 11, 13


class UnprovenBarcode(Exception):
    """A barcode was not drawn, because what a scanner reads from it is not the code it stands for."""

    def __init__(self, code: str, read: str | None) -> None:
        super().__init__(
            f"the barcode of {code} reads as {read or 'nothing'}; do not print, check python-barcode and zxing-cpp"
        )
        self.code = code
        self.read = read


@dataclass(frozen=True, slots=True)
class Symbol:
    """A proven barcode: `modules` wide without quiet zones, `path` its bars in PDF, one unit per module."""

    code: str
    modules: int
    path: str

    @property
    def total_modules(self) -> int:
        """Bars with both quiet zones."""
        return self.modules + 2 * QUIET_MODULES


@lru_cache(maxsize=4096)
def symbol(code: str) -> Symbol:
    """The proven symbol of a control number.

    Raises MalformedCode for anything that is not one of our codes, UnprovenBarcode if the proof fails.
    """
    if reason := codes.fault(code):
        raise MalformedCode("a barcode", "control", reason)
    modules = _Code128(code).build()[0]
    read = _read_back(modules)
    if read != code:
        raise UnprovenBarcode(code, read)
    return Symbol(code, len(modules), _path(modules))


def _read_back(modules: str) -> str | None:
    """What zxing-cpp reads from one row of pixels that shows `modules` with their quiet zones."""
    quiet = _PROOF_WHITE * QUIET_MODULES
    row = quiet + modules.encode().replace(b"0", _PROOF_WHITE).replace(b"1", _PROOF_BLACK) + quiet
    read = zxingcpp.read_barcode(
        memoryview(row).cast("B", (1, len(row))),
        formats=_CODE_128,
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
    )
    return None if read is None else read.text


def _path(modules: str) -> str:
    """The bars as PDF rectangles: x and width in modules, from 0 to 1 high; neighbours are one rectangle."""
    # Every character ends in white, so that no bar reaches from one into the next; the last, the stop, is longer.
    ends = len(modules) - _STOP_MODULES
    parts = [_bars(modules[at : at + _MODULES], at) for at in range(0, ends, _MODULES)]
    return " ".join([*parts, _bars(modules[ends:], ends)])


@lru_cache(maxsize=4096)
def _bars(modules: str, at: int) -> str:
    """The bars of one character that begins at the module `at`: a hundred characters in a dozen places."""
    return " ".join(f"{at + bar.start()} 0 {bar.end() - bar.start()} 1 re" for bar in _BAR.finditer(modules))


def module_mm(code: str, room_mm: float) -> float:
    """The widest module, in whole dots, with which `code` and its quiet zones fit into `room_mm`.

    ValueError if not even the narrowest one does.
    """
    total = symbol(code).total_modules
    for dots in range(MOST_DOTS, FEWEST_DOTS - 1, -1):
        if (total * dots + 1) * DOT_MM <= room_mm:
            return dots * DOT_MM
    raise ValueError(
        f"the barcode of {code} needs {(total * FEWEST_DOTS + 1) * DOT_MM:.1f} mm and has {room_mm:.1f} mm"
    )


def width_mm(code: str, module: float) -> float:
    """How wide the symbol is with both quiet zones and the dot that it may move by."""
    return symbol(code).total_modules * module + DOT_MM


def draw(canvas: Canvas, code: str, x: float, y: float, height: float, module: float) -> None:
    """Draw `code` with its left quiet zone beginning at `x` and its bars standing on `y`; x and y in points.

    `height` and `module` are millimetres. The bars move by less than a 203 dpi dot, to begin on one.
    """
    proven = symbol(code)
    first_bar = -(-(x + QUIET_MODULES * module * mm - 0.001) // _DOT) * _DOT
    canvas.saveState()
    canvas.transform(module * mm, 0, 0, height * mm, first_bar, y)
    canvas.drawPath(PDFPathObject(["n", proven.path]), stroke=0, fill=1)
    canvas.restoreState()
