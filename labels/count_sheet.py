"""P5 棚卸表: where to count, slot by slot in walking order, with room to write. What is expected is not on it."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, table
from labels.flow import Piece
from labels.page import LEFT, WIDTH, Paper, compose
from labels.pen import HAIR, PALE, THIN, Align, Pen
from logistics.rules.count_records import CountedSlot, CountSheetRecord
from logistics.rules.counting import BY_NUMBER, KINDS
from logistics.rules.japanese import japanese_date
from logistics.rules.records import Imprint

TITLE = "棚卸表"
_ROW = 12.4
# Two slots side by side, each with the same four columns.
_HALF: tuple[tuple[str, float, Align], ...] = (
    ("棚番", 43.5, "centre"),
    ("棚", 12.0, "centre"),
    ("枚数", 16.0, "centre"),
    ("再計数", 16.0, "centre"),
)
_SLOTS = table.columns(*_HALF, *_HALF)


def render(record: CountSheetRecord, imprint: Imprint) -> bytes:
    """The sheet as PDF."""
    running = f"{KINDS[record.kind]}　{record.place.name}　{record.vault_name}　{japanese_date(record.day)}"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: CountSheetRecord) -> Iterator[Piece]:
    second = f"{record.witness.name}（{record.witness.code}）" if record.witness else "―"
    boss = f"{record.supervisor.name}（{record.supervisor.code}）" if record.supervisor else "―"
    yield parts.facts(
        [
            parts.Fact("棚卸番号", "", record.count),
            parts.Fact("保管庫", "", record.vault),
            parts.Fact("種類", KINDS[record.kind]),
            parts.Fact("対象日", japanese_date(record.day)),
            parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("対象", f"{record.vault_name}　{len(record.slots):,} 棚"),
            parts.Fact("開始者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("立会者", second),
            parts.Fact("指示", boss),
            parts.Fact("方法", _method(record)),
        ]
    )
    yield parts.section("計数", "帳簿の枚数は記載していません。見ずに数えてください")
    head = table.head(_SLOTS)
    for at in range(0, len(record.slots), 2):
        pair = record.slots[at : at + 2]
        yield Piece(_ROW, _draw(pair, last=at + 2 >= len(record.slots)), head)
    if record.aside:
        yield parts.section("棚の外", "収受済・未格納、別置きのものは一枚ずつ読み取ります")
        yield parts.remark_lines("枚数・内容", 12)
    yield parts.section("確認")
    yield parts.signatures(
        [
            parts.Signature("計数者", record.place.name, record.issued_by.name),
            parts.Signature("立会者", record.place.name, record.witness.name if record.witness else None),
            parts.Signature("再計数者", "計数者とは別の職員"),
        ]
    )


def _method(record: CountSheetRecord) -> str:
    return "棚ごとの枚数、又は読取り" if record.kind in BY_NUMBER else "一枚ずつ読取り"


def _draw(pair: tuple[CountedSlot, ...], *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        for index, slot in enumerate(pair):
            code, where, first, second = _SLOTS[4 * index : 4 * index + 4]
            parts.coded(pen, slot.code, code.x, y, code.width, _ROW)
            pen.cell(where.x, y, where.width, _ROW, f"{slot.shelf}-{slot.position}", 10, "centre", bold=True)
            for box in (first, second):
                pen.box(box.x + 1, y + 1.6, box.width - 2, _ROW - 3.2, THIN)
        pen.stroke(LEFT + WIDTH / 2, y, y + _ROW, HAIR, PALE)
        table.under(pen, y + _ROW, strong=last)

    return draw
