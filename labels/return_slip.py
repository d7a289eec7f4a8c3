"""P4 返送票: everything that one run carries from a site back to the annex, card by card, with the reason of each."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, shipment, table
from labels.flow import Piece
from labels.page import compose
from labels.pen import GREY, Pen
from labels.shipment import ROW
from logistics.rules.records import Imprint, SealedBatch
from logistics.rules.return_records import ReturnRecord
from logistics.rules.returns import REASONS

TITLE = "返送票"
_BATCH_ROW = 13.0

_BATCHES = table.columns(
    ("", 9, "right"),
    ("搬送袋番号", 47, "centre"),
    ("封印番号", 40, "left"),
    ("枚数", 20, "right"),
    ("積込み", 59, "left"),
)
_CARDS = table.columns(
    ("番号", 13, "right"),
    ("確認", 12, "centre"),
    ("管理番号", 33, "left"),
    ("種別", 46, "left"),
    ("返送理由", 26, "left"),
    ("バーコード", 45, "centre"),
)


def render(record: ReturnRecord, imprint: Imprint) -> bytes:
    """The return slip as PDF. ValueError if its containers, reasons and list do not tell the same."""
    _require_true(record)
    return compose(shipment.paper(TITLE, record), imprint, list(_pieces(record)))


def _require_true(record: ReturnRecord) -> None:
    listed = len(record.lines)
    stated = sum(batch.cards for batch in record.batches), sum(one.count for one in record.reasons)
    if stated != (listed, listed):
        raise ValueError(
            f"return slip {record.number} lists {listed} cards, its batches and reasons state {stated}"
        )


def _pieces(record: ReturnRecord) -> Iterator[Piece]:
    def draw_between(pen: Pen, y: float, index: int) -> None:
        line = record.lines[index]
        _, _, _, kind, reason, _ = _CARDS
        pen.cell(kind.x, y, kind.width, ROW, line.kind_name, 8, grey=GREY)
        pen.cell(reason.x, y, reason.width, ROW, REASONS[line.reason], 9)

    yield from shipment.opening(record, "返送")
    yield from _batches(record.batches)
    yield parts.section("返送理由ごとの枚数")
    counts = [(REASONS[one.reason], one.count) for one in record.reasons]
    yield from parts.counted(counts, len(record.lines))
    yield parts.section("種別ごとの枚数")
    yield from parts.kind_counts(record.counts, len(record.lines))
    yield from shipment.cards(record, _CARDS, draw_between)
    # No higher than what a slip of one bag with one card leaves of its page.
    yield from shipment.closing(record, "返送者（拠点）", "受領（分室）", remarks=12)


def _batches(batches: tuple[SealedBatch, ...]) -> Iterator[Piece]:
    head = table.head(_BATCHES)
    for number, batch in enumerate(batches, 1):
        yield Piece(_BATCH_ROW, _draw_batch(number, batch, last=number == len(batches)), head)


def _draw_batch(number: int, batch: SealedBatch, *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, code, seal, cards, loaded = _BATCHES
        pen.cell(index.x, y, index.width, _BATCH_ROW, str(number), 9, "right")
        parts.coded(pen, batch.code, code.x, y, code.width, _BATCH_ROW)
        pen.cell(seal.x, y, seal.width, _BATCH_ROW, batch.seal_number, 11, lines=2)
        pen.cell(cards.x, y, cards.width, _BATCH_ROW, f"{batch.cards:,} 枚", 11, "right")
        pen.cell(loaded.x, y, loaded.width, _BATCH_ROW, parts.short_time(batch.loaded_at), 9)
        table.under(pen, y + _BATCH_ROW, strong=last)

    return draw
