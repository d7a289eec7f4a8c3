"""Refusals of reports and of the close of a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logistics.rules.errors.refusal import DomainError


@dataclass(eq=False)
class MonthNotOver(DomainError):
    """The month is not over yet."""

    month: str
    en = "{month} is not over. Close it on its first day after; a provisional report can be made at any time."
    ja = "{month} はまだ終わっていません。翌月初日以降に締めてください。速報はいつでも作成できます。"


@dataclass(eq=False)
class MonthUnexplained(DomainError):
    """The movements of the month do not lead from its opening to its closing stock."""

    month: str
    lines: Sequence[str]
    en = "{month} cannot be closed: the movements leave a remainder at {lines}. Run `logistics rebuild --check`."
    ja = "{month} は締められません。受払いが一致しません（{lines}）。システム管理者に連絡してください。"
