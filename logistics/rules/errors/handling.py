"""Refusals of what a clerk does too early, too often or to something that is empty: each says what to do instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logistics.rules.errors.refusal import DomainError


@dataclass(eq=False)
class NothingToSeal(DomainError):
    """The batch is empty."""

    batch: str
    en = "Batch {batch} holds no card. Scan cards into it, or cancel it."
    ja = "搬送袋 {batch} は空です。カードを読み取って入れるか、搬送袋を取り消してください。"


@dataclass(eq=False)
class BoxNotOpened(DomainError):
    """The box has not been opened."""

    box: str
    en = "Box {box} has not been opened yet. Open it first."
    ja = "小箱 {box} はまだ開封されていません。先に開封してください。"


@dataclass(eq=False)
class AlreadyTakenOver(DomainError):
    """Nothing waits to be taken over any more."""

    run: str
    en = "Nothing of run {run} waits here to be taken over: it was taken over, or recalled, before."
    ja = "便 {run} には、ここで引き受ける搬送袋がありません（引受け済み、または積残しとして戻されています）。"


@dataclass(eq=False)
class NotArrived(DomainError):
    """Nothing of the manifest has arrived yet."""

    manifest: str
    en = "Nothing of manifest {manifest} was scanned here yet. Scan the manifest or one of its batches first."
    ja = (
        "発送明細書 {manifest} は、まだ到着の読取りがありません。先に発送明細書か搬送袋を読み取ってください。"
    )


@dataclass(eq=False)
class StillMissing(DomainError):
    """Cards are not accounted for."""

    field: str
    declared: int
    missing: Sequence[str]
    en = (
        "{field}: {declared} were declared missing, but these are not accounted for: {missing}. Scan them, or declare"
        " as many missing as could not be found."
    )
    ja = (
        "未着として申告された枚数（{declared}）が、確認できていないカードと一致しません：{missing}。"
        "読み取るか、探しても見付からない枚数を申告してください。"
    )
