"""What HTTP itself says beside our rules: refusals of the framework in Japanese, and when to come again."""

from __future__ import annotations

from collections.abc import Mapping

from logistics.rules.errors import DomainError

REFUSED_JA: Mapping[int, str] = {
    400: "送信内容の形が正しくありません。必要な項目と値の形式を確かめてください。",
    401: "サインインしてください。",
    403: "この操作は許可されていません。",
    404: "見付かりません。番号やアドレスを確かめてください。",
    405: "このアドレスでは行えない操作です。",
    413: "送信内容が大きすぎます。分けて送ってください。",
    415: "送信形式が正しくありません。JSONで送ってください。",
    429: "短い時間に要求が多すぎます。少し待ってからもう一度送ってください。",
    503: "いまは応答できません。少し待ってからもう一度送ってください。",
}
# In English where the framework's own words quote the path, or say too little.
REFUSED_EN: Mapping[int, str] = {
    400: "The request does not fit what is documented. See `errors`.",
    413: "The body is larger than what is read here; nothing of it was kept. Send it in parts.",
}


def retry_after(error: DomainError) -> dict[str, str]:
    """The header that says after how many seconds the same may be asked again, where that is the matter."""
    seconds = error.facts().get("seconds")
    return {} if seconds is None else {"Retry-After": str(seconds)}
