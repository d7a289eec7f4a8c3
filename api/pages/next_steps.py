"""What may be done next with a card or a batch: what its state allows, and its reader, with the page where it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from logistics.rules.lifecycle import BatchStep, CardStep
from logistics.rules.permissions import Actor, may

# step: (the act that its right is called, the page where it is done)
CARD_PAGES: Mapping[CardStep, tuple[str, str]] = {
    CardStep.CHECK_IN: ("check_in", "/scan/check_in/{box}"),
    CardStep.SET_UP: ("set_up", "/arrivals#set-up"),
    CardStep.POST_NOTICE: ("post_notice", "/arrivals#set-up"),
    CardStep.PACK: ("pack", "/packing"),
    CardStep.UNPACK: ("pack", "/scan/unpack/{batch}"),
    CardStep.RECEIVE: ("receive", "/scan/receive"),
    CardStep.PUT_AWAY: ("put_away", "/scan/put_away"),
    CardStep.MOVE: ("put_away", "/scan/put_away"),
    CardStep.TAKE_OUT: ("take_out", "/scan/take_out"),
    CardStep.PUT_BACK: ("put_back", "/scan/put_back"),
    CardStep.ISSUE: ("issue", "/issue"),
    CardStep.HAND_TO_CITY: ("hand_to_city", "/scan/hand_to_city"),
    CardStep.TAKE_FROM_CITY: ("take_from_city", "/scan/take_from_city"),
    CardStep.MISS: ("report_missing", "/cases?card={card}#report"),
    CardStep.ACCEPT: ("resolve", "/discrepancies"),
    CardStep.READMIT: ("resolve", "/discrepancies"),
    CardStep.FIND: ("resolve", "/discrepancies"),
}
BATCH_PAGES: Mapping[BatchStep, tuple[str, str]] = {
    BatchStep.SEAL: ("seal", "#seal"),
    BatchStep.UNSEAL: ("unseal", "#unseal"),
    BatchStep.LOAD: ("load", "/scan/load/{run}"),
    BatchStep.RECALL: ("recall", "#recall"),
    BatchStep.DISPATCH: ("dispatch", "/dispatch"),
    BatchStep.TAKE_OVER: ("take_over", "/handover"),
    BatchStep.HAND_OVER: ("receive", "/scan/receive"),
    BatchStep.CANCEL: ("pack", "#cancel"),
}
# What needs the thing to lie where its reader works; the rest is on its way to there.
_ON_THE_WAY = frozenset({CardStep.RECEIVE, BatchStep.TAKE_OVER, BatchStep.HAND_OVER})


def of_card(card: Mapping[str, Any], reader: Actor) -> list[tuple[str, str]]:
    """Steps of a card with the pages where they are done."""
    steps = [CardStep(step) for step in card["possible_steps"]]
    known = [(step, *CARD_PAGES[step]) for step in steps if step in CARD_PAGES]
    return [
        (step.value, path.format(box=card["box"], batch=card["batch"], card=card["code"]))
        for step, act, path in known
        if may(reader, act) and (card["place"] == reader.place or _comes(step, card, reader))
    ]


def of_batch(batch: Mapping[str, Any], steps: Sequence[BatchStep], reader: Actor) -> list[tuple[str, str]]:
    """Steps of a batch with the pages where they are done."""
    known = [(step, *BATCH_PAGES[step]) for step in steps if step in BATCH_PAGES]
    return [
        (step.value, path.format(run=batch["run"]))
        for step, act, path in known
        if may(reader, act) and (batch["place"] == reader.place or _comes(step, batch, reader))
    ]


def _comes(step: CardStep | BatchStep, thing: Mapping[str, Any], reader: Actor) -> bool:
    return step in _ON_THE_WAY and (reader.courier is not None or thing["destination"] == reader.place)
