"""P11 月次未交付カード報告: where undelivered cards lie, how they came there in the month, and how old they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from labels import charts, parts, table
from labels.flow import Piece
from labels.page import Paper, compose
from labels.pen import Pen
from logistics.rules.japanese import era_year, japanese_date, japanese_time
from logistics.rules.records import Imprint
from logistics.rules.report_records import PlaceState, UndeliveredData, UndeliveredLine, UndeliveredRecord
from logistics.rules.undelivered import BAND_NAMES, STAGE_NAMES, Band, Stage

TITLE = "月次未交付カード報告"
_ROW = 5.4
_BAND_HEADS = ("通知前", "～30日", "～90日", "～180日", "～365日", "365日超")

_MOVES = table.columns(
    ("拠点", 27, "left"),
    ("種別", 43, "left"),
    ("前月末", 15, "right"),
    ("受入", 15, "right"),
    ("交付", 15, "right"),
    ("返送・発送", 16, "right"),
    ("廃棄", 13, "right"),
    ("訂正", 13, "right"),
    ("当月末", 18, "right"),
)
_AGES = table.columns(
    ("拠点", 27, "left"),
    ("種別", 40, "left"),
    *((name, 12.5, "right") for name in _BAND_HEADS),
    *((name, 8.25, "right") for name in ("前", "初回", "再", "返戻")),
)
_STATES = table.columns(
    ("拠点", 40, "left"),
    ("最終棚卸日", 35, "left"),
    ("実施者", 30, "left"),
    ("立会者", 30, "left"),
    ("未処理の差異", 20, "right"),
    ("廃棄手続中", 20, "right"),
)


def month_name(month: date) -> str:
    """令和8年4月."""
    era, year = era_year(month)
    return f"{era}{'元' if year == 1 else year}年{month.month}月"


def render(record: UndeliveredRecord, imprint: Imprint) -> bytes:
    """The report as PDF. ValueError if its figures do not add up."""
    for line in (*record.data.lines, *record.data.beside):
        moved = line.received - line.issued - line.returned - line.destroyed + line.corrections
        if line.opening + moved != line.closing or sum(line.ages) != line.closing:
            raise ValueError(f"the line of {line.place} and {line.kind} does not add up")
    name = month_name(record.data.month)
    running = f"{name}分　{'確定' if record.final else '速報'}　当月末 {_total(record):,}枚"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _total(record: UndeliveredRecord) -> int:
    return sum(line.closing for line in record.data.lines)


def _pieces(record: UndeliveredRecord) -> Iterator[Piece]:
    data = record.data
    yield parts.facts(
        [
            parts.Fact(
                "対象月", f"{month_name(data.month)}分　{'確定' if record.final else '速報（月次締め前）'}"
            ),
            parts.Fact("基準時点", f"{japanese_time(data.until)} より前の記録"),
            parts.Fact("作成", japanese_time(record.issued_at)),
            parts.Fact("作成者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("当月末の未交付", f"{_total(record):,} 枚"),
            parts.Fact("経過日数の基準日", japanese_date(data.day)),
        ]
    )
    yield parts.section("受払い", "前月末 ＋ 受入 － 交付 － 返送・発送 － 廃棄 ± 訂正 ＝ 当月末")
    yield from _moves(data.lines)
    if data.beside:
        yield parts.section("未交付に数えない保管物", "回収カード・書類綴り・預りカード")
        yield from _moves(data.beside)
    yield parts.section("経過日数と通知の段階", "初回の交付通知書からの日数、当月末の枚数")
    yield from _ages(data.lines)
    yield parts.section("拠点別の経過日数")
    yield charts.legend(_BAND_HEADS)
    yield from charts.bars(_by_place(data.lines))
    if record.trend:
        yield parts.section("月末在庫の推移", "締め済みの月")
        points: list[tuple[str, int | None]] = [(f"{m.month.month}月", m.closing) for m in record.trend]
        yield charts.columns([*points, (f"{data.month.month}月", _total(record))])
    yield parts.section("棚卸し・差異・廃棄手続中")
    yield from _states(data.places)
    yield parts.section("確認")
    yield parts.signatures(
        [
            parts.Signature("受託者", "業務責任者", record.issued_by.name, record.issued_at),
            parts.Signature("本市", "京都市"),
        ]
    )


def _moves(lines: Sequence[UndeliveredLine]) -> Iterator[Piece]:
    if not lines:
        yield parts.nothing_to_list("当月に在庫・異動はありません")
        return
    head = table.head(_MOVES)
    for shown, line in _named(lines):
        figures = (line.opening, line.received, line.issued, line.returned, line.destroyed)
        cells = [*(f"{n:,}" for n in figures), f"{line.corrections:+,}" if line.corrections else "0"]
        yield Piece(_ROW, _row(_MOVES, [shown, line.kind_name, *cells, f"{line.closing:,}"]), head)
    sums = [sum(getattr(line, name) for line in lines) for name in _SUMMED]
    yield Piece(_ROW, _row(_MOVES, ["合計", "", *(f"{n:,}" for n in sums)], strong=True), head)


_SUMMED = ("opening", "received", "issued", "returned", "destroyed", "corrections", "closing")


def _ages(lines: Sequence[UndeliveredLine]) -> Iterator[Piece]:
    head = table.head(_AGES)
    lying = [line for line in lines if line.closing]
    if not lying:
        yield parts.nothing_to_list("当月末に未交付のカードはありません")
        return
    for shown, line in _named(lying):
        cells = [f"{n:,}" for n in (*line.ages, *line.stages)]
        yield Piece(_ROW, _row(_AGES, [shown, line.kind_name, *cells]), head)
    columns = [
        *zip(*(line.ages for line in lying), strict=True),
        *zip(*(line.stages for line in lying), strict=True),
    ]
    yield Piece(_ROW, _row(_AGES, ["合計", "", *(f"{sum(c):,}" for c in columns)], strong=True), head)


def _named(lines: Sequence[UndeliveredLine]) -> Iterator[tuple[str, UndeliveredLine]]:
    """Each line with its place's name, which is written once."""
    before = None
    for line in lines:
        yield ("" if line.place == before else line.place_name), line
        before = line.place


def _by_place(lines: Sequence[UndeliveredLine]) -> list[tuple[str, list[int]]]:
    found: dict[str, list[int]] = {}
    for line in lines:
        sums = found.setdefault(line.place_name, [0] * len(Band))
        for index, cards in enumerate(line.ages):
            sums[index] += cards
    return list(found.items())


def _states(places: Sequence[PlaceState]) -> Iterator[Piece]:
    head = table.head(_STATES)
    for place in places:
        counted = japanese_date(place.counted_on) if place.counted_on else "記録なし"
        cells = [
            place.place_name,
            counted,
            place.counted_by or "―",
            place.witnessed_by or "―",
            f"{place.open_differences:,}",
            f"{place.to_destroy:,}",
        ]
        yield Piece(_ROW, _row(_STATES, cells), head)


def _row(columns: Sequence[table.Column], cells: Sequence[str], *, strong: bool = False) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        for column, text in zip(columns, cells, strict=True):
            pen.cell(column.x, y, column.width, _ROW, text, 8, column.align, pad=1, bold=strong)
        table.under(pen, y + _ROW, strong=strong)

    return draw


HEADS = {
    "place": "拠点コード",
    "place_name": "拠点",
    "kind": "種別コード",
    "kind_name": "種別",
    "opening": "前月末",
    "received": "受入",
    "issued": "交付",
    "returned": "返送・発送",
    "destroyed": "廃棄",
    "corrections": "訂正",
    "closing": "当月末",
    **{f"age_{band.value}": BAND_NAMES[band] for band in Band},
    **{f"stage_{stage.value}": f"段階：{STAGE_NAMES[stage]}" for stage in Stage},
}


def cells(line: UndeliveredLine) -> dict[str, str | int]:
    """A line as the columns of a spreadsheet, in the order of HEADS."""
    plain = {name: getattr(line, name) for name in list(HEADS)[:11]}
    ages = {f"age_{band.value}": cards for band, cards in zip(Band, line.ages, strict=True)}
    stages = {f"stage_{stage.value}": cards for stage, cards in zip(Stage, line.stages, strict=True)}
    return plain | ages | stages


_STATE_HEADS = {
    "place": "拠点コード",
    "place_name": "拠点",
    "counted_on": "最終棚卸日",
    "counted_by": "実施者",
    "witnessed_by": "立会者",
    "open_differences": "未処理の差異",
    "to_destroy": "廃棄手続中",
}


def spreadsheet(data: UndeliveredData) -> bytes:
    """The same figures as a workbook: one sheet of lines, one of places."""
    # What writes spreadsheets is large, and few processes ever need it.
    from labels.workbook import Sheet, workbook

    title = f"{TITLE}　{month_name(data.month)}分"
    facts = [
        f"基準時点　{japanese_time(data.until)} より前の記録",
        f"経過日数の基準日　{japanese_date(data.day)}",
    ]
    states = [{name: getattr(state, name) for name in _STATE_HEADS} for state in data.places]
    beside = [cells(line) for line in data.beside]
    return workbook(
        [
            Sheet("受払いと経過日数", title, facts, HEADS, [cells(line) for line in data.lines], total=True),
            Sheet("拠点の状況", title, facts, _STATE_HEADS, states),
            *([Sheet("未交付に数えない保管物", title, facts, HEADS, beside, total=True)] if beside else []),
        ],
        title,
        data.until,
    )
