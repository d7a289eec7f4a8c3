"""The label on a sealed container: where it goes, readable from three metres, and its barcode."""

from __future__ import annotations

from collections.abc import Sequence

from labels import barcodes, parts
from labels.page import grouped
from labels.pen import GREY, STRONG, THIN, Pen
from labels.sheets import AS_DESIGNED, BATCHES_8, Placement, SheetLayout, sheets
from logistics.rules.records import BatchLabel


def render(
    labels: Sequence[BatchLabel], layout: SheetLayout = BATCHES_8, placement: Placement = AS_DESIGNED
) -> bytes:
    """PDF of one label per container. ValueError for no labels or for stock too small to hold them."""
    return sheets(labels, _draw, layout, placement, "搬送袋ラベル")


def _draw(pen: Pen, x: float, y: float, layout: SheetLayout, label: BatchLabel) -> None:
    """Everything is drawn as on 105 x 74.25 mm and scaled to the label at hand."""
    scale = min(layout.width / 105, layout.height / 74.25)
    # Printers leave about 5 mm at the edges of the paper white.
    pad = 6.0 * min(scale, 1.2)
    left, top = x + pad, y + pad
    width, height = layout.width - 2 * pad, layout.height - 2 * pad
    run = parts.run_name(label.run_date, label.run_sequence)
    pen.cell(left, top, width * 0.72, height * 0.1, run, 12 * scale, pad=0)
    pen.cell(left + width * 0.72, top, width * 0.1, height * 0.1, "搬送袋", 9 * scale, pad=0, grey=GREY)
    counted = f"{label.number} / {label.of}"
    pen.cell(left + width * 0.82, top, width * 0.18, height * 0.1, counted, 12 * scale, "right", pad=0)
    pen.rule(left, top + height * 0.12, left + width, STRONG)
    pen.cell(
        left,
        top + height * 0.13,
        width,
        height * 0.4,
        label.destination.name,
        40 * scale,
        "centre",
        pad=0,
        bold=True,
        lines=2,
        least=9 * scale,
    )
    pen.rule(left, top + height * 0.54, left + width, STRONG)
    _draw_code(pen, left, top + height * 0.57, width, height * 0.24, label.batch)
    _draw_last_line(pen, left, top + height * 0.84, width, height * 0.16, label, scale)


def _draw_code(pen: Pen, x: float, y: float, width: float, height: float, code: str) -> None:
    module = barcodes.module_mm(code, width)
    pen.barcode(code, x + (width - barcodes.width_mm(code, module)) / 2, y, height, module)


def _draw_last_line(
    pen: Pen, x: float, y: float, width: float, height: float, label: BatchLabel, scale: float
) -> None:
    pen.cell(x, y, width * 0.45, height, grouped(label.batch), 14 * scale, pad=0)
    seal_x, seal_width = x + width * 0.47, width * 0.53
    pen.cell(seal_x, y, seal_width * 0.3, height, "封印番号", 9 * scale, pad=0)
    value_x, value_width = seal_x + seal_width * 0.3, seal_width * 0.7
    if label.seal_number:
        pen.cell(value_x, y, value_width, height, label.seal_number, 14 * scale, "right", pad=0, lines=2)
    pen.rule(value_x, y + height * 0.95, x + width, THIN)
