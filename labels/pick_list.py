"""P23 取出し予定表: the cards booked for a session, slot by slot in walking order; what is not there stands apart."""

from __future__ import annotations

from collections.abc import Iterator

from labels import barcodes, parts, table
from labels.flow import Piece, gap
from labels.page import LEFT, WIDTH, Paper, compose, grouped
from labels.pen import Pen
from logistics.rules.japanese import japanese_clock, japanese_date
from logistics.rules.lifecycle import CardState
from logistics.rules.records import Imprint
from logistics.rules.vault_records import PickLineRecord, PickListRecord
from logistics.rules.vaulting import SERVICES
from logistics.rules.words import CARD_STATES

TITLE = "取出し予定表"
_ROW, _BARS = 9.4, 6.6

_LINES = table.columns(
    ("番号", 12, "right"),
    ("確認", 11, "centre"),
    ("棚番", 32, "left"),
    ("管理番号", 33, "left"),
    ("種別", 31, "left"),
    ("予約", 13, "centre"),
    ("バーコード", 43, "centre"),
)
_ELSEWHERE = table.columns(
    ("番号", 12, "right"),
    ("管理番号", 38, "left"),
    ("種別", 45, "left"),
    ("予約", 20, "centre"),
    ("現在の状態", 60, "left"),
)
# Taken out before the paper was drawn: nobody has to look for them.
_DONE = frozenset({CardState.OUT.value, CardState.WITH_CITY.value, CardState.ISSUED.value})


def render(record: PickListRecord, imprint: Imprint) -> bytes:
    """The list as PDF. ValueError if its counts are not those of its lines."""
    counted = sum(count.count for count in record.counts)
    if counted != len(record.lines):
        raise ValueError(f"pick list {record.number} counts {counted} cards and lists {len(record.lines)}")
    running = (
        f"{record.place.name}　{japanese_date(record.day)}　{SERVICES[record.service]}　{len(record.lines)}枚"
    )
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: PickListRecord) -> Iterator[Piece]:
    here = [line for line in record.lines if line.slot is not None]
    done = [line for line in record.lines if line.slot is None and line.state in _DONE]
    elsewhere = [line for line in record.lines if line.slot is None and line.state not in _DONE]
    yield parts.facts(
        [
            parts.Fact("拠点", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("作成者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("対象日", japanese_date(record.day)),
            parts.Fact("時間帯", _session(record)),
            parts.Fact("予定表", "", record.pick_list),
            parts.Fact(
                "枚数", f"保管庫 {len(here):,} 枚　所在確認 {len(elsewhere):,} 枚　済 {len(done):,} 枚"
            ),
        ]
    )
    if record.lines:
        yield parts.section("種別ごとの枚数")
        yield from parts.kind_counts(record.counts, len(record.lines))
    yield parts.section("取り出すカード", "1枚ずつ、取り出すたびにバーコードを読み取ってください")
    yield from _here(here)
    if elsewhere:
        yield parts.section("保管庫にないカード", "予約時刻までに所在を確かめ、責任者に知らせてください")
        yield from _elsewhere(elsewhere)
    if done:
        yield parts.section("取出し・交付済み")
        yield from _elsewhere(done)
    yield gap(3)
    yield parts.remark_lines("備考")


def _session(record: PickListRecord) -> str:
    name = SERVICES[record.service]
    if record.opens_at is None or record.closes_at is None:
        return name
    return f"{name}　{japanese_clock(record.opens_at)}～{japanese_clock(record.closes_at)}"


def _here(lines: list[PickLineRecord]) -> Iterator[Piece]:
    if not lines:
        yield parts.nothing_to_list("保管庫から取り出すカードはありません")
        return
    heads = {name: _vault_head(name, lines) for name in {line.vault_name or "" for line in lines}}
    for number, line in enumerate(lines, 1):
        last = number == len(lines)
        yield Piece(
            _ROW, _draw(number, line, strong=number % 5 == 0), heads[line.vault_name or ""], keep=last
        )
    yield parts.end_of_list(f"以上 {len(lines):,} 枚")


def _vault_head(name: str, lines: list[PickLineRecord]) -> Piece:
    cards = sum((line.vault_name or "") == name for line in lines)

    def draw(pen: Pen, y: float) -> None:
        pen.cell(LEFT, y, WIDTH, 6, f"{name}　{cards:,} 枚", 8.5, pad=0)
        table.draw_head(pen, y + 6, _LINES)

    return Piece(6 + table.HEAD_HEIGHT, draw)


def _draw(number: int, line: PickLineRecord, *, strong: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, tick, slot, card, kind, booked, bars = _LINES
        baseline = y + 6
        pen.write(index.x + index.width - 1.5, baseline, str(number), 9, "right")
        pen.tick(tick.x + tick.width / 2 - 1.9, y + 2.8, 3.8)
        pen.write(slot.x + 1.5, baseline, grouped(line.slot or ""), 10.5, bold=True)
        pen.write(card.x + 1.5, baseline, grouped(line.card), 10.5)
        pen.cell(kind.x, y, kind.width, _ROW, line.kind_name, 8, lines=2)
        pen.cell(booked.x, y, booked.width, _ROW, line.booked_for or "―", 9.5, "centre")
        module = barcodes.module_mm(line.card, bars.width)
        left = bars.x + (bars.width - barcodes.width_mm(line.card, module)) / 2
        pen.barcode(line.card, left, y + (_ROW - _BARS) / 2, _BARS, module)
        table.under(pen, y + _ROW, strong=strong)

    return draw


def _elsewhere(lines: list[PickLineRecord]) -> Iterator[Piece]:
    head = table.head(_ELSEWHERE)
    for number, line in enumerate(lines, 1):
        yield Piece(8, _draw_elsewhere(number, line, strong=number == len(lines)), head)


def _draw_elsewhere(number: int, line: PickLineRecord, *, strong: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, card, kind, booked, state = _ELSEWHERE
        pen.cell(index.x, y, index.width, 8, str(number), 9, "right")
        pen.cell(card.x, y, card.width, 8, grouped(line.card), 10.5)
        pen.cell(kind.x, y, kind.width, 8, line.kind_name, 8.5)
        pen.cell(booked.x, y, booked.width, 8, line.booked_for or "―", 9.5, "centre")
        pen.cell(state.x, y, state.width, 8, CARD_STATES[CardState(line.state)], 10, bold=True)
        table.under(pen, y + 8, strong=strong)

    return draw
