"""Kinds of work that are done beside the requests, with their names and how far they say they are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class JobKind(StrEnum):
    """What is asked for and done beside the requests: reports, exports of the log, ends of large counts."""

    UNDELIVERED = "undelivered"
    UNDELIVERED_CARDS = "undelivered_cards"
    MONTH_REPORT = "month_report"
    MANAGEMENT_REPORT = "management_report"
    CLOSE_MONTH = "close_month"
    EXPORT = "export"
    FINISH_COUNT = "finish_count"
    CONCLUDE_COUNT = "conclude_count"


# Those that end in the original of a paper. The others are asked for where the thing they are about is.
REPORTS = (
    JobKind.UNDELIVERED,
    JobKind.UNDELIVERED_CARDS,
    JobKind.MONTH_REPORT,
    JobKind.MANAGEMENT_REPORT,
    JobKind.CLOSE_MONTH,
)
OF_COUNTS = (JobKind.FINISH_COUNT, JobKind.CONCLUDE_COUNT)

NAMES: Mapping[JobKind, tuple[str, str]] = {
    JobKind.UNDELIVERED: ("月次未交付カード報告（速報）", "Undelivered-card report, provisional"),
    JobKind.UNDELIVERED_CARDS: ("未交付カード一覧", "List of undelivered cards"),
    JobKind.MONTH_REPORT: ("月次報告書", "Month report"),
    JobKind.MANAGEMENT_REPORT: ("管理状況報告書", "Management report"),
    JobKind.CLOSE_MONTH: ("月次締め", "Close of a month"),
    JobKind.EXPORT: ("取扱記録の書出し", "Export of the log"),
    JobKind.FINISH_COUNT: ("棚卸しの計数終了", "End of a round of counting"),
    JobKind.CONCLUDE_COUNT: ("棚卸しの確定", "Conclusion of a count"),
}
_PAPER = (("集計しています", "Counting"), ("紙面を作成しています", "Drawing"))
_COUNT = (
    ("数えた結果を突き合わせています", "Comparing what was counted"),
    ("取扱記録に書いています", "Writing the log"),
    ("結果報告書を作成しています", "Making the report"),
)
_EXPORT = (("記録を書き出しています", "Writing entries"), ("暗号化しています", "Encrypting"))
# A job that ends a process so often is given up.
MOST_TRIES = 3


def first_steps(kind: JobKind) -> int:
    """Of how many steps a job says it consists before it has begun; an export learns how many entries it is about."""
    return {JobKind.EXPORT: 1, JobKind.FINISH_COUNT: len(_COUNT), JobKind.CONCLUDE_COUNT: len(_COUNT)}.get(
        kind, len(_PAPER)
    )


def doing(kind: JobKind, done: int, steps: int) -> tuple[str, str]:
    """What is being done once so many steps are done, in Japanese and English."""
    if kind is JobKind.EXPORT:
        return _EXPORT[done >= steps]
    words = _COUNT if kind in OF_COUNTS else _PAPER
    return words[min(done, len(words) - 1)]
