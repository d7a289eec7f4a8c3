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
    Outcome.WRONG_BOX: ("wrong", "別の小箱", "Other box", "It is on the list of another box."),
    Outcome.WRONG_SITE: ("wrong", "別の拠点", "Other site", "It is for another site."),
    Outcome.WRONG_RUN: ("wrong", "別の便", "Other run", "It is of another run."),
    Outcome.NOT_READY: ("refused", "状態違い", "Not now", "In its state this cannot be done."),
    Outcome.NOT_SEALED: ("refused", "未封印", "Unsealed", "It is not sealed."),
    Outcome.SEAL_NEEDED: ("refused", "封印番号", "Seal needed", "Scan the number on its seal, too."),
    Outcome.SLOT_FULL: ("refused", "満杯", "Slot full", "The slot is full."),
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
