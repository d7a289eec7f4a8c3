"""P7 廃棄伺い: what the contractor puts before the city, card by card with the ground on which each may go."""

from __future__ import annotations

from collections.abc import Iterator

from labels import barcodes, fonts, parts, table
from labels.flow import Piece, gap
from labels.page import LEFT, RIGHT, WIDTH, Paper, compose, grouped
from labels.pen import GREY, HAIR, STRONG, THIN, TINT, Pen
from logistics.rules.disposal_records import ProposalLine, ProposalRecord
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.records import Imprint
from logistics.rules.retention import in_japanese, parse

TITLE = "廃棄伺い"
_ROW, _BARS = 7.8, 5.4

_CARDS = table.columns(
    ("番号", 11, "right"),
    ("管理番号", 33, "left"),
    ("種別", 37, "left"),
    ("保管場所", 24, "left"),
    ("廃棄可能日", 26, "left"),
    ("バーコード", 44, "centre"),
)


def render(record: ProposalRecord, imprint: Imprint) -> bytes:
    """The proposal as PDF. ValueError if its counts and its list do not tell the same."""
    if sum(count.count for count in record.counts) != len(record.lines):
        raise ValueError(f"proposal {record.number} counts other cards than the {len(record.lines)} it lists")
    running = f"{record.place.name}　廃棄対象 {len(record.lines):,}枚"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: ProposalRecord) -> Iterator[Piece]:
    yield _heading(record)
    yield parts.facts(
        [
            parts.Fact("起案", japanese_time(record.issued_at)),
            parts.Fact("起案者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("保管場所", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("保管期間の根拠", record.policy or "定めなし（保管継続）"),
            parts.Fact("対象数", f"{len(record.lines):,} 枚"),
            parts.Fact("理由", record.note),
        ]
    )
    yield parts.section("種別ごとの枚数")
    yield from parts.kind_counts(record.counts, len(record.lines))
    yield parts.section("廃棄の可否", "承認後も、留保・差異のあるものは廃棄しません")
    yield _decision()
    yield gap(3)
    yield parts.signatures(
        [
            parts.Signature("起案者（受託者）", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("承認者（本市）", "京都市"),
        ]
    )
    yield parts.section("廃棄対象一覧", "規則により、廃棄可能日以後に廃棄できるもの")
    yield from _cards(record)


def _heading(record: ProposalRecord) -> Piece:
    def draw(pen: Pen, y: float) -> None:
        pen.write(LEFT, y + 6, "京都市", 14)
        pen.write(LEFT + 24, y + 6, "御中", 12)
        pen.write(
            LEFT,
            y + 14,
            "保管期間を満了し、又は失効した下記のものについて、別紙1 第11条に基づき廃棄してよいか伺います。",
            9.5,
        )

    return Piece(18, draw)


def _decision() -> Piece:
    """Boxes to tick on paper; what the service recorded is what counts, and the certificate says it."""
    said = (("可", "否"), ("立会い　要", "立会い　不要"), ("証拠写真　要", "証拠写真　不要"))
    width = WIDTH / 4

    def draw(pen: Pen, y: float) -> None:
        for index, words in enumerate(said):
            x = LEFT + index * width
            for row, word in enumerate(words):
                pen.tick(x + 4, y + 2.6 + 6 * row, 3.8)
                pen.write(x + 10, y + 5.7 + 6 * row, word, 9.5)
            pen.stroke(x + width, y, y + 14, HAIR)
        x = LEFT + 3 * width
        pen.write(x + 2, y + 4.6, "証明書の提出期限", 8, grey=GREY)
        pen.write(RIGHT - 2, y + 11.4, "令和　　年　　月　　日", 9.5, "right")
        pen.box(LEFT, y, WIDTH, 14, STRONG)

    return Piece(14, draw)


def _cards(record: ProposalRecord) -> Iterator[Piece]:
    for rule in dict.fromkeys(line.rule for line in record.lines):
        lines = [line for line in record.lines if line.rule == rule]
        head = _rule_head(rule, len(lines))
        for number, line in enumerate(lines, 1):
            yield Piece(_ROW, _draw_line(line), head, keep=number == len(lines))
    yield parts.end_of_list(f"以上 {len(record.lines):,} 枚")


def _rule_head(rule: str, cards: int) -> Piece:
    said = fonts.wrapped(in_japanese(parse(rule)), WIDTH - 25, 8, 6)
    height = len(said) * 4 + 2.2

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, WIDTH, height, 0, fill=TINT)
        pen.cell(LEFT, y, 22, height, f"規則　{cards:,} 枚", 8)
        for row, line in enumerate(said):
            pen.write(LEFT + 23.5, y + 4 + 4 * row, line, 8)
        pen.rule(LEFT, y, RIGHT, THIN)
        table.draw_head(pen, y + height, _CARDS)

    return Piece(height + table.HEAD_HEIGHT, draw)


def _draw_line(line: ProposalLine) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        number, card, kind, slot, due, bars = _CARDS
        baseline = y + 5.2
        pen.write(number.x + number.width - 1.5, baseline, str(line.position), 9, "right")
        pen.write(card.x + 1.5, baseline, grouped(line.card), 10.5)
        pen.cell(kind.x, y, kind.width, _ROW, line.kind_name, 8)
        pen.cell(slot.x, y, slot.width, _ROW, grouped(line.slot), 9)
        pen.cell(due.x, y, due.width, _ROW, japanese_date(line.due_on).split("（")[0], 8.5)
        module = barcodes.module_mm(line.card, bars.width)
        left = bars.x + (bars.width - barcodes.width_mm(line.card, module)) / 2
        pen.barcode(line.card, left, y + (_ROW - _BARS) / 2, _BARS, module)
        table.under(pen, y + _ROW, strong=line.position % 5 == 0)

    return draw
