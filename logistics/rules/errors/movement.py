"""Refusals of requests, codes and people, and of what moves from the arrival to the receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from logistics.rules.errors.refusal import DomainError
from logistics.rules.step_words import in_japanese


@dataclass(eq=False)
class MyNumberRefused(DomainError):
    """A My Number must not enter this system."""

    field: str
    en = "{field} holds a valid 12-digit My Number. Remove it; nothing was stored or logged."
    ja = (
        "{field} に個人番号（マイナンバー）が含まれています。取り除いてください。値は保存・記録していません。"
    )


@dataclass(eq=False)
class MalformedCode(DomainError):
    """The code is not one of ours."""

    field: str
    expected: str
    reason: str
    en = "{field} is not a {expected} code: {reason}. Scan the barcode again."
    ja = "{field} は正しいコードではありません。バーコードをもう一度読み取ってください。"


@dataclass(eq=False)
class InvalidValue(DomainError):
    """A value cannot be used."""

    field: str
    reason: str
    en = "{field}: {reason}."
    ja = "{field} の値が正しくありません。内容を確かめてください。"


@dataclass(eq=False)
class FutureTime(DomainError):
    """A time lies in the future."""

    field: str
    now: str
    en = "{field} lies in the future; it is {now} here. Check the clock of the device."
    ja = "{field} が未来の時刻です。端末の時計を確かめてください（サーバー時刻 {now}）。"


@dataclass(eq=False)
class NotFound(DomainError):
    """There is no such thing."""

    what: str
    code: str
    en = "There is no {what} {code} that you may see. Check the code."
    ja = "{code} は見つかりません。コードを確かめてください。"


@dataclass(eq=False)
class NotSignedIn(DomainError):
    """Nobody is signed in."""

    en = "Sign in first: with a session's cookie, or with a token as `Authorization: Bearer`."
    ja = "サインインしてください。"


@dataclass(eq=False)
class NotAllowed(DomainError):
    """This person may not do this."""

    act: str
    role: str
    # The number of what was tried, where it is known to whoever answers: no part of the answer, but of the log's entry.
    about = ""
    en = "A person with the role {role} may not do {act} here. Ask somebody whose task it is."
    ja = "この操作を行う権限がありません。担当者に依頼してください。"


@dataclass(eq=False)
class StepRefused(DomainError):
    """The step is not possible in the present state."""

    step: str
    codes: Sequence[str]
    state: str
    possible: Sequence[str]
    en = "{step} is not possible for {codes} in state {state}. Possible now: {possible}."
    ja = "{codes} は現在の状態（{state}）では、この操作（{step}）を行えません。"

    @property
    def message(self) -> str:
        """In English, also where no step is possible any more."""
        return replace(self, possible=self.possible or ["nothing"]).said(self.en)

    @property
    def message_ja(self) -> str:
        """In the words of the screen instead of our codes."""
        return replace(self, **in_japanese(self.step, self.state, self.codes)).said(self.ja)


@dataclass(eq=False)
class CardsRefused(DomainError):
    """Some of the cards cannot take this step; none did."""

    step: str
    refused: Sequence[Mapping[str, str]]
    en = "{step} was refused for some cards, so none was changed. See `refused` for the state of each."
    ja = "一部のカードが対象外の状態のため、すべて変更していません。"


@dataclass(eq=False)
class NotARunDay(DomainError):
    """No run leaves on that day."""

    field: str
    day: str
    next_run_day: str
    en = "{field}: no run leaves on {day} (weekdays only, contract 8(4)). The next run day is {next_run_day}."
    ja = "{day} は配送日ではありません（平日のみ1日1便）。次の配送日は {next_run_day} です。"


@dataclass(eq=False)
class RunDeparted(DomainError):
    """The run has left."""

    run: str
    en = "Run {run} has departed; there is one run a day. Plan for the next run day."
    ja = "便 {run} は出発済みです。次の配送日の便に回してください。"


@dataclass(eq=False)
class RunNotReady(DomainError):
    """The run cannot leave yet."""

    run: str
    reason: str
    batches: Sequence[str]
    en = "Run {run}: {reason} {batches}"
    ja = "便 {run} はこの操作を行える状態ではありません。便の日付・配送業者、搬送袋の封印と積込を確かめてください。{batches}"


@dataclass(eq=False)
class CourierNotRegistered(DomainError):
    """The courier may not carry on that day."""

    field: str
    courier: str
    day: str
    en = "{field}: courier {courier} has no consent in force on {day} (appendix 1 articles 9, 10-10)."
    ja = "配送業者 {courier} は {day} に有効な承諾（別紙1 第9条・第10条第10項）がありません。"


@dataclass(eq=False)
class SealUsed(DomainError):
    """The seal number was used before."""

    field: str
    seal_number: str
    en = "{field}: seal {seal_number} was used before. Take a new seal."
    ja = "封印番号 {seal_number} は使用済みです。新しい封印を使ってください。"


@dataclass(eq=False)
class CountDiffers(DomainError):
    """The count does not agree."""

    field: str
    counted: int
    expected: int
    en = "{field}: {counted} were counted, {expected} are recorded. Count again, or scan what is missing."
    ja = "枚数が一致しません（数えた枚数 {counted}、記録 {expected}）。もう一度数えてください。"


@dataclass(eq=False)
class BoxNotDone(DomainError):
    """The box cannot be closed: what was scanned is not what was listed."""

    box: str
    unaccounted: Sequence[str]
    en = "Box {box}: {unaccounted} are listed but neither scanned nor declared missing. Search, then scan."
    ja = "小箱 {box} は、まだ読み取っていないカードがあります（{unaccounted}）。探して読み取ってください。"


@dataclass(eq=False)
class BoxClosed(DomainError):
    """The box was closed."""

    box: str
    en = "Box {box} was closed before, and stays as it was. Check the box code."
    ja = "小箱 {box} の開封作業は終わっています。小箱コードを確かめてください。"


@dataclass(eq=False)
class SecondPersonNeeded(DomainError):
    """Another person is needed."""

    field: str
    en = "{field} must be a second person, not the one who acts."
    ja = "{field} には、操作者とは別の職員を指定してください。"


@dataclass(eq=False)
class UndoRefused(DomainError):
    """A scan cannot be taken back."""

    code: str
    reason: str
    en = "The scan of {code} cannot be taken back: {reason}. Set it right by what it is now."
    ja = "{code} の読取りは取り消せません。その後に別の操作があったか、検数・小箱・搬送袋の作業が終わっています。"


@dataclass(eq=False)
class SupervisorNeeded(DomainError):
    """A city employee must supervise."""

    field: str
    en = "{field} must name a city employee (contract 8(4)ア(エ): under the direction of city staff)."
    ja = "{field} には、指示を行う本市職員を指定してください（仕様書8(4)ア(エ)）。"


@dataclass(eq=False)
class ReceiptNotDone(DomainError):
    """The receipt cannot be closed yet."""

    manifest: str
    batches: Sequence[str]
    en = "Manifest {manifest}: cards were received out of {batches}, whose seals nobody has seen. Scan these batches."
    ja = "発送明細書 {manifest} の収受はまだ完了できません。搬送袋 {batches} の封印が未確認です。搬送袋を読み取ってください。"


@dataclass(eq=False)
class ReceiptClosed(DomainError):
    """The receipt was closed."""

    manifest: str
    en = "The receipt of manifest {manifest} was closed. Later finds are scanned as usual."
    ja = "発送明細書 {manifest} の収受は完了しています。"


@dataclass(eq=False)
class ListInvalid(DomainError):
    """The list has faults; nothing was imported."""

    problems: Sequence[Mapping[str, Any]]
    en = "The list has faults, and nothing was imported. `problems` names line and column of each."
    ja = "リストに誤りがあるため、取り込んでいません。行と列を確かめてください。"


@dataclass(eq=False)
class AlreadyGoingOn(DomainError):
    """It is going on already."""

    what: str
    code: str
    en = "There is {what} going on for {code} already. End that one first."
    ja = "{code} はすでに開始・登録されています。先に終了してください。"


@dataclass(eq=False)
class NothingGoingOn(DomainError):
    """There is nothing to end."""

    what: str
    code: str
    en = "There is no {what} under way for {code}. Check the code, or begin one."
    ja = "{code} には終了するものがありません。コードを確かめてください。"


@dataclass(eq=False)
class RecountNeeded(DomainError):
    """Slots have to be counted, or counted again."""

    field: str
    slots: Sequence[str]
    en = "{field}: count these slots, or count them again: {slots}."
    ja = "次の棚の枚数が未確認か、記録と一致しません。もう一度数えてください。{slots}"


@dataclass(eq=False)
class AlreadyImported(DomainError):
    """This very list was imported before."""

    arrival: str
    en = "This very list was imported before, as arrival {arrival}. Nothing was imported twice."
    ja = "同じ着荷リストは {arrival} として取り込み済みです。"


@dataclass(eq=False)
class AlreadyResolved(DomainError):
    """The difference was settled before."""

    discrepancy: str
    en = "Difference {discrepancy} was settled before."
    ja = "差異 {discrepancy} は処理済みです。"
