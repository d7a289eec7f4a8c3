"""What can be refused about sign-in, sessions, devices and tokens; built as all errors are (see `errors`)."""

from __future__ import annotations

from dataclasses import dataclass

from logistics.rules.errors import DomainError


@dataclass(eq=False)
class SessionEnded(DomainError):
    """The session has ended."""

    why: str
    en = "This session has ended ({why}). Sign in again."
    ja = "サインインの有効時間が終わったか、別の端末でのサインインなどにより終了しました。もう一度サインインしてください。"


@dataclass(eq=False)
class SessionLocked(DomainError):
    """The session is locked."""

    en = "Nobody was here for a while, so the session is locked. Unlock it; what you have not sent is kept."
    ja = "しばらく操作がなかったため、画面をロックしました。ロックを解除すると続きから作業できます。"


@dataclass(eq=False)
class CrossSite(DomainError):
    """The request does not come from a page of this service."""

    reason: str
    en = "The request was refused because {reason}. Load the page again and repeat it there."
    ja = (
        "このサービスの画面以外からの操作を受け付けませんでした。画面を開き直して、もう一度操作してください。"
    )


@dataclass(eq=False)
class SignInFailed(DomainError):
    """Name, password or code is not right."""

    en = "Person, password or code is not right, or may not be used now. After {limit} failures only a manager unlocks."
    ja = "職員コード・パスワード・確認コードのいずれかが正しくないか、使用できない状態です。{limit} 回続けて失敗すると、管理者が解除するまで使えません。"
    limit: int


@dataclass(eq=False)
class TryLater(DomainError):
    """Too many failures; wait before the next try."""

    seconds: int
    en = "Too many failures in a row. Wait {seconds} seconds before the next try."
    ja = "続けて失敗したため、{seconds} 秒たつまで受け付けません。お待ちください。"


@dataclass(eq=False)
class TooManyRequests(DomainError):
    """More requests at once than any work needs; wait a little."""

    seconds: int
    en = "More requests came from you than any work needs. Wait {seconds} s; what you have not sent is kept."
    ja = "短い時間に操作が集中したため、{seconds} 秒たつまで受け付けません。未送信の読取りは端末に残っています。"


@dataclass(eq=False)
class DeviceNeeded(DomainError):
    """This device may only look."""

    reason: str
    en = "This device may only look, because {reason}. Act at a station of your own place that is registered."
    ja = "この端末では閲覧だけができます。自分の拠点に登録された端末で操作してください。"


@dataclass(eq=False)
class OutOfScope(DomainError):
    """The token does not reach so far."""

    scope: str
    en = "The token was not given the scope {scope}. Use another token, or sign in."
    ja = "このトークンには、この操作（{scope}）が許可されていません。"


@dataclass(eq=False)
class CodeNotValid(DomainError):
    """The one-time code is not valid."""

    en = "The one-time code is not valid: it was used, its time is over, or it was mistyped. Ask for a new one."
    ja = "登録コードが正しくないか、使用済みか、期限が切れています。管理者に新しいコードを依頼してください。"


@dataclass(eq=False)
class PasskeyRefused(DomainError):
    """The passkey cannot be used."""

    reason: str
    en = "The passkey cannot be used: {reason}."
    ja = "このパスキーは使用できません。もう一度お試しいただくか、パスワードをご利用ください。"
