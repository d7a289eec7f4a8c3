"""Parts that several papers share: letter head, facts, counts, containers, signature boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from labels import barcodes, table
from labels.flow import Piece
from labels.page import LEFT, RIGHT, WIDTH, grouped
from labels.pen import GREY, HAIR, PALE, STRONG, THIN, TINT, Pen
from logistics.rules.japanese import in_japan, japanese_clock, japanese_date, japanese_time
from logistics.rules.records import Carriage, KindCount, NamedPerson, NamedPlace

Draw = Callable[[Pen, float], None]
FACT_HEIGHT = 8.2
_LABEL = 23.0


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what stands beside it; `code` is drawn as a barcode next to its text."""

    label: str
    value: str
    code: str | None = None


def run_name(run_date: date, sequence: int) -> str:
    """令和8年4月1日（水）第1便."""
    return f"{japanese_date(run_date)}第{sequence}便"


def short_time(at: datetime) -> str:
    """4月1日 9時05分, where the year stands elsewhere on the paper."""
    local = in_japan(at)
    return f"{local.month}月{local.day}日 {japanese_clock(at)}"


def section(title: str, note: str = "") -> Piece:
    """A heading; it stays with what follows."""

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y + 3.2, 1.2, 4, 0, fill=0)
        pen.write(LEFT + 3, y + 6.6, title, 10.5, bold=True)
        if note:
            pen.cell(LEFT + 70, y + 2, WIDTH - 70, 6, note, 8, "right", pad=0, grey=GREY)

    return Piece(8.8, draw, keep=True)


def letter(to: NamedPlace, sender: NamedPlace, by: NamedPerson, issued_at: datetime, sentence: str) -> Piece:
    """Whom the paper is for, on the left; who issues it, on the right; what it says, below."""
    room = 96.0

    def draw(pen: Pen, y: float) -> None:
        pen.cell(LEFT, y, room - 13, 12, to.name, 14, pad=0, lines=2)
        pen.write(LEFT + room, y + 10.2, "御中", 12, "right")
        pen.rule(LEFT, y + 12.4, LEFT + room, THIN)
        pen.cell(LEFT, y + 13, room, 7, f"{to.code}　{to.address}", 8, pad=0, lines=2, grey=GREY)
        x, width = LEFT + room + 10, WIDTH - room - 10
        pen.cell(x, y, width, 5, f"発行日時　{japanese_time(issued_at)}", 8.5, "right", pad=0)
        pen.cell(x, y + 5, width, 6, sender.name, 11, "right", pad=0)
        address = f"{sender.code}　{sender.address}"
        pen.cell(x, y + 10.8, width, 6.6, address, 7.5, "right", pad=0, lines=2, grey=GREY)
        pen.cell(x, y + 17.2, width, 5, f"発行者　{by.name}（{by.code}）", 8.5, "right", pad=0)
        pen.write(LEFT, y + 25, sentence, 9.5)

    return Piece(27.6, draw)


def carriage_facts(carriage: Carriage) -> tuple[Fact, Fact, Fact, Fact]:
    """Who carries, by which consent (contract appendix 1 article 10-10), with which people and vehicle."""
    return (
        Fact("配送業者", f"{carriage.name}（{carriage.code}）"),
        Fact("市の同意番号", carriage.consent_number),
        Fact("乗務員", "、".join(carriage.crew)),
        Fact("車両", carriage.vehicle),
    )


def facts(pairs: Sequence[Fact]) -> Piece:
    """A ruled grid, two facts to a row; a row with a barcode is higher."""
    rows = [pairs[at : at + 2] for at in range(0, len(pairs), 2)]
    heights = [12.4 if any(fact.code for fact in row) else FACT_HEIGHT for row in rows]

    def draw(pen: Pen, y: float) -> None:
        top = y
        for column in (LEFT, LEFT + WIDTH / 2):
            pen.box(column, y, _LABEL, sum(heights), 0, fill=TINT)
        for row, height in zip(rows, heights, strict=True):
            for index, fact in enumerate(row):
                _fact(pen, LEFT + index * WIDTH / 2, y, height, fact)
            y += height
            pen.rule(LEFT, y, RIGHT, HAIR)
        pen.stroke(LEFT + WIDTH / 2, top, y, HAIR)
        pen.box(LEFT, top, WIDTH, y - top, STRONG)

    return Piece(sum(heights), draw)


def _fact(pen: Pen, x: float, y: float, height: float, fact: Fact) -> None:
    pen.cell(x, y, _LABEL, height, fact.label, 8)
    room = WIDTH / 2 - _LABEL
    if fact.code is None:
        pen.cell(x + _LABEL, y, room, height, fact.value, 9.5, lines=2)
    else:
        wide = barcodes.width_mm(fact.code, barcodes.module_mm(fact.code, room))
        coded(pen, fact.code, x + _LABEL, y, wide, height)


def coded(pen: Pen, code: str, x: float, y: float, width: float, height: float) -> None:
    """A barcode with its text in groups beneath, in the middle of a box."""
    module = barcodes.module_mm(code, width)
    text_height = 3.6
    bars = height - text_height - 2.2
    left = x + (width - barcodes.width_mm(code, module)) / 2
    pen.barcode(code, left, y + 1.2, bars, module)
    pen.write(x + width / 2, y + height - 1.5, grouped(code), 8, "centre")


def kind_counts(counts: Sequence[KindCount], total: int, unit: str = "枚") -> list[Piece]:
    """Boxes of equal width, one per kind, the last one the total; five to a row."""
    return counted([(count.name, count.count) for count in counts], total, unit)


def counted(counts: Sequence[tuple[str, int]], total: int, unit: str = "枚") -> list[Piece]:
    """As `kind_counts`, of anything that has a name and a count."""
    boxes = [*counts, ("合計", total)]
    per_row = min(len(boxes), 5)
    return [_count_row(boxes[at : at + per_row], per_row, unit) for at in range(0, len(boxes), per_row)]


def _count_row(boxes: Sequence[tuple[str, int]], per_row: int, unit: str) -> Piece:
    width = WIDTH / per_row
    height = 13.4

    def draw(pen: Pen, y: float) -> None:
        for index, (name, count) in enumerate(boxes):
            x = LEFT + index * width
            if name == "合計":
                pen.box(x, y, width, height, 0, fill=TINT)
            pen.box(x, y, width, height, STRONG if name == "合計" else THIN)
            pen.cell(x, y + 0.6, width, 5, name, 8, "centre")
            pen.cell(x, y + 4.8, width, 8, f"{count:,} {unit}", 14, "centre", bold=name == "合計")

    return Piece(height, draw)


@dataclass(frozen=True, slots=True)
class Signature:
    """One box to sign: the role, who is known to sign, when it is known to have been."""

    role: str
    party: str
    name: str | None = None
    at: datetime | None = None


BLANK_TIME = "令和　　年　　月　　日　　　時　　分"


def signatures(boxes: Sequence[Signature], *, keep: bool = False) -> Piece:
    """Equal boxes side by side, each with party, time, name, line to sign, and the place for a seal."""
    space = 3.0
    width = (WIDTH - space * (len(boxes) - 1)) / len(boxes)

    def draw(pen: Pen, y: float) -> None:
        for index, box in enumerate(boxes):
            _sign_box(pen, LEFT + index * (width + space), y, width, box)

    return Piece(39.4, draw, keep=keep)


def _sign_box(pen: Pen, x: float, y: float, width: float, box: Signature) -> None:
    pen.box(x, y, width, 7, 0, fill=TINT)
    pen.cell(x, y, width, 7, box.role, 9.5, "centre", bold=True)
    pen.rule(x, y + 7, x + width, THIN)
    pen.cell(x, y + 7, width, 8, box.party, 8.5, lines=2)
    pen.rule(x + 1.5, y + 15, x + width - 1.5, HAIR, PALE)
    known = japanese_time(box.at) if box.at else BLANK_TIME
    pen.cell(x, y + 15, width, 7, known, 8.5)
    pen.rule(x + 1.5, y + 22, x + width - 1.5, HAIR, PALE)
    pen.write(x + 1.5, y + 25.4, "氏名（署名）", 6.5, grey=GREY)
    if box.name:
        pen.cell(x, y + 26, width - 18, 9, box.name, 11, lines=2)
    pen.seal(x + width - 10.5, y + 30.6, 15.6)
    pen.rule(x + 1.5, y + 36.6, x + width - 20, HAIR, PALE)
    pen.box(x, y, width, 39.4, STRONG)


def remark_lines(title: str, height: float = 18) -> Piece:
    """An empty box to write remarks in."""

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, _LABEL, height, 0, fill=TINT)
        pen.cell(LEFT, y, _LABEL, height, title, 8, lines=2)
        pen.box(LEFT, y, WIDTH, height, STRONG)

    return Piece(height, draw)


def nothing_to_list(sentence: str) -> Piece:
    """A ruled strip that says in words that a list is empty; it stays with what follows."""

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, WIDTH, 8.4, THIN)
        pen.cell(LEFT, y, WIDTH, 8.4, sentence, 10, "centre")

    return Piece(8.4, draw, keep=True)


def end_of_list(sentence: str) -> Piece:
    """The line that closes a list, so that nothing can be added under it; who signs below it signs on the same page."""

    def draw(pen: Pen, y: float) -> None:
        table.under(pen, y, strong=True)
        pen.cell(LEFT, y + 0.4, WIDTH, 6, sentence, 8, "right", pad=1)

    return Piece(7, draw, keep=True)
