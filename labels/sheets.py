"""Label stock as data: where each label of an A4 sheet lies, to the tenth of a millimetre.

Printers feed paper a little off. `Placement` moves everything by what the calibration sheet showed for that
printer, and skips labels that are used up already.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from labels import fonts
from labels.page import open_canvas, saved
from labels.pen import GREY, HAIR, PAGE_HEIGHT, PAGE_WIDTH, THIN, Pen

MOST_OFFSET_MM = 10.0
_Label = TypeVar("_Label")


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """A sheet of equal labels on A4. All sizes are millimetres; `pitch` is from label edge to label edge."""

    name: str
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    column_pitch: float
    row_pitch: float

    def __post_init__(self) -> None:
        right = self.left + (self.columns - 1) * self.column_pitch + self.width
        bottom = self.top + (self.rows - 1) * self.row_pitch + self.height
        if right > PAGE_WIDTH + 0.01 or bottom > PAGE_HEIGHT + 0.01:
            raise ValueError(f"the labels of {self.name} reach {right:.2f} x {bottom:.2f} mm, beyond A4")

    @property
    def per_sheet(self) -> int:
        """How many labels one sheet has."""
        return self.columns * self.rows

    def corner(self, index: int) -> tuple[float, float]:
        """The upper left corner of the `index`-th label from 0, row by row."""
        row, column = divmod(index, self.columns)
        return self.left + column * self.column_pitch, self.top + row * self.row_pitch


def centred(name: str, columns: int, rows: int, width: float, height: float) -> SheetLayout:
    """Labels that touch each other, with equal margins left and right, above and below."""
    left, top = (PAGE_WIDTH - columns * width) / 2, (PAGE_HEIGHT - rows * height) / 2
    return SheetLayout(name, columns, rows, width, height, left, top, width, height)


SLEEVES_24 = centred("24面 66.0×33.9mm", 3, 8, 66.0, 33.9)
SLEEVES_44 = centred("44面 48.3×25.4mm", 4, 11, 48.3, 25.4)
BATCHES_2 = centred("2面 210.0×148.5mm", 1, 2, 210.0, 148.5)
BATCHES_8 = centred("8面 105.0×74.25mm", 2, 4, 105.0, 74.25)
BATCHES_10 = centred("10面 86.4×50.8mm", 2, 5, 86.4, 50.8)

# What a setting or a form names; the layout it stands for.
LAYOUTS = {
    "sleeves-24": SLEEVES_24,
    "sleeves-44": SLEEVES_44,
    "batches-2": BATCHES_2,
    "batches-8": BATCHES_8,
    "batches-10": BATCHES_10,
}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where printing begins: after `skip` used labels, moved right by `dx_mm` and down by `dy_mm`."""

    skip: int = 0
    dx_mm: float = 0.0
    dy_mm: float = 0.0

    def __post_init__(self) -> None:
        if self.skip < 0:
            raise ValueError(f"cannot skip {self.skip} labels")
        if not (abs(self.dx_mm) <= MOST_OFFSET_MM and abs(self.dy_mm) <= MOST_OFFSET_MM):
            raise ValueError(f"a printer is calibrated by at most {MOST_OFFSET_MM} mm")


AS_DESIGNED = Placement()


def sheets(
    labels: Sequence[_Label],
    draw: Callable[[Pen, float, float, SheetLayout, _Label], None],
    layout: SheetLayout,
    placement: Placement,
    title: str,
) -> bytes:
    """PDF of the labels, row by row from the first free one, 1 to n pages. Equal input gives equal bytes.

    ValueError for no labels, or for a sheet with none left.
    """
    if not labels:
        raise ValueError("there are no labels to print")
    if placement.skip >= layout.per_sheet:
        raise ValueError(
            f"a sheet of {layout.name} has {layout.per_sheet} labels, {placement.skip} are skipped"
        )
    output = io.BytesIO()
    canvas = open_canvas(output, title)
    pen = Pen(canvas)
    for index, label in enumerate(labels, placement.skip):
        position = index % layout.per_sheet
        if position == 0 and index > 0:
            canvas.showPage()
        x, y = layout.corner(position)
        draw(pen, x + placement.dx_mm, y + placement.dy_mm, layout, label)
    canvas.showPage()
    return saved(canvas, output)


def calibration(layout: SheetLayout, placement: Placement = AS_DESIGNED) -> bytes:
    """One sheet to print on plain paper and to hold against the stock: outlines, corner crosses, two rulers.

    The rulers begin at the edge of the paper: what they read at the edge is the printer's own offset.
    """
    output = io.BytesIO()
    canvas = open_canvas(output, f"位置合わせ {layout.name}")
    pen = Pen(canvas)
    for index in range(layout.per_sheet):
        x, y = layout.corner(index)
        _outline(pen, x + placement.dx_mm, y + placement.dy_mm, layout)
    _rulers(pen, placement)
    _explanation(pen, layout, placement)
    canvas.showPage()
    return saved(canvas, output)


def _outline(pen: Pen, x: float, y: float, layout: SheetLayout) -> None:
    pen.box(x, y, layout.width, layout.height, HAIR)
    for corner_x in (x, x + layout.width):
        for corner_y in (y, y + layout.height):
            pen.rule(corner_x - 2.5, corner_y, corner_x + 2.5, THIN)
            pen.stroke(corner_x, corner_y - 2.5, corner_y + 2.5, THIN)


def _rulers(pen: Pen, placement: Placement) -> None:
    """A level ruler through the middle and an upright one, each from edge to edge, in millimetres."""
    level, upright = PAGE_HEIGHT / 2 + placement.dy_mm, PAGE_WIDTH / 2 + placement.dx_mm
    for at, length, label in _marks(int(PAGE_WIDTH)):
        x = at + placement.dx_mm
        pen.stroke(x, level, level + length, HAIR)
        if label:
            pen.write(x, level + length + 2, label, 5, "centre", grey=GREY)
    for at, length, label in _marks(int(PAGE_HEIGHT)):
        y = at + placement.dy_mm
        pen.rule(upright, y, upright + length, HAIR)
        if label:
            pen.write(upright + length + 0.6, y + 0.6, label, 5, grey=GREY)
    pen.rule(placement.dx_mm, level, PAGE_WIDTH + placement.dx_mm, THIN)
    pen.stroke(upright, placement.dy_mm, PAGE_HEIGHT + placement.dy_mm, THIN)


def _marks(end: int) -> Iterator[tuple[int, float, str]]:
    for at in range(end + 1):
        if at % 10 == 0:
            yield at, 4.0, str(at)
        else:
            yield at, 2.6 if at % 5 == 0 else 1.4, ""


def _explanation(pen: Pen, layout: SheetLayout, placement: Placement) -> None:
    """What to do with the sheet, inside its first label, as large as fits."""
    x, y = layout.corner(0)
    x, y, room = x + 4 + placement.dx_mm, y + 3 + placement.dy_mm, min(layout.width - 8, 90)
    says = (
        f"位置合わせ　{layout.name}",
        f"現在の補正　右へ {placement.dx_mm:+.1f} mm　下へ {placement.dy_mm:+.1f} mm",
        "等倍（100%）で普通紙に印刷し、台紙に重ねて透かす。枠が左へ 1 mm ずれていれば、右へ 1 mm 補正する。",
        "目盛りの 100 mm を実測し、拡大も縮小もしていないことを確かめる。",
    )
    for size in (9.0, 8.0, 7.0, 6.0, 5.0):
        lines = [line for text in says for line in fonts.wrapped(text, room, size)]
        leading = size * 0.5
        if len(lines) * leading <= layout.height - 6:
            break
    for row, line in enumerate(lines, 1):
        pen.write(x, y + row * leading, line, size)
