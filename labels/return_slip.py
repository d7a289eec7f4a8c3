"""P4 返送票: everything that one run carries from a site back to the annex, card by card, with the reason of each."""

from __future__ import annotations

from collections.abc import Iterator

from labels import barcodes, parts, table
from labels.flow import Piece, gap
from labels.page import LEFT, WIDTH, Paper, compose, grouped
from labels.pen import GREY, Pen
from logistics.rules.records import Imprint, SealedBatch
from logistics.rules.return_records import ReturnLine, ReturnRecord
from logistics.rules.returns import REASONS

TITLE = "返送票"
_ROW, _BARS, _BATCH_ROW = 7.8, 5.4, 13.0

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
    running = (
        f"{parts.run_name(record.run_date, record.run_sequence)}　"
        f"{record.origin.name} → {record.destination.name}　{len(record.lines)}枚"
    )
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _require_true(record: ReturnRecord) -> None:
    listed = len(record.lines)
    stated = sum(batch.cards for batch in record.batches), sum(one.count for one in record.reasons)
    if stated != (listed, listed):
        raise ValueError(
            f"return slip {record.number} lists {listed} cards, its batches and reasons state {stated}"
        )


def _pieces(record: ReturnRecord) -> Iterator[Piece]:
    yield parts.letter(
        record.destination,
        record.origin,
        record.issued_by,
        record.issued_at,
        "下記のとおり返送します。封印番号及び枚数を確認のうえ、収受してください。",
    )
    yield parts.facts(
        [
            parts.Fact("便", parts.run_name(record.run_date, record.run_sequence)),
            parts.Fact("便番号", grouped(record.run)),
            *parts.carriage_facts(record.carriage),
            parts.Fact("授受票", "", record.transfer_slip),
            parts.Fact("返送数", f"搬送袋 {len(record.batches)} 袋　カード等 {len(record.lines):,} 枚"),
        ]
    )
    yield parts.section("搬送袋", "袋ごとに封印番号を照合してください")
    yield from _batches(record.batches)
    yield parts.section("返送理由ごとの枚数")
    counts = [(REASONS[one.reason], one.count) for one in record.reasons]
    yield from parts.counted(counts, len(record.lines))
    yield parts.section("種別ごとの枚数")
    yield from parts.kind_counts(record.counts, len(record.lines))
    yield parts.section("明細", "1枚ごとにバーコードを読み取り、確認欄に印を付けてください")
    yield from _cards(record)
    yield from _closing(record)


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


def _cards(record: ReturnRecord) -> Iterator[Piece]:
    heads = {
        batch.code: _batch_head(number, len(record.batches), batch)
        for number, batch in enumerate(record.batches, 1)
    }
    last = len(record.lines)
    for number, line in enumerate(record.lines, 1):
        yield Piece(_ROW, _draw_line(line), heads[line.batch], keep=number == last)
    yield parts.end_of_list(f"以上 {len(record.lines):,} 枚")


def _batch_head(number: int, of: int, batch: SealedBatch) -> Piece:
    says = f"搬送袋 {number} / {of}　{grouped(batch.code)}　封印番号 {batch.seal_number}　{batch.cards:,} 枚"

    def draw(pen: Pen, y: float) -> None:
        pen.cell(LEFT, y, WIDTH, 6, says, 8.5, pad=0)
        table.draw_head(pen, y + 6, _CARDS)

    return Piece(6 + table.HEAD_HEIGHT, draw)


def _draw_line(line: ReturnLine) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        number, tick, card, kind, reason, bars = _CARDS
        baseline = y + 5.2
        pen.write(number.x + number.width - 1.5, baseline, str(line.position), 9, "right")
        pen.tick(tick.x + tick.width / 2 - 1.9, y + 2, 3.8)
        pen.write(card.x + 1.5, baseline, grouped(line.card), 10.5)
        pen.cell(kind.x, y, kind.width, _ROW, line.kind_name, 8, grey=GREY)
        pen.cell(reason.x, y, reason.width, _ROW, REASONS[line.reason], 9)
        module = barcodes.module_mm(line.card, bars.width)
        left = bars.x + (bars.width - barcodes.width_mm(line.card, module)) / 2
        pen.barcode(line.card, left, y + (_ROW - _BARS) / 2, _BARS, module)
        table.under(pen, y + _ROW, strong=line.position % 5 == 0)

    return draw


def _closing(record: ReturnRecord) -> Iterator[Piece]:
    yield parts.section("確認", "封印及び枚数に相違がないことを確認しました")
    yield parts.signatures(
        [
            parts.Signature("返送者（拠点）", record.origin.name, record.issued_by.name),
            parts.Signature("引渡し（配送業者）", record.carriage.name),
            parts.Signature("受領（分室）", record.destination.name),
        ]
    )
    yield gap(3)
    # No higher than what a slip of one bag with one card leaves of its page.
    yield parts.remark_lines("備考", 12)
