"""What there is to say of counts and of missing cards: kinds, findings, endings, each with its Japanese word."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

# The first counter's round, and the second counter's.
FIRST, SECOND = 1, 2


class CountKind(StrEnum):
    """Why a vault is counted; the comment is what the paper says."""

    OPENING = "opening"  # 始業
    CLOSING = "closing"  # 終業
    FULL = "full"  # 全件
    CYCLIC = "cyclic"  # 循環
    SPOT = "spot"  # 抜取り


# A number per slot is enough for these, as long as it agrees; the others want every card scanned.
BY_NUMBER = frozenset({CountKind.OPENING, CountKind.CLOSING})
# Counted by two people who are both named.
BY_TWO = frozenset({CountKind.OPENING, CountKind.CLOSING, CountKind.FULL})
# Of these slots alone; the others are of the whole vault.
OF_SLOTS = frozenset({CountKind.CYCLIC, CountKind.SPOT})


class CountState(StrEnum):
    """How far a count is; it follows from its rounds and its end."""

    COUNTING = "counting"  # 計数中
    RECOUNTING = "recounting"  # 再計数中
    TO_CONCLUDE = "to_conclude"  # 確定待ち
    CONCLUDED = "concluded"  # 確定
    CANCELLED = "cancelled"  # 中止


class CountEnd(StrEnum):
    """How a count ended."""

    CONCLUDED = "concluded"
    CANCELLED = "cancelled"


class Finding(StrEnum):
    """What a count found of a card that is not simply where it should be."""

    MISSING = "missing"  # 所在不明
    MISPLACED = "misplaced"  # 別の棚で発見
    UNEXPECTED = "unexpected"  # 予定外
    UNKNOWN = "unknown"  # 登録なし
    EXPLAINED = "explained"  # 棚卸し中の移動


class CaseState(StrEnum):
    """How far the inquiry into a missing card is."""

    SEARCHING = "searching"  # 調査中
    TURNED_UP = "turned_up"  # 発見（処理待ち）
    FOUND = "found"  # 発見
    LOST = "lost"  # 紛失確定


class CaseEnd(StrEnum):
    """How a case ended."""

    FOUND = "found"
    LOST = "lost"


KINDS: Mapping[CountKind, str] = {
    CountKind.OPENING: "始業時棚卸し",
    CountKind.CLOSING: "終業時棚卸し",
    CountKind.FULL: "全件棚卸し",
    CountKind.CYCLIC: "循環棚卸し",
    CountKind.SPOT: "抜取り棚卸し",
}
FINDINGS: Mapping[Finding, str] = {
    Finding.MISSING: "所在不明",
    Finding.MISPLACED: "別の棚で発見",
    Finding.UNEXPECTED: "予定外",
    Finding.UNKNOWN: "登録なし",
    Finding.EXPLAINED: "棚卸し中の移動",
}
