"""What can be refused of counts, of the cases of missing cards, and of a day's close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from logistics.rules.errors.refusal import DomainError


@dataclass(eq=False)
class CountOpen(DomainError):
    """The vault is being counted."""

    vault: str
    count: str
    en = "Vault {vault} is being counted ({count}). Finish that count, or cancel it, then open another."
    ja = "保管庫 {vault} は棚卸し {count} の途中です。終えるか中止してから始めてください。"


@dataclass(eq=False)
class CountUnderWay(DomainError):
    """The count is not over yet, so its result is kept back."""

    count: str
    state: str
    en = "Count {count} is {state}; what it finds is shown when the counting is over."
    ja = "棚卸し {count} は計数中です。結果は計数が終わってから表示します。"


@dataclass(eq=False)
class CountNotDone(DomainError):
    """Part of the vault has not been counted."""

    count: str
    slots: Sequence[str]
    en = "Count {count}: nothing was counted in {slots}. Scan what lies there, or say that 0 do."
    ja = "棚卸し {count} で、まだ数えていない棚があります（{slots}）。読み取るか、0枚と入力してください。"


@dataclass(eq=False)
class CountEnded(DomainError):
    """The count is past this."""

    count: str
    state: str
    en = "Count {count} is {state}; this is not possible any more."
    ja = "棚卸し {count} は、この操作ができる段階ではありません（{state}）。"


@dataclass(eq=False)
class OtherCounterNeeded(DomainError):
    """Somebody else must count again."""

    count: str
    counters: Sequence[str]
    en = "Count {count} is counted again by somebody other than {counters}, who counted it first."
    ja = "棚卸し {count} の再計数は、最初に数えた職員（{counters}）以外の職員が行ってください。"


@dataclass(eq=False)
class CaseEnded(DomainError):
    """The case is past this."""

    case: str
    state: str
    en = "Case {case} is {state}; this is not possible any more."
    ja = "所在調査 {case} は、この操作ができる段階ではありません（{state}）。"


@dataclass(eq=False)
class DayNotDone(DomainError):
    """Something keeps the day open."""

    place: str
    day: str
    problems: Sequence[Mapping[str, Any]]
    en = "{day} at {place} cannot be closed yet. `problems` lists what is open. A leader may close it with a reason."
    ja = "{day} はまだ締められません。残っているものを処理するか、責任者が理由を付けて締めてください。"


@dataclass(eq=False)
class DayClosed(DomainError):
    """The day was closed."""

    place: str
    day: str
    en = "{day} at {place} was closed. What happens now belongs to the next day that is closed."
    ja = "{day} は締め済みです。この後の作業は次の締めに含まれます。"


@dataclass(eq=False)
class DayNotClosed(DomainError):
    """The day was not closed."""

    place: str
    day: str
    en = "{day} at {place} has not been closed, so there is no report of it. Close it first."
    ja = "{day} は締められていないため、日次報告はありません。先に締めてください。"
