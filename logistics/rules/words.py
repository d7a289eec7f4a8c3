"""What pages and papers call states and steps in Japanese. What a scan came to is in `outcomes`."""

from __future__ import annotations

from collections.abc import Mapping

from logistics.rules.lifecycle import BatchState, BatchStep, CardState, CardStep

CARD_STATES: Mapping[CardState, str] = {
    CardState.NEW: "未登録",
    CardState.EXPECTED: "入荷予定",
    CardState.ARRIVED: "検品済",
    CardState.READY: "交付前設定済",
    CardState.PACKED: "梱包済",
    CardState.DISPATCHED: "発送済（引渡確認待ち）",
    CardState.IN_TRANSIT: "運搬中",
    CardState.DELIVERED: "到着（未検数）",
    CardState.RECEIVED: "収受済",
    CardState.STORED: "格納済",
    CardState.OUT: "取出し中",
    CardState.WITH_CITY: "職員引継中",
    CardState.ISSUED: "交付済",
    CardState.HELD: "差異調査中",
    CardState.MISSING: "所在不明",
    CardState.LOST: "紛失確定",
    CardState.PROPOSED: "廃棄伺い中",
    CardState.APPROVED: "廃棄承認済",
    CardState.PICKED: "廃棄待ち",
    CardState.DESTROYED: "廃棄済",
    CardState.TRANSFERRED: "市返還済",
}

CARD_STEPS: Mapping[CardStep, str] = {
    CardStep.EXPECT: "入荷予定の登録",
    CardStep.CHECK_IN: "検品",
    CardStep.SET_UP: "交付前設定",
    CardStep.POST_NOTICE: "交付通知書の発送",
    CardStep.POST_REMINDER: "再通知の発送",
    CardStep.RETURN_NOTICE: "交付通知書の返戻",
    CardStep.COLLECT: "受入れ（窓口・返戻）",
    CardStep.PACK: "梱包",
    CardStep.UNPACK: "搬送袋からの取出し",
    CardStep.TAKE_BACK: "返送袋からの取出し",
    CardStep.DISPATCH: "発送",
    CardStep.RECALL: "積残しの戻し",
    CardStep.TAKE_OVER: "配送業者の引受",
    CardStep.HAND_OVER: "拠点への引渡し",
    CardStep.RECEIVE: "収受",
    CardStep.PUT_AWAY: "格納",
    CardStep.MOVE: "棚の移動",
    CardStep.SIGHT: "現物確認",
    CardStep.TAKE_OUT: "取出し",
    CardStep.PUT_BACK: "戻入",
    CardStep.HAND_TO_CITY: "職員への引継ぎ",
    CardStep.TAKE_FROM_CITY: "職員からの返却",
    CardStep.ISSUE: "交付",
    CardStep.HOLD: "別置き（差異調査）",
    CardStep.ACCEPT: "差異の解消（拠点で受入れ）",
    CardStep.READMIT: "差異の解消（分室で再受入れ）",
    CardStep.MISS: "所在不明の登録",
    CardStep.FIND: "発見（別置き）",
    CardStep.CONFIRM_LOST: "紛失の確定",
    CardStep.PROPOSE: "廃棄伺い",
    CardStep.WITHDRAW: "廃棄の取下げ",
    CardStep.APPROVE: "廃棄の承認",
    CardStep.PICK: "廃棄品の抜取り",
    CardStep.DESTROY: "廃棄",
    CardStep.TRANSFER: "市への返還・引継ぎ",
    CardStep.UNDO_CHECK_IN: "検品の取消",
    CardStep.UNDO_RECEIVE: "収受の取消",
    CardStep.UNDO_PUT_AWAY: "格納の取消",
    CardStep.UNDO_ISSUE: "交付の取消",
}

BATCH_STATES: Mapping[BatchState, str] = {
    BatchState.NEW: "未登録",
    BatchState.OPEN: "梱包中",
    BatchState.SEALED: "封印済",
    BatchState.LOADED: "積込済",
    BatchState.DISPATCHED: "発送済（引渡確認待ち）",
    BatchState.IN_TRANSIT: "運搬中",
    BatchState.DELIVERED: "到着",
    BatchState.CLOSED: "検数完了",
    BatchState.CANCELLED: "取消",
    BatchState.MISSING: "所在不明",
}

BATCH_STEPS: Mapping[BatchStep, str] = {
    BatchStep.OPEN: "梱包の開始",
    BatchStep.SEAL: "封印",
    BatchStep.UNSEAL: "開封",
    BatchStep.LOAD: "積込み",
    BatchStep.UNLOAD: "積降ろし",
    BatchStep.DISPATCH: "発送",
    BatchStep.RECALL: "積残しの戻し",
    BatchStep.TAKE_OVER: "配送業者の引受",
    BatchStep.HAND_OVER: "拠点への引渡し",
    BatchStep.CLOSE: "検数の完了",
    BatchStep.CANCEL: "取消",
    BatchStep.MISS: "所在不明の登録",
}

# Acts of the log that are no step of a card or a batch.
_OTHER_ACTS: Mapping[str, str] = {
    "open_box": "小箱の開封",
    "close_box": "小箱の完了",
    "plan_run": "便の計画",
    "close_receipt": "収受の完了",
    "resolve": "差異の処理",
    "request_approval": "承認の依頼",
    "give_approval": "承認",
    "refuse_approval": "承認の却下",
    "print": "帳票の印刷",
    "print_labels": "ラベルの印刷",
    "ask": "来歴の照会",
    "export": "来歴の書出し",
    "set_retention": "保管期間の決定",
    "tell_clock": "期間の起算日の登録",
    "hold_disposal": "廃棄留保",
    "release_disposal": "廃棄留保の解除",
    "make_report": "報告書の作成",
    "close_month": "月次締め",
    "resume_signing": "来歴の署名の再開",
    "scan_check_in": "検品の読取り（移動なし）",
    "scan_pack": "梱包の読取り（移動なし）",
    "scan_unpack": "取出しの読取り（移動なし）",
    "scan_load": "積込みの読取り（移動なし）",
    "scan_receive": "収受の読取り（移動なし）",
    "scan_put_away": "格納の読取り（移動なし）",
}

# What papers call the acts of the custody log.
ACTS: Mapping[str, str] = {
    **{step.value: word for step, word in BATCH_STEPS.items()},
    **{step.value: word for step, word in CARD_STEPS.items()},
    **_OTHER_ACTS,
}
