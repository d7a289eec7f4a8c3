"""P17 来歴証明: where one card has been, in whose custody, entry by entry; and how anybody can prove it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from labels import anchors, parts, table
from labels.flow import Piece
from labels.page import LEFT, WIDTH, Paper, compose, grouped
from labels.pen import GREY, Pen
from logistics.rules.japanese import japanese_time
from logistics.rules.lifecycle import CardState
from logistics.rules.outcomes import JAPANESE, Outcome
from logistics.rules.provenance import ProvenanceLine, ProvenanceRecord
from logistics.rules.records import Imprint
from logistics.rules.words import ACTS, CARD_STATES

TITLE = "来歴証明"
_ROW = 17.0
# What was recorded so much later than it occurred is said to have been.
_LATE = timedelta(minutes=1)
_LINES = table.columns(
    ("", 9, "right"),
    ("日時", 39, "left"),
    ("取扱い・状態", 43, "left"),
    ("場所・授受", 47, "left"),
    ("担当", 37, "left"),
)


def render(record: ProvenanceRecord, imprint: Imprint) -> bytes:
    """The certificate as PDF. ValueError if it does not count its own unsigned lines."""
    if sum(line.index is None for line in record.lines) != record.unsigned:
        raise ValueError(f"certificate {record.number} does not count {record.unsigned} unsigned entries")
    running = f"{grouped(record.card)}　{record.kind_name}　記録 {len(record.lines):,}件"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: ProvenanceRecord) -> Iterator[Piece]:
    yield parts.facts(
        [
            parts.Fact("管理番号", "", record.card),
            parts.Fact("種別", record.kind_name),
            parts.Fact("現在の状態", CARD_STATES[CardState(record.state)]),
            parts.Fact("所在", record.lies_at),
            parts.Fact("管理責任", record.custodian),
            parts.Fact("最後の記録", japanese_time(record.last_recorded_at)),
            parts.Fact("証明の目的", record.purpose),
            parts.Fact("作成", f"{record.issued_by.name}（{record.issued_by.code}）　{record.place.name}"),
        ]
    )
    yield parts.section("来歴", "記録の順。番号と葉は来歴ログにおける位置と SHA-256")
    head = table.head(_LINES)
    for number, line in enumerate(record.lines, 1):
        yield Piece(_ROW, _draw(number, line, last=number == len(record.lines)), head)
    yield parts.end_of_list(f"以上 {len(record.lines):,} 件　以下余白")
    yield parts.section("来歴ログとの照合")
    yield from _proof(record)
    yield parts.section("発行")
    yield parts.signatures(
        [parts.Signature("発行者", record.place.name, record.issued_by.name, record.issued_at)]
    )


def _draw(number: int, line: ProvenanceLine, *, last: bool) -> parts.Draw:
    def draw(pen: Pen, y: float) -> None:
        count, when, what, where, who = _LINES
        pen.cell(count.x, y, count.width, 6, str(number), 9, "right")
        late = line.recorded_at - line.occurred_at > _LATE
        _pair(
            pen,
            when,
            y,
            japanese_time(line.occurred_at),
            f"記録 {parts.short_time(line.recorded_at)}" if late else "",
        )
        _pair(pen, what, y, ACTS.get(line.act, line.act), _change(line), bold=True)
        _pair(pen, where, y, line.site, _passage(line))
        _pair(
            pen,
            who,
            y,
            f"{line.actor.name}",
            f"立会 {line.supervisor.name}" if line.supervisor else line.actor.code,
        )
        pen.cell(LEFT + 9, y + 11.6, WIDTH - 9, 4.4, _place_in_log(line), 6.5, grey=GREY)
        table.under(pen, y + _ROW, strong=last)

    return draw


def _pair(pen: Pen, column: table.Column, y: float, upper: str, lower: str, *, bold: bool = False) -> None:
    pen.cell(column.x, y + 0.6, column.width, 5.4, upper, 8.5, bold=bold)
    pen.cell(column.x, y + 6, column.width, 5.4, lower, 7.5, grey=GREY)


def _change(line: ProvenanceLine) -> str:
    if line.outcome is not None:
        return f"受け付けず：{JAPANESE[Outcome(line.outcome)]}"
    if line.from_state is None or line.to_state is None:
        return ""
    before, after = (CARD_STATES[CardState(state)] for state in (line.from_state, line.to_state))
    return after if before == after else f"{before} → {after}"


def _passage(line: ProvenanceLine) -> str:
    """From whom to whom, and in what: container and seal, slot, hand."""
    said = []
    if line.to_party and line.from_party != line.to_party:
        said.append(f"{line.from_party or '—'} → {line.to_party}")
    if line.batch:
        said.append(f"搬送袋 {line.batch}" + (f"（封印 {line.seal}）" if line.seal else ""))
    if line.slot:
        said.append(f"棚 {line.slot}")
    if line.holder:
        said.append(f"手元 {line.holder}")
    return "　".join(said)


def _place_in_log(line: ProvenanceLine) -> str:
    said = "未署名" if line.index is None else f"番号 {line.index:,}　葉 {line.leaf}"
    return f"{said}　事由：{line.reason}" if line.reason else said


def _proof(record: ProvenanceRecord) -> Iterator[Piece]:
    signed = len(record.lines) - record.unsigned
    says = [
        f"署名済 {signed:,} 件すべてが下記の照合値に含まれることを、包含証明（ハッシュ {record.hashes:,} 個）で検証しました"
    ]
    if record.unsigned:
        says.append(f"未署名 {record.unsigned:,} 件は、次の照合値に含まれます")
    says.append(
        f"来歴ログ全体 {record.size:,} 件。記録の原文と証明は、書出しを logistics verify で検証できます"
    )
    yield anchors.lines("検証", says, 8.5)
    yield anchors.root(record.root)
    yield anchors.signed(record.note)
    if record.vkey:
        yield anchors.key(record.vkey)
