"""P2 授受票: annex to courier to site, three parties, two changes of hands, on one paper that travels along."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, table
from labels.flow import Piece, gap
from labels.page import LEFT, RIGHT, WIDTH, Paper, compose, grouped
from labels.pen import GREY, HAIR, HEAVY, PALE, STRONG, THIN, TINT, Pen
from logistics.rules.japanese import japanese_time
from logistics.rules.records import HandOver, Imprint, NamedPerson, SealedBatch, TransferSlipRecord

TITLE = "授受票"
_ROW = 12.0


def _columns(record: TransferSlipRecord) -> tuple[table.Column, ...]:
    first, last = _ends(record)
    return table.columns(
        ("", 9, "right"),
        ("搬送袋番号", 47, "centre"),
        ("封印番号", 31, "left"),
        ("枚数", 20, "right"),
        (f"封印確認（{first}）", 34, "centre"),
        (f"封印確認（{last}）", 34, "centre"),
    )


def _ends(record: TransferSlipRecord) -> tuple[str, str]:
    """What the two ends of the way are called: what goes back leaves a site, and the annex takes it in."""
    return ("拠点", "分室") if record.returning else ("分室", "拠点")


def render(record: TransferSlipRecord, imprint: Imprint) -> bytes:
    """The transfer slip as PDF; what is not known yet is left as ruled blanks. ValueError for wrong counts."""
    stated = sum(batch.cards for batch in record.batches)
    if stated != record.cards:
        raise ValueError(f"transfer slip {record.number} states {record.cards} cards, its batches {stated}")
    run = parts.run_name(record.run_date, record.run_sequence)
    running = f"{run}　{record.origin.name} → {record.carriage.name} → {record.destination.name}"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: TransferSlipRecord) -> Iterator[Piece]:
    first, last = _ends(record)
    yield _parties(record)
    yield gap(4)
    yield parts.facts(
        [
            parts.Fact("便", parts.run_name(record.run_date, record.run_sequence)),
            parts.Fact("便番号", grouped(record.run)),
            parts.Fact("返送票" if record.returning else "発送明細書", "", record.manifest),
            parts.Fact("授受数", f"搬送袋 {len(record.batches)} 袋　カード等 {record.cards:,} 枚"),
        ]
    )
    yield parts.section("搬送袋", "封印番号と封印の状態を、引渡しの都度、双方で確認してください")
    yield from _batches(record)
    yield parts.section("授受", "搬送袋を開封せず、袋数・封印番号・封印の状態を確認して授受しました")
    yield _change(
        "1",
        f"{record.origin.name} → {record.carriage.name}",
        (f"引渡者（{first}）", "引受者（配送業者）"),
        record.taken_over,
    )
    yield gap(2, keep=True)
    yield _change(
        "2",
        f"{record.carriage.name} → {record.destination.name}",
        ("引渡者（配送業者）", f"収受者（{last}）"),
        record.delivered,
    )
    yield gap(2, keep=True)
    yield parts.remark_lines("備考・異常", 14)


def _parties(record: TransferSlipRecord) -> Piece:
    carriage = record.carriage
    crew = "、".join(carriage.crew)
    first, last = _ends(record)
    boxes = (
        (
            f"{first}（{'返送' if record.returning else '発送'}）",
            record.origin.name,
            (record.origin.address, record.origin.code),
        ),
        (
            "配送業者",
            carriage.name,
            (f"市の同意番号　{carriage.consent_number}", f"{crew}　{carriage.vehicle}"),
        ),
        (f"{last}（収受）", record.destination.name, (record.destination.address, record.destination.code)),
    )
    arrow = 7.0
    width = (WIDTH - 2 * arrow) / 3

    def draw(pen: Pen, y: float) -> None:
        for index, (role, name, details) in enumerate(boxes):
            x = LEFT + index * (width + arrow)
            pen.box(x, y, width, 6.4, 0, fill=TINT)
            pen.cell(x, y, width, 6.4, role, 9, "centre", bold=True)
            pen.rule(x, y + 6.4, x + width, THIN)
            pen.cell(x, y + 6.6, width, 8, name, 10.5, "centre", lines=2)
            for row, detail in enumerate(details):
                pen.cell(x, y + 14.4 + 6.4 * row, width, 6.4, detail, 7.5, "centre", lines=2, grey=GREY)
            pen.box(x, y, width, 27.4, STRONG)
            if index < 2:
                pen.write(x + width + arrow / 2, y + 15.4, "→", 14, "centre")

    return Piece(27.4, draw)


def _batches(record: TransferSlipRecord) -> Iterator[Piece]:
    columns = _columns(record)
    head = table.head(columns)
    for number, batch in enumerate(record.batches, 1):
        last = number == len(record.batches)
        yield Piece(_ROW, _draw_batch(columns, number, batch, last=last), head, keep=last)
    yield _total(columns[3], len(record.batches), record.cards)


def _draw_batch(
    columns: tuple[table.Column, ...], number: int, batch: SealedBatch, *, last: bool
) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, code, seal, cards, at_first, at_last = columns
        pen.cell(index.x, y, index.width, _ROW, str(number), 9, "right")
        parts.coded(pen, batch.code, code.x, y + 0.4, code.width, _ROW - 0.8)
        pen.cell(seal.x, y, seal.width, _ROW, batch.seal_number, 11, lines=2)
        pen.cell(cards.x, y, cards.width, _ROW, f"{batch.cards:,} 枚", 11, "right")
        for column in (at_first, at_last):
            for row, words in enumerate(("異常なし", "異常あり")):
                pen.tick(column.x + 7, y + 1.6 + row * 4.9, 3.6)
                pen.write(column.x + 12.4, y + 4.5 + row * 4.9, words, 8.5)
        table.under(pen, y + _ROW, strong=last)

    return draw


def _total(column: table.Column, batches: int, cards: int) -> Piece:
    def draw(pen: Pen, y: float) -> None:
        pen.cell(LEFT, y, 60, 8, f"合計　{batches} 袋", 9.5)
        pen.cell(column.x - 20, y, column.width + 20, 8, f"{cards:,} 枚", 11, "right", bold=True)
        pen.rule(LEFT, y + 8, RIGHT, STRONG)

    return Piece(8, draw, keep=True)


def _change(number: str, between: str, roles: tuple[str, str], hands: HandOver) -> Piece:
    """One change of hands: when, then the two people side by side."""
    height = 32.5

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, WIDTH, 8, 0, fill=TINT)
        pen.cell(LEFT, y, 8, 8, number, 12, "centre", bold=True)
        pen.cell(LEFT + 8, y, 92, 8, between, 9.5, pad=0)
        known = japanese_time(hands.at) if hands.at else parts.BLANK_TIME
        pen.cell(RIGHT - 74, y, 74, 8, f"日時　{known}", 9.5, "right")
        pen.rule(LEFT, y + 8, RIGHT, THIN)
        _hand(pen, LEFT, y + 8, roles[0], hands.released_by)
        _hand(pen, LEFT + WIDTH / 2, y + 8, roles[1], hands.accepted_by)
        pen.stroke(LEFT + WIDTH / 2, y + 8, y + height, THIN)
        pen.box(LEFT, y, WIDTH, height, HEAVY * 0.7)

    # Both changes stand on one page, below the last of what changes hands.
    return Piece(height, draw, keep=True)


def _hand(pen: Pen, x: float, y: float, role: str, person: NamedPerson | None) -> None:
    width = WIDTH / 2
    pen.write(x + 2, y + 5, role, 9, bold=True)
    pen.write(x + 2, y + 9.8, "氏名", 7, grey=GREY)
    if person:
        pen.cell(x + 12, y + 5.8, width - 36, 7, f"{person.name}（{person.code}）", 9.5, pad=0)
    pen.rule(x + 2, y + 12.6, x + width - 24, HAIR, PALE)
    pen.write(x + 2, y + 18, "署名", 7, grey=GREY)
    pen.rule(x + 2, y + 22.4, x + width - 24, HAIR, PALE)
    pen.seal(x + width - 12.5, y + 12.4, 19)
