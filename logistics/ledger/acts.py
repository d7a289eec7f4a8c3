"""An act, and the custody entry that tells it: what one person did in one place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from logistics.ledger.canonical import Json, canonical_act, leaf_hash
from logistics.ledger.log import Moved, NewEntry, ScanRow, new_uuid, timestamp
from logistics.rules.lifecycle import BatchStep, CardStep
from logistics.rules.permissions import Actor

BODY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Act:
    """One thing one person did in one place, to cards, batches or neither: one custody entry.

    `place` and `custodian` are those afterwards; None leaves them. `holder` is the person who has the cards in
    hand afterwards. `day` is the date a set-up or a notice counts from. `facts` are kept in the entry's body, under their own names.
    """

    name: str
    actor: Actor
    site: str
    occurred_at: datetime
    step: CardStep | None = None
    cards: Sequence[str] = ()
    batch_step: BatchStep | None = None
    batches: Sequence[str] = ()
    place: str | None = None
    custodian: str | None = None
    batch: str | None = None
    slot: str | None = None
    holder: str | None = None
    run: str | None = None
    manifest: str | None = None
    supervisor: str | None = None
    reason: str | None = None
    day: date | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    scans: Sequence[ScanRow] = ()
    id: UUID = field(default_factory=new_uuid)


def entry_of(
    act: Act, cards: Sequence[Any], batches: Sequence[Any], now: datetime, asked: int | None
) -> NewEntry:
    before = {row["custodian"] for row in (*cards, *batches)}
    from_party = before.pop() if len(before) == 1 else None
    body: dict[str, Json] = {
        "v": BODY_VERSION,
        "id": str(act.id),
        "act": act.name,
        "actor": act.actor.code,
        "device": act.actor.device,
        "site": act.site,
        "supervisor": act.supervisor,
        "run": act.run,
        "manifest": act.manifest,
        "from": from_party,
        "to": act.custodian,
        "place": act.place,
        "batch": act.batch,
        "slot": act.slot,
        "holder": act.holder,
        "day": act.day.isoformat() if act.day else None,
        "reason": act.reason,
        "occurred_at": timestamp(act.occurred_at),
        "recorded_at": timestamp(now),
        "cards": _moves(cards),
        "batches": _moves(batches),
        "facts": dict(act.facts),
        "scans": [_scan(scan) for scan in act.scans],
    }
    if asked is not None and asked != len(cards) and act.step:
        body["asked"] = asked
    # What is empty is left out, so that a body says only what happened.
    text = canonical_act({key: value for key, value in body.items() if value or value in ("", 0)}, "facts")
    return NewEntry(
        uuid=act.id,
        act=act.name,
        actor=act.actor.code,
        device=act.actor.device,
        site=act.site,
        supervisor=act.supervisor,
        run=act.run,
        manifest=act.manifest,
        from_party=from_party,
        to_party=act.custodian,
        occurred_at=act.occurred_at,
        recorded_at=now,
        body=text,
        hash=leaf_hash(text),
        cards=[_moved(row) for row in cards],
        batches=[_moved(row) for row in batches],
        scans=act.scans,
    )


def _moved(row: Any) -> Moved:
    return Moved(row["item"], row["from_state"], row["step"], row["to_state"])


def _moves(rows: Sequence[Any]) -> Json:
    """[{step, from, to, codes}] with the codes sorted: rebuildable, and the same however rows came back."""
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in rows:
        grouped[row["step"], row["from_state"], row["to_state"]].append(row["code"])
    return [
        {"step": step, "from": source, "to": to, "codes": sorted(codes)}
        for (step, source, to), codes in sorted(grouped.items())
    ]


def _scan(scan: ScanRow) -> Json:
    said = {
        "id": str(scan.id),
        "code": scan.code,
        "outcome": scan.outcome,
        "at": timestamp(scan.occurred_at),
        "subject": scan.subject,
        "belongs_to": scan.belongs_to,
    }
    return {key: value for key, value in said.items() if value is not None}
