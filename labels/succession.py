"""P18 引継書: what was left at the end of the contract, where it went, and who gave and took it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labels import parts, table
from labels.flow import Piece
from labels.page import Paper, compose, grouped
from labels.pen import Pen
from labels.receipt import WORDS
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.records import Imprint, NamedPlace
from logistics.rules.succeeding import RECEIVERS, WAYS, Receiver, Way
from logistics.rules.succession_records import SuccessionRecord, WayCount

TITLE = "引継書"
_ROW = 6.8
_PLACES = table.columns(
    ("拠点", 45, "left"),
    ("開始時", 20, "right"),
    ("引継ぎ・返還", 24, "right"),
    ("廃棄", 20, "right"),
    ("交付", 20, "right"),
    ("所在不明・紛失", 26, "right"),
    ("残り", 20, "right"),
)
_SLOTS = table.columns(
    ("拠点", 40, "left"), ("棚番", 40, "left"), ("種別", 70, "left"), ("枚数", 25, "right")
)
_COUNTS = table.columns(
    ("拠点・保管庫", 31, "left"),
    ("棚卸番号（報告書）", 43, "left"),
    ("実施日", 17, "left"),
    ("計数者", 27, "left"),
    ("立会者", 27, "left"),
    ("帳簿", 10, "right"),
    ("不明", 9, "right"),
    ("予定外", 11, "right"),
)
_DIFFERENCES = table.columns(
    ("差異番号", 40, "left"),
    ("拠点", 35, "left"),
    ("区分", 25, "left"),
    ("管理番号", 40, "left"),
    ("発生", 35, "left"),
)
_SUPPLIES = table.columns(
    ("品名", 60, "left"),
    ("区分", 25, "centre"),
    ("拠点", 40, "left"),
    ("残数", 30, "right"),
    ("単位", 20, "centre"),
)


def render(record: SuccessionRecord, imprint: Imprint) -> bytes:
    """The paper as PDF. ValueError if what was there does not add up to where it went."""
    for opening, ways in ((record.opening, record.ways), *((p.opening, p.ways) for p in record.places)):
        if opening != sum(way.cards for way in ways):
            raise ValueError(f"P18 {record.number} does not add up")
    handed = _of(record.ways, Way.TRANSFERRED)
    if handed != sum(slot.cards for slot in record.slots) or handed != sum(c.count for c in record.counts):
        raise ValueError(f"P18 {record.number}: the list is not what was handed on")
    running = f"{RECEIVERS[record.receiver]} {record.successor}　{handed:,}枚"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: SuccessionRecord) -> Iterator[Piece]:
    to = NamedPlace(RECEIVERS[record.receiver], record.successor, "（引受者）")
    says = "仕様書13(3)及び別紙1第11条第1項に基づき、次のとおり引き継ぎます。"
    yield parts.letter(to, record.place, record.issued_by, record.issued_at, says)
    yield parts.facts(
        [
            parts.Fact("引継ぎ", "", record.succession),
            parts.Fact("本市の指示", f"{record.reference}（{record.directed_by.name}）"),
            parts.Fact("開始", japanese_time(record.opened_at)),
            parts.Fact("完了", japanese_time(record.issued_at)),
        ]
    )
    yield parts.section(
        "残っていたものの行き先", "開始時 ＝ 引継ぎ・返還 ＋ 廃棄 ＋ 交付 ＋ 所在不明・紛失 ＋ 残り"
    )
    ways = [(WAYS[way.way], way.cards) for way in record.ways if way.cards or way.way is Way.TRANSFERRED]
    yield from parts.counted(ways, record.opening)
    yield parts.section("引き継いだものの種別ごとの枚数")
    yield from parts.kind_counts(record.counts, _handed(record))
    yield parts.section("拠点ごと")
    rows = [
        (place.name, f"{place.opening:,}", *(f"{way.cards:,}" for way in place.ways))
        for place in record.places
    ]
    yield from _table(_PLACES, rows, "残っていたものはありません")
    yield from _before(record)
    yield parts.section("引き継いだもの（棚ごと）", f"一覧のSHA-256 {record.listed[:16]}…")
    slots = [
        (slot.name, grouped(slot.slot) if slot.slot else "別置き", slot.kind_name, f"{slot.cards:,}")
        for slot in record.slots
    ]
    yield from _table(_SLOTS, slots, "引き継いだものはありません")
    yield parts.end_of_list(f"以上 {_handed(record):,} 枚")
    yield parts.section("引渡しと引受け", "上記のとおり相違ないことを双方で確認しました")
    boxes = [
        parts.Signature("引渡者（受託者）", record.place.name, record.issued_by.name, record.issued_at),
        parts.Signature(f"引受者（{RECEIVERS[record.receiver]}）", record.successor),
    ]
    if record.receiver is Receiver.CONTRACTOR:
        boxes.append(parts.Signature("立会い（本市）", "京都市"))
    yield parts.signatures(boxes)


def _before(record: SuccessionRecord) -> Iterator[Piece]:
    """What went before, and what is still open: full counts, differences, supplies."""
    yield parts.section("全件棚卸し", "引継ぎに先立つ全件の現物確認")
    counts = [
        (
            f"{one.place}　{one.vault_name}",
            f"{grouped(one.count)}（{grouped(one.report) if one.report else '―'}）",
            japanese_date(one.day)[:-3].removeprefix("令和"),
            one.counted_by or "―",
            one.witnessed_by or "―",
            f"{one.expected:,}",
            f"{one.missing:,}",
            f"{one.unexpected:,}",
        )
        for one in record.full_counts
    ]
    yield from _table(_COUNTS, counts, "数えるものはありませんでした")
    yield parts.section("未処理の差異")
    still = [
        (
            grouped(d.code),
            d.place,
            WORDS[d.kind][0],
            grouped(d.card) if d.card else "―",
            parts.short_time(d.opened_at),
        )
        for d in record.differences
    ]
    yield from _table(_DIFFERENCES, still, "未処理の差異はありません")
    yield parts.section("封印・鍵その他の支給品・貸与品の残数")
    supplies = [
        (line.name, "貸与品" if line.lent else "支給品", line.place, f"{line.closing:,}", line.unit)
        for line in record.supplies
        if line.closing
    ]
    yield from _table(_SUPPLIES, supplies, "残っているものはありません")


def _handed(record: SuccessionRecord) -> int:
    return _of(record.ways, Way.TRANSFERRED)


def _of(ways: Sequence[WayCount], way: Way) -> int:
    return next(one.cards for one in ways if one.way is way)


def _table(cols: tuple[table.Column, ...], rows: Sequence[Sequence[str]], nothing: str) -> Iterator[Piece]:
    if not rows:
        yield parts.nothing_to_list(nothing)
        return
    head = table.head(cols)
    for number, row in enumerate(rows, 1):
        yield Piece(_ROW, _draw(cols, row, last=number == len(rows) or number % 5 == 0), head)


def _draw(cols: tuple[table.Column, ...], row: Sequence[str], *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        for column, text in zip(cols, row, strict=True):
            pen.cell(column.x, y, column.width, _ROW, text, 8, column.align, lines=2)
        table.under(pen, y + _ROW, strong=last)

    return draw
