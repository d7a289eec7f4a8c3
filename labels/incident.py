"""P9 事故報告書: first report, follow-up, final report (contract 8(6)イ, appendix 1 and 2 article 13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labels import parts, prose, table
from labels.flow import Piece, gap
from labels.page import LEFT, Paper, compose, grouped
from labels.pen import Pen
from logistics.rules.incident_records import ClockLine, CourseLine, IncidentReportRecord, ItemLine
from logistics.rules.incidents import (
    CLASSES,
    CLOCKS,
    EVENTS,
    KINDS,
    ClockName,
    EventKind,
    IncidentClass,
    IncidentKind,
)
from logistics.rules.japanese import japanese_date, japanese_time
from logistics.rules.lifecycle import CardState
from logistics.rules.records import Imprint
from logistics.rules.words import ACTS, CARD_STATES

TITLE = "事故報告書"
_STAGES = {"first_report": "速報", "follow_up": "続報", "final_report": "確報"}
_ENDS = {"done": "完了", "dropped": "取止め"}

_ITEMS = table.columns(
    ("対象", 30, "left"),
    ("番号", 38, "left"),
    ("種別", 45, "left"),
    ("現在の状態", 34, "left"),
    ("暗証番号", 28, "left"),
)
_CLOCKS = table.columns(
    ("期限の種類", 62, "left"), ("期限", 44, "left"), ("実施", 44, "left"), ("状況", 25, "left")
)
_TOLD = table.columns(("日時", 47, "left"), ("方法", 32, "left"), ("相手", 96, "left"))
_COURSE = table.columns(
    ("日時", 37, "left"), ("区分", 32, "left"), ("内容", 82, "left"), ("記録者", 24, "left")
)
_CUSTODY = table.columns(
    ("日時", 37, "left"),
    ("管理番号", 30, "left"),
    ("取扱い", 44, "left"),
    ("場所", 36, "left"),
    ("取扱者", 28, "left"),
)
_ACTIONS = table.columns(
    ("", 8, "right"),
    ("実施すること", 81, "left"),
    ("責任者", 34, "left"),
    ("期限", 28, "left"),
    ("結果", 24, "left"),
)
_EVIDENCE = table.columns(
    ("日時", 37, "left"), ("名称", 44, "left"), ("件数", 14, "right"), ("SHA-256", 80, "left")
)

# Under which heading the words of the course stand, in the order in which a reader asks.
_SECTIONS = (
    ("被害拡大の防止と復旧", (EventKind.CONTAINED, EventKind.RECOVERED)),
    ("本人・関係者への連絡", (EventKind.CONTACTED,)),
    ("原因", (EventKind.CAUSE,)),
    ("再発防止策", (EventKind.PREVENTION,)),
)


def render(record: IncidentReportRecord, imprint: Imprint) -> bytes:
    """The report as PDF. ValueError for one that is none of the three."""
    if record.stage not in _STAGES:
        raise ValueError(f"report {record.number} is no {record.stage}")
    running = f"事故 {record.incident}　{_STAGES[record.stage]}・第{record.version}報　{record.place.name}"
    return compose(Paper(TITLE, record.number, record.issued_at, running), imprint, list(_pieces(record)))


def _pieces(record: IncidentReportRecord) -> Iterator[Piece]:
    yield _heading(record)
    yield parts.facts(_facts(record))
    yield gap(2)
    yield from prose.paragraph("事故の内容", record.happened)
    yield parts.section("対象", f"{len(record.items)} 件")
    yield from _listed(_ITEMS, [_item(line) for line in record.items], "対象の記録はありません")
    yield parts.section("報告の期限", "判明した日を1日目とし、土曜日・日曜日・祝日を含めて数えます")
    yield from prose.rows(_CLOCKS, [_clock(line) for line in record.clocks])
    yield parts.section("市への通知")
    told = [(prose.when(line.at), line.how, line.whom) for line in record.told]
    yield from _listed(_TOLD, told, "到達した通知の記録はまだありません")
    for title, kinds in _SECTIONS:
        yield parts.section(title)
        yield from _said(record.course, kinds, record.stage)
    yield parts.section("再発防止の実施")
    yield from _actions(record)
    yield parts.section("経過")
    yield from prose.rows(_COURSE, [_event(line) for line in record.course])
    yield parts.section("対象カードの取扱記録（直近）", "全体は保全した証拠と来歴証明（P17）にあります")
    custody = [
        (
            prose.when(line.occurred_at),
            grouped(line.card),
            _act(line.act, line.to_state),
            line.place,
            line.by,
        )
        for line in record.custody
    ]
    yield from _listed(_CUSTODY, custody, "対象カードの取扱記録はありません")
    yield parts.section("証拠の保全・添付", "SHA-256 は取扱記録に登録されています")
    yield from _evidence(record)
    yield parts.section("報告と受領")
    yield parts.signatures(
        [
            parts.Signature("報告者（受託者）", record.place.name, record.issued_by.name, record.issued_at),
            parts.Signature("受領（本市）", "京都市"),
        ]
    )


def _heading(record: IncidentReportRecord) -> Piece:
    def draw(pen: Pen, y: float) -> None:
        pen.write(LEFT, y + 6, "京都市", 14)
        pen.write(LEFT + 24, y + 6, "御中", 12)
        says = "仕様書8(6)イ、別紙1第13条及び別紙2第13条に基づき、次のとおり報告します。"
        pen.write(LEFT, y + 14, f"【{_STAGES[record.stage]}・第{record.version}報】{says}", 9.5)

    return Piece(18, draw)


def _facts(record: IncidentReportRecord) -> list[parts.Fact]:
    decided = {None: "判断前", True: "要", False: "不要"}[record.reportable]
    by = "システムが自動で登録" if record.by_itself else f"{record.opened_by.name}（{record.opened_by.code}）"
    return [
        parts.Fact("事故番号", "", record.incident),
        parts.Fact("種類", KINDS[IncidentKind(record.kind)]),
        parts.Fact("分類", CLASSES[IncidentClass(record.grade)]),
        parts.Fact("場所", f"{record.place.name}（{record.place.code}）"),
        parts.Fact("判明日時", japanese_time(record.noticed_at)),
        parts.Fact("登録", f"{japanese_time(record.opened_at)}　{by}"),
        parts.Fact("不正の目的", "おそれあり" if record.malicious else "おそれの記録なし"),
        parts.Fact("監督機関へ", decided),
    ]


def _item(line: ItemLine) -> tuple[str, str, str, str, str]:
    state = CARD_STATES[CardState(line.state)] if line.state else "―"
    pins = {None: "未確認", True: "設定あり", False: "設定なし"}[line.pin_set]
    return (
        line.type_name,
        grouped(line.code),
        line.kind_name or "―",
        state,
        pins if line.code.startswith("C") else "―",
    )


def _clock(line: ClockLine) -> tuple[str, str, str, str]:
    state = (
        ("遅れて実施" if line.done_at else "期限超過")
        if line.overdue
        else ("実施済" if line.done_at else "期限内")
    )
    done = prose.when(line.done_at) if line.done_at else "―"
    return CLOCKS[ClockName(line.name)], prose.when(line.due_at), done, state


def _event(line: CourseLine) -> tuple[str, str, str, str]:
    said = {None: "", True: "【要・あり】", False: "【不要・なし】"}[line.decided]
    whom = f"（相手：{line.whom}）" if line.whom else ""
    return prose.when(line.occurred_at), EVENTS[EventKind(line.kind)], f"{said}{line.words}{whom}", line.by


def _said(course: Sequence[CourseLine], kinds: Sequence[EventKind], stage: str) -> Iterator[Piece]:
    lines = [line for line in course if line.kind in kinds]
    if not lines:
        yield parts.nothing_to_list("該当なし" if stage == "final_report" else "調査中")
    for line in lines:
        yield from prose.paragraph(
            EVENTS[EventKind(line.kind)], f"{line.words}\n（{japanese_time(line.occurred_at)}　{line.by}）"
        )


def _actions(record: IncidentReportRecord) -> Iterator[Piece]:
    cells = [
        (
            str(line.number),
            line.what,
            f"{line.responsible.name}（{line.responsible.code}）",
            japanese_date(line.due_on),
            f"{_ENDS[line.how]}　{japanese_date(line.ended_at.date())}"
            if line.how and line.ended_at
            else "実施中",
        )
        for line in record.actions
    ]
    yield from _listed(_ACTIONS, cells, "実施項目の登録はまだありません")


def _evidence(record: IncidentReportRecord) -> Iterator[Piece]:
    cells = [
        (prose.when(line.at), line.name, f"{line.entries:,}" if line.entries else "", line.sha256)
        for line in (*record.evidence, *record.files)
    ]
    yield from _listed(_EVIDENCE, cells, "まだありません")


def _act(act: str, to_state: str | None) -> str:
    word = ACTS.get(act, act)
    return f"{word} → {CARD_STATES[CardState(to_state)]}" if to_state else word


def _listed(cols: Sequence[table.Column], cells: Sequence[Sequence[str]], nothing: str) -> Iterator[Piece]:
    if cells:
        yield from prose.rows(cols, cells)
    else:
        yield parts.nothing_to_list(nothing)
