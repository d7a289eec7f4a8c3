"""Slips of what changes hands in a site: P2 授受票（拠点内） to a city employee and back, P3 預り証 to a holder."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, table
from labels.flow import Piece, gap
from labels.page import Paper, compose
from labels.pen import Pen
from logistics.rules.japanese import japanese_time
from logistics.rules.records import Imprint
from logistics.rules.vault_records import CitySlipRecord, DepositReceiptRecord, HandedCard
from logistics.rules.vaulting import HAND_OVER_REASONS, HandOverReason

CITY_TITLE, DEPOSIT_TITLE = "授受票（拠点内）", "預り証"
_ROW = 12.4

_CARDS = table.columns(
    ("", 12, "right"),
    ("管理番号", 60, "centre"),
    ("種別", 70, "left"),
    ("返却確認", 33, "centre"),
)


def render_city_slip(record: CitySlipRecord, imprint: Imprint) -> bytes:
    """The slip as PDF; the way back is left to be filled in by hand."""
    running = f"{record.place.name}　{len(record.cards)}枚"
    paper = Paper(CITY_TITLE, record.number, record.issued_at, running)
    return compose(paper, imprint, list(_city_slip(record)))


def render_deposit(record: DepositReceiptRecord, imprint: Imprint) -> bytes:
    """The receipt as PDF; the holder signs for the return on the copy that stays."""
    running = f"{record.place.name}　{len(record.cards)}枚"
    paper = Paper(DEPOSIT_TITLE, record.number, record.issued_at, running)
    return compose(paper, imprint, list(_deposit(record)))


def _city_slip(record: CitySlipRecord) -> Iterator[Piece]:
    yield parts.facts(
        [
            parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("引継ぎ日時", japanese_time(record.issued_at)),
            parts.Fact("引継ぎの理由", HAND_OVER_REASONS[HandOverReason(record.reason)]),
            parts.Fact("授受数", f"カード及び書類一式 {len(record.cards):,} 件"),
        ]
    )
    yield parts.section("引き継ぐカード", "書類一式を添えて引き継ぎます（仕様書8(3)ア(イ)）")
    yield from _cards(record.cards)
    yield parts.section("引継ぎ", "上記のカード及び書類一式を授受しました")
    yield parts.signatures(
        [
            parts.Signature(
                "引渡者（業務従事者）", record.place.name, record.issued_by.name, record.issued_at
            ),
            parts.Signature("受領者（本市職員）", "京都市", record.handed_to.name, record.issued_at),
        ]
    )
    yield parts.section("返却", "交付した場合は備考に記入してください")
    yield parts.signatures(
        [
            parts.Signature("返却者（本市職員）", "京都市"),
            parts.Signature("受取者（業務従事者）", record.place.name),
        ]
    )
    yield gap(3)
    yield parts.remark_lines("備考")


def _deposit(record: DepositReceiptRecord) -> Iterator[Piece]:
    yield parts.facts(
        [
            parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
            parts.Fact("預り日時", japanese_time(record.issued_at)),
            parts.Fact("預り者", f"{record.issued_by.name}（{record.issued_by.code}）"),
            parts.Fact("指示", f"本市職員　{record.supervisor.name}（{record.supervisor.code}）"),
            parts.Fact("理由", record.reason),
            parts.Fact("預り数", f"{len(record.cards):,} 枚"),
        ]
    )
    yield parts.section("お預かりしたもの", "返却の際は、この預り証をお持ちください")
    yield from _cards(record.cards)
    yield parts.section("預り", "上記のものをお預かりしました")
    yield parts.signatures(
        [
            parts.Signature(
                "預り者（業務従事者）", record.place.name, record.issued_by.name, record.issued_at
            ),
            parts.Signature("指示（本市職員）", "京都市", record.supervisor.name),
        ]
    )
    yield parts.section("返却", "上記のものを受け取りました")
    yield parts.signatures(
        [
            parts.Signature("返却者（業務従事者）", record.place.name),
            parts.Signature("受取人", ""),
        ]
    )
    yield gap(3)
    yield parts.remark_lines("備考")


def _cards(cards: tuple[HandedCard, ...]) -> Iterator[Piece]:
    head = table.head(_CARDS)
    for card in cards:
        last = card.position == len(cards)
        yield Piece(_ROW, _draw(card, strong=last), head, keep=last)
    yield parts.end_of_list(f"以上 {len(cards):,} 枚")


def _draw(card: HandedCard, *, strong: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        index, code, kind, back = _CARDS
        pen.cell(index.x, y, index.width, _ROW, str(card.position), 9, "right")
        parts.coded(pen, card.card, code.x, y, code.width, _ROW)
        pen.cell(kind.x, y, kind.width, _ROW, card.kind_name, 9.5)
        pen.tick(back.x + back.width / 2 - 1.9, y + 4.3, 3.8)
        table.under(pen, y + _ROW, strong=strong)

    return draw
