"""P6 棚卸結果報告書: what a count found: the balance, every card that did not match, who saw a missing one last."""

from __future__ import annotations

from collections.abc import Iterator

from labels import fonts, parts, table
from labels.flow import Piece
from labels.page import LEFT, WIDTH, Paper, compose, grouped
from labels.pen import GREY, STRONG, THIN, TINT, Pen
from logistics.rules.count_records import CountLine, CountReportRecord
from logistics.rules.counting import FINDINGS, KINDS, Finding
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.records import Imprint, NamedPerson
from logistics.rules.words import ACTS

TITLE = "棚卸結果報告書"
_ROW, _NOTE_SIZE, _NOTE_LEADING = 12.4, 7.5, 3.5
_LINES = table.columns(
    ("", 8, "right"),
    ("管理番号", 43, "centre"),
    ("結果", 27, "left"),
    ("帳簿の棚", 25, "left"),
    ("発見の棚", 25, "left"),
    ("内容", 47, "left"),
)


def render(record: CountReportRecord, imprint: Imprint) -> bytes:
    """The report as PDF. ValueError if its figures do not add up to what was expected."""
    found = record.matched + record.explained + record.missing + record.misplaced
    if found != record.expected:
        raise ValueError(f"count {record.count} accounts for {found} of {record.expected} cards")
    running = f"{KINDS[record.kind]}　{record.place.name}　{record.vault_name}　{japanese_date(record.day)}"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: CountReportRecord) -> Iterator[Piece]:
    yield parts.facts(
        [
            parts.Fact("棚卸番号", "", record.count),
            parts.Fact("保管庫", "", record.vault),
            parts.Fact("種類", KINDS[record.kind]),
            parts.Fact("対象日", japanese_date(record.day)),
            parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("対象", f"{record.vault_name}　{record.slots:,} 棚"),
            parts.Fact("開始", japanese_time(record.opened_at)),
            parts.Fact("確定", japanese_time(record.closed_at)),
            parts.Fact("計数者", _names(record.counters)),
            parts.Fact("再計数者", _names(record.recounters)),
            parts.Fact("立会者", _names((record.witness,) if record.witness else ())),
            parts.Fact("立会・指示", _names((record.supervisor,) if record.supervisor else ())),
        ]
    )
    yield parts.section("枚数の照合", "帳簿 ＝ 一致 ＋ 棚卸し中の移動 ＋ 別の棚 ＋ 所在不明")
    yield _balance(record)
    yield parts.section("一致しなかったもの", f"{len(record.lines):,} 件" if record.lines else "")
    yield from _list(record.lines)
    if record.reason:
        yield parts.section("所見")
        yield from _words(record.reason)
    yield parts.section("確認", "棚卸しは所在の事実のみを確定します。原因は所在調査と差異の処理で扱います")
    yield parts.signatures(
        [
            parts.Signature("計数者", record.place.name, _first(record.counters)),
            parts.Signature(
                "再計数者・立会者",
                record.place.name,
                _first(record.recounters) or (record.witness.name if record.witness else None),
            ),
            parts.Signature("確定者", record.place.name, record.issued_by.name, record.closed_at),
        ]
    )


def _names(people: tuple[NamedPerson, ...]) -> str:
    return "、".join(f"{one.name}（{one.code}）" for one in people) or "―"


def _first(people: tuple[NamedPerson, ...]) -> str | None:
    return people[0].name if people else None


def _balance(record: CountReportRecord) -> Piece:
    """Five boxes that read as an equation, and apart from them what was found without being expected."""
    terms = (
        ("帳簿", record.expected, "＝"),
        ("一致", record.matched, "＋"),
        ("棚卸し中の移動", record.explained, "＋"),
        ("別の棚で発見", record.misplaced, "＋"),
        ("所在不明", record.missing, ""),
        ("予定外（外数）", record.unexpected, ""),
    )
    sign, width, height = 5.2, 24.8, 17.0

    def draw(pen: Pen, y: float) -> None:
        x = LEFT
        for index, (name, count, after) in enumerate(terms):
            last = index == len(terms) - 1
            if last:
                x = LEFT + WIDTH - width
            pen.box(x, y, width, 6, 0, fill=TINT)
            pen.cell(x, y, width, 6, name, 7.5, "centre")
            grave = name == "所在不明" and count > 0
            pen.cell(x, y + 6, width, height - 6, f"{count:,}", 18, "centre", bold=grave or index == 1)
            pen.box(x, y, width, height, THIN if last else STRONG)
            pen.write(x + width + sign / 2, y + 13, after, 11, "centre")
            x += width + sign

    return Piece(height, draw)


def _list(lines: tuple[CountLine, ...]) -> Iterator[Piece]:
    if not lines:
        yield parts.nothing_to_list("すべて一致しました")
        return
    head = table.head(_LINES)
    for number, line in enumerate(lines, 1):
        says = [
            part
            for text in _says(line)
            for part in fonts.wrapped(text, _LINES[5].width - 2.5, _NOTE_SIZE, 12)
        ]
        height = max(_ROW, len(says) * _NOTE_LEADING + 3)
        yield Piece(height, _draw(number, line, says, height), head, keep=number == len(lines))
    yield parts.end_of_list(f"以上 {len(lines):,} 件")


def _says(line: CountLine) -> Iterator[str]:
    if line.last_seen:
        seen = line.last_seen
        where = f"{seen.place} 棚{grouped(seen.slot)}" if seen.slot else seen.place
        act = ACTS.get(seen.act, seen.act)
        yield f"最終確認 {japanese_time(seen.at)} {where}　{seen.by.name}（{act}・記録{seen.entry}）"
    if line.hint and line.finding is Finding.MISSING:
        yield f"以前は棚 {grouped(line.hint)}。まずそこを確認"
    if line.note:
        yield line.note
    if line.case:
        yield f"所在調査 {grouped(line.case)}"
    if line.difference:
        yield f"差異 {grouped(line.difference)}"


def _draw(number: int, line: CountLine, says: list[str], height: float) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, card, finding, expected, found, _note = _LINES
        pen.cell(index.x, y, index.width, _ROW, str(number), 9, "right")
        parts.coded(pen, line.card, card.x, y, card.width, _ROW)
        grave = line.finding is Finding.MISSING
        pen.cell(finding.x, y, finding.width, _ROW, FINDINGS[line.finding], 9, bold=grave, lines=2)
        for column, slot in ((expected, line.expected_in), (found, line.found_in)):
            pen.cell(column.x, y, column.width, _ROW, grouped(slot) if slot else "―", 9)
        top = y + (height - len(says) * _NOTE_LEADING) / 2
        for row, text in enumerate(says):
            pen.write(_note.x + 1, top + row * _NOTE_LEADING + 2.7, text, _NOTE_SIZE, grey=GREY if row else 0)
        table.under(pen, y + height)

    return draw


def _words(text: str) -> Iterator[Piece]:
    lines = fonts.wrapped(text, WIDTH - 4, 9, 40)

    def draw(pen: Pen, y: float) -> None:
        for row, line in enumerate(lines):
            pen.write(LEFT + 2, y + 4 + row * 4.6, line, 9)

    yield Piece(len(lines) * 4.6 + 2, draw)
