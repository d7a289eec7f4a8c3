"""The two tables of legal steps, card and batch. Everything that moves derives from them.

A rule says what somebody does (`step`), in which states it may be done, the state afterwards (None: it stays)
and why. Guards that need data ("the run has departed") live in the work modules, not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar


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
    HELD = "held"  # 差異調査中
    MISSING = "missing"  # 所在不明


class CardStep(StrEnum):
    """What somebody does to a card."""

    EXPECT = "expect"
    CHECK_IN = "check_in"
    SET_UP = "set_up"
    POST_NOTICE = "post_notice"
    PACK = "pack"
    UNPACK = "unpack"
    DISPATCH = "dispatch"
    TAKE_OVER = "take_over"
    HAND_OVER = "hand_over"
    RECEIVE = "receive"
    PUT_AWAY = "put_away"
    MOVE = "move"
    HOLD = "hold"
    ACCEPT = "accept"
    READMIT = "readmit"
    MISS = "miss"
    FIND = "find"


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
    TAKE_OVER = "take_over"
    HAND_OVER = "hand_over"
    CLOSE = "close"
    CANCEL = "cancel"
    MISS = "miss"


S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Rule(Generic[S, T]):
    """`step` is legal in `sources` and leads to `target`, or leaves the state as it is where that is None."""

    step: T
    sources: frozenset[S]
    target: S | None
    why: str


@dataclass(frozen=True)
class Lifecycle(Generic[S, T]):
    """A table of rules; refuses at import to be ambiguous or to hold a state that cannot be reached."""

    name: str
    start: S
    rules: tuple[Rule[S, T], ...]

    def __post_init__(self) -> None:
        seen: set[tuple[T, S]] = set()
        for rule in self.rules:
            for source in rule.sources:
                if (rule.step, source) in seen:
                    raise ValueError(f"{self.name}: two rules for {rule.step} from {source}")
                seen.add((rule.step, source))
        if unused := set(type(self.rules[0].step)) - {rule.step for rule in self.rules}:
            raise ValueError(f"{self.name}: no rule for {sorted(unused)}")
        if lost := set(type(self.start)) - self._reachable():
            raise ValueError(f"{self.name}: no way to {sorted(lost)}")

    def _reachable(self) -> set[S]:
        reached = {self.start}
        while more := {to for source, _, to in self.edges() if source in reached} - reached:
            reached |= more
        return reached

    @cached_property
    def _targets(self) -> dict[tuple[S, T], S]:
        return {(source, step): to for source, step, to in self.edges()}

    def target(self, step: T, state: S) -> S | None:
        """The state after `step` in `state`; None where it is not allowed."""
        return self._targets.get((state, step))

    def sources(self, step: T) -> frozenset[S]:
        """The states in which `step` is allowed."""
        return frozenset(source for source, known in self._targets if known == step)

    def steps_from(self, state: S) -> tuple[T, ...]:
        """What may be done in `state`, in table order: the buttons on a page."""
        return tuple(rule.step for rule in self.rules if state in rule.sources)

    def edges(self) -> Iterator[tuple[S, T, S]]:
        """(from, step, to) in table order, sources by name: the rows of `legal_step`."""
        for rule in self.rules:
            for source in sorted(rule.sources):
                yield source, rule.step, source if rule.target is None else rule.target

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram; steps that stay are left out."""
        lines = ["stateDiagram-v2"]
        for source, step, to in self.edges():
            if source != to:
                lines.append(f"    {'[*]' if source == self.start else source} --> {to}: {step}")
        return "\n".join(lines)


_C, _CS = CardState, CardStep
_B, _BS = BatchState, BatchStep

# States in which a card lies in a container, and may keep its batch and manifest.
IN_BATCH = frozenset({_C.PACKED, _C.DISPATCHED, _C.IN_TRANSIT, _C.DELIVERED})
# States between the annex's release and the site's own count.
IN_FLIGHT = frozenset({_C.DISPATCHED, _C.IN_TRANSIT, _C.DELIVERED})

CARD: Lifecycle[CardState, CardStep] = Lifecycle(
    "card",
    _C.NEW,
    (
        Rule(_CS.EXPECT, frozenset({_C.NEW}), _C.EXPECTED, "announced by an arrival list"),
        Rule(_CS.CHECK_IN, frozenset({_C.EXPECTED}), _C.ARRIVED, "scanned out of its small box"),
        Rule(_CS.SET_UP, frozenset({_C.ARRIVED}), _C.READY, "set up before issue (交付前設定)"),
        Rule(
            _CS.POST_NOTICE,
            frozenset({_C.READY, _C.RECEIVED, _C.STORED}) | IN_BATCH,
            None,
            "pickup notice posted (交付通知書); the retention clock starts",
        ),
        Rule(_CS.PACK, frozenset({_C.READY}), _C.PACKED, "put in a batch"),
        Rule(_CS.UNPACK, frozenset({_C.PACKED}), _C.READY, "taken out of an open batch"),
        Rule(_CS.DISPATCH, frozenset({_C.PACKED}), _C.DISPATCHED, "released by the annex on a manifest"),
        Rule(_CS.TAKE_OVER, frozenset({_C.DISPATCHED}), _C.IN_TRANSIT, "acknowledged by the courier"),
        Rule(
            _CS.HAND_OVER,
            frozenset({_C.DISPATCHED, _C.IN_TRANSIT, _C.DELIVERED, _C.MISSING}),
            _C.DELIVERED,
            "its batch was accepted by a site, or came on from the wrong one",
        ),
        Rule(
            _CS.RECEIVE,
            IN_FLIGHT | {_C.MISSING},
            _C.RECEIVED,
            "scanned on arrival; a missing card may still turn up",
        ),
        Rule(_CS.PUT_AWAY, frozenset({_C.RECEIVED}), _C.STORED, "put in a slot of a vault"),
        Rule(_CS.MOVE, frozenset({_C.STORED}), None, "moved to another slot of the same site"),
        Rule(
            _CS.HOLD,
            frozenset(set(_C) - {_C.NEW, _C.MISSING}),
            _C.HELD,
            "damaged, or found where it does not belong: set aside until decided",
        ),
        Rule(_CS.ACCEPT, frozenset({_C.HELD}), _C.RECEIVED, "difference settled, belongs to this site"),
        Rule(_CS.READMIT, frozenset({_C.HELD}), _C.ARRIVED, "difference settled at the annex"),
        Rule(
            _CS.MISS,
            frozenset({_C.EXPECTED, *IN_FLIGHT}),
            _C.MISSING,
            "not there when its box or its receipt was closed",
        ),
        Rule(_CS.FIND, frozenset({_C.MISSING}), _C.HELD, "found again outside its receipt"),
    ),
)

BATCH: Lifecycle[BatchState, BatchStep] = Lifecycle(
    "batch",
    _B.NEW,
    (
        Rule(_BS.OPEN, frozenset({_B.NEW}), _B.OPEN, "opened for one site and one run"),
        Rule(_BS.SEAL, frozenset({_B.OPEN}), _B.SEALED, "counted and sealed"),
        Rule(_BS.UNSEAL, frozenset({_B.SEALED, _B.LOADED}), _B.OPEN, "opened again, with a reason"),
        Rule(_BS.LOAD, frozenset({_B.SEALED}), _B.LOADED, "scanned onto the run"),
        Rule(_BS.UNLOAD, frozenset({_B.LOADED}), _B.SEALED, "taken off the run"),
        Rule(_BS.DISPATCH, frozenset({_B.LOADED}), _B.DISPATCHED, "released by the annex on a manifest"),
        Rule(_BS.TAKE_OVER, frozenset({_B.DISPATCHED}), _B.IN_TRANSIT, "acknowledged by the courier"),
        Rule(
            _BS.HAND_OVER,
            frozenset({_B.DISPATCHED, _B.IN_TRANSIT, _B.DELIVERED, _B.MISSING}),
            _B.DELIVERED,
            "accepted by a site, seal checked; also when it comes on from the wrong one",
        ),
        Rule(_BS.CLOSE, frozenset({_B.DELIVERED}), _B.CLOSED, "its receipt was closed"),
        Rule(_BS.CANCEL, frozenset({_B.OPEN}), _B.CANCELLED, "empty, and not needed"),
        Rule(
            _BS.MISS,
            frozenset({_B.DISPATCHED, _B.IN_TRANSIT}),
            _B.MISSING,
            "not there when its receipt was closed",
        ),
    ),
)
