"""What a scan at a site comes to: of a manifest, of a batch with its seal, of a card. Decides, changes nothing else."""

from __future__ import annotations

from logistics.rules.lifecycle import BATCH, ENDED, IN_FLIGHT, BatchState, BatchStep, CardState, CardStep
from logistics.rules.outcomes import Outcome
from logistics.rules.words import CARD_STATES
from logistics.work.scans import Call, Row, Scan, Verdict


def judge_manifest(call: Call, _scan: Scan, code: str, manifest: Row | None) -> Verdict:
    if manifest is None:
        return Verdict(Outcome.UNKNOWN)
    if manifest["destination"] != call.site:
        return Verdict(Outcome.UNEXPECTED, belongs_to=manifest["destination"])
    if manifest["arrived_at"]:
        return Verdict(Outcome.ALREADY_ARRIVED, manifest=code)
    manifest["arrived_at"] = True
    return Verdict(Outcome.ARRIVED, manifest=code)


def judge_batch(call: Call, scan: Scan, code: str, batch: Row | None) -> Verdict:
    if batch is None:
        return Verdict(Outcome.UNKNOWN, difference="unknown", note="登録のない搬送袋")
    manifest, state = batch["manifest"], BatchState(batch["state"])
    here = batch["place"] == call.site
    if here and state in (BatchState.DELIVERED, BatchState.CLOSED):
        return Verdict(Outcome.ALREADY_ARRIVED, manifest=manifest)
    # A bag that was accepted stays where it is, unless it comes on from the wrong site to its own.
    at_rest = state is BatchState.DELIVERED and batch["manifest_destination"] != call.site
    if at_rest or state not in BATCH.sources(BatchStep.HAND_OVER):
        return Verdict(Outcome.NOT_IN_TRANSIT, belongs_to=batch["destination"], reason=f"it is {state}")
    # A seal that is gone has no number to scan; that it is not intact says enough.
    if scan.seal_number is None and scan.seal_intact:
        return Verdict(Outcome.SEAL_NEEDED, manifest=manifest)
    batch["state"], batch["place"] = BatchState.DELIVERED.value, call.site
    moves = {
        "step": CardStep.HAND_OVER if batch["contents"] else None,
        "cards": batch["contents"],
        "batch_step": BatchStep.HAND_OVER,
        "manifest": manifest,
        "group": code,
    }
    if batch["manifest_destination"] != call.site:
        belongs = batch["manifest_destination"]
        note = "別の拠点あての搬送袋"
        return Verdict(Outcome.UNEXPECTED, belongs_to=belongs, difference="misrouted", note=note, **moves)
    if not scan.seal_intact or scan.seal_number != batch["seal_number"]:
        note = "封印が破られている" if not scan.seal_intact else "封印番号が明細書と違う"
        return Verdict(Outcome.BROKEN_SEAL, difference="broken_seal", note=note, **moves)
    return Verdict(Outcome.ARRIVED, **moves)


def judge_card(call: Call, scan: Scan, _code: str, card: Row | None) -> Verdict:
    if card is None:
        return Verdict(Outcome.UNKNOWN, difference="unknown", note="登録のない管理番号")
    state = CardState(card["state"])
    awaited_here = card["manifest_destination"] == call.site
    if state in IN_FLIGHT or state is CardState.MISSING:
        # A container that comes after the close brings its cards back before they are scanned one by one.
        missing = state is CardState.MISSING or card["manifest_closed_at"] is not None
        aside = CardStep.FIND if state is CardState.MISSING else CardStep.HOLD
        if not awaited_here:
            return _stranger(card, aside, was_missing=missing)
        if scan.damaged:
            return _damaged(card, aside, was_missing=missing)
        return Verdict(Outcome.RECEIVED, CardStep.RECEIVE, manifest=card["manifest"], was_missing=missing)
    if state in ENDED:
        return _after_its_end(card, state)
    if card["place"] == call.site:
        if scan.damaged and state in (CardState.RECEIVED, CardState.STORED):
            return _damaged(card, CardStep.HOLD, was_missing=False)
        return Verdict(Outcome.ALREADY_RECEIVED)
    return _out_of_place(card, state)


def _stranger(card: Row, step: CardStep, *, was_missing: bool) -> Verdict:
    """A card on its way to another site: it is held here, and the answer says where it belongs."""
    if card["manifest_destination"] is None:
        return Verdict(
            Outcome.NOT_IN_TRANSIT,
            step,
            belongs_to=card["destination"],
            difference="over",
            note="分室で所在不明となっていたカード",
            was_missing=was_missing,
        )
    return Verdict(
        Outcome.UNEXPECTED,
        step,
        manifest=card["manifest"],
        belongs_to=card["manifest_destination"],
        difference="misrouted",
        note="別の拠点あてのカード",
        was_missing=was_missing,
    )


def _damaged(card: Row, step: CardStep, *, was_missing: bool) -> Verdict:
    return Verdict(
        Outcome.DAMAGED,
        step,
        manifest=card["manifest"],
        difference="damaged",
        note="収受時に破損を確認",
        was_missing=was_missing,
    )


def _after_its_end(card: Row, state: CardState) -> Verdict:
    """A card that was issued, destroyed or given up, and lies here all the same: it is held, and looked into."""
    return Verdict(
        Outcome.NOT_IN_TRANSIT,
        CardStep.FIND,
        belongs_to=card["destination"],
        difference="over",
        note=f"取扱いを終えたはずのカード（記録上の状態：{CARD_STATES[state]}）",
    )


def _out_of_place(card: Row, state: CardState) -> Verdict:
    """A card that should be somewhere else and not on its way: it is here, so here it is held."""
    return Verdict(
        Outcome.NOT_IN_TRANSIT,
        CardStep.HOLD,
        belongs_to=card["destination"],
        difference="over",
        note=f"別の場所にあるはずのカード（記録上の状態：{CARD_STATES[state]}）",
    )
