"""P16 入退室管理簿: who opened a vault or entered its room, when, why, and which openings nothing explains."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, table
from labels.flow import Piece
from labels.page import Paper, compose
from labels.pen import GREY, Pen
from logistics.rules.japanese import japanese_date
from logistics.rules.records import Imprint, NamedPerson
from logistics.rules.vault_records import AccessLineRecord, AccessRegisterRecord
from logistics.rules.vaulting import SOURCES, Source
from logistics.rules.words import ACTS

TITLE = "入退室管理簿"
_ROW = 11.4

_LINES = table.columns(
    ("", 9, "right"),
    ("場所", 25, "left"),
    ("入室・開扉", 37, "left"),
    ("退室・施錠", 37, "left"),
    ("理由・関連する作業", 44, "left"),
    ("記録", 23, "left"),
)


def render(record: AccessRegisterRecord, imprint: Imprint) -> bytes:
    """The register as PDF, a line for each opening or stay."""
    running = f"{record.place.name}　{japanese_date(record.first)} から {japanese_date(record.last)} まで"
    paper = Paper(TITLE, record.number, record.issued_at, running)
    return compose(paper, imprint, list(_pieces(record)))


def _pieces(record: AccessRegisterRecord) -> Iterator[Piece]:
    unexplained = sum(line.unexplained for line in record.lines)
    yield parts.facts(
        [
            parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("作成者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("対象日", japanese_date(record.first)),
            parts.Fact("まで", japanese_date(record.last)),
            parts.Fact("件数", f"{len(record.lines):,} 件"),
            parts.Fact("理由不明", f"{unexplained:,} 件"),
        ]
    )
    yield parts.section("入退室・開扉の記録", "別紙1 第10条第4項(3)")
    yield from _lines(record.lines)
    yield parts.section("確認", "記載のとおりであることを確認しました")
    yield parts.signatures(
        [
            parts.Signature("作成者", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("拠点別責任者・管理者", record.place.name),
            parts.Signature("本市", "京都市"),
        ]
    )


def _lines(lines: tuple[AccessLineRecord, ...]) -> Iterator[Piece]:
    if not lines:
        yield parts.nothing_to_list("この期間の入退室・開扉の記録はありません")
        return
    head = table.head(_LINES)
    for number, line in enumerate(lines, 1):
        last = number == len(lines)
        yield Piece(_ROW, _draw(number, line, strong=number % 5 == 0 or last), head, keep=last)
    yield parts.end_of_list(f"以上 {len(lines):,} 件")


def _draw(number: int, line: AccessLineRecord, *, strong: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, where, opened, closed, why, source = _LINES
        pen.cell(index.x, y, index.width, _ROW, str(number), 9, "right")
        pen.cell(where.x, y + 0.6, where.width, 6, line.where, 9.5)
        pen.cell(where.x, y + 5.8, where.width, 5, line.vault or "", 7.5, grey=GREY)
        pen.cell(opened.x, y + 0.6, opened.width, 6, parts.short_time(line.opened_at), 9.5)
        pen.cell(opened.x, y + 5.8, opened.width, 5, _named(line.opened_by), 7.5, grey=GREY)
        ended = parts.short_time(line.closed_at) if line.closed_at else "未了"
        pen.cell(closed.x, y + 0.6, closed.width, 6, ended, 9.5, bold=line.closed_at is None)
        pen.cell(closed.x, y + 5.8, closed.width, 5, _named(line.closed_by), 7.5, grey=GREY)
        pen.cell(why.x, y, why.width, _ROW, _why(line), 9, lines=2, bold=line.unexplained)
        pen.cell(source.x, y + 0.6, source.width, 6, SOURCES[Source(line.source)], 8.5)
        if line.holds_key is False:
            pen.cell(source.x, y + 5.8, source.width, 5, "鍵の保管者外", 7.5, bold=True)
        table.under(pen, y + _ROW, strong=strong)

    return draw


def _named(person: NamedPerson | None) -> str:
    return f"{person.name}（{person.code}）" if person else ""


def _why(line: AccessLineRecord) -> str:
    if line.reason:
        return line.reason
    if line.explained_by:
        return f"作業：{ACTS.get(line.explained_by, line.explained_by)}"
    return "不明（要確認）" if line.unexplained else ""
