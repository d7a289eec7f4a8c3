"""The first page of a day: what waits for its reader, in the order in which it should be done."""

from __future__ import annotations

from dataclasses import dataclass

from logistics.rules.permissions import Actor, Where, may

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits: how much of it, what it is, and where it is done. `act` is the right that it needs."""

    name: str
    words: Pair
    hint: Pair
    href: str
    button: Pair
    act: str | None = None
    is_alarm: bool = False


_ANNEX = (
    Task(
        "boxes_open",
        ("開けたままの小箱", "Boxes left open"),
        ("全部出したら、二人で確かめて完了します。", "Take all out, check in pairs, close."),
        "/arrivals",
        ("検品へ", "Check in"),
        "check_in",
    ),
    Task(
        "boxes_waiting",
        ("未開封の小箱", "Boxes to unpack"),
        ("1 箱ずつ開けて読み取ります。", "Open one at a time and scan."),
        "/arrivals",
        ("検品へ", "Check in"),
        "check_in",
    ),
    Task(
        "to_set_up",
        ("交付前設定を待つカード", "Cards to set up"),
        ("設定した日を記録します。", "Record the day of the set-up."),
        "/arrivals#set-up",
        ("記録する", "Record"),
        "set_up",
    ),
    Task(
        "to_pack",
        ("梱包できるカード", "Cards ready to pack"),
        ("拠点ごとに搬送袋に入れます。", "Pack them by site."),
        "/packing",
        ("梱包へ", "Pack"),
        "pack",
    ),
    Task(
        "batches_open",
        ("封印していない搬送袋", "Bags to seal"),
        ("数えてから封印します。", "Count, then seal."),
        "/packing",
        ("封印へ", "Seal"),
        "seal",
    ),
    Task(
        "batches_sealed",
        ("積込みを待つ搬送袋", "Bags to load"),
        ("車に積むときに読み取ります。", "Scan them onto the vehicle."),
        "/dispatch",
        ("積込みへ", "Load"),
        "load",
    ),
    Task(
        "batches_loaded",
        ("発送を待つ搬送袋", "Bags to dispatch"),
        ("業者と確かめて発送します。", "Check with the courier and dispatch."),
        "/dispatch",
        ("発送へ", "Dispatch"),
        "dispatch",
    ),
)
_SITE = (
    Task(
        "counting",
        ("検数中の発送明細書", "Receipts to finish"),
        ("残りを読み取り、検数を完了します。", "Scan the rest and close."),
        "/receiving",
        ("収受へ", "Receive"),
        "receive",
    ),
    Task(
        "coming",
        ("届く予定の発送明細書", "On the way to here"),
        ("届いたら発送明細書から読み取ります。", "When it arrives, scan the manifest first."),
        "/receiving",
        ("収受へ", "Receive"),
        "receive",
    ),
    Task(
        "to_store",
        ("棚に入れていないカード", "Cards to put away"),
        ("今日中に保管庫の棚に入れます。", "Into a slot of the vault today."),
        "/scan/put_away",
        ("格納へ", "Put away"),
        "put_away",
    ),
    Task(
        "out",
        ("取出し中のカード", "Cards taken out"),
        ("窓口の終わりまでに戻します。", "Back before the counter closes."),
        "/counter",
        ("窓口へ", "Counter"),
    ),
)
_ROAD = (
    Task(
        "waiting",
        ("引受を待つ搬送袋", "Bags to take over"),
        ("袋と封印を確かめて引き受けます。", "Check bags and seals, then take over."),
        "/handover",
        ("引受へ", "Take over"),
        "take_over",
    ),
)
_DIFFERENCES = (
    Task(
        "cases",
        ("所在不明のカード", "Missing cards"),
        ("最後に見た所から探し、結果を記録します。", "Search from the last sighting on, and record it."),
        "/cases",
        ("捜索へ", "Search"),
        "search",
        True,
    ),
    Task(
        "counts",
        ("終わっていない棚卸し", "Counts to finish"),
        ("数え終えて、確定します。", "Finish and conclude them."),
        "/counts",
        ("棚卸しへ", "Count"),
        "count",
    ),
    Task(
        "differences",
        ("未処理の差異", "Open differences"),
        ("現物を確かめて処理します。", "Look at the thing, then settle it."),
        "/discrepancies",
        ("差異へ", "Settle"),
        None,
        True,
    ),
)
TASKS = {Where.ANNEX: _ANNEX + _DIFFERENCES, Where.SITE: _SITE + _DIFFERENCES, Where.COURIER: _ROAD}


def tasks(reader: Actor, waiting: dict[str, int]) -> list[tuple[Task, int]]:
    """What waits for the reader, with how much of it."""
    mine = (task for task in TASKS[reader.where] if task.act is None or may(reader, task.act))
    return [(task, waiting[task.name]) for task in mine if waiting.get(task.name)]
