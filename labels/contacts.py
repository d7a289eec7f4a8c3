"""P21 緊急連絡体制表: whom to call, in order (body 13(7), appendix 1 article 13-2)."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, prose, table
from labels.flow import Piece
from labels.page import LEFT, Paper, compose
from labels.pen import Pen
from logistics.rules.incident_records import ContactsRecord
from logistics.rules.japanese import japanese_time
from logistics.rules.records import Imprint

TITLE = "緊急連絡体制表"
_LINES = table.columns(
    ("順", 9, "right"),
    ("所属", 20, "left"),
    ("役割", 31, "left"),
    ("氏名", 22, "left"),
    ("電話", 25, "left"),
    ("時間帯", 25, "left"),
    ("通知先メール", 43, "left"),
)


def render(record: ContactsRecord, imprint: Imprint) -> bytes:
    """The sheet as PDF."""
    running = f"第{record.version}版　{len(record.lines)} 名"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: ContactsRecord) -> Iterator[Piece]:
    yield _heading()
    yield parts.facts(
        [
            parts.Fact("版", f"第{record.version}版"),
            parts.Fact("作成", japanese_time(record.issued_at)),
            parts.Fact("作成者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("変更の理由", record.reason),
        ]
    )
    yield parts.section("連絡の順", "事故・災害を知ったときは、この順に直ちに連絡します")
    cells = [
        (
            str(line.position),
            line.party,
            line.duty,
            line.name,
            line.phone,
            line.hours,
            (line.mail or "―") if line.notified else "―",
        )
        for line in record.lines
    ]
    yield from prose.rows(_LINES, cells)
    yield parts.end_of_list(f"以上 {len(record.lines)} 名")
    yield parts.section("提出と受領")
    yield parts.signatures(
        [
            parts.Signature("提出者（受託者）", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("受領（本市）", "京都市"),
        ]
    )


def _heading() -> Piece:
    def draw(pen: Pen, y: float) -> None:
        pen.write(LEFT, y + 6, "京都市", 14)
        pen.write(LEFT + 24, y + 6, "御中", 12)
        pen.write(LEFT, y + 14, "仕様書13(7)に基づき、災害等緊急時の連絡体制を次のとおり提出します。", 9.5)

    return Piece(18, draw)
