"""What the monthly undelivered-card report counts by, and which movement of the log belongs to which column.

Contract 8(4)ア(オ): undelivered cards are counted and entered in set forms each month. A card is undelivered as
long as a place of ours answers for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from logistics.rules.lifecycle import IN_STOCK, CardState, CardStep
from logistics.rules.vaulting import DEPOSITED, NOT_ISSUED

# Kinds that a place answers for and nobody waits for: cards handed in, bundles of papers, and a holder's own card that
# stays overnight (預り). They are counted beside the undelivered ones, never among them. Any other kind is to be issued.
BESIDE = NOT_ISSUED | {DEPOSITED}


class Band(StrEnum):
    """Days since the first notice, at the end of the last day reported; the value is the column's name."""

    NOT_YET = "not_yet"  # 通知前
    TO_30 = "to_30"
    TO_90 = "to_90"
    TO_180 = "to_180"
    TO_365 = "to_365"
    OVER_365 = "over_365"


# The least number of days of each band after the first; SQL's width_bucket counts the same way.
BAND_STARTS = (31, 91, 181, 366)
BANDS = (Band.TO_30, Band.TO_90, Band.TO_180, Band.TO_365, Band.OVER_365)
BAND_NAMES: Mapping[Band, str] = {
    Band.NOT_YET: "通知前",
    Band.TO_30: "30日以内",
    Band.TO_90: "31～90日",
    Band.TO_180: "91～180日",
    Band.TO_365: "181～365日",
    Band.OVER_365: "365日超",
}


class Stage(StrEnum):
    """How far the notices of a card have come; the latest of them counts."""

    NOT_YET = "not_yet"
    FIRST = "first"
    REMINDER = "reminder"
    RETURNED = "returned"


STAGE_NAMES: Mapping[Stage, str] = {
    Stage.NOT_YET: "通知前",
    Stage.FIRST: "初回通知",
    Stage.REMINDER: "再通知",
    Stage.RETURNED: "通知返戻",
}


class Column(StrEnum):
    """What changed a place's stock in a month. `closing` is opening with the first added and the next three taken off,
    and the corrections as they are."""

    RECEIVED = "received"
    ISSUED = "issued"
    RETURNED = "returned"
    DESTROYED = "destroyed"
    CORRECTIONS = "corrections"


_C, _S = CardState, CardStep
_SENT = frozenset({_C.DISPATCHED, _C.TRANSFERRED})
_ARRIVES = frozenset({_S.EXPECT, _S.COLLECT, _S.CHECK_IN, _S.RECEIVE})


def column_of(source: str, step: str, target: str) -> tuple[Column, int] | None:
    """The column that a step belongs to, and by how much it changes it; None where the stock stays the same.

    Corrections are what no working day should have: cards found or missing, and acts undone.
    """
    before, after = CardState(source) in IN_STOCK, CardState(target) in IN_STOCK
    if before == after:
        return None
    if after:
        # A card set aside at its receipt has arrived like any other; one that was missing may arrive late.
        arrives = step in _ARRIVES or (step == _S.HOLD)
        return (Column.RECEIVED if arrives else Column.CORRECTIONS), 1
    if target == _C.ISSUED:
        return Column.ISSUED, 1
    if target == _C.DESTROYED:
        return Column.DESTROYED, 1
    if target in _SENT:
        return Column.RETURNED, 1
    return Column.CORRECTIONS, -1


class Line(msgspec.Struct, kw_only=True):
    """One place and kind: how the stock came from opening to closing, and how old it is.

    `ages` and `stages` each add up to `closing`; `to_destroy` of them are on their way to disposal.
    """

    place: str
    kind: str
    opening: int = 0
    received: int = 0
    issued: int = 0
    returned: int = 0
    destroyed: int = 0
    corrections: int = 0
    closing: int = 0
    to_destroy: int = 0
    ages: dict[Band, int] = msgspec.field(default_factory=dict)
    stages: dict[Stage, int] = msgspec.field(default_factory=dict)

    @property
    def remainder(self) -> int:
        """What the movements do not explain; anything but 0 blocks the close of the month."""
        moved = self.received - self.issued - self.returned - self.destroyed + self.corrections
        return self.closing - self.opening - moved

    def add(self, column: Column, cards: int) -> None:
        """Add to a column of movements."""
        setattr(self, column.value, getattr(self, column.value) + cards)
