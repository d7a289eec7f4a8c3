"""What the scan page is used for: one table. A new purpose is a row here and a question in `work.progress`.

What is scanned in the vault and at the counter is in `vault_purposes`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor
from logistics.work import progress
from logistics.work.progress import Progress

Pair = tuple[str, str]
Question = Callable[[AsyncSession, Actor, "str | None"], Awaitable[Progress]]


@dataclass(frozen=True, slots=True)
class Field:
    """Something to be chosen before scanning: words, or `people` of the place ("staff", or "city" employees)."""

    name: str
    label: Pair
    options: tuple[tuple[str, str | Pair], ...] = ()
    people: str = ""
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class ScanPurpose:
    """One use of the scan page.

    Scans go to the JSON route `path`, in which {subject} is what they are made against: a code of `subject_kind`,
    which can itself be scanned to choose it. Where `records_subject`, scanning it is a scan like any other; with
    `subject_field` it is optional, and said under that name beside the scans. `fields` are said beside them, too.
    Where one `stands_at_slots`, a slot is scanned before what lies in it, or its cards are counted: `tally_path`.
    `sealed_kind` is scanned together with the number on its seal, a card together with one of `paired_kind`. `is_supervised` needs a city employee at a site;
    `works_offline` goes on without a line; `can_be_damaged` lets the clerk say so; `can_be_undone` offers that.
    """

    name: str
    title: Pair
    act: str
    path: str
    ask: Question
    prompt: Pair
    done: Pair
    missing: Pair
    steps: tuple[Pair, ...]
    subject_kind: CodeType | None = None
    subject_field: str = ""
    fields: tuple[Field, ...] = ()
    stands_at_slots: bool = False
    tally_path: str = ""
    subject_word: Pair = ("", "")
    subject_prompt: Pair = ("", "")
    records_subject: bool = False
    sealed_kind: CodeType | None = None
    paired_kind: CodeType | None = None
    is_supervised: bool = False
    works_offline: bool = False
    can_be_damaged: bool = False
    can_be_undone: bool = False
    back: str = "/"


_CARD = ("カードを読み取ってください", "Scan a card")

_RECEIVE = ScanPurpose(
    "receive",
    ("収受", "Receive"),
    "receive",
    "/api/v1/scans",
    progress.receiving,
    ("発送明細書・搬送袋・カードを読み取ってください", "Scan the manifest, a bag or a card"),
    ("収受", "received"),
    ("まだ収受していないカード", "Cards not received yet"),
    (
        ("発送明細書のバーコードを読み取ります。", "Scan the barcode of the manifest."),
        (
            "搬送袋を読み取り、続けて封印番号を読み取ります。封印が破れているときは「封印なし」（F8）。",
            "Scan a bag, then the number on its seal. If the seal is broken or gone, choose No seal (F8).",
        ),
        (
            "カードを 1 枚ずつ読み取ります。破損したカードは、先に「破損」（F2）を入れてから読み取ります。",
            "Scan the cards one by one. For a damaged card tick Damaged (F2) first.",
        ),
        (
            "残りが 0 になったら、または見つからない枚数が確かになったら、検数を完了します。",
            "When none is left, or it is sure how many are missing, close the receipt.",
        ),
    ),
    subject_kind=CodeType.MANIFEST,
    subject_word=("発送明細書", "Manifest"),
    records_subject=True,
    sealed_kind=CodeType.BATCH,
    is_supervised=True,
    works_offline=True,
    can_be_damaged=True,
    can_be_undone=True,
    back="/receiving",
)
_PUT_AWAY = ScanPurpose(
    "put_away",
    ("格納", "Put away"),
    "put_away",
    "/api/v1/slots/{subject}/scans",
    progress.putting_away,
    ("カードを読み取ってください（棚を替えるときは棚番）", "Scan a card, or another slot"),
    ("この棚の枚数", "in this slot"),
    ("まだ棚に入れていないカード", "Cards in no slot yet"),
    (
        ("棚番のバーコードを読み取ります。", "Scan the barcode of the slot."),
        ("そこに入れるカードを読み取ります。", "Scan the cards that go in there."),
        ("別の棚に移るときは、その棚番を読み取ります。", "For another slot, scan that slot."),
    ),
    subject_kind=CodeType.SLOT,
    subject_word=("棚", "Slot"),
    subject_prompt=("先に棚番を読み取ってください", "Scan the slot first"),
    is_supervised=True,
    works_offline=True,
    can_be_undone=True,
    back="/vault",
)
_CHECK_IN = ScanPurpose(
    "check_in",
    ("検品", "Check in"),
    "check_in",
    "/api/v1/boxes/{subject}/scans",
    progress.checking_in,
    _CARD,
    ("検品", "checked in"),
    ("まだ出していないカード", "Cards not taken out yet"),
    (
        ("小箱から 1 枚ずつ取り出して読み取ります。", "Take the cards out one by one and scan each."),
        (
            "破損したカードは、先に「破損」（F2）を入れてから読み取ります。",
            "For a damaged card tick Damaged (F2) first.",
        ),
        (
            "残りが 0 になったら、空の箱をもう一人に見てもらい、小箱を完了します。",
            "When none is left, have a second person see the empty box, and close it.",
        ),
    ),
    subject_kind=CodeType.BOX,
    subject_word=("小箱", "Box"),
    subject_prompt=("先に小箱を読み取ってください", "Scan the box first"),
    can_be_damaged=True,
    can_be_undone=True,
    back="/arrivals",
)
_PACK = ScanPurpose(
    "pack",
    ("梱包", "Pack"),
    "pack",
    "/api/v1/batches/{subject}/scans",
    progress.packing,
    _CARD,
    ("この袋の枚数", "in this bag"),
    ("この拠点あてで、まだ袋に入っていないカード", "Ready for this site, in no bag yet"),
    (
        ("搬送袋に入れるカードを 1 枚ずつ読み取ります。", "Scan each card that goes into the bag."),
        (
            "別の拠点あてのカードは音と色で止まります。袋に入れないでください。",
            "A card for another site is refused; keep it out of the bag.",
        ),
        (
            "入れ終わったら、枚数を手で数えて封印します。",
            "When all are in, count them by hand and seal the bag.",
        ),
    ),
    subject_kind=CodeType.BATCH,
    subject_word=("搬送袋", "Bag"),
    subject_prompt=("先に搬送袋を読み取ってください", "Scan the bag first"),
    can_be_undone=True,
    back="/packing",
)
_UNPACK = ScanPurpose(
    "unpack",
    ("袋からの取出し", "Take out of a bag"),
    "pack",
    "/api/v1/batches/{subject}/removals",
    progress.unpacking,
    _CARD,
    ("この袋の枚数", "in this bag"),
    ("", ""),
    (("袋から出すカードを読み取ります。", "Scan each card that comes out of the bag."),),
    subject_kind=CodeType.BATCH,
    subject_word=("搬送袋", "Bag"),
    subject_prompt=("先に搬送袋を読み取ってください", "Scan the bag first"),
    back="/packing",
)
_LOAD = ScanPurpose(
    "load",
    ("積込み", "Load"),
    "load",
    "/api/v1/runs/{subject}/loads",
    progress.loading,
    ("封印した搬送袋を読み取ってください", "Scan a sealed bag"),
    ("積込済み", "loaded"),
    ("まだ積んでいない搬送袋", "Bags not loaded yet"),
    (
        ("車に積む搬送袋を 1 つずつ読み取ります。", "Scan each bag that goes onto the vehicle."),
        ("封印していない袋、別の便の袋は止まります。", "Unsealed bags and those of another run are refused."),
        ("すべて積んだら、発送の画面で発送します。", "When all are loaded, dispatch the run."),
    ),
    subject_kind=CodeType.RUN,
    subject_word=("便", "Run"),
    subject_prompt=("先に便を選んでください", "Choose the run first"),
    back="/dispatch",
)

OF_THE_WAY = (_RECEIVE, _PUT_AWAY, _CHECK_IN, _PACK, _UNPACK, _LOAD)


def facts_in_words(purpose: ScanPurpose, found: Progress, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The figures of a progress as the page shows them: name in both languages, value, whether it alarms."""
    facts = found.facts
    if purpose.name == "receive":
        said = [
            _fact("搬送袋", "Bags", f"{facts['batches_here']} / {facts['batches']}"),
            _fact("破損", "Damaged", str(facts["damaged"]), alarm=bool(facts["damaged"])),
        ]
        coming = facts["batches_coming"]
        return [*said, _fact("未到着の袋", "Bags to come", "、".join(coming))] if coming else said
    if "destination" in facts:
        site = names.get(facts["destination"], facts["destination"])
        return [_fact("あて先", "For", site), _fact("便", "Run", f"{facts['day']:%-m/%-d}")]
    if "capacity" in facts:
        is_full = facts["occupied"] >= facts["capacity"]
        return [
            _fact("保管庫", "Vault", facts["vault"]),
            _fact("収容", "Filled", f"{facts['occupied']} / {facts['capacity']}", alarm=is_full),
        ]
    if "label" in facts:
        return [_fact("箱のラベル", "Label", facts["label"])]
    if "unsealed" in facts:
        alarm = bool(facts["unsealed"])
        return [_fact("未封印の袋", "Unsealed bags", str(facts["unsealed"]), alarm=alarm)]
    return []


def following(purpose: ScanPurpose, found: Progress) -> dict[str, str] | None:
    """Where to go once the scanning is done."""
    if purpose.name == "receive" and found.subject:
        return {"href": f"/receiving/{found.subject}", "ja": "検数の完了へ進む", "en": "Close the receipt"}
    if purpose.name == "check_in" and found.subject:
        return {"href": f"/boxes/{found.subject}", "ja": "小箱の完了へ進む", "en": "Close the box"}
    if purpose.name in ("pack", "unpack") and found.subject:
        return {"href": f"/batches/{found.subject}", "ja": "封印へ進む", "en": "Seal the bag"}
    if purpose.name == "load":
        return {"href": "/dispatch", "ja": "発送へ進む", "en": "Dispatch"}
    return None


def _fact(ja: str, en: str, value: str, *, alarm: bool = False) -> dict[str, Any]:
    return {"ja": ja, "en": en, "value": value, "alarm": alarm}
