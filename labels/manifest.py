"""P1 発送明細書: everything that one run carries to one destination, card by card."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, shipment, table
from labels.flow import Piece
from labels.page import compose, grouped
from labels.pen import GREY, Pen
from labels.shipment import ROW
from logistics.rules.records import Imprint, ManifestRecord, SealedBatch

TITLE = "発送明細書"

_BATCHES = table.columns(
    ("", 9, "right"),
    ("搬送袋番号", 47, "centre"),
    ("封印番号", 32, "left"),
    ("枚数", 18, "right"),
    ("内訳", 43, "left"),
    ("積込み", 26, "left"),
)
_CARDS = table.columns(
    ("番号", 13, "right"),
    ("確認", 12, "centre"),
    ("管理番号", 34, "left"),
    ("種別", 41, "left"),
    ("搬送袋", 30, "left"),
    ("バーコード", 45, "centre"),
)


def render(record: ManifestRecord, imprint: Imprint) -> bytes:
    """The manifest as PDF. ValueError if its containers and its list do not tell the same."""
    _require_true(record)
    return compose(shipment.paper(TITLE, record), imprint, list(_pieces(record)))


def _require_true(record: ManifestRecord) -> None:
    listed: dict[str, int] = {batch.code: 0 for batch in record.batches}
    for line in record.lines:
        listed[line.batch] = listed.get(line.batch, 0) + 1
    stated = {batch.code: batch.cards for batch in record.batches}
    if listed != stated:
        raise ValueError(
            f"manifest {record.number} lists {listed} cards per batch, its batches state {stated}"
        )


def _pieces(record: ManifestRecord) -> Iterator[Piece]:
    def draw_between(pen: Pen, y: float, index: int) -> None:
        line = record.lines[index]
        _, _, _, kind, batch, _ = _CARDS
        pen.cell(kind.x, y, kind.width, ROW, line.kind_name, 8.5)
        pen.cell(batch.x, y, batch.width, ROW, grouped(line.batch), 8, grey=GREY)

    yield from shipment.opening(record, "発送")
    yield from _batches(record.batches)
    yield parts.section("種別ごとの枚数")
    yield from parts.kind_counts(record.counts, len(record.lines))
    yield from shipment.cards(record, _CARDS, draw_between)
    yield from shipment.closing(record, "発送者（分室）", "受領（拠点）")


def _batches(batches: tuple[SealedBatch, ...]) -> Iterator[Piece]:
    head = table.head(_BATCHES)
    for number, batch in enumerate(batches, 1):
        height = max(13.0, 4.0 * len(batch.counts) + 2)
        yield Piece(height, _draw_batch(number, batch, height, last=number == len(batches)), head)


def _draw_batch(number: int, batch: SealedBatch, height: float, *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, code, seal, cards, kinds, loaded = _BATCHES
        pen.cell(index.x, y, index.width, height, str(number), 9, "right")
        parts.coded(pen, batch.code, code.x, y + (height - 13) / 2, code.width, 13)
        pen.cell(seal.x, y, seal.width, height, batch.seal_number, 11, lines=2)
        pen.cell(cards.x, y, cards.width, height, f"{batch.cards:,} 枚", 11, "right")
        top = y + (height - 4.0 * len(batch.counts)) / 2
        for row, count in enumerate(batch.counts):
            pen.cell(kinds.x, top + 4 * row, kinds.width - 9, 4, count.name, 8)
            pen.cell(kinds.x + kinds.width - 13, top + 4 * row, 12, 4, f"{count.count:,}", 8, "right")
        pen.cell(loaded.x, y, loaded.width, height, parts.short_time(batch.loaded_at), 8, lines=2)
        table.under(pen, y + height, strong=last)

    return draw
