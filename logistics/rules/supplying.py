"""What the city supplies (支給品) and lends (貸与品), and what can happen to it (appendix 1 article 14). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

MOST_PIECES = 10_000_000


class Move(StrEnum):
    """What happens to pieces of an item at a place; the comment is what paper says."""

    RECEIVED = "received"  # 受領
    MOVED_IN = "moved_in"  # 拠点間受入
    USED = "used"  # 使用
    RETURNED = "returned"  # 返還
    LOST = "lost"  # 滅失・き損
    MOVED_OUT = "moved_out"  # 拠点間払出


MOVES: Mapping[Move, str] = {
    Move.RECEIVED: "受領",
    Move.MOVED_IN: "拠点間受入",
    Move.USED: "使用",
    Move.RETURNED: "返還",
    Move.LOST: "滅失・き損",
    Move.MOVED_OUT: "拠点間払出",
}
# What adds to a place's balance; everything else takes off it.
ADDS = frozenset({Move.RECEIVED, Move.MOVED_IN})


def sign(move: Move) -> int:
    """1 for what comes, -1 for what goes."""
    return 1 if move in ADDS else -1


def receipt_title(lent: frozenset[bool]) -> str:
    """What the receipt of such items is called: supplies get a receipt, loans a loan slip (article 14(2))."""
    if lent == {True}:
        return "借用書"
    return "支給品受領書" if lent == {False} else "支給品受領書・借用書"
