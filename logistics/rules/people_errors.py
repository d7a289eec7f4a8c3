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
