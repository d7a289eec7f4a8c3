"""What a scan can come to: one word for the machine, one phrase for the clerk."""

from __future__ import annotations

from enum import StrEnum

from logistics.rules.codes import CodeType


class Purpose(StrEnum):
    """What is being scanned for."""

    CHECK_IN = "check_in"
    PACK = "pack"
    UNPACK = "unpack"
    LOAD = "load"
    RECEIVE = "receive"
    PUT_AWAY = "put_away"
    CARRY = "carry"
    TAKE_OUT = "take_out"
    PUT_BACK = "put_back"
    HAND_TO_CITY = "hand_to_city"
    TAKE_FROM_CITY = "take_from_city"
    ISSUE = "issue"
    COUNT = "count"
    PICK = "pick"
    DESTROY = "destroy"
    HAND_ON = "hand_on"


class Outcome(StrEnum):
    """The verdict on one scan. Every verdict is recorded; only the first group changes custody as intended."""

    CHECKED_IN = "checked_in"
    PACKED = "packed"
    UNPACKED = "unpacked"
    LOADED = "loaded"
    ARRIVED = "arrived"
    RECEIVED = "received"
    STORED = "stored"
    MOVED = "moved"
    CARRIED = "carried"
    TAKEN_OUT = "taken_out"
    PUT_BACK = "put_back"
    WITH_CITY = "with_city"
    BACK_FROM_CITY = "back_from_city"
    ISSUED = "issued"
    COUNTED = "counted"
    FOUND = "found"
    PICKED = "picked"
    DESTROYED = "destroyed"
    HANDED_ON = "handed_on"

    DAMAGED = "damaged"
    BROKEN_SEAL = "broken_seal"
    UNEXPECTED = "unexpected"
    NOT_IN_TRANSIT = "not_in_transit"
    NOT_OF_THIS_PLACE = "not_of_this_place"

    ALREADY_CHECKED_IN = "already_checked_in"
    ALREADY_PACKED = "already_packed"
    ALREADY_LOADED = "already_loaded"
    ALREADY_ARRIVED = "already_arrived"
    ALREADY_RECEIVED = "already_received"
    ALREADY_STORED = "already_stored"
    ALREADY_OUT = "already_out"
    ALREADY_ISSUED = "already_issued"
    ALREADY_COUNTED = "already_counted"
    ALREADY_PICKED = "already_picked"
    ALREADY_DESTROYED = "already_destroyed"
    ALREADY_HANDED_ON = "already_handed_on"

    WRONG_BOX = "wrong_box"
    WRONG_SITE = "wrong_site"
    WRONG_RUN = "wrong_run"
    WRONG_REASON = "wrong_reason"
    WRONG_PROPOSAL = "wrong_proposal"
    WRONG_SLOT = "wrong_slot"
    NOT_APPROVED = "not_approved"
    NOT_PICKED = "not_picked"
    NOT_BEGUN = "not_begun"
    WITNESS_ABSENT = "witness_absent"
    RETAINED = "retained"
    NOT_READY = "not_ready"
    NOT_SEALED = "not_sealed"
    SEAL_NEEDED = "seal_needed"
    SLOT_FULL = "slot_full"
    OTHER_VAULT = "other_vault"
    HAND_FULL = "hand_full"
    NOT_IN_HAND = "not_in_hand"
    NOT_LISTED = "not_listed"
    NOT_COUNTED = "not_counted"
    NOTICE_NEEDED = "notice_needed"
    NOTICE_UNKNOWN = "notice_unknown"
    NOTICE_MISMATCH = "notice_mismatch"
    ON_HOLD = "on_hold"
    COUNT_OVER = "count_over"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    GUARD = "guard"
    CONFLICT = "conflict"


# The scan did what it was meant to do, as far as counts go; a damaged card has arrived, but is not accepted.
DONE = frozenset(
    {
        Outcome.CHECKED_IN,
        Outcome.PACKED,
        Outcome.UNPACKED,
        Outcome.LOADED,
        Outcome.ARRIVED,
        Outcome.RECEIVED,
        Outcome.STORED,
        Outcome.MOVED,
        Outcome.CARRIED,
        Outcome.TAKEN_OUT,
        Outcome.PUT_BACK,
        Outcome.WITH_CITY,
        Outcome.BACK_FROM_CITY,
        Outcome.ISSUED,
        Outcome.COUNTED,
        Outcome.FOUND,
        Outcome.PICKED,
        Outcome.DESTROYED,
        Outcome.HANDED_ON,
        Outcome.DAMAGED,
        Outcome.BROKEN_SEAL,
    }
)

# What was scanned in place of what is wanted.
WRONG_THING: dict[CodeType, str] = {
    CodeType.RECEIPT: "受領書",
    CodeType.BATCH: "搬送袋",
    CodeType.CARD: "カード",
    CodeType.FIGURES: "月次集計",
    CodeType.DOCUMENT: "日次照合票",
    CodeType.DISCREPANCY: "差異",
    CodeType.HOLD: "廃棄留保",
    CodeType.PROPOSAL: "廃棄伺い",
    CodeType.SUCCESSION: "引継ぎ",
    CodeType.APPROVAL: "承認",
    CodeType.COUNT: "棚卸し",
    CodeType.CASE: "所在不明の調査",
    CodeType.COURIER: "配送業者",
    CodeType.DEVICE: "端末",
    CodeType.PLACE: "拠点",
    CodeType.MANIFEST: "発送明細書",
    CodeType.ARRIVAL: "着荷",
    CodeType.PERSON: "職員",
    CodeType.PICK_LIST: "取出し予定表",
    CodeType.RUN: "便",
    CodeType.SLOT: "棚",
    CodeType.TRANSFER_SLIP: "授受票",
    CodeType.VAULT: "保管庫",
    CodeType.BOX: "小箱",
}

JAPANESE: dict[Outcome, str] = {
    Outcome.CHECKED_IN: "検品しました",
    Outcome.PACKED: "梱包しました",
    Outcome.UNPACKED: "搬送袋から取り出しました",
    Outcome.LOADED: "積み込みました",
    Outcome.ARRIVED: "到着を記録しました",
    Outcome.RECEIVED: "収受しました",
    Outcome.STORED: "格納しました",
    Outcome.MOVED: "棚を移しました",
    Outcome.CARRIED: "別の保管庫に移しました",
    Outcome.TAKEN_OUT: "取り出しました",
    Outcome.PUT_BACK: "戻入しました",
    Outcome.WITH_CITY: "本市職員に引き継ぎました",
    Outcome.BACK_FROM_CITY: "本市職員から受け取りました",
    Outcome.ISSUED: "交付しました",
    Outcome.COUNTED: "数えました",
    Outcome.FOUND: "所在不明だったカードです。別置きして責任者に渡してください",
    Outcome.PICKED: "廃棄待ち保管庫に移しました",
    Outcome.DESTROYED: "廃棄しました",
    Outcome.HANDED_ON: "引き継ぎました",
    Outcome.DAMAGED: "破損として別置きしてください",
    Outcome.BROKEN_SEAL: "封印が一致しません。責任者に知らせてください",
    Outcome.UNEXPECTED: "この拠点あてではありません",
    Outcome.NOT_IN_TRANSIT: "運搬中の記録がありません。別置きしてください",
    Outcome.NOT_OF_THIS_PLACE: "この拠点にある記録のないカードです。別置きしてください",
    Outcome.ALREADY_CHECKED_IN: "検品済みです",
    Outcome.ALREADY_PACKED: "梱包済みです",
    Outcome.ALREADY_LOADED: "積込済みです",
    Outcome.ALREADY_ARRIVED: "到着済みです",
    Outcome.ALREADY_RECEIVED: "収受済みです",
    Outcome.ALREADY_STORED: "格納済みです",
    Outcome.ALREADY_OUT: "取出し済みです",
    Outcome.ALREADY_ISSUED: "交付済みです",
    Outcome.ALREADY_COUNTED: "この棚卸しで数え済みです",
    Outcome.ALREADY_PICKED: "抜取り済みです",
    Outcome.ALREADY_DESTROYED: "廃棄済みです",
    Outcome.ALREADY_HANDED_ON: "引継ぎ済みです",
    Outcome.WRONG_BOX: "別の小箱のカードです",
    Outcome.WRONG_SITE: "別の拠点あてのカードです",
    Outcome.WRONG_RUN: "別の便の搬送袋です",
    Outcome.WRONG_PROPOSAL: "別の廃棄伺いのものです",
    Outcome.WRONG_SLOT: "廃棄待ち保管庫の棚を読み取ってください",
    Outcome.NOT_APPROVED: "廃棄の承認がありません。廃棄できません",
    Outcome.NOT_PICKED: "抜取りの記録がありません。廃棄できません",
    Outcome.NOT_BEGUN: "廃棄作業が始まっていません",
    Outcome.WITNESS_ABSENT: "立会人が不在です。廃棄できません",
    Outcome.RETAINED: "廃棄留保中です。廃棄できません",
    Outcome.WRONG_REASON: "返送理由と合いません。理由を選び直してください",
    Outcome.NOT_READY: "この操作ができる状態ではありません",
    Outcome.NOT_SEALED: "封印されていません",
    Outcome.SEAL_NEEDED: "封印番号も読み取ってください",
    Outcome.SLOT_FULL: "棚がいっぱいです",
    Outcome.OTHER_VAULT: "別の保管庫のカードです。保管庫間の移動として二人で行ってください",
    Outcome.HAND_FULL: "手元のカードを交付するか戻してから、次のカードを取り出してください",
    Outcome.NOT_IN_HAND: "この職員が取り出したカードではありません",
    Outcome.NOT_LISTED: "取出し予定表にないカードです",
    Outcome.NOT_COUNTED: "全件棚卸しが終わっていません。先に保管庫を全件数えてください",
    Outcome.NOTICE_NEEDED: "交付通知書の番号を読み取ってください",
    Outcome.NOTICE_UNKNOWN: "交付通知書の番号が登録されていないため照合できません",
    Outcome.NOTICE_MISMATCH: "交付通知書とカードが一致しません。交付せず、責任者に知らせてください",
    Outcome.ON_HOLD: "差異調査中のカードです",
    Outcome.COUNT_OVER: "この棚卸しは終わっています",
    Outcome.UNKNOWN: "登録のないコードです",
    Outcome.MALFORMED: "読み取れません。もう一度読み取ってください",
    Outcome.GUARD: "個人番号が含まれるため受け付けません",
    Outcome.CONFLICT: "同じ読取番号で別の内容が届いています",
}
