"""P14 管理状況報告書: how what is entrusted to us is kept, for the city's supervision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from labels import fonts, parts, table
from labels.flow import Piece
from labels.month_report import KINDS
from labels.page import Paper, compose
from labels.pen import Pen
from labels.undelivered import month_name
from logistics.rules import counting
from logistics.rules.counting import CountKind
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.management import EXPIRING, ManagementData, ManagementRecord
from logistics.rules.records import Imprint
from logistics.rules.words import ACTS

TITLE = "管理状況報告書"
_ROW = 5.6
_STOCK = table.columns(
    ("拠点", 55, "left"),
    ("未交付", 40, "right"),
    ("その他の保管物", 40, "right"),
    ("廃棄手続中", 40, "right"),
)
_COUNTS = table.columns(
    ("拠点", 40, "left"),
    ("種類", 35, "left"),
    ("実施回数", 24, "right"),
    ("対象枚数", 26, "right"),
    ("不明", 20, "right"),
    ("最終実施日", 30, "right"),
)
_DIFFERENCES = table.columns(
    ("拠点", 45, "left"),
    ("種類", 40, "left"),
    ("発生", 30, "right"),
    ("処理", 30, "right"),
    ("月末に未処理", 30, "right"),
)
_ACCESS = table.columns(("操作", 95, "left"), ("回数", 40, "right"), ("人数", 40, "right"))
_REVIEWS = table.columns(("日時", 50, "left"), ("点検者", 45, "left"), ("結果", 80, "left"))
_EXPIRING = table.columns(
    ("区分", 45, "left"), ("名称", 60, "left"), ("コード・番号", 40, "left"), ("期限", 30, "right")
)
_MEASURES = table.columns(("根拠", 36, "left"), ("措置", 42, "left"), ("状況", 97, "left"))


def render(record: ManagementRecord, imprint: Imprint) -> bytes:
    """The report as PDF."""
    running = f"{month_name(record.data.month)}分　{record.place.name}"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: ManagementRecord) -> Iterator[Piece]:
    data = record.data
    yield parts.facts(
        [
            parts.Fact("対象月", f"{month_name(data.month)}分"),
            parts.Fact("基準時点", f"{japanese_time(data.until)} より前の記録"),
            parts.Fact("作成者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("登録の基準日", japanese_date(data.day)),
        ]
    )
    yield parts.section("在庫", "月末の枚数")
    yield from _table(
        _STOCK,
        [[s.place_name, f"{s.undelivered:,}", f"{s.beside:,}", f"{s.to_destroy:,}"] for s in data.stock],
        "",
    )
    yield from _checked(data)
    yield parts.section("アクセスの記録", "当月の回数")
    yield from _table(
        _ACCESS,
        [[ACTS[a.act], f"{a.times:,}", f"{a.people:,}"] for a in data.access if a.times],
        "記録はありません",
    )
    yield parts.section("アクセス権の点検", "別紙2 第4条")
    yield from _table(
        _REVIEWS,
        [[japanese_time(r.at), r.by.name, r.note] for r in data.reviews],
        "当月の点検の記録はありません",
    )
    yield parts.section("期限の近い登録", "60日以内に期限が来るもの、欠けているもの")
    yield from _table(
        _EXPIRING,
        [
            [EXPIRING[e.what], e.name, e.code, f"{e.until:%Y/%m/%d}" if e.until else "―"]
            for e in data.expiring
        ],
        "期限の近い登録はありません",
    )
    yield parts.section("安全管理措置", "別紙2 第1条")
    yield from _table(_MEASURES, [[m.article, m.measure, m.state] for m in data.measures], "")
    yield parts.section("確認")
    yield parts.signatures(
        [
            parts.Signature("受託者", "個人情報総括管理者"),
            parts.Signature("受託者", "業務責任者", record.issued_by.name, record.issued_at),
            parts.Signature("本市", "京都市"),
        ]
    )


def _checked(data: ManagementData) -> Iterator[Piece]:
    """What was counted, and what differed."""
    yield parts.section("棚卸し")
    yield from _table(
        _COUNTS,
        [
            [
                c.place_name,
                counting.KINDS[CountKind(c.kind)] if c.kind else "実施なし",
                f"{c.counts:,}",
                f"{c.cards:,}",
                f"{c.missing:,}",
                f"{c.last_on:%Y/%m/%d}" if c.last_on else "記録なし",
            ]
            for c in data.counts
        ],
        "",
    )
    cases = data.cases
    yield parts.section(
        "差異・所在不明",
        f"所在不明：発生 {cases.opened:,}　発見 {cases.found:,}　紛失確定 {cases.lost:,}　調査中 {cases.open:,}",
    )
    yield from _table(
        _DIFFERENCES,
        [
            [d.place_name, KINDS.get(d.kind, d.kind), f"{d.opened:,}", f"{d.settled:,}", f"{d.open:,}"]
            for d in data.differences
        ],
        "当月に発生・処理した差異、月末に未処理の差異はありません",
    )


def _table(columns: Sequence[table.Column], rows: Iterable[Sequence[str]], nothing: str) -> Iterator[Piece]:
    listed = list(rows)
    if not listed:
        yield parts.nothing_to_list(nothing)
        return
    head = table.head(columns)
    for n, cells in enumerate(listed, 1):
        height = _ROW + 3.4 * (_lines(columns, cells) - 1)
        yield Piece(height, _row(columns, cells, height, last=n == len(listed)), head)


def _lines(columns: Sequence[table.Column], cells: Sequence[str]) -> int:
    return max(
        len(fonts.wrapped(text, column.width - 2, 8.5, 2))
        for column, text in zip(columns, cells, strict=True)
    )


def _row(columns: Sequence[table.Column], cells: Sequence[str], height: float, *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        for column, text in zip(columns, cells, strict=True):
            pen.cell(column.x, y, column.width, height, text, 8.5, column.align, pad=1, lines=2)
        table.under(pen, y + height, strong=last)

    return draw
