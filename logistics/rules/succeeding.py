"""The end of a contract year: to whom things go, who says so, what becomes of spent papers. Words, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Receiver(StrEnum):
    """Who takes over what is left (body 13(3), appendix 1 article 11(1))."""

    CONTRACTOR = "contractor"  # 次期受託者
    CITY = "city"  # 京都市


class Side(StrEnum):
    """Of the two who acknowledge."""

    GIVER = "giver"  # 引渡者
    TAKER = "taker"  # 引受者


class HowSpent(StrEnum):
    """What became of a paper that is of no use any more (appendix 2 article 12)."""

    RETURNED = "returned"  # 返還
    DESTROYED = "destroyed"  # 廃棄（裁断）


class Way(StrEnum):
    """What became of something that was in stock when the contract came to its end."""

    TRANSFERRED = "transferred"
    DESTROYED = "destroyed"
    ISSUED = "issued"
    MISSING = "missing"
    LEFT = "left"


RECEIVERS: Mapping[Receiver, str] = {Receiver.CONTRACTOR: "次期受託者", Receiver.CITY: "京都市"}
WAYS: Mapping[Way, str] = {
    Way.TRANSFERRED: "引継ぎ・返還",
    Way.DESTROYED: "廃棄",
    Way.ISSUED: "交付",
    Way.MISSING: "所在不明・紛失",
    Way.LEFT: "残り",
}
