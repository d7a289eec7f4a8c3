"""P0 日次照合票: the log at the close of a day, to be signed, stamped and kept by both parties.

It is what nobody who holds the database can rewrite: the root in full, the note as text and as QR code, the key.
"""

from __future__ import annotations

from collections.abc import Iterator

from labels import fonts, parts, qrcodes, table
from labels.flow import Piece
from labels.page import LEFT, WIDTH, Paper, compose
from labels.pen import STRONG, TINT, Pen
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.records import ActCount, ClosingRecord, Imprint
from logistics.rules.words import ACTS

TITLE = "日次照合票"
_ROW, _LEADING, _SIZE = 6.2, 4.4, 8.5
_QR_DOTS = 3
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
    yield _lines("照合値", [_fours(record.root[:32]), _fours(record.root[32:])], 12.0)
    yield _note(record.note)
    if record.vkey:
        yield _lines("検証鍵", list(fonts.wrapped(record.vkey, WIDTH - 26, _SIZE, 3)), _SIZE)
    yield parts.section("当日の記録の内訳")
    yield from _acts(record.acts)
    yield parts.section("確認", "本票を双方で一部ずつ保管します")
    yield parts.signatures(
        [
            parts.Signature("分室", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("本市", "京都市"),
        ]
    )


def _fours(digits: str) -> str:
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _lines(title: str, lines: list[str], size: float) -> Piece:
    """A titled box with one line of text under another."""
    leading = max(_LEADING, size * 0.5)
    height = len(lines) * leading + 3.6

    def draw(pen: Pen, y: float) -> None:
        _frame(pen, y, height, title)
        for index, line in enumerate(lines):
            pen.cell(LEFT + 23, y + 1.8 + index * leading, WIDTH - 23, leading, line, size)

    return Piece(height, draw)


def _note(note: str) -> Piece:
    """The whole note: as it is written, line for line, and as a QR code beside it."""
    wide = qrcodes.width_mm(note, _QR_DOTS)
    room = WIDTH - 23 - wide - 3
    lines = [part for line in note.split("\n")[:-1] for part in fonts.wrapped(line, room - 3, _SIZE, 4)]
    height = max(wide + 2, len(lines) * _LEADING + 4)

    def draw(pen: Pen, y: float) -> None:
        _frame(pen, y, height, "署名付き照合票")
        for index, line in enumerate(lines):
            pen.write(LEFT + 24.5, y + 5.4 + index * _LEADING, line, _SIZE)
        pen.qr(note, LEFT + WIDTH - wide - 1, y + (height - wide) / 2, _QR_DOTS)

    return Piece(height, draw)


def _frame(pen: Pen, y: float, height: float, title: str) -> None:
    pen.box(LEFT, y, 23, height, 0, fill=TINT)
    pen.cell(LEFT, y, 23, height, title, 8, lines=2)
    pen.box(LEFT, y, WIDTH, height, STRONG)


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
