"""P10 差異報告書: one difference, what is known of it and how it ended (contract 13(5))."""

from __future__ import annotations

from collections.abc import Iterator

from labels import parts, prose, table
from labels.flow import Piece, gap
from labels.page import LEFT, Paper, compose, grouped
from labels.pen import Pen
from logistics.rules.incident_records import DifferenceRecord
from logistics.rules.japanese import japanese_time
from logistics.rules.lifecycle import CardState
from logistics.rules.records import Imprint
from logistics.rules.words import ACTS, CARD_STATES, DIFFERENCES, ENDINGS

TITLE = "差異報告書"
_NOTES = table.columns(("日時", 42, "left"), ("内容", 103, "left"), ("記録者", 30, "left"))
_CUSTODY = table.columns(
    ("日時", 47, "left"), ("取扱い", 58, "left"), ("場所", 40, "left"), ("取扱者", 30, "left")
)
_FILES = table.columns(("日時", 42, "left"), ("名称", 53, "left"), ("SHA-256", 80, "left"))


def render(record: DifferenceRecord, imprint: Imprint) -> bytes:
    """The report as PDF."""
    running = f"{DIFFERENCES[record.kind]}　差異 {record.difference}　{record.place.name}"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: DifferenceRecord) -> Iterator[Piece]:
    yield _heading()
    yield parts.facts(_facts(record))
    yield gap(2)
    yield from prose.paragraph("差異の内容", record.note or "―")
    yield parts.section("処理の結果", "カードの動きを伴わない処理には本市の承認が必要です（13(5)）")
    if record.how and record.resolved_at:
        yield from prose.paragraph(
            ENDINGS.get(record.how, record.how),
            f"{record.reason or '―'}\n（{japanese_time(record.resolved_at)}）",
        )
    else:
        yield parts.nothing_to_list("未処理（調査中）")
    yield parts.section("調査の記録")
    notes = [(prose.when(note.at), note.words, note.by) for note in record.notes]
    yield from prose.rows(_NOTES, notes) if notes else iter([parts.nothing_to_list("記録はありません")])
    yield parts.section("対象カードの取扱記録（直近）", "全体は来歴証明（P17）にあります")
    custody = [
        (
            prose.when(line.occurred_at),
            ACTS.get(line.act, line.act)
            + (f" → {CARD_STATES[CardState(line.to_state)]}" if line.to_state else ""),
            line.place,
            line.by,
        )
        for line in record.custody
    ]
    yield from (
        prose.rows(_CUSTODY, custody) if custody else iter([parts.nothing_to_list("取扱記録はありません")])
    )
    if record.files:
        yield parts.section("添付", "SHA-256 は取扱記録に登録されています")
        yield from prose.rows(
            _FILES, [(prose.when(line.at), line.name, line.sha256) for line in record.files]
        )
    yield parts.section("報告と確認")
    yield parts.signatures(
        [
            parts.Signature("報告者（受託者）", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("確認（本市）", "京都市"),
        ]
    )


def _heading() -> Piece:
    def draw(pen: Pen, y: float) -> None:
        pen.write(LEFT, y + 6, "京都市", 14)
        pen.write(LEFT + 24, y + 6, "御中", 12)
        pen.write(LEFT, y + 14, "授受・保管・棚卸しにおいて判明した差異について、次のとおり報告します。", 9.5)

    return Piece(18, draw)


def _facts(record: DifferenceRecord) -> list[parts.Fact]:
    card = f"{grouped(record.card)}　{record.kind_name or '登録なし'}" if record.card else "―"
    state = CARD_STATES[CardState(record.card_state)] if record.card_state else "―"
    about = record.batch or record.box or "―"
    return [
        parts.Fact("差異番号", "", record.difference),
        parts.Fact("種類", DIFFERENCES[record.kind]),
        parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
        parts.Fact("判明", japanese_time(record.opened_at)),
        parts.Fact("確認者", f"{record.opened_by.name}（{record.opened_by.code}）"),
        parts.Fact("対象カード", card),
        parts.Fact("現在の状態", state),
        parts.Fact("搬送袋・小箱", about if about == "―" else grouped(about)),
        parts.Fact("発送明細書", grouped(record.manifest) if record.manifest else "―"),
        parts.Fact("状況", "処理済" if record.how else "未処理"),
    ]
