"""P0 日次照合票: the log at the close of a day, to be signed, stamped and kept by both parties.

It is what nobody who holds the database can rewrite: the root in full, the note as text and as QR code, the key.
"""

from __future__ import annotations

from collections.abc import Iterator

from labels import anchors, parts, table
from labels.flow import Piece
from labels.page import Paper, compose
from labels.pen import Pen
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.records import ActCount, ClosingRecord, Imprint
from logistics.rules.words import ACTS

TITLE = "日次照合票"
_ROW = 6.2
_ACTS = table.columns(
    ("記録の種類", 60, "left"), ("件数", 27, "right"), ("記録の種類", 61, "left"), ("件数", 27, "right")
)


def render(record: ClosingRecord, imprint: Imprint) -> bytes:
    """The sheet as PDF. ValueError if the counts do not add up."""
    if sum(one.entries for one in record.acts) != record.entries:
        raise ValueError(f"closing sheet {record.number} does not count {record.entries} entries")
    running = f"{japanese_date(record.day)}　{record.place.name}　記録 {record.entries:,}件"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: ClosingRecord) -> Iterator[Piece]:
    yield parts.facts(
        [
            parts.Fact("対象日", japanese_date(record.day)),
            parts.Fact("作成", japanese_time(record.issued_at)),
            parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("作成者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("当日の記録", f"{record.entries:,} 件（うち未署名 {record.unsigned:,} 件）"),
            parts.Fact("来歴ログ全体", f"{record.size:,} 件"),
        ]
    )
    yield parts.section("来歴ログの照合値", "電子記録がこの値と異なる場合、記録は書き換えられています")
    yield anchors.root(record.root)
    yield anchors.signed(record.note)
    if record.vkey:
        yield anchors.key(record.vkey)
    yield parts.section("当日の記録の内訳")
    yield from _acts(record.acts)
    yield parts.section("確認", "本票を双方で一部ずつ保管します")
    yield parts.signatures(
        [
            parts.Signature("分室", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("本市", "京都市"),
        ]
    )


def _acts(acts: tuple[ActCount, ...]) -> Iterator[Piece]:
    if not acts:
        yield parts.nothing_to_list("当日の記録はありません")
        return
    head = table.head(_ACTS)
    for at in range(0, len(acts), 2):
        yield Piece(_ROW, _draw_acts(acts[at : at + 2], last=at + 2 >= len(acts)), head)


def _draw_acts(pair: tuple[ActCount, ...], *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        for index, one in enumerate(pair):
            name, count = _ACTS[2 * index : 2 * index + 2]
            pen.cell(name.x, y, name.width, _ROW, ACTS.get(one.act, one.act), 9)
            pen.cell(count.x, y, count.width, _ROW, f"{one.entries:,}", 9, "right")
        table.under(pen, y + _ROW, strong=last)

    return draw
