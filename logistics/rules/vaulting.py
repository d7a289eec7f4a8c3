"""Words of the vault and the counter that are data: why a card is taken out, handed over or taken in; limits."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from logistics.rules.codes import CodeType, sequenced_code

# The city as a party of the custody log: a card with a city employee is in the city's custody.
CITY_PARTY = sequenced_code(CodeType.PLACE, 90, width=2)
CITY_NAME = "京都市（本市職員）"

# How many cards a clerk has in hand, unless a leader allows more: several at once is how a wrong one was handed out.
CARDS_IN_HAND = 1
MOST_IN_HAND = 100

# A holder's own card in temporary custody (預り).
DEPOSITED = "deposited"
# Kinds that nobody is handed: they go back to the annex.
NOT_ISSUED = frozenset({"collected", "documents"})


class TakeOutPurpose(StrEnum):
    """Why a card leaves its slot; each take-out says so (appendix 1 article 4)."""

    ISSUE = "issue"
    CITY = "city"
    CHECK = "check"
    SET_UP_AGAIN = "set_up_again"
    INSPECTION = "inspection"


class HandOverReason(StrEnum):
    """Why a card goes to a city employee with its papers (contract 8(3)ア(イ))."""

    AGENT = "agent"
    PIN_PROXY = "pin_proxy"
    IDENTITY = "identity"
    CITY_ORDER = "city_order"


class WithoutNotice(StrEnum):
    """Why a card is issued without holding the notice's number against the sleeve."""

    LOST = "lost"
    NOT_BROUGHT = "not_brought"
    UNREADABLE = "unreadable"


class Source(StrEnum):
    """Where the record of an opening or an entry comes from."""

    MANUAL = "manual"
    BADGE = "badge"


class AlarmKind(StrEnum):
    """What somebody must be told of."""

    UNSLOTTED = "unslotted"
    OUT = "out"
    WITH_CITY = "with_city"
    VAULT_OPEN = "vault_open"
    REARRANGING = "rearranging"
    SLOT_COUNT = "slot_count"
    UNEXPLAINED_OPENING = "unexplained_opening"
    AWAITING_DESTRUCTION = "awaiting_destruction"
    CERTIFICATE_OVERDUE = "certificate_overdue"
    UNSIGHTED = "unsighted"
    INCIDENT_OPEN = "incident_open"
    INCIDENT_OVERDUE = "incident_overdue"
    CLOSE_UNCOVERED = "close_uncovered"


# Every card at rest is seen at least this often (days): what the cyclic count goes by, until a manager sets another.
SIGHTED_EVERY_DAYS = 30
MINUTES_A_DAY = 24 * 60

# Minutes after which it is an alarm, until a manager sets others. Our assumption: the contract names none.
DEFAULT_LIMITS: Mapping[AlarmKind, int] = {
    AlarmKind.UNSLOTTED: 120,
    AlarmKind.OUT: 60,
    AlarmKind.WITH_CITY: 60,
    AlarmKind.VAULT_OPEN: 600,
    AlarmKind.REARRANGING: 240,
    AlarmKind.SLOT_COUNT: 0,
    AlarmKind.UNEXPLAINED_OPENING: 0,
    AlarmKind.AWAITING_DESTRUCTION: 0,
    AlarmKind.CERTIFICATE_OVERDUE: 0,
    AlarmKind.UNSIGHTED: SIGHTED_EVERY_DAYS * MINUTES_A_DAY,
    AlarmKind.INCIDENT_OPEN: 0,
    AlarmKind.INCIDENT_OVERDUE: 0,
    AlarmKind.CLOSE_UNCOVERED: 0,
}

PURPOSES: Mapping[TakeOutPurpose, str] = {
    TakeOutPurpose.ISSUE: "交付",
    TakeOutPurpose.CITY: "本市職員への引継ぎ",
    TakeOutPurpose.CHECK: "券面・内容の確認",
    TakeOutPurpose.SET_UP_AGAIN: "交付前設定のやり直し",
    TakeOutPurpose.INSPECTION: "検査・監査",
}
HAND_OVER_REASONS: Mapping[HandOverReason, str] = {
    HandOverReason.AGENT: "代理人への交付",
    HandOverReason.PIN_PROXY: "暗証番号の入力代行",
    HandOverReason.IDENTITY: "本人確認",
    HandOverReason.CITY_ORDER: "本市職員の指示",
}
ALARMS: Mapping[AlarmKind, str] = {
    AlarmKind.UNSLOTTED: "棚に納めていないカード",
    AlarmKind.OUT: "取出しから戻っていないカード",
    AlarmKind.WITH_CITY: "職員に引き継いだままのカード",
    AlarmKind.VAULT_OPEN: "開いたままの保管庫",
    AlarmKind.REARRANGING: "終わっていない棚の整理",
    AlarmKind.SLOT_COUNT: "枚数が合わない棚",
    AlarmKind.UNEXPLAINED_OPENING: "理由の分からない開扉・入室",
    AlarmKind.AWAITING_DESTRUCTION: "翌営業日を過ぎた廃棄待ち",
    AlarmKind.CERTIFICATE_OVERDUE: "提出期限を過ぎた廃棄証明書",
    AlarmKind.UNSIGHTED: "期限までに確認されていないカード（循環棚卸し）",
    AlarmKind.INCIDENT_OPEN: "終結していない事故",
    AlarmKind.INCIDENT_OVERDUE: "期限を過ぎた事故（通知・速報・確報・再発防止）",
    AlarmKind.CLOSE_UNCOVERED: "次の月次締めの日に登録が有効な管理者がいない",
}
# Sessions of a day, as the calendar has them.
SERVICES: Mapping[str, str] = {
    "counter_day": "平日日中",
    "center_3f_day": "平日日中（3階）",
    "center_1f_day": "平日日中（1階）",
    "center_1f_evening": "平日夜間（1階）",
    "center_1f_weekend": "土日（1階）",
    "annex_day": "平日日中",
}
SOURCES: Mapping[Source, str] = {Source.MANUAL: "手入力", Source.BADGE: "入退室装置"}
LOCK_TYPES: Mapping[str, str] = {"access_controlled_room": "入退室管理室", "lockable_cabinet": "施錠保管庫"}
