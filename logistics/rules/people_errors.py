"""What can be refused for who asks: approvals by a second person, registration, the registers."""

from __future__ import annotations

from dataclasses import dataclass

from logistics.rules.errors import DomainError


@dataclass(eq=False)
class ApprovalNeeded(DomainError):
    """A second person must approve this first."""

    field: str
    act: str
    subject: str
    en = "{field}: {act} of {subject} needs the approval of a second person. Ask for it, and name it here."
    ja = "{field} {subject} の処理には、別の職員の承認が必要です。承認を依頼してください。"


@dataclass(eq=False)
class ApprovalUnusable(DomainError):
    """The approval does not cover this."""

    field: str
    approval: str
    reason: str
    en = "{field}: approval {approval} {reason}. Ask for a new one."
    ja = "{field} この承認は使用できません（期限切れ、使用済み、却下、または内容が異なります）。もう一度依頼してください。"


@dataclass(eq=False)
class ConfirmationNeeded(DomainError):
    """Who you are must be proved again."""

    minutes: int
    en = "Prove again who you are (POST /api/v1/session/step-up), at most {minutes} minutes before the approval."
    ja = "本人確認をもう一度行ってください（承認は、本人確認から {minutes} 分以内に行います）。"


@dataclass(eq=False)
class NotInForce(DomainError):
    """This person may not act today."""

    person: str
    what: str
    en = "{person} may not act today: {what} is missing or has run out (appendix 1 articles 6, 7). Have it renewed."
    ja = (
        "{person} は本日、業務に従事できません（登録期間・誓約書・研修のいずれかがないか、期限切れです：{what}）。"
        "管理者に更新を依頼してください。"
    )


@dataclass(eq=False)
class SiteWithoutLeader(DomainError):
    """The site has nobody who leads it."""

    place: str
    en = "Nobody who may lead {place} is registered today (body 6(4)). Register a leader or a deputy, then receive."
    ja = (
        "{place} に本日有効な拠点別責任者がいないため、収受できません（仕様書6(4)）。"
        "責任者又は代理者を登録してから収受してください。"
    )


@dataclass(eq=False)
class CrewNotRegistered(DomainError):
    """The crew is not registered for this courier."""

    field: str
    courier: str
    en = (
        "{field} is not registered as crew of courier {courier}, or may not act today (appendix 1 article 9)."
    )
    ja = "{field} は配送業者 {courier} の乗務員として登録されていません（又は本日従事できません）。"


@dataclass(eq=False)
class PremisesNotRegistered(DomainError):
    """The vault is not registered."""

    field: str
    slot: str
    en = "{field}: slot {slot} lies in a vault that is not registered (appendix 1 article 10-2). Register it first."
    ja = "棚 {slot} の保管庫は届出がありません（別紙1第10条第2項）。届出をしてから格納してください。"
