"""What a second person is asked to approve, in words: names of facts, and values that are words of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from api.pages import speech
from api.pages.incident_words import CLASS_WORDS, KIND_WORDS
from api.pages.scanning import PURPOSES
from api.pages.vault_purposes import TAKE_OUT_REASONS
from logistics.rules.lifecycle import CardState
from logistics.rules.words import EMPLOYMENTS

NAMES: Mapping[str, tuple[str, str]] = {
    "purpose": ("何をするか", "What for"),
    "card": ("管理番号", "Control number"),
    "against": ("棚・箱・袋・目的など", "Against"),
    "state": ("いまの状態", "State now"),
    "place": ("拠点", "Place"),
    "reason": ("理由", "Reason"),
    "supervisor": ("監督する本市職員", "Supervisor"),
    "slot": ("棚番", "Slot"),
    "cards": ("カード", "Cards"),
    "seal_number": ("封印番号", "Seal"),
    "destination": ("行き先", "Destination"),
    "run_day": ("便の日", "Run day"),
    "before": ("いまの登録", "As it is"),
    "after": ("登録する内容", "As it is to be"),
    "name": ("氏名", "Name"),
    "role": ("役割", "Role"),
    "home": ("拠点・配送業者", "Site or courier"),
    "courier": ("配送業者", "Courier"),
    "employer": ("雇用者", "Employer"),
    "employment": ("雇用形態", "Employment"),
    "effective_from": ("いつから", "From which day"),
    "effective_to": ("代理の終わり", "Deputy until"),
    "deputises": ("代理する責任者", "Deputy of"),
    "registered_from": ("登録の開始", "Registered from"),
    "registered_to": ("登録の終了", "Registered until"),
    "kind": ("種別", "Kind"),
    "class": ("分類", "Class"),
    "cause": ("分かったきっかけ", "How it was noticed"),
    "opened_at": ("始まり", "Opened"),
    "last_seen_at": ("最後に見た時刻", "Last seen"),
    "last_seen_by": ("最後に見た人", "Last seen by"),
    "marks": ("捜索の記録", "Records of the search"),
    "final_report_at": ("最終報告", "Final report"),
    "evidence": ("添付", "Evidence"),
    "batch": ("搬送袋", "Bag"),
    "manifest": ("発送明細書", "Manifest"),
    "note": ("内容", "What it is"),
    "how": ("処理", "How it ends"),
    "number": ("市の承認番号", "The city's approval"),
    "whole": ("全件", "All of it"),
}
_CAUSES = {
    "count": ("棚卸し", "Count"),
    "receipt": ("収受", "Receipt"),
    "box": ("検品", "Box"),
    "report": ("届出", "Report"),
}
# Of which facts the values are words.
WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "purpose": {name: purpose.title for name, purpose in PURPOSES.items()},
    "against": TAKE_OUT_REASONS,
    "role": {role.value: words for role, words in speech.ROLES.items()},
    "kind": {**KIND_WORDS, **speech.DIFFERENCES},
    "class": CLASS_WORDS,
    "cause": _CAUSES,
    "how": speech.ENDINGS,
    "employment": {name: (ja, speech.spoken(name)) for name, ja in EMPLOYMENTS.items()},
}
# What stands for nothing, for yes and for no.
_PLAIN: Mapping[Any, tuple[str, str]] = {
    None: ("–", "–"),
    "None": ("–", "–"),
    True: ("はい", "Yes"),
    False: ("いいえ", "No"),
}


def in_words(facts: Mapping[str, Any], names: Mapping[str, str], lang: str) -> list[tuple[str, Any]]:
    """Each fact as its name and its value, for people: codes of `names` as names, days and moments as they are read.

    A value that holds facts of its own is a list of the same.
    """
    say = speech.chooser(lang)
    return [
        (say(*NAMES.get(name, (name, name))), _value(name, value, names, lang))
        for name, value in facts.items()
    ]


def _value(name: str, value: Any, names: Mapping[str, str], lang: str) -> Any:
    say = speech.chooser(lang)
    if isinstance(value, Mapping):
        return in_words(value, names, lang)
    if isinstance(value, list):
        return "、".join(names.get(str(one), str(one)) for one in value) or "–"
    if value is None or isinstance(value, bool) or value == "None":
        return say(*_PLAIN[value])
    text = str(value)
    if text in WORDS.get(name, {}):
        return say(*WORDS[name][text])
    if name == "state":
        return speech.card_state(CardState(text), lang)
    if name.endswith("_at"):
        return speech.moment(datetime.fromisoformat(text), lang)
    if name.endswith(("_from", "_to", "_day")) and text:
        return speech.day(date.fromisoformat(text), lang)
    return names.get(text, text)
