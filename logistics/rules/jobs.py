"""Kinds of work that are done beside the requests, with their names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class JobKind(StrEnum):
    """A report that is asked for and made beside the requests."""

    UNDELIVERED = "undelivered"
    UNDELIVERED_CARDS = "undelivered_cards"
    MONTH_REPORT = "month_report"
    MANAGEMENT_REPORT = "management_report"
    CLOSE_MONTH = "close_month"


NAMES: Mapping[JobKind, tuple[str, str]] = {
    JobKind.UNDELIVERED: ("月次未交付カード報告（速報）", "Undelivered-card report, provisional"),
    JobKind.UNDELIVERED_CARDS: ("未交付カード一覧", "List of undelivered cards"),
    JobKind.MONTH_REPORT: ("月次報告書", "Month report"),
    JobKind.MANAGEMENT_REPORT: ("管理状況報告書", "Management report"),
    JobKind.CLOSE_MONTH: ("月次締め", "Close of a month"),
}
# What a job goes through: counted and frozen, drawn and signed.
STEPS = (("集計しています", "Counting"), ("紙面を作成しています", "Drawing"))
# A job that ends a process so often is given up.
MOST_TRIES = 3
