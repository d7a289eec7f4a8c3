"""The label on an opaque card sleeve: control number and kind. Never for the card itself, never a name."""

from __future__ import annotations

from collections.abc import Sequence

from labels import barcodes
from labels.page import grouped
from labels.pen import GREY, Pen
from labels.sheets import AS_DESIGNED, SLEEVES_24, Placement, SheetLayout, sheets
from logistics.rules.records import SleeveLabel

_PAD = 1.5


def render(
    labels: Sequence[SleeveLabel], layout: SheetLayout = SLEEVES_24, placement: Placement = AS_DESIGNED
) -> bytes:
    """PDF of one label per sleeve. ValueError for no labels or for stock too small to hold them."""
    return sheets(labels, _draw, layout, placement, "カードスリーブラベル")


def _draw(pen: Pen, x: float, y: float, layout: SheetLayout, label: SleeveLabel) -> None:
    width, height = layout.width - 2 * _PAD, layout.height
    left = x + _PAD
    scale = height / 33.9
    module = barcodes.module_mm(label.card, width)
    code_width = barcodes.width_mm(label.card, module)
    pen.cell(
        left,
        y + height * 0.08,
        width,
        height * 0.14,
        label.kind_name,
        9 * scale,
        "centre",
        pad=2.5,
        grey=GREY,
    )
    pen.barcode(label.card, left + (width - code_width) / 2, y + height * 0.25, height * 0.4, module)
    pen.cell(left, y + height * 0.69, width, height * 0.2, grouped(label.card), 15 * scale, "centre", pad=2.5)
