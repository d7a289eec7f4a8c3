"""P19 作業責任者・従事者届, P20 再委託・配送業者台帳, P22 保管場所届: the registers as handed in to the city."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from labels import parts, table
from labels.flow import Piece
from labels.page import Paper, compose
from labels.pen import GREY, Pen
from labels.table import Column
from logistics.rules.japanese import era_year, japanese_date
from logistics.rules.records import Imprint, NamedPerson, NamedPlace
from logistics.rules.register_records import (
    CHANGES,
    CourierLine,
    CourierRecord,
    PremisesLine,
    PremisesRecord,
    StaffLine,
    StaffRecord,
)
from logistics.rules.vaulting import LOCK_TYPES
from logistics.rules.words import EMPLOYMENTS, ROLES

TITLES = {"P19": "作業責任者・従事者届", "P20": "再委託・配送業者台帳", "P22": "保管場所届"}
_CITY = "京都市"
_ROW = 9.2
# Short enough for the column in which they stand in place of a training.
_LACKING = {"registration": "期間外", "pledge": "誓約なし", "training": "研修切れ"}

_STAFF = table.columns(
    ("", 8, "right"),
    ("氏名・職員コード", 42, "left"),
    ("役割", 30, "left"),
    ("所属・雇用", 31, "left"),
    ("登録期間", 33, "left"),
    ("誓約書", 14, "centre"),
    ("研修", 17, "centre"),
)
_COURIERS = table.columns(
    ("承諾番号", 27, "left"),
    ("業者", 36, "left"),
    ("範囲・契約", 46, "left"),
    ("期間", 32, "left"),
    ("登録乗務員", 34, "left"),
)
_PREMISES = table.columns(
    ("登録番号", 30, "left"),
    ("場所・室", 46, "left"),
    ("保管庫", 29, "left"),
    ("施錠方式", 26, "left"),
    ("鍵の管理者", 30, "left"),
    ("届出日", 14, "centre"),
)


def staff(record: StaffRecord, imprint: Imprint) -> bytes:
    """P19 as PDF: site by site, with the papers that each person's right rests on."""
    says = "別紙1第6条及び仕様書6(8)に基づき、作業責任者及び作業従事者を次のとおり届け出ます。"
    return _paper("P19", record, imprint, f"{len(record.lines)} 名", list(_staff(record, says)))


def couriers(record: CourierRecord, imprint: Imprint) -> bytes:
    """P20 as PDF."""
    says = "別紙1第9条・第10条第10項に基づき承諾を得た業者は、次のとおりです。"
    head = table.head(_COURIERS)
    rows = [Piece(_height(len(line.crew)), _draw_courier(line), head) for line in record.lines]
    pieces = [*_opening(record, says), parts.section("承諾と登録乗務員", f"{len(record.lines)} 件"), *rows]
    return _paper("P20", record, imprint, f"{len(record.lines)} 件", _closed(record, pieces, len(rows)))


def premises(record: PremisesRecord, imprint: Imprint) -> bytes:
    """P22 as PDF."""
    says = "別紙1第10条第2項及び別紙2第5条に基づき、保管場所を次のとおり届け出ます。"
    head = table.head(_PREMISES)
    rows = [Piece(_ROW, _draw_premises(line), head) for line in record.lines]
    pieces = [*_opening(record, says), parts.section("保管場所", f"{len(record.lines)} 件"), *rows]
    return _paper("P22", record, imprint, f"{len(record.lines)} 件", _closed(record, pieces, len(rows)))


Register = StaffRecord | CourierRecord | PremisesRecord


def _paper(
    catalogue: str, record: Register, imprint: Imprint, counted: str, pieces: Sequence[Piece]
) -> bytes:
    running = f"{japanese_date(record.day)}現在　{counted}"
    return compose(Paper(TITLES[catalogue], record.number, record.issued_at, running), imprint, list(pieces))


def _opening(record: Register, says: str) -> Iterator[Piece]:
    city = NamedPlace(_CITY, _CITY, "")
    yield _letter(city, record.place, record.issued_by, record.issued_at, says)
    yield parts.facts(
        [
            parts.Fact("基準日", japanese_date(record.day)),
            parts.Fact("委託業務", "マイナンバーカード交付関連業務"),
        ]
    )


def _letter(to: NamedPlace, sender: NamedPlace, by: NamedPerson, at: datetime, says: str) -> Piece:
    return parts.letter(NamedPlace("発注者", to.name, "（提出先）"), sender, by, at, says)


def _closed(record: Register, pieces: Sequence[Piece], count: int) -> list[Piece]:
    return [
        *pieces,
        parts.end_of_list(f"以上 {count:,} 件") if count else parts.nothing_to_list("登録はありません"),
        *_signed(record),
    ]


def _signed(record: Register) -> Iterator[Piece]:
    yield parts.section("届出と受付")
    yield parts.signatures(
        [
            parts.Signature("届出者（受託者）", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("受付（本市）", _CITY),
        ]
    )


def _staff(record: StaffRecord, says: str) -> Iterator[Piece]:
    yield from _opening(record, says)
    counts: dict[str, int] = {}
    for line in record.lines:
        counts[ROLES[line.role]] = counts.get(ROLES[line.role], 0) + 1
    yield parts.section("役割ごとの人数")
    yield from parts.counted(sorted(counts.items(), key=lambda one: -one[1]), len(record.lines), "名")
    yield from _changes(record)
    number = 0
    by_place: dict[str, list[StaffLine]] = {}
    for line in record.lines:
        by_place.setdefault(line.place, []).append(line)
    head = table.head(_STAFF)
    for place, lines in by_place.items():
        yield parts.section(place, f"{len(lines)} 名")
        for line in lines:
            number += 1
            yield Piece(_ROW, _draw_person(number, line, last=line is lines[-1]), head)
    yield parts.end_of_list(f"以上 {number:,} 名")
    yield from _signed(record)


def _changes(record: StaffRecord) -> Iterator[Piece]:
    """What is different from the paper before: how many are new or changed, and who is gone."""
    if record.before is None:
        return
    said = [line.change for line in record.lines]
    yield parts.section("前回からの変更", f"前回 {record.before}")
    yield parts.facts(
        [
            parts.Fact("新規（新）", f"{said.count('new')} 名"),
            parts.Fact("変更（変）", f"{said.count('changed')} 名"),
        ]
    )
    for n in range(0, len(record.gone), 2):
        label = f"登録終了 {len(record.gone)} 名" if n == 0 else ""
        yield parts.facts(
            [parts.Fact(label, record.gone[n]), parts.Fact("", "".join(record.gone[n + 1 : n + 2]))]
        )


def _draw_person(number: int, line: StaffLine, *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, name, role, employed, period, pledged, trained = _STAFF
        if line.change:
            pen.cell(index.x, y + 0.5, index.width, 4.4, str(number), 8.5, "right")
            pen.cell(index.x, y + 4.6, index.width, 4.2, CHANGES[line.change], 8, "right")
        else:
            pen.cell(index.x, y, index.width, _ROW, str(number), 8.5, "right")
        _two(pen, name, y, line.name, line.code)
        deputy = f"（{line.deputises} の代理）" if line.deputises else ""
        _two(pen, role, y, ROLES[line.role], deputy)
        _two(pen, employed, y, line.employer, EMPLOYMENTS[line.employment])
        _two(pen, period, y, _short(line.registered_from), f"～ {_short(line.registered_to)}")
        _two(pen, pledged, y, _tiny(line.pledged_on), "")
        if line.fault:
            _two(pen, trained, y, _LACKING[line.fault], "従事不可")
        else:
            _two(pen, trained, y, _tiny(line.trained_on), f"～{_tiny(line.trained_to)}")
        table.under(pen, y + _ROW, strong=last or number % 5 == 0)

    return draw


def _draw_courier(line: CourierLine) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        number, name, scope, period, crew = _COURIERS
        height = _height(len(line.crew))
        pen.cell(number.x, y, number.width, _ROW, line.number, 9, lines=2)
        _two(pen, name, y, line.name, line.courier)
        pen.cell(scope.x, y + 0.4, scope.width, 8.4, line.scope, 8.5, lines=2)
        pen.cell(scope.x, y + 9, scope.width, 4.2, f"契約 {line.contract}", 7, grey=GREY)
        _two(pen, period, y, _short(line.valid_from), f"～ {_short(line.valid_to)}")
        for at, one in enumerate(line.crew or ("なし",)):
            pen.cell(crew.x, y + 1 + at * 4.2, crew.width, 4.2, one, 7)
        table.under(pen, y + height)

    return draw


def _draw_premises(line: PremisesLine) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        number, place, vault, lock, keeper, day = _PREMISES
        pen.cell(number.x, y, number.width, _ROW, line.number, 8.5, lines=2)
        _two(pen, place, y, line.place, line.room)
        _two(
            pen,
            vault,
            y,
            line.vault_name or "―",
            f"{line.vault or ''}　棚 {line.slots}" if line.vault else "室",
        )
        pen.cell(lock.x, y, lock.width, _ROW, LOCK_TYPES.get(line.lock_type, line.lock_type), 8.5, lines=2)
        pen.cell(keeper.x, y, keeper.width, _ROW, line.key_holder, 8, lines=2)
        pen.cell(day.x, y, day.width, _ROW, _tiny(line.registered_on), 7.5, "centre")
        table.under(pen, y + _ROW)

    return draw


def _two(pen: Pen, column: Column, y: float, above: str, below: str) -> None:
    """Two lines in a cell: what it is, and in grey what belongs to it."""
    if not below:
        pen.cell(column.x, y, column.width, _ROW, above, 8.5, column.align, lines=2)
        return
    pen.cell(column.x, y + 0.5, column.width, 4.4, above, 8.5, column.align)
    pen.cell(column.x, y + 4.6, column.width, 4.2, below, 7, column.align, grey=GREY)


def _height(lines: int) -> float:
    return max(14.0, lines * 4.2 + 2)


def _short(day: date) -> str:
    return japanese_date(day)[:-3]


def _tiny(day: date | None) -> str:
    return f"R{era_year(day)[1]}.{day.month}.{day.day}" if day else "なし"
