"""P24 未交付カード一覧: the cards behind one place's lines of P11, to be held against the vault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby

from labels import parts, table
from labels.flow import Piece
from labels.page import Paper, compose, grouped
from labels.pen import Pen
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.lifecycle import CardState
from logistics.rules.records import Imprint
from logistics.rules.report_records import UndeliveredCard, UndeliveredCardsRecord
from logistics.rules.undelivered import BAND_NAMES, STAGE_NAMES, Band, Stage
from logistics.rules.words import CARD_STATES

TITLE = "未交付カード一覧"
_ROW = 5.8

_LINES = table.columns(
    ("番号", 13, "right"),
    ("管理番号", 36, "left"),
    ("状態", 32, "left"),
    ("棚番", 30, "left"),
    ("初回通知日", 26, "left"),
    ("経過日数", 20, "left"),
    ("段階", 18, "left"),
)


def render(record: UndeliveredCardsRecord, imprint: Imprint) -> bytes:
    """The list as PDF."""
    running = f"{record.place.name}　{japanese_date(record.day)}　{len(record.cards):,}枚"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: UndeliveredCardsRecord) -> Iterator[Piece]:
    yield parts.facts(
        [
            parts.Fact("拠点", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("枚数", f"{len(record.cards):,} 枚"),
            parts.Fact("基準時点", f"{japanese_time(record.until)} より前の記録"),
            parts.Fact("作成者", f"{record.issued_by.name}（{record.issued_by.code}）"),
        ]
    )
    if not record.cards:
        yield parts.nothing_to_list("未交付のカードはありません")
    head = table.head(_LINES)
    for name, group in groupby(record.cards, key=lambda card: card.kind_name):
        cards = list(group)
        yield parts.section(name, f"{len(cards):,} 枚")
        for n, card in enumerate(cards, 1):
            yield Piece(_ROW, _row(n, card, last=n == len(cards)), head)
    yield parts.end_of_list(f"以上 {len(record.cards):,} 枚")
    yield parts.section("確認")
    yield parts.signatures(
        [
            parts.Signature("拠点別責任者", record.place.name),
            parts.Signature("立会者", record.place.name),
            parts.Signature("本市", "京都市"),
        ]
    )


def _row(number: int, card: UndeliveredCard, *, last: bool) -> parts.Draw:
    texts = (
        f"{number:,}",
        grouped(card.card),
        CARD_STATES[CardState(card.state)],
        grouped(card.slot) if card.slot else "―",
        f"{card.first_notice_on:%Y/%m/%d}" if card.first_notice_on else "―",
        BAND_NAMES[Band(card.band)],
        STAGE_NAMES[Stage(card.stage)],
    )

    def draw(pen: Pen, y: float) -> None:
        for column, text in zip(_LINES, texts, strict=True):
            pen.cell(column.x, y, column.width, _ROW, text, 8.5, column.align, pad=1)
        table.under(pen, y + _ROW, strong=last or number % 5 == 0)

    return draw


HEADS: Mapping[str, str] = {
    "card": "管理番号",
    "kind": "種別コード",
    "kind_name": "種別",
    "state": "状態コード",
    "state_name": "状態",
    "slot": "棚番",
    "first_notice_on": "初回通知日",
    "band": "経過日数",
    "stage": "通知の段階",
}


def cells(card: UndeliveredCard) -> dict[str, str | date | None]:
    """A card as the columns of a spreadsheet, in the order of HEADS."""
    return {
        "card": card.card,
        "kind": card.kind,
        "kind_name": card.kind_name,
        "state": card.state,
        "state_name": CARD_STATES[CardState(card.state)],
        "slot": card.slot or "",
        "first_notice_on": card.first_notice_on,
        "band": BAND_NAMES[Band(card.band)],
        "stage": STAGE_NAMES[Stage(card.stage)],
    }


def spreadsheet(place: str, until: datetime, cards: Sequence[UndeliveredCard]) -> bytes:
    """The list as a workbook of one sheet."""
    # What writes spreadsheets is large, and few processes ever need it.
    from labels.workbook import Sheet, workbook

    title = f"{TITLE}　{place}"
    facts = [f"基準時点　{japanese_time(until)} より前の記録", f"枚数　{len(cards):,}"]
    return workbook([Sheet(TITLE, title, facts, HEADS, [cells(card) for card in cards])], title, until)
