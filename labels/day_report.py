"""P12 日次報告: a place's day as it was closed: the balance per kind, counts, receipts, differences, cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from labels import fonts, parts, table
from labels.flow import Piece
from labels.page import LEFT, WIDTH, Paper, compose, grouped
from labels.pen import Pen
from labels.receipt import WORDS
from labels.table import Column
from logistics.rules.counting import KINDS, CountKind
from logistics.rules.day_records import PROBLEMS, DayLine, DayReportRecord
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.records import Imprint, NamedPerson

TITLE = "日次報告"
_ROW = 7.2
_FIGURES = (
    "opening",
    "incoming",
    "found",
    "issued",
    "returned",
    "transferred",
    "destroyed",
    "lost",
    "closing",
)
_BALANCE = table.columns(
    ("種別", 45, "left"),
    ("始業時", 15, "right"),
    ("受入", 14, "right"),
    ("発見", 14, "right"),
    ("交付", 14, "right"),
    ("返送・発送", 16, "right"),
    ("市返還", 14, "right"),
    ("廃棄", 14, "right"),
    ("不明・紛失", 15, "right"),
    ("終業時", 14, "right"),
)
_COUNTS = table.columns(
    ("棚卸番号", 30, "left"),
    ("種類", 28, "left"),
    ("保管庫", 28, "left"),
    ("計数者・立会者", 47, "left"),
    ("帳簿", 14, "right"),
    ("不明", 14, "right"),
    ("予定外", 14, "right"),
)
_RECEIPTS = table.columns(
    ("発送明細書", 38, "left"),
    ("受領書", 38, "left"),
    ("発送", 24, "right"),
    ("受領", 25, "right"),
    ("受領不可", 25, "right"),
    ("未着", 25, "right"),
)
_DIFFERENCES = table.columns(
    ("差異番号", 30, "left"),
    ("区分", 20, "left"),
    ("管理番号", 30, "left"),
    ("内容", 70, "left"),
    ("処理", 25, "left"),
)
_CASES = table.columns(
    ("調査番号", 30, "left"),
    ("管理番号", 30, "left"),
    ("判明", 48, "left"),
    ("最終確認", 48, "left"),
    ("結果", 19, "left"),
)
_CAUSES = {"count": "棚卸し", "receipt": "収受", "box": "検品", "report": "取出し時"}
_ENDINGS = {
    "found": "発見",
    "lost": "紛失確定",
    "explain": "説明済",
    "accept": "受入れ",
    "readmit": "再受入れ",
}


def render(record: DayReportRecord, imprint: Imprint) -> bytes:
    """The report as PDF. ValueError for a line that does not add up."""
    for line in record.lines:
        out = line.issued + line.returned + line.transferred + line.destroyed + line.lost + line.undone
        if line.opening + line.incoming + line.found - out != line.closing:
            raise ValueError(f"{line.kind} of {record.place.code} on {record.day} does not add up")
    stock = sum(line.closing for line in record.lines)
    running = f"{japanese_date(record.day)}　{record.place.name}　終業時 {stock:,}枚"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: DayReportRecord) -> Iterator[Piece]:
    late = record.due_at is not None and record.closed_at > record.due_at
    yield parts.facts(
        [
            parts.Fact("対象日", japanese_date(record.day)),
            parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("締め", japanese_time(record.closed_at)),
            parts.Fact("閉所", japanese_time(record.due_at) if record.due_at else "開所日ではない"),
            parts.Fact("締めた者", _name(record.closed_by)),
            parts.Fact("確認者", f"{_name(record.second)}（ごみ・梱包材にカードなし）"),
            parts.Fact("取出し", f"{record.in_hand:,} 回"),
            parts.Fact("取扱記録", f"{record.entries:,} 件（締め後に届いた記録 {record.late:,} 件）"),
        ]
    )
    yield parts.section(
        "枚数の収支", "始業時 ＋ 受入 ＋ 発見 － 交付 － 返送・発送 － 市返還 － 廃棄 － 不明・紛失 ＝ 終業時"
    )
    yield from _balance(record.lines)
    if record.problems or record.reason or late:
        yield parts.section("締めの際に残っていたもの")
        yield from _left_open(record, late=late)
    yield parts.section("棚卸し", _missing_counts(record))
    yield from _table(
        _COUNTS, (_count_row(record, at) for at in range(len(record.counts))), "棚卸しはありません"
    )
    yield from _happened(record)
    yield parts.section("確認")
    yield parts.signatures(
        [
            parts.Signature("拠点別責任者", record.place.name, record.closed_by.name, record.closed_at),
            parts.Signature("確認者", record.place.name, record.second.name),
            parts.Signature("本市", "京都市"),
        ]
    )


def _happened(record: DayReportRecord) -> Iterator[Piece]:
    """What came that day, what differed, and what could not be found."""
    yield parts.section("収受")
    rows = (
        (
            grouped(r.manifest),
            grouped(r.receipt or "―"),
            *(f"{n:,}" for n in (r.dispatched, r.accepted, r.rejected, r.missing)),
        )
        for r in record.receipts
    )
    yield from _table(_RECEIPTS, rows, "収受はありません")
    yield parts.section("差異（過不足）")
    differences = (
        (
            grouped(d.code),
            WORDS[d.kind][0],  # type: ignore[index]
            grouped(d.card) if d.card else "―",
            d.note,
            _ENDINGS.get(d.how, "処理済") if d.how else "未処理",
        )
        for d in record.differences
    )
    yield from _table(_DIFFERENCES, differences, "差異はありません")
    yield parts.section(
        "所在不明", f"{record.overdue:,} 枚が現物確認の期限を過ぎています" if record.overdue else ""
    )
    cases = (
        (
            grouped(c.code),
            grouped(c.card),
            f"{_CAUSES.get(c.cause, c.cause)}　{parts.short_time(c.opened_at)}",
            parts.short_time(c.last_seen_at) if c.last_seen_at else "―",
            _ENDINGS.get(c.how, c.how) if c.how else "調査中",
        )
        for c in record.cases
    )
    yield from _table(_CASES, cases, "所在不明のカードはありません")


def _name(person: NamedPerson) -> str:
    return f"{person.name}（{person.code}）"


def _missing_counts(record: DayReportRecord) -> str:
    kinds = {count.kind for count in record.counts}
    lacking = [KINDS[kind] for kind in (CountKind.OPENING, CountKind.CLOSING) if kind not in kinds]
    return f"{'・'.join(lacking)}の記録がありません" if lacking else ""


def _balance(lines: Sequence[DayLine]) -> Iterator[Piece]:
    rows = [(line.name, *(f"{getattr(line, name):,}" for name in _FIGURES)) for line in lines]
    sums = [sum(getattr(line, name) for line in lines) for name in _FIGURES]
    undone = sum(line.undone for line in lines)
    yield from _table(_BALANCE, [*rows, ("合計", *(f"{n:,}" for n in sums))], "", bold_last=True)
    if undone:
        yield parts.end_of_list(f"ほかに取消 {undone:,} 枚")


def _count_row(record: DayReportRecord, at: int) -> tuple[str, ...]:
    count = record.counts[at]
    names = "・".join(one.name for one in (count.counter, count.witness) if one)
    figures = (f"{n:,}" for n in (count.expected, count.missing, count.unexpected))
    return (grouped(count.count), KINDS[count.kind], count.vault, names, *figures)


def _left_open(record: DayReportRecord, *, late: bool) -> Iterator[Piece]:
    lines = ["閉所の時刻より後に締めました"] if late else []
    for one in record.problems:
        word, _, todo = PROBLEMS[one.what]
        shown = "、".join(grouped(code) for code in one.codes[:12])
        more = f" ほか{len(one.codes) - 12:,}" if len(one.codes) > 12 else ""
        lines.append(f"{word} {len(one.codes):,}：{shown}{more}（{todo}）")
    if record.reason:
        lines.append(f"理由：{record.reason}")
    wrapped = [part for line in lines for part in fonts.wrapped(line, WIDTH - 4, 9, 20)]

    def draw(pen: Pen, y: float) -> None:
        for row, line in enumerate(wrapped):
            pen.write(LEFT + 2, y + 4 + row * 4.6, line, 9)

    yield Piece(len(wrapped) * 4.6 + 2, draw)


def _table(
    cols: Sequence[Column], rows: Iterable[Sequence[str]], nothing: str, *, bold_last: bool = False
) -> Iterator[Piece]:
    """A plain ruled list, one line to a row."""
    listed = list(rows)
    if not listed:
        yield parts.nothing_to_list(nothing)
        return
    head = table.head(cols)
    for number, row in enumerate(listed, 1):
        last = number == len(listed)
        yield Piece(_ROW, _draw(cols, row, last=last, bold=last and bold_last), head)


def _draw(cols: Sequence[Column], row: Sequence[str], *, last: bool, bold: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        for column, text in zip(cols, row, strict=True):
            pen.cell(column.x, y, column.width, _ROW, text, 8.5, column.align, bold=bold, lines=2)
        table.under(pen, y + _ROW, strong=last)

    return draw
