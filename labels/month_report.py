"""P13 月次報告書: how the month's work went, for the monthly meeting with the city."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labels import parts, table
from labels.flow import Piece
from labels.page import Paper, compose
from labels.pen import Pen
from labels.undelivered import month_name
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.performance import GRADE_NAMES, Grade, grade, percent
from logistics.rules.records import Imprint
from logistics.rules.report_records import MonthReportRecord

TITLE = "月次報告書"
_ROW = 5.6
KINDS = {
    "short": "不足",
    "over": "過剰",
    "damaged": "破損",
    "misrouted": "誤配",
    "unknown": "登録なし",
    "broken_seal": "封印異常",
}
_RUNS = table.columns(
    ("便", 40, "left"),
    ("配送業者", 40, "left"),
    ("明細書", 14, "right"),
    ("枚数", 16, "right"),
    ("遅着", 12, "right"),
    ("未着", 12, "right"),
    ("差異", 12, "right"),
    ("封印異常", 14, "right"),
    ("差異率", 15, "right"),
)
_STOCK = table.columns(
    ("拠点", 55, "left"), ("受入", 40, "right"), ("交付", 40, "right"), ("月末の在庫", 40, "right")
)
_DIFFERENCES = table.columns(
    ("拠点", 45, "left"),
    ("種類", 40, "left"),
    ("発生", 30, "right"),
    ("処理", 30, "right"),
    ("月末に未処理", 30, "right"),
)


def render(record: MonthReportRecord, imprint: Imprint) -> bytes:
    """The report as PDF."""
    running = f"{month_name(record.month)}分　便 {len(record.runs)}"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: MonthReportRecord) -> Iterator[Piece]:
    cards, differences = sum(r.cards for r in record.runs), sum(r.differences for r in record.runs)
    yield parts.facts(
        [
            parts.Fact("対象月", f"{month_name(record.month)}分"),
            parts.Fact("基準時点", f"{japanese_time(record.until)} より前の記録"),
            parts.Fact("作成者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("便", f"{len(record.runs)} 便　{cards:,} 枚"),
            parts.Fact("差異率", f"{percent(differences, cards)}（{differences:,} 件）"),
            parts.Fact("評価", GRADE_NAMES[grade(differences, cards)]),
        ]
    )
    yield parts.section("在庫の動き", "全種別の合計")
    yield from _lines(
        _STOCK,
        [
            [one.place_name, f"{one.received:,}", f"{one.issued:,}", f"{one.closing:,}"]
            for one in record.stock
        ],
        "",
    )
    yield parts.section("便と配送業者", "遅着：拠点の終業後の到着　差異率 0.1% 以上は注意、0.5% 以上は警報")
    yield from _lines(
        _RUNS, [_run(record, n) for n in range(len(record.runs))], "当月に出発した便はありません"
    )
    yield parts.section("差異")
    rows = [
        [d.place_name, KINDS.get(d.kind, d.kind), f"{d.opened:,}", f"{d.settled:,}", f"{d.open:,}"]
        for d in record.differences
    ]
    yield from _lines(_DIFFERENCES, rows, "当月に発生・処理した差異、月末に未処理の差異はありません")
    yield parts.section("課題・協議事項")
    yield parts.remark_lines("課題", 30)
    yield parts.section("確認")
    yield parts.signatures(
        [
            parts.Signature("受託者", "業務責任者", record.issued_by.name, record.issued_at),
            parts.Signature("本市", "京都市"),
        ]
    )


def _run(record: MonthReportRecord, n: int) -> list[str]:
    run = record.runs[n]
    mark = "" if run.grade == Grade.GOOD else "▲" if run.grade == Grade.WARN else "●"
    return [
        japanese_date(run.day),
        run.courier_name,
        f"{run.manifests:,}",
        f"{run.cards:,}",
        f"{run.late:,}",
        f"{run.not_arrived:,}",
        f"{run.differences:,}",
        f"{run.seals:,}",
        f"{mark}{percent(run.differences, run.cards)}",
    ]


def _lines(columns: Sequence[table.Column], rows: Sequence[Sequence[str]], nothing: str) -> Iterator[Piece]:
    if not rows:
        yield parts.nothing_to_list(nothing)
        return
    head = table.head(columns)
    for n, cells in enumerate(rows):
        yield Piece(_ROW, _row(columns, cells, last=n == len(rows) - 1), head)


def _row(columns: Sequence[table.Column], cells: Sequence[str], *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        for column, text in zip(columns, cells, strict=True):
            pen.cell(column.x, y, column.width, _ROW, text, 8.5, column.align, pad=1)
        table.under(pen, y + _ROW, strong=last)

    return draw
