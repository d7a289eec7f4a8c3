"""What the papers of a shipment share, P1 発送明細書 and P4 返送票: its bags under seal, and each card on a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from labels import barcodes, parts, table
from labels.flow import Piece, gap
from labels.page import LEFT, WIDTH, Paper, grouped
from labels.pen import Pen
from labels.table import Column
from logistics.rules.records import ManifestLine, ManifestRecord, SealedBatch
from logistics.rules.return_records import ReturnLine, ReturnRecord

Shipment: TypeAlias = ManifestRecord | ReturnRecord
Line: TypeAlias = ManifestLine | ReturnLine
ROW = 7.8
_BARS = 5.4


def paper(title: str, record: Shipment) -> Paper:
    """The paper with its running head: the run, from where to where, how many."""
    running = (
        f"{parts.run_name(record.run_date, record.run_sequence)}　"
        f"{record.origin.name} → {record.destination.name}　{len(record.lines)}枚"
    )
    return Paper(title, record.number, record.issued_at, running)


def opening(record: Shipment, verb: str) -> Iterator[Piece]:
    """To whom it goes and from whom, by which run and courier; `verb` is what is done with it: 発送 or 返送."""
    says = f"下記のとおり{verb}します。封印番号及び枚数を確認のうえ、収受してください。"
    yield parts.letter(record.destination, record.origin, record.issued_by, record.issued_at, says)
    yield parts.facts(
        [
            parts.Fact("便", parts.run_name(record.run_date, record.run_sequence)),
            parts.Fact("便番号", grouped(record.run)),
            *parts.carriage_facts(record.carriage),
            parts.Fact("授受票", "", record.transfer_slip),
            parts.Fact(f"{verb}数", f"搬送袋 {len(record.batches)} 袋　カード等 {len(record.lines):,} 枚"),
        ]
    )
    yield parts.section("搬送袋", "袋ごとに封印番号を照合してください")


def cards(
    record: Shipment, columns: tuple[Column, ...], draw_between: Callable[[Pen, float, int], None]
) -> Iterator[Piece]:
    """A line and a barcode for each card, under the head of its bag.

    The columns are number, tick, card, then those that `draw_between` draws for the line of an index, and bars at last.
    """
    yield parts.section("明細", "1枚ごとにバーコードを読み取り、確認欄に印を付けてください")
    heads = {
        batch.code: _batch_head(number, len(record.batches), batch, columns)
        for number, batch in enumerate(record.batches, 1)
    }
    lines: tuple[Line, ...] = record.lines
    last = len(lines) - 1
    for index, line in enumerate(lines):
        yield Piece(
            ROW, _draw_line(line, columns, index, draw_between), heads[line.batch], keep=index == last
        )
    yield parts.end_of_list(f"以上 {len(record.lines):,} 枚")


def closing(record: Shipment, sender: str, receiver: str, remarks: float = 18) -> Iterator[Piece]:
    """Where the three parties sign, and on the same page room for remarks, `remarks` mm high."""
    yield parts.section("確認", "封印及び枚数に相違がないことを確認しました")
    yield parts.signatures(
        [
            parts.Signature(sender, record.origin.name, record.issued_by.name),
            parts.Signature("引渡し（配送業者）", record.carriage.name),
            parts.Signature(receiver, record.destination.name),
        ],
        keep=True,
    )
    yield gap(3, keep=True)
    yield parts.remark_lines("備考", remarks)


def _batch_head(number: int, of: int, batch: SealedBatch, columns: tuple[Column, ...]) -> Piece:
    says = f"搬送袋 {number} / {of}　{grouped(batch.code)}　封印番号 {batch.seal_number}　{batch.cards:,} 枚"

    def draw(pen: Pen, y: float) -> None:
        pen.cell(LEFT, y, WIDTH, 6, says, 8.5, pad=0)
        table.draw_head(pen, y + 6, columns)

    return Piece(6 + table.HEAD_HEIGHT, draw)


def _draw_line(
    line: Line, columns: tuple[Column, ...], index: int, draw_between: Callable[[Pen, float, int], None]
) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        number, tick, card, *_, bars = columns
        baseline = y + 5.2
        pen.write(number.x + number.width - 1.5, baseline, str(line.position), 9, "right")
        pen.tick(tick.x + tick.width / 2 - 1.9, y + 2, 3.8)
        pen.write(card.x + 1.5, baseline, grouped(line.card), 10.5)
        draw_between(pen, y, index)
        module = barcodes.module_mm(line.card, bars.width)
        left = bars.x + (bars.width - barcodes.width_mm(line.card, module)) / 2
        pen.barcode(line.card, left, y + (ROW - _BARS) / 2, _BARS, module)
        table.under(pen, y + ROW, strong=line.position % 5 == 0)

    return draw
