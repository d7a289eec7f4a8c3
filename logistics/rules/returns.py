"""Why something goes back to the annex, and what is taken in by hand: codes, kinds, words. No SQL.

返送 is the way back from a site, 返戻 what the post brought back, 返納 what its holder hands in; kept apart here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

# Kinds that come into our hands otherwise than on an arrival list (contract 8(3)ア(ア), 8(3)ア(オ), 8(4)ア(カ)).
COLLECTED = "collected"
DOCUMENTS = "documents"
POSTAL = frozenset({"returned_notice", "mail_return", "express"})
TAKEN_IN = POSTAL | {COLLECTED, DOCUMENTS}
# What is of no use to anybody where it lies: it goes to the annex, to be destroyed or kept.
ONE_WAY = frozenset({COLLECTED, DOCUMENTS})


class WhyReturned(StrEnum):
    """Why a card is in a return batch (contract 8(4)ア(エ))."""

    UNDELIVERED = "undelivered"
    DEFECT = "defect"
    MISROUTED = "misrouted"
    COLLECTED = "collected"
    DOCUMENTS = "documents"
    POSTAL_RETURN = "postal_return"


class Source(StrEnum):
    """How something that no list announced came in."""

    COUNTER = "counter"
    POST = "post"
    OFFICE = "office"


REASONS: Mapping[WhyReturned, str] = {
    WhyReturned.UNDELIVERED: "未交付",
    WhyReturned.DEFECT: "不良・破損",
    WhyReturned.MISROUTED: "誤配送",
    WhyReturned.COLLECTED: "回収カード",
    WhyReturned.DOCUMENTS: "書類綴り",
    WhyReturned.POSTAL_RETURN: "返戻",
}


def fits(reason: WhyReturned, kind: str, *, belongs_here: bool) -> bool:
    """Whether a card of `kind` can go back for `reason`; `belongs_here`: its destination is the place it leaves.

    What is collected goes back as collected and nothing else does; only what belongs elsewhere was misrouted.
    """
    match reason:
        case WhyReturned.COLLECTED:
            return kind == COLLECTED
        case WhyReturned.DOCUMENTS:
            return kind == DOCUMENTS
        case WhyReturned.POSTAL_RETURN:
            return kind in POSTAL
        case WhyReturned.MISROUTED:
            return kind not in ONE_WAY and not belongs_here
        case _:
            return kind not in ONE_WAY
