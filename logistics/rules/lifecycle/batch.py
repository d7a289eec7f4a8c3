"""The life of a sealed container: opened for one place and one run, sealed, carried, counted, closed."""

from __future__ import annotations

from enum import StrEnum

from logistics.rules.lifecycle.machine import Lifecycle, Rule


class BatchState(StrEnum):
    """Where a sealed container is in its life."""

    NEW = "new"
    OPEN = "open"  # 梱包中
    SEALED = "sealed"  # 封印済
    LOADED = "loaded"  # 積込済
    DISPATCHED = "dispatched"  # 発送済（引渡確認待ち）
    IN_TRANSIT = "in_transit"  # 運搬中
    DELIVERED = "delivered"  # 到着
    CLOSED = "closed"  # 検数完了
    CANCELLED = "cancelled"  # 取消
    MISSING = "missing"  # 所在不明


class BatchStep(StrEnum):
    """What somebody does to a container."""

    OPEN = "open"
    SEAL = "seal"
    UNSEAL = "unseal"
    LOAD = "load"
    UNLOAD = "unload"
    DISPATCH = "dispatch"
    RECALL = "recall"
    TAKE_OVER = "take_over"
    HAND_OVER = "hand_over"
    CLOSE = "close"
    CANCEL = "cancel"
    MISS = "miss"


_B, _S = BatchState, BatchStep

BATCH: Lifecycle[BatchState, BatchStep] = Lifecycle(
    "batch",
    _B.NEW,
    (
        Rule(_S.OPEN, frozenset({_B.NEW}), _B.OPEN, "opened for one site and one run"),
        Rule(_S.SEAL, frozenset({_B.OPEN}), _B.SEALED, "counted and sealed"),
        Rule(_S.UNSEAL, frozenset({_B.SEALED, _B.LOADED}), _B.OPEN, "opened again, with a reason"),
        Rule(_S.LOAD, frozenset({_B.SEALED}), _B.LOADED, "scanned onto the run"),
        Rule(_S.UNLOAD, frozenset({_B.LOADED}), _B.SEALED, "taken off the run"),
        Rule(_S.DISPATCH, frozenset({_B.LOADED}), _B.DISPATCHED, "released on a manifest"),
        Rule(_S.RECALL, frozenset({_B.DISPATCHED}), _B.SEALED, "left behind by the courier"),
        Rule(_S.TAKE_OVER, frozenset({_B.DISPATCHED}), _B.IN_TRANSIT, "acknowledged by the courier"),
        Rule(
            _S.HAND_OVER,
            frozenset({_B.DISPATCHED, _B.IN_TRANSIT, _B.DELIVERED, _B.MISSING}),
            _B.DELIVERED,
            "accepted by a site, seal checked; also when it comes on from the wrong one",
        ),
        Rule(_S.CLOSE, frozenset({_B.DELIVERED}), _B.CLOSED, "its receipt was closed"),
        Rule(_S.CANCEL, frozenset({_B.OPEN}), _B.CANCELLED, "empty, and not needed"),
        Rule(
            _S.MISS,
            frozenset({_B.DISPATCHED, _B.IN_TRANSIT}),
            _B.MISSING,
            "not there when its receipt was closed",
        ),
    ),
)
