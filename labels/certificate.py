"""P8 廃棄証明書: when, who, how and what was destroyed, in whose presence (appendix 1 article 11-2)."""

from __future__ import annotations

from collections.abc import Iterator

from labels import barcodes, parts, table
from labels.flow import Piece
from labels.page import LEFT, WIDTH, Paper, compose, grouped
from labels.pen import STRONG, TINT, Pen
from logistics.rules.disposal import CHIPS, METHODS
from logistics.rules.disposal_records import CertificateRecord, DestroyedLine
from logistics.rules.japanese import japanese_clock, japanese_date, japanese_time
from logistics.rules.records import Imprint

TITLE = "廃棄証明書"
_ROW, _BARS, _LEADING = 7.8, 5.4, 5.0

_CARDS = table.columns(
    ("番号", 13, "right"),
    ("管理番号", 36, "left"),
    ("種別", 55, "left"),
    ("廃棄時刻", 26, "left"),
    ("バーコード", 45, "centre"),
)


def render(record: CertificateRecord, imprint: Imprint) -> bytes:
    """The certificate as PDF. ValueError if it does not add up: destroyed and left over are what was counted."""
    destroyed = len(record.lines)
    if destroyed + record.remaining != record.counted or sum(c.count for c in record.counts) != destroyed:
        raise ValueError(
            f"certificate {record.number}: {destroyed} destroyed and {record.remaining} left of {record.counted}"
        )
    running = f"{record.place.name}　廃棄 {destroyed:,}枚　廃棄伺い {record.proposal}"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: CertificateRecord) -> Iterator[Piece]:
    yield _heading()
    yield parts.facts(
        [
            parts.Fact("廃棄日時", _period(record)),
            parts.Fact("担当者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("廃棄方法", METHODS[record.method]),
            parts.Fact("ICチップ", CHIPS[record.chip]),
            parts.Fact("機器・場所", f"{record.machine}（{record.place.name}）"),
            parts.Fact("提出期限", japanese_date(record.due_on)),
            parts.Fact("廃棄伺い", "", record.proposal),
            parts.Fact("起案・承認", f"{record.proposed_by.name} ・ {record.approved_by.name}"),
            parts.Fact("承認日時", japanese_time(record.approved_at)),
            parts.Fact("立会いの求め", "あり" if record.witness_requested else "なし"),
        ]
    )
    yield parts.section("枚数の照合", "廃棄待ち保管庫から取り出した数 ＝ 廃棄 ＋ 残り")
    yield _balance(record)
    yield parts.section("種別ごとの枚数")
    yield from parts.kind_counts(record.counts, len(record.lines))
    yield parts.section("立会い・証拠写真")
    yield _lines("立会人", _witnesses(record))
    photos = list(record.photos)
    yield _lines("証拠写真", [f"{len(photos):,} 点", *photos] if photos else ["なし"])
    yield parts.section("廃棄したものの一覧", "1枚ごとに機器の投入口で読み取った時刻")
    yield from _cards(record)
    yield parts.section("証明", "上記のとおり、復元又は判読が不可能な方法により廃棄したことを証明します")
    yield parts.signatures(
        [
            parts.Signature("担当者", record.place.name, record.issued_by.name, record.ended_at),
            parts.Signature("立会人（本市）", "京都市", _witness_name(record)),
            parts.Signature("受領（本市）", "京都市"),
        ]
    )


def _heading() -> Piece:
    def draw(pen: Pen, y: float) -> None:
        pen.write(LEFT, y + 6, "京都市", 14)
        pen.write(LEFT + 24, y + 6, "御中", 12)
        pen.write(LEFT, y + 14, "別紙1 第11条第2項第3号に基づき、下記のとおり廃棄したことを報告します。", 9.5)

    return Piece(18, draw)


def _period(record: CertificateRecord) -> str:
    return f"{japanese_time(record.begun_at)} ～ {japanese_clock(record.ended_at)}"


def _witnesses(record: CertificateRecord) -> list[str]:
    said = [
        f"{one.person.name}（{one.person.code}）　{japanese_time(one.came_at)} ～ "
        + (japanese_clock(one.left_at) if one.left_at else "終了まで")
        for one in record.witnesses
    ]
    return said or ["なし"]


def _witness_name(record: CertificateRecord) -> str | None:
    return record.witnesses[0].person.name if record.witnesses else None


def _balance(record: CertificateRecord) -> Piece:
    """Three boxes that read as an equation."""
    terms = (
        ("取出し", record.counted, "＝"),
        ("廃棄", len(record.lines), "＋"),
        ("残り（廃棄待ち）", record.remaining, ""),
    )
    sign, width, height = 9.0, 40.0, 17.0

    def draw(pen: Pen, y: float) -> None:
        x = LEFT
        for index, (name, count, after) in enumerate(terms):
            pen.box(x, y, width, 6, 0, fill=TINT)
            pen.cell(x, y, width, 6, name, 8, "centre")
            pen.cell(x, y + 6, width, height - 6, f"{count:,}", 20, "centre", bold=index == 1)
            pen.box(x, y, width, height, STRONG)
            pen.write(x + width + sign / 2, y + 13.2, after, 12, "centre")
            x += width + sign

    return Piece(height, draw)


def _lines(title: str, lines: list[str]) -> Piece:
    """A titled box with one line of text under another."""
    height = max(len(lines) * _LEADING + 3, 8.4)

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, 23, height, 0, fill=TINT)
        pen.cell(LEFT, y, 23, height, title, 8, lines=2)
        top = y + (height - len(lines) * _LEADING) / 2
        for index, line in enumerate(lines):
            pen.cell(LEFT + 23, top + index * _LEADING, WIDTH - 23, _LEADING, line, 9)
        pen.box(LEFT, y, WIDTH, height, STRONG)

    return Piece(height, draw)


def _cards(record: CertificateRecord) -> Iterator[Piece]:
    head = table.head(_CARDS)
    last = len(record.lines)
    for number, line in enumerate(record.lines, 1):
        yield Piece(_ROW, _draw_line(line), head, keep=number == last)
    yield parts.end_of_list(f"以上 {last:,} 枚")


def _draw_line(line: DestroyedLine) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        number, card, kind, at, bars = _CARDS
        baseline = y + 5.2
        pen.write(number.x + number.width - 1.5, baseline, str(line.position), 9, "right")
        pen.write(card.x + 1.5, baseline, grouped(line.card), 10.5)
        pen.cell(kind.x, y, kind.width, _ROW, line.kind_name, 8.5)
        pen.cell(at.x, y, at.width, _ROW, parts.short_time(line.destroyed_at), 8.5)
        module = barcodes.module_mm(line.card, bars.width)
        left = bars.x + (bars.width - barcodes.width_mm(line.card, module)) / 2
        pen.barcode(line.card, left, y + (_ROW - _BARS) / 2, _BARS, module)
        table.under(pen, y + _ROW, strong=line.position % 5 == 0)

    return draw
