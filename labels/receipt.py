"""P3 受領書: what the site found of what was dispatched; the balance, the seals, every difference in words."""

from __future__ import annotations

from collections.abc import Iterator

from labels import fonts, parts, table
from labels.flow import Piece
from labels.page import LEFT, WIDTH, Paper, compose, grouped
from labels.pen import GREY, STRONG, THIN, TINT, Pen
from logistics.rules.japanese import japanese_time
from logistics.rules.records import Difference, DifferenceKind, Imprint, ReceiptRecord, SealCheck

TITLE = "受領書"
_ROW = 11.0
_NOTE_SIZE, _NOTE_LEADING, _MOST_NOTE_LINES = 8.0, 3.7, 58

WORDS: dict[DifferenceKind, tuple[str, str]] = {
    "short": ("不足", "明細にあるが届いていない"),
    "over": ("過剰", "明細にないが届いた"),
    "damaged": ("破損", "破損しており受領できない"),
    "misrouted": ("誤配送", "他の拠点あてのもの"),
    "unknown": ("登録なし", "記録のない番号"),
    "broken_seal": ("封印異常", "封印が破れ、又は番号が違う"),
}

_SEALS = table.columns(
    ("", 9, "right"),
    ("搬送袋番号", 47, "centre"),
    ("封印番号（発送時）", 35, "left"),
    ("封印番号（到着時）", 35, "left"),
    ("封印", 19, "centre"),
    ("発送", 15, "right"),
    ("受領", 15, "right"),
)
_DIFFERENCES = table.columns(
    ("", 9, "right"),
    ("差異番号", 46, "centre"),
    ("区分", 36, "left"),
    ("管理番号・搬送袋", 32, "left"),
    ("内容", 52, "left"),
)


def render(record: ReceiptRecord, imprint: Imprint) -> bytes:
    """The receipt as PDF. ValueError if accepted, rejected and missing do not add up to dispatched."""
    found = record.accepted + record.rejected + record.missing
    if found != record.dispatched:
        raise ValueError(
            f"receipt {record.number} accounts for {found} of {record.dispatched} dispatched cards"
        )
    run = parts.run_name(record.run_date, record.run_sequence)
    running = f"{run}　{record.origin.name} → {record.destination.name}　受領 {record.accepted:,}枚"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: ReceiptRecord) -> Iterator[Piece]:
    clean = record.accepted == record.dispatched and not record.differences
    says = (
        "下記のとおり、全数を受領しました。"
        if clean
        else "下記のとおり受領しました。差異は一覧に記載のとおりです。"
    )
    yield parts.letter(record.origin, record.destination, record.issued_by, record.issued_at, says)
    yield _facts(record)
    left = f"（積残しにより次便へ回した {record.recalled:,} 枚を除く）" if record.recalled else ""
    yield parts.section("受領数の照合", f"発送 ＝ 受領 ＋ 受領不可 ＋ 未着{left}")
    yield _balance(record)
    yield parts.section("種別ごとの枚数（受領）")
    yield from parts.kind_counts(record.counts, sum(count.count for count in record.counts))
    yield parts.section("封印の確認")
    yield from _seals(record.seals)
    yield parts.section("差異（過不足）", f"{len(record.differences)} 件" if record.differences else "")
    yield from _differences(record.differences)
    yield from _closing(record)


def _facts(record: ReceiptRecord) -> Piece:
    return parts.facts(
        [
            parts.Fact("便", parts.run_name(record.run_date, record.run_sequence)),
            parts.Fact("便番号", grouped(record.run)),
            *parts.carriage_facts(record.carriage),
            parts.Fact("到着", japanese_time(record.arrived_at)),
            parts.Fact("収受完了", japanese_time(record.closed_at)),
            parts.Fact("返送票" if record.returning else "発送明細書", "", record.manifest),
            parts.Fact("立会・指示", f"本市職員　{record.supervisor.name}（{record.supervisor.code}）"),
        ]
    )


def _balance(record: ReceiptRecord) -> Piece:
    """Four boxes that read as an equation, and apart from them what came without being on the manifest."""
    terms = (
        ("発送", record.dispatched, "＝"),
        ("受領", record.accepted, "＋"),
        ("受領不可", record.rejected, "＋"),
        ("未着", record.missing, ""),
        ("予定外の到着（外数）", record.unexpected, ""),
    )
    sign, width, height = 7.0, 29.0, 15.4

    def draw(pen: Pen, y: float) -> None:
        x = LEFT
        for index, (name, count, after) in enumerate(terms):
            if index == 4:
                x = LEFT + WIDTH - width
            pen.box(x, y, width, 6, 0, fill=TINT)
            pen.cell(x, y, width, 6, name, 8, "centre")
            pen.cell(x, y + 6, width, height - 6, f"{count:,}", 20, "centre", bold=index == 1)
            pen.box(x, y, width, height, THIN if index == 4 else STRONG)
            pen.write(x + width + sign / 2, y + 12.2, after, 12, "centre")
            x += width + sign

    return Piece(height, draw)


def _seals(seals: tuple[SealCheck, ...]) -> Iterator[Piece]:
    head = table.head(_SEALS)
    for number, check in enumerate(seals, 1):
        yield Piece(_ROW, _draw_seal(number, check, last=number == len(seals)), head)


def _draw_seal(number: int, check: SealCheck, *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, code, expected, seen, state, dispatched, received = _SEALS
        pen.cell(index.x, y, index.width, _ROW, str(number), 9, "right")
        parts.coded(pen, check.batch, code.x, y, code.width, _ROW)
        pen.cell(expected.x, y, expected.width, _ROW, check.expected, 10, lines=2)
        read = "読取不可" if check.seen is None else check.seen
        pen.cell(seen.x, y, seen.width, _ROW, read, 10, lines=2)
        whole = check.intact and check.seen == check.expected
        pen.cell(state.x, y, state.width, _ROW, _seal_words(check), 9.5, "centre", bold=not whole)
        pen.cell(dispatched.x, y, dispatched.width, _ROW, f"{check.dispatched:,}", 10, "right")
        differs = check.dispatched != check.received
        pen.cell(received.x, y, received.width, _ROW, f"{check.received:,}", 10, "right", bold=differs)
        table.under(pen, y + _ROW, strong=last)

    return draw


def _seal_words(check: SealCheck) -> str:
    if not check.intact:
        return "異常あり"
    return "異常なし" if check.seen == check.expected else "番号相違"


def _differences(differences: tuple[Difference, ...]) -> Iterator[Piece]:
    if not differences:
        yield parts.nothing_to_list("差異はありません")
        return
    head = table.head(_DIFFERENCES)
    for number, difference in enumerate(differences, 1):
        room = _DIFFERENCES[4].width - 3
        note = fonts.wrapped(difference.note, room, _NOTE_SIZE, _MOST_NOTE_LINES) if difference.note else ()
        height = max(_ROW, len(note) * _NOTE_LEADING + 4)
        drawing = _draw_difference(number, difference, note, height)
        yield Piece(height, drawing, head, keep=number == len(differences))
    yield parts.end_of_list(f"以上 {len(differences):,} 件")


def _draw_difference(number: int, difference: Difference, note: tuple[str, ...], height: float) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, code, kind, where, says = _DIFFERENCES
        pen.cell(index.x, y, index.width, _ROW, str(number), 9, "right")
        parts.coded(pen, difference.code, code.x, y, code.width, _ROW)
        word, meaning = WORDS[difference.kind]
        pen.cell(kind.x, y + 0.8, kind.width, 6, word, 10, bold=True)
        pen.cell(kind.x, y + 6.2, kind.width, 5, meaning, 7.5, grey=GREY)
        pen.cell(where.x, y + 0.8, where.width, 6, grouped(difference.card) if difference.card else "―", 9.5)
        batch = f"搬送袋 {grouped(difference.batch)}" if difference.batch else ""
        pen.cell(where.x, y + 6.2, where.width, 5, batch, 7.5, grey=GREY)
        top = y + (height - len(note) * _NOTE_LEADING) / 2
        for row, line in enumerate(note):
            pen.write(says.x + 1.5, top + row * _NOTE_LEADING + 2.9, line, _NOTE_SIZE)
        table.under(pen, y + height)

    return draw


def _closing(record: ReceiptRecord) -> Iterator[Piece]:
    yield parts.section("確認", "封印・枚数・差異が上記のとおりであることを確認しました")
    yield parts.signatures(
        [
            parts.Signature(
                f"受領者（{'分室' if record.returning else '拠点'}）",
                record.destination.name,
                record.issued_by.name,
                record.closed_at,
            ),
            parts.Signature("立会・指示（本市職員）", "本市職員の指示の下で収受", record.supervisor.name),
            parts.Signature("引渡者（配送業者）", record.carriage.name),
        ]
    )
