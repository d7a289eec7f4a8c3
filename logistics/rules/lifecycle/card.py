"""The life of a card: announced, set up, carried, stored, issued at a counter; or returned, and destroyed.

Each tuple is one stretch of that life, in the order in which a card goes through it.
"""

from __future__ import annotations

from enum import StrEnum

from logistics.rules.lifecycle.machine import Lifecycle, Rule


class CardState(StrEnum):
    """Where a card is in its life; the comment is what the screen says."""

    NEW = "new"  # not yet known to us
    EXPECTED = "expected"  # 入荷予定
    ARRIVED = "arrived"  # 検品済
    READY = "ready"  # 交付前設定済
    PACKED = "packed"  # 梱包済
    DISPATCHED = "dispatched"  # 発送済（引渡確認待ち）
    IN_TRANSIT = "in_transit"  # 運搬中
    DELIVERED = "delivered"  # 到着（未検数）
    RECEIVED = "received"  # 収受済
    STORED = "stored"  # 格納済
    OUT = "out"  # 取出し中
    WITH_CITY = "with_city"  # 職員引継中
    ISSUED = "issued"  # 交付済
    HELD = "held"  # 差異調査中
    MISSING = "missing"  # 所在不明
    LOST = "lost"  # 紛失確定
    PROPOSED = "proposed"  # 廃棄伺い中
    APPROVED = "approved"  # 廃棄承認済
    PICKED = "picked"  # 廃棄待ち
    DESTROYED = "destroyed"  # 廃棄済
    TRANSFERRED = "transferred"  # 市返還済


class CardStep(StrEnum):
    """What somebody does to a card."""

    EXPECT = "expect"
    CHECK_IN = "check_in"
    SET_UP = "set_up"
    POST_NOTICE = "post_notice"
    POST_REMINDER = "post_reminder"
    RETURN_NOTICE = "return_notice"
    COLLECT = "collect"
    PACK = "pack"
    UNPACK = "unpack"
    TAKE_BACK = "take_back"
    DISPATCH = "dispatch"
    RECALL = "recall"
    TAKE_OVER = "take_over"
    HAND_OVER = "hand_over"
    RECEIVE = "receive"
    PUT_AWAY = "put_away"
    MOVE = "move"
    SIGHT = "sight"
    TAKE_OUT = "take_out"
    PUT_BACK = "put_back"
    HAND_TO_CITY = "hand_to_city"
    TAKE_FROM_CITY = "take_from_city"
    ISSUE = "issue"
    HOLD = "hold"
    ACCEPT = "accept"
    READMIT = "readmit"
    MISS = "miss"
    FIND = "find"
    CONFIRM_LOST = "confirm_lost"
    PROPOSE = "propose"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    PICK = "pick"
    DESTROY = "destroy"
    TRANSFER = "transfer"
    UNDO_CHECK_IN = "undo_check_in"
    UNDO_RECEIVE = "undo_receive"
    UNDO_PUT_AWAY = "undo_put_away"
    UNDO_ISSUE = "undo_issue"


_C, _S = CardState, CardStep

# States in which a card lies in a container, and may keep its batch and manifest.
IN_BATCH = frozenset({_C.PACKED, _C.DISPATCHED, _C.IN_TRANSIT, _C.DELIVERED})
# States between one place's release and the next one's own count.
IN_FLIGHT = frozenset({_C.DISPATCHED, _C.IN_TRANSIT, _C.DELIVERED})
# States in which a card lies in a slot of a vault; what is to be destroyed stays locked up until it is.
IN_SLOT = frozenset({_C.STORED, _C.PROPOSED, _C.APPROVED, _C.PICKED})
# States in which one person has the card in hand, and answers for it by name.
IN_HAND = frozenset({_C.OUT, _C.WITH_CITY})
# States in which a card has left our custody, or is given up.
ENDED = frozenset({_C.ISSUED, _C.LOST, _C.DESTROYED, _C.TRANSFERRED})
# Steps at which somebody saw the very card: the last of them is its last sighting.
SIGHTINGS = frozenset(
    {
        _S.CHECK_IN,
        _S.COLLECT,
        _S.PACK,
        _S.UNPACK,
        _S.TAKE_BACK,
        _S.RECEIVE,
        _S.PUT_AWAY,
        _S.MOVE,
        _S.SIGHT,
        _S.TAKE_OUT,
        _S.PUT_BACK,
        _S.HAND_TO_CITY,
        _S.TAKE_FROM_CITY,
        _S.ISSUE,
        _S.HOLD,
        _S.ACCEPT,
        _S.READMIT,
        _S.FIND,
        _S.PICK,
        _S.DESTROY,
        _S.TRANSFER,
    }
)
# States of a card that lies at a place of ours, outside a container.
AT_REST = frozenset({_C.ARRIVED, _C.READY, _C.RECEIVED, _C.HELD}) | IN_SLOT | IN_HAND
# States of a card that a place of ours answers for: what its books must balance to, bags not yet released included.
IN_STOCK = AT_REST | {_C.PACKED}
# Steps at a desk, about a card that may lie elsewhere: they say nothing of where it is.
AT_A_DESK = frozenset({_S.POST_NOTICE, _S.POST_REMINDER, _S.RETURN_NOTICE})

_ARRIVAL = (
    Rule(_S.EXPECT, frozenset({_C.NEW}), _C.EXPECTED, "announced by an arrival list"),
    Rule(_S.COLLECT, frozenset({_C.NEW}), _C.RECEIVED, "taken in by hand: handed in, or come back by post"),
    Rule(_S.CHECK_IN, frozenset({_C.EXPECTED}), _C.ARRIVED, "scanned out of its small box"),
    Rule(_S.SET_UP, frozenset({_C.ARRIVED}), _C.READY, "set up before issue (交付前設定)"),
)

_NOTIFIED = frozenset({_C.READY, _C.RECEIVED, _C.STORED, _C.OUT, _C.HELD}) | IN_BATCH

_NOTICES = (
    Rule(
        _S.POST_NOTICE,
        _NOTIFIED - {_C.OUT, _C.HELD},
        None,
        "pickup notice posted (交付通知書); the retention clock starts",
    ),
    Rule(_S.POST_REMINDER, _NOTIFIED, None, "reminder posted (再通知)"),
    Rule(_S.RETURN_NOTICE, _NOTIFIED, None, "its notice came back undelivered"),
)

_CARRIAGE = (
    Rule(_S.PACK, frozenset({_C.READY, _C.RECEIVED, _C.STORED, _C.HELD}), _C.PACKED, "put in a batch"),
    Rule(_S.UNPACK, frozenset({_C.PACKED}), _C.READY, "taken out of an open batch at the annex"),
    Rule(_S.TAKE_BACK, frozenset({_C.PACKED}), _C.RECEIVED, "taken out of an open return batch at a site"),
    Rule(_S.DISPATCH, frozenset({_C.PACKED}), _C.DISPATCHED, "released on a manifest"),
    Rule(_S.RECALL, frozenset({_C.DISPATCHED}), _C.PACKED, "its batch was left behind by the courier"),
    Rule(_S.TAKE_OVER, frozenset({_C.DISPATCHED}), _C.IN_TRANSIT, "acknowledged by the courier"),
    Rule(
        _S.HAND_OVER,
        IN_FLIGHT | {_C.MISSING},
        _C.DELIVERED,
        "its batch was accepted by a site, or came on from the wrong one",
    ),
    Rule(
        _S.RECEIVE,
        IN_FLIGHT | {_C.MISSING},
        _C.RECEIVED,
        "scanned on arrival; a missing card may still turn up",
    ),
)

_VAULT = (
    Rule(_S.PUT_AWAY, frozenset({_C.RECEIVED, _C.READY}), _C.STORED, "put in a slot of a vault"),
    Rule(_S.MOVE, frozenset({_C.STORED}), None, "moved to another slot of the same site"),
    Rule(_S.SIGHT, AT_REST, None, "seen and counted where it should be"),
)

_COUNTER = (
    Rule(_S.TAKE_OUT, frozenset({_C.STORED}), _C.OUT, "taken out of its slot by a clerk"),
    Rule(_S.PUT_BACK, frozenset({_C.OUT}), _C.STORED, "put back in a slot"),
    Rule(_S.HAND_TO_CITY, frozenset({_C.OUT}), _C.WITH_CITY, "handed to a city employee with its papers"),
    Rule(_S.TAKE_FROM_CITY, frozenset({_C.WITH_CITY}), _C.OUT, "taken back from the city employee"),
    Rule(_S.ISSUE, frozenset({_C.OUT, _C.WITH_CITY}), _C.ISSUED, "handed to the citizen"),
)

_DIFFERENCES = (
    Rule(
        _S.HOLD,
        frozenset(set(_C) - {_C.NEW, _C.MISSING}) - ENDED,
        _C.HELD,
        "damaged, or found where it does not belong: set aside until decided",
    ),
    Rule(_S.ACCEPT, frozenset({_C.HELD}), _C.RECEIVED, "difference settled, belongs to this site"),
    Rule(_S.READMIT, frozenset({_C.HELD}), _C.ARRIVED, "difference settled at the annex"),
    Rule(
        _S.MISS,
        frozenset({_C.EXPECTED, _C.PACKED}) | IN_FLIGHT | AT_REST,
        _C.MISSING,
        "not there when its box, its receipt or a count was closed",
    ),
    Rule(
        _S.FIND,
        ENDED | {_C.MISSING},
        _C.HELD,
        "found where the log says it cannot be: outside its receipt, or after its end",
    ),
    Rule(_S.CONFIRM_LOST, frozenset({_C.MISSING}), _C.LOST, "given up as lost, by the city's decision"),
)

_DISPOSAL = (
    Rule(_S.PROPOSE, frozenset({_C.STORED}), _C.PROPOSED, "on a proposal for disposal (廃棄伺い)"),
    Rule(
        _S.WITHDRAW,
        frozenset({_C.PROPOSED, _C.APPROVED, _C.PICKED}),
        _C.STORED,
        "taken off the proposal; it stays in its slot",
    ),
    Rule(_S.APPROVE, frozenset({_C.PROPOSED}), _C.APPROVED, "disposal approved by the city"),
    Rule(_S.PICK, frozenset({_C.APPROVED}), _C.PICKED, "picked into the locked stock awaiting destruction"),
    Rule(_S.DESTROY, frozenset({_C.PICKED}), _C.DESTROYED, "scanned at the machine and destroyed"),
    Rule(
        _S.TRANSFER,
        frozenset({_C.ARRIVED, _C.READY, _C.RECEIVED, _C.STORED, _C.HELD}),
        _C.TRANSFERRED,
        "given back to the city, or to the next contractor, against a receipt",
    ),
)

_UNDONE = (
    Rule(_S.UNDO_CHECK_IN, frozenset({_C.ARRIVED}), _C.EXPECTED, "checked in by mistake"),
    Rule(_S.UNDO_RECEIVE, frozenset({_C.RECEIVED}), _C.DELIVERED, "received by mistake; it is in its batch"),
    Rule(_S.UNDO_PUT_AWAY, frozenset({_C.STORED}), _C.RECEIVED, "put away by mistake; it is in the hand"),
    Rule(_S.UNDO_ISSUE, frozenset({_C.ISSUED}), _C.OUT, "scanned as issued by mistake; the clerk has it"),
)

CARD: Lifecycle[CardState, CardStep] = Lifecycle(
    "card",
    _C.NEW,
    (
        *_ARRIVAL,
        *_NOTICES,
        *_CARRIAGE,
        *_VAULT,
        *_COUNTER,
        *_DIFFERENCES,
        *_DISPOSAL,
        *_UNDONE,
    ),
)
