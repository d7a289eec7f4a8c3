"""What the scan page is used for in the vault and at the counter; rows of the same table as `scan_purposes`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.pages.scan_purposes import Field, Pair, ScanPurpose
from logistics.rules.codes import CodeType
from logistics.rules.counting import KINDS, CountKind
from logistics.rules.returns import REASONS
from logistics.rules.vaulting import HAND_OVER_REASONS, PURPOSES
from logistics.work import counter_progress
from logistics.work.progress import Progress

_CARD = ("カードを読み取ってください", "Scan a card")
_ENGLISH: Mapping[str, str] = {
    "issue": "Issue",
    "city": "For a city employee",
    "check": "Check",
    "set_up_again": "Set up again",
    "inspection": "Inspection",
    "agent": "Agent",
    "pin_proxy": "PIN by proxy",
    "identity": "Identity check",
    "city_order": "City's order",
    "undelivered": "Undelivered",
    "defect": "Defect or damage",
    "misrouted": "Misrouted",
    "collected": "Collected card",
    "documents": "Documents",
    "postal_return": "Returned by post",
}


TAKE_OUT_REASONS: Mapping[str, Pair] = {
    known.value: (ja, _ENGLISH[known.value]) for known, ja in PURPOSES.items()
}


def _words(table: Mapping[Any, str]) -> tuple[tuple[str, str | Pair], ...]:
    return tuple((known.value, (ja, _ENGLISH[known.value])) for known, ja in table.items())


_TAKE_OUT = ScanPurpose(
    "take_out",
    ("取出し", "Take out"),
    "take_out",
    "/api/v1/take-outs",
    counter_progress.taking_out,
    ("取り出すカードを読み取ってください（予定表も読み取れます）", "Scan a card, or a pick list"),
    ("取出済み", "taken out"),
    ("予定表で、まだ棚にあるカード（歩く順）", "On the list and still in the vault, in walking order"),
    (
        (
            "取り出す目的を選びます。予定表（P23）のバーコードを読み取ると、そこにあるカードだけを受け付けます。",
            "Choose what for. Once the barcode of a pick list is scanned, only its cards are taken.",
        ),
        (
            "棚から出したカードを読み取ります。手元に持てるのは 1 枚です。交付するか戻すと、次を取り出せます。",
            "Scan the card as it leaves its slot. One at a time: issue it or put it back, then take the next.",
        ),
        (
            "棚にあるはずのカードがないときは、カードの画面から「所在不明を届け出る」を選びます。",
            "If a card is not in its slot, report it missing on the card's page.",
        ),
    ),
    subject_kind=CodeType.PICK_LIST,
    subject_word=("取出し予定表", "Pick list"),
    subject_field="pick_list",
    fields=(Field("purpose", ("取り出す目的", "What for"), _words(PURPOSES)),),
    back="/counter",
)
_PUT_BACK = ScanPurpose(
    "put_back",
    ("戻入", "Put back"),
    "put_back",
    "/api/v1/slots/{subject}/put-backs",
    counter_progress.putting_back,
    ("戻すカードを読み取ってください（棚を替えるときは棚番）", "Scan a card, or another slot"),
    ("この棚の枚数", "in this slot"),
    ("手元にあるカード", "Cards in hand"),
    (
        ("戻す棚の棚番を読み取ります。", "Scan the slot."),
        ("そこに戻すカードを読み取ります。", "Scan the card that goes back into it."),
    ),
    subject_kind=CodeType.SLOT,
    subject_word=("棚", "Slot"),
    subject_prompt=("先に棚番を読み取ってください", "Scan the slot first"),
    back="/counter",
)
_CARRY = ScanPurpose(
    "carry",
    ("保管庫間の移動", "Carry to another vault"),
    "put_away",
    "/api/v1/slots/{subject}/carries",
    counter_progress.carrying,
    (
        "運んできたカードを読み取ってください（棚を替えるときは棚番）",
        "Scan a card that was carried, or another slot",
    ),
    ("この棚の枚数", "in this slot"),
    ("", ""),
    (
        (
            "一緒に運ぶ職員を選びます（名札を読み取れます）。必ず二人で運びます。",
            "Choose who goes along, or scan the badge: two people carry.",
        ),
        (
            "運び先の棚番を読み取り、カードを読み取ります。",
            "Scan the slot of the other vault, then the cards.",
        ),
    ),
    subject_kind=CodeType.SLOT,
    subject_word=("棚", "Slot"),
    subject_prompt=("先に運び先の棚番を読み取ってください", "Scan the slot first"),
    fields=(Field("second", ("一緒に運ぶ職員", "Who goes along"), people="staff"),),
    back="/vault",
)
_HAND_TO_CITY = ScanPurpose(
    "hand_to_city",
    ("本市職員への引継ぎ", "Hand to the city"),
    "hand_to_city",
    "/api/v1/city-handovers",
    counter_progress.handing_to_city,
    ("引き継ぐカードを読み取ってください", "Scan the card that is handed over"),
    ("職員に引継中", "with the city"),
    ("手元にあるカード", "Cards in hand"),
    (
        (
            "引き継ぐ本市職員（名札を読み取れます）と理由を選びます。",
            "Choose the city employee, or scan the badge, and why.",
        ),
        (
            "手元のカードを読み取ります。引継票は窓口の画面から印刷します。",
            "Scan the card in hand. Print the slip from the counter's page.",
        ),
    ),
    fields=(
        Field("to", ("引き継ぐ本市職員", "City employee"), people="city"),
        Field("reason", ("理由", "Why"), _words(HAND_OVER_REASONS)),
    ),
    back="/counter",
)
_TAKE_FROM_CITY = ScanPurpose(
    "take_from_city",
    ("本市職員からの受取り", "Take back from the city"),
    "take_from_city",
    "/api/v1/city-returns",
    counter_progress.taking_from_city,
    ("受け取るカードを読み取ってください", "Scan the card that comes back"),
    ("手元の枚数", "in hand"),
    ("職員に引継中のカード", "Cards with the city"),
    (
        (
            "本市職員から戻ったカードを読み取ります。手元に移ります。",
            "Scan the card that came back; it is in your hand.",
        ),
    ),
    back="/counter",
)
_COUNT = ScanPurpose(
    "count",
    ("棚卸し", "Count"),
    "count",
    "/api/v1/counts/{subject}/scans",
    counter_progress.counting,
    ("この棚のカードを読み取ってください（次の棚は棚番）", "Scan the cards in this slot, or the next slot"),
    ("読み取った枚数", "cards seen"),
    ("まだ数えていない棚（空の棚は省けます）", "Slots nobody has been at yet; empty ones may be left out"),
    (
        ("数える棚の棚番を読み取ります。", "Scan the slot."),
        (
            "その棚のカードを 1 枚ずつ読み取ります。始業・終業の棚卸しでは、枚数を数字で入れて Enter でもかまいません。",
            "Scan every card in it. In an opening or closing count, type the number of cards and Enter instead.",
        ),
        ("空の棚は 0 を入れて Enter を押します。", "For an empty slot type 0 and Enter."),
        (
            "棚に入っていないカードは「棚の外を数える」（F7）を押してから読み取ります。",
            "For what lies in no slot press F7 first.",
        ),
        (
            "あるはずの枚数は表示しません。全部数えたら、棚卸しの画面で計数を終えます。",
            "What is expected is not told. When all is counted, end the round on the count's page.",
        ),
    ),
    subject_kind=CodeType.COUNT,
    subject_word=("棚卸し", "Count"),
    subject_prompt=("先に棚卸表（P5）のバーコードを読み取ってください", "Scan the count's sheet first"),
    stands_at_slots=True,
    tally_path="/api/v1/counts/{subject}/tallies",
    works_offline=True,
    back="/counts",
)
_RETURN = ScanPurpose(
    "return",
    ("返送の梱包", "Pack returns"),
    "pack_return",
    "/api/v1/returns/{subject}/scans",
    counter_progress.returning,
    _CARD,
    ("この袋の枚数", "in this bag"),
    ("返送を待つカード", "Waiting to go back"),
    (
        ("返送する理由を選びます。", "Choose why they go back."),
        ("搬送袋に入れるカードを読み取ります。", "Scan each card that goes into the bag."),
        (
            "入れ終わったら、枚数を手で数えて封印します。",
            "When all are in, count them by hand and seal the bag.",
        ),
    ),
    subject_kind=CodeType.BATCH,
    subject_word=("搬送袋", "Bag"),
    subject_prompt=("先に搬送袋を読み取ってください", "Scan the bag first"),
    fields=(Field("return_reason", ("返送の理由", "Why"), _words(REASONS)),),
    can_be_undone=True,
    back="/returns",
)

IN_THE_VAULT = (_TAKE_OUT, _PUT_BACK, _CARRY, _HAND_TO_CITY, _TAKE_FROM_CITY, _COUNT, _RETURN)


def facts_in_words(found: Progress) -> list[dict[str, Any]]:
    """The figures of the vault and the counter as the page shows them."""
    facts = found.facts
    if "round" in facts:
        kind = CountKind(facts["kind"])
        again = facts["round"] > 1
        return [
            _fact("種類", "Kind", KINDS[kind], kind.value.capitalize()),
            _fact("回", "Round", "2 回目（再計数）" if again else "1 回目", "second" if again else "first"),
            _fact("棚", "Slots", *[f"{facts['slots_done']} / {facts['slots']}"] * 2),
        ]
    if "in_hand" in facts:
        said = [_fact("手元", "In hand", *[str(facts["in_hand"])] * 2)]
        if facts.get("elsewhere"):
            said.append(_fact("棚にない予定", "Listed, not here", *[str(facts["elsewhere"])] * 2, alarm=True))
        return said
    return []


def following(purpose: ScanPurpose, found: Progress) -> dict[str, str] | None:
    """Where to go once the scanning is done."""
    if purpose.name == "count" and found.subject:
        return {"href": f"/counts/{found.subject}", "ja": "計数の終了へ進む", "en": "End the round"}
    if purpose.name == "return" and found.subject:
        return {"href": f"/batches/{found.subject}", "ja": "封印へ進む", "en": "Seal the bag"}
    if purpose.name == "take_out":
        return {"href": "/issue", "ja": "交付へ進む", "en": "Issue"}
    if purpose.name in ("put_back", "hand_to_city", "take_from_city"):
        return {"href": "/counter", "ja": "窓口の画面へ", "en": "To the counter"}
    return None


def _fact(ja: str, en: str, value: str, value_en: str, *, alarm: bool = False) -> dict[str, Any]:
    return {"ja": ja, "en": en, "value": value, "value_en": value_en, "alarm": alarm}
