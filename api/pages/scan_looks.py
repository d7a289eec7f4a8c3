"""How a scan page says each outcome: one of five looks, a big word in both languages, and a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from logistics.rules.outcomes import JAPANESE, Outcome

# look, big word in Japanese and English, sentence in English; the Japanese sentence is the answer's own.
LOOKS: Mapping[Outcome, tuple[str, str, str, str]] = {
    Outcome.CHECKED_IN: ("ok", "検品", "Checked in", "Checked in."),
    Outcome.PACKED: ("ok", "梱包", "Packed", "Packed."),
    Outcome.UNPACKED: ("ok", "取出し", "Taken out", "Taken out of the bag."),
    Outcome.LOADED: ("ok", "積込", "Loaded", "Loaded."),
    Outcome.ARRIVED: ("ok", "到着", "Arrived", "Its arrival is recorded."),
    Outcome.RECEIVED: ("ok", "収受", "Received", "Received."),
    Outcome.STORED: ("ok", "格納", "Stored", "Put in the slot."),
    Outcome.MOVED: ("ok", "移動", "Moved", "Moved to this slot."),
    Outcome.CARRIED: ("ok", "移動", "Carried", "Carried into this slot."),
    Outcome.TAKEN_OUT: ("ok", "取出し", "Taken out", "It is in your hand."),
    Outcome.PUT_BACK: ("ok", "戻入", "Put back", "Back in the slot."),
    Outcome.WITH_CITY: ("ok", "引継ぎ", "Handed over", "It is with the city employee."),
    Outcome.BACK_FROM_CITY: ("ok", "受取り", "Taken back", "It is in your hand."),
    Outcome.ISSUED: ("ok", "交付", "Issued", "Issued."),
    Outcome.COUNTED: ("ok", "計数", "Counted", "Counted."),
    Outcome.PICKED: ("ok", "抜取", "Picked", "It is in the locked stock."),
    Outcome.DESTROYED: ("ok", "廃棄", "Destroyed", "Put it into the machine."),
    Outcome.HANDED_ON: ("ok", "引継ぎ", "Handed on", "It is the successor's."),
    Outcome.FOUND: ("wrong", "発見", "Found", "It was missing. Set it aside and give it to the leader."),
    Outcome.NOT_OF_THIS_PLACE: ("wrong", "別置き", "Not of here", "It is not recorded here. Set it aside."),
    Outcome.DAMAGED: ("refused", "破損", "Damaged", "Set it aside as damaged."),
    Outcome.BROKEN_SEAL: (
        "refused",
        "封印不一致",
        "Seal differs",
        "The seal does not match. Tell the leader.",
    ),
    Outcome.UNEXPECTED: ("wrong", "あて先違い", "Not for here", "This is not for this site."),
    Outcome.NOT_IN_TRANSIT: (
        "wrong",
        "記録なし",
        "Not under way",
        "It is not recorded as on its way. Set it aside.",
    ),
    Outcome.ALREADY_CHECKED_IN: ("already", "検品済", "Already", "It is checked in already."),
    Outcome.ALREADY_PACKED: ("already", "梱包済", "Already", "It is packed already."),
    Outcome.ALREADY_LOADED: ("already", "積込済", "Already", "It is loaded already."),
    Outcome.ALREADY_ARRIVED: ("already", "到着済", "Already", "It has arrived already."),
    Outcome.ALREADY_RECEIVED: ("already", "収受済", "Already", "It is received already."),
    Outcome.ALREADY_STORED: ("already", "格納済", "Already", "It lies in this slot already."),
    Outcome.ALREADY_OUT: ("already", "取出済", "Already", "It is out already."),
    Outcome.ALREADY_ISSUED: ("already", "交付済", "Already", "It is issued already."),
    Outcome.ALREADY_COUNTED: ("already", "計数済", "Already", "It is counted already."),
    Outcome.ALREADY_PICKED: ("already", "抜取済", "Already", "It is picked already."),
    Outcome.ALREADY_DESTROYED: ("already", "廃棄済", "Already", "It is destroyed already."),
    Outcome.ALREADY_HANDED_ON: ("already", "引継済", "Already", "It is handed on already."),
    Outcome.WRONG_PROPOSAL: ("wrong", "別の伺い", "Other proposal", "It is on another proposal."),
    Outcome.WRONG_SLOT: ("wrong", "棚違い", "Wrong slot", "This is no slot of the locked stock."),
    Outcome.NOT_APPROVED: ("refused", "承認なし", "Not approved", "The city has not approved it."),
    Outcome.NOT_PICKED: ("refused", "抜取なし", "Not picked", "It was not picked for disposal."),
    Outcome.NOT_BEGUN: ("refused", "開始前", "Not begun", "Count, and begin on the proposal's page first."),
    Outcome.WITNESS_ABSENT: (
        "refused",
        "立会不在",
        "No witness",
        "The witness is away: nothing is destroyed.",
    ),
    Outcome.RETAINED: ("refused", "廃棄留保", "Held", "It is held from disposal."),
    Outcome.NOT_COUNTED: (
        "refused",
        "棚卸し前",
        "Not counted",
        "Count the vaults of this place in full first.",
    ),
    Outcome.WRONG_BOX: ("wrong", "別の小箱", "Other box", "It is on the list of another box."),
    Outcome.WRONG_SITE: ("wrong", "別の拠点", "Other site", "It is for another site."),
    Outcome.WRONG_RUN: ("wrong", "別の便", "Other run", "It is of another run."),
    Outcome.NOT_READY: ("refused", "状態違い", "Not now", "In its state this cannot be done."),
    Outcome.NOT_SEALED: ("refused", "未封印", "Unsealed", "It is not sealed."),
    Outcome.SEAL_NEEDED: ("refused", "封印番号", "Seal needed", "Scan the number on its seal, too."),
    Outcome.SLOT_FULL: ("refused", "満杯", "Slot full", "The slot is full."),
    Outcome.OTHER_VAULT: (
        "wrong",
        "別の保管庫",
        "Other vault",
        "It lies in another vault: two people carry it.",
    ),
    Outcome.HAND_FULL: ("refused", "手元あり", "Hand full", "Issue the card in hand or put it back first."),
    Outcome.NOT_IN_HAND: ("wrong", "手元にない", "Not in hand", "Somebody else has taken this card out."),
    Outcome.NOT_LISTED: ("wrong", "予定なし", "Not listed", "It does not stand on the pick list."),
    Outcome.WRONG_REASON: ("refused", "理由違い", "Other reason", "It does not go back for this reason."),
    Outcome.NOTICE_NEEDED: ("refused", "通知書", "Notice needed", "Scan the number on the notice."),
    Outcome.NOTICE_UNKNOWN: ("refused", "照合不可", "No match", "The notice's number is not known here."),
    Outcome.NOTICE_MISMATCH: (
        "refused",
        "不一致",
        "Mismatch",
        "Notice and card do not belong together. Do not issue.",
    ),
    Outcome.COUNT_OVER: ("refused", "終了済", "Count over", "This count is over."),
    Outcome.ON_HOLD: ("refused", "調査中", "On hold", "A difference about this card is being settled."),
    Outcome.UNKNOWN: ("unknown", "登録なし", "Unknown", "Nobody knows this code."),
    Outcome.MALFORMED: ("unknown", "読取不良", "Not read", "This is no code of ours. Scan again."),
    Outcome.GUARD: ("refused", "個人番号", "My Number", "It holds a My Number. Nothing of it was kept."),
    Outcome.CONFLICT: ("refused", "重複", "Conflict", "This scan's number was used for another one."),
}


def in_words() -> dict[str, dict[str, str]]:
    """Every outcome as the page's module takes it; one without a row of its own speaks by its name."""
    said = {}
    for outcome in Outcome:
        spoken = outcome.value.replace("_", " ").capitalize()
        look, ja, en, sentence = LOOKS.get(outcome, (_look(outcome), JAPANESE[outcome], spoken, f"{spoken}."))
        said[outcome.value] = {
            "look": look,
            "ja": ja,
            "en": en,
            "sentence": sentence,
            "sentence_ja": JAPANESE[outcome],
        }
    return said


def _look(outcome: Outcome) -> str:
    return "already" if outcome.value.startswith("already_") else "refused"
