"""What the scan page is used for at a thing's end: disposal, and handing on; rows of the same table as `scan_purposes`."""

from __future__ import annotations

from api.pages.scan_purposes import ScanPurpose
from logistics.rules.codes import CodeType
from logistics.work import ending_progress
from logistics.work.progress import Progress

_PROPOSAL = ("廃棄伺い", "Proposal")
_PROPOSAL_FIRST = ("先に廃棄伺い（P7）のバーコードを読み取ってください", "Scan the proposal's paper P7 first")

_PICK = ScanPurpose(
    "pick",
    ("廃棄の抜取り", "Pick for disposal"),
    "pick",
    "/api/v1/proposals/{subject}/picks",
    ending_progress.picking,
    ("抜き取ったカードを読み取ってください", "Scan the card that was picked"),
    ("抜取済み", "picked"),
    ("承認済みで、まだ棚にあるカード", "Approved, and still in the vault"),
    (
        ("一覧のカードを棚から出して読み取ります。", "Take a card of the list out of its slot and scan it."),
        (
            "続けて、入れる廃棄待ち保管庫の棚番を読み取ります。2 回の読取りで 1 枚です。",
            "Then scan the slot of the locked stock it goes into: two scans a card.",
        ),
        (
            "廃棄待ち保管庫に置けるのは次の開庁日までです。",
            "It may wait there for one working day.",
        ),
    ),
    subject_kind=CodeType.PROPOSAL,
    subject_word=_PROPOSAL,
    subject_prompt=_PROPOSAL_FIRST,
    paired_kind=CodeType.SLOT,
    back="/disposal",
)
_DESTROY = ScanPurpose(
    "destroy",
    ("廃棄", "Destroy"),
    "destroy",
    "/api/v1/proposals/{subject}/destructions",
    ending_progress.destroying,
    ("機械に入れるカードを読み取ってください", "Scan the card that goes into the machine"),
    ("廃棄済み", "destroyed"),
    ("抜き取り済みで、まだ廃棄していないカード", "Picked, and not destroyed yet"),
    (
        (
            "廃棄伺いの画面で、数えて廃棄作業を始めてから読み取ります。",
            "Count, and begin on the proposal's page first.",
        ),
        ("機械に入れるごとに 1 枚ずつ読み取ります。", "Scan each card as it goes into the machine."),
        ("「受け付けません」と出たカードは入れないでください。", "What is refused does not go in."),
        (
            "終わったら写真を添付し、残りを数えて終えます。",
            "At the end attach the photos, count what is left, and end it.",
        ),
    ),
    subject_kind=CodeType.PROPOSAL,
    subject_word=_PROPOSAL,
    subject_prompt=_PROPOSAL_FIRST,
    back="/disposal",
)
_HAND_ON = ScanPurpose(
    "hand_on",
    ("引継ぎ", "Hand on"),
    "transfer",
    "/api/v1/successions/{subject}/scans",
    ending_progress.handing_on,
    ("引き渡すものを読み取ってください", "Scan what is handed on"),
    ("引渡済み", "handed on"),
    ("この拠点に残っているもの", "Left at this place"),
    (
        ("先に、保管庫の全件棚卸しを終えます。", "First count the vaults in full."),
        (
            "スリーブを 1 つずつ読み取って、引継先に渡します。",
            "Scan each sleeve as it goes to the successor.",
        ),
        (
            "残りが 0 になったら、統括管理者が引継ぎを終えます。",
            "When none is left anywhere, a manager concludes it.",
        ),
    ),
    subject_kind=CodeType.SUCCESSION,
    subject_word=("引継ぎ", "Succession"),
    subject_prompt=("先に引継ぎの番号を読み取ってください", "Scan the succession's number first"),
    is_supervised=True,
    back="/successions",
)

AT_THE_END = (_PICK, _DESTROY, _HAND_ON)


def following(purpose: ScanPurpose, found: Progress) -> dict[str, str] | None:
    """Where to go once the scanning is done."""
    if purpose.name in ("pick", "destroy") and found.subject:
        return {"href": f"/disposal/{found.subject}", "ja": "廃棄伺いへ進む", "en": "To the proposal"}
    if purpose.name == "hand_on" and found.subject:
        return {"href": f"/successions/{found.subject}", "ja": "引継ぎへ進む", "en": "To the succession"}
    return None
