"""P15 借用書/支給品受領書/使用明細書: what the city supplied and lent, what it was used for, what goes back."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, table
from labels.flow import Piece
from labels.page import Paper, compose
from labels.pen import Pen
from logistics.rules.japanese import japanese_date
from logistics.rules.records import Imprint, NamedPlace
from logistics.rules.supply_records import SupplyLine, SupplyRecord
from logistics.rules.supplying import receipt_title

_ROW = 7.4
_CITY = NamedPlace("発注者", "京都市", "（提出先）")
_RECEIPT = table.columns(
    ("品名", 66, "left"),
    ("区分", 18, "centre"),
    ("数量", 25, "right"),
    ("単位", 14, "centre"),
    ("引渡前の残数", 26, "right"),
    ("引渡後の残数", 26, "right"),
)
_STATEMENT = table.columns(
    ("品名", 40, "left"),
    ("拠点", 24, "left"),
    ("期首", 14, "right"),
    ("受領", 15, "right"),
    ("拠点間", 14, "right"),
    ("使用", 15, "right"),
    ("返還", 15, "right"),
    ("滅失・き損", 17, "right"),
    ("残数", 14, "right"),
    ("単位", 7, "centre"),
)


def render(record: SupplyRecord, imprint: Imprint) -> bytes:
    """The paper as PDF. ValueError for a line that does not add up."""
    for line in record.lines:
        if _adds_up(line) != line.closing:
            raise ValueError(f"P15 {record.number}: {line.item} at {line.place} does not add up")
    title = _title(record)
    period = japanese_date(record.last) if record.first == record.last else _period(record)
    pieces = list(_receipt(record) if record.form == "receipt" else _statement(record))
    return compose(
        Paper(title, record.number, record.issued_at, f"{record.place.name}　{period}"), imprint, pieces
    )


def _title(record: SupplyRecord) -> str:
    if record.form == "statement":
        return "使用明細書"
    return receipt_title(frozenset(line.lent for line in record.lines))


def _adds_up(line: SupplyLine) -> int:
    came = line.opening + line.received + line.moved_in
    return came - line.used - line.returned - line.lost - line.moved_out


def _period(record: SupplyRecord) -> str:
    return f"{japanese_date(record.first)[:-3]} ～ {japanese_date(record.last)[:-3]}"


def _receipt(record: SupplyRecord) -> Iterator[Piece]:
    says = "別紙1第14条第2項に基づき、次の支給品・貸与品の引渡しを受けました。"
    yield parts.letter(_CITY, record.place, record.issued_by, record.issued_at, says)
    yield parts.facts(
        [
            parts.Fact("引渡日", japanese_date(record.first)),
            parts.Fact("引渡場所", record.place.name),
            parts.Fact("引渡者（本市）", _city(record)),
            parts.Fact("受領者", f"{record.issued_by.name}（{record.issued_by.code}）"),
        ]
    )
    yield parts.section("引渡しを受けたもの")
    head = table.head(_RECEIPT)
    for number, line in enumerate(record.lines, 1):
        row = (
            line.name,
            _sort(line),
            f"{line.received:,}",
            line.unit,
            f"{line.opening:,}",
            f"{line.closing:,}",
        )
        yield Piece(_ROW, _draw(_RECEIPT, row, last=number == len(record.lines)), head)
    yield parts.end_of_list(f"以上 {len(record.lines):,} 品目")
    yield parts.section("引渡しと受領")
    yield parts.signatures(
        [
            parts.Signature("引渡者（本市）", "京都市", record.city.name if record.city else None),
            parts.Signature("受領者（受託者）", record.place.name, record.issued_by.name, record.issued_at),
        ]
    )


def _statement(record: SupplyRecord) -> Iterator[Piece]:
    says = "別紙1第14条第4項に基づき、支給品・貸与品の使用及び残数を次のとおり報告します。"
    yield parts.letter(_CITY, record.place, record.issued_by, record.issued_at, says)
    yield parts.facts(
        [
            parts.Fact("対象期間", _period(record)),
            parts.Fact("返還の相手方", _city(record) if record.city else "返還なし（報告のみ）"),
        ]
    )
    for lent, word in ((False, "支給品"), (True, "貸与品")):
        lines = [line for line in record.lines if line.lent is lent]
        yield parts.section(word, "期首 ＋ 受領 ＋ 拠点間 － 使用 － 返還 － 滅失・き損 ＝ 残数")
        if not lines:
            yield parts.nothing_to_list(f"{word}はありません")
            continue
        head = table.head(_STATEMENT)
        for number, line in enumerate(lines, 1):
            between = line.moved_in - line.moved_out
            figures = (
                line.opening,
                line.received,
                between,
                line.used,
                line.returned,
                line.lost,
                line.closing,
            )
            row = (line.name, line.place, *(f"{n:,}" for n in figures), line.unit)
            yield Piece(_ROW, _draw(_STATEMENT, row, last=number == len(lines)), head)
    yield parts.end_of_list(f"以上 {len(record.lines):,} 行")
    yield parts.section("報告と受領")
    yield parts.signatures(
        [
            parts.Signature("報告者（受託者）", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("受領（本市）", "京都市", record.city.name if record.city else None),
        ]
    )


def _city(record: SupplyRecord) -> str:
    return f"{record.city.name}（{record.city.code}）" if record.city else "―"


def _sort(line: SupplyLine) -> str:
    return "貸与品" if line.lent else "支給品"


def _draw(cols: tuple[table.Column, ...], row: tuple[str, ...], *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        for column, text in zip(cols, row, strict=True):
            pen.cell(column.x, y, column.width, _ROW, text, 8.5, column.align, lines=2)
        table.under(pen, y + _ROW, strong=last)

    return draw
