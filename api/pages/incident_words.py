"""What pages call incidents, their course and their clocks, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from logistics.rules.incidents import (
    CLASSES,
    CLOCKS,
    EVENTS,
    KINDS,
    ClockName,
    EventKind,
    IncidentClass,
    IncidentKind,
)
from logistics.rules.lifecycle import IncidentState, IncidentStep

_KINDS_EN: Mapping[IncidentKind, str] = {
    IncidentKind.LOSS: "Loss",
    IncidentKind.THEFT: "Theft",
    IncidentKind.WRONG_HANDOVER: "Handed to the wrong person",
    IncidentKind.MISDELIVERY: "Delivered to the wrong place",
    IncidentKind.LEAK: "Leak",
    IncidentKind.DAMAGE: "Damage",
    IncidentKind.WRONG_DISPOSAL: "Disposed of by mistake",
    IncidentKind.FOUND_AFTER_DISPOSAL: "Card found after its disposal",
    IncidentKind.BROKEN_SEAL: "Broken seal",
    IncidentKind.SYSTEM: "System failure",
    IncidentKind.OTHER: "Other",
}
_EVENTS_EN: Mapping[EventKind, str] = {
    EventKind.STEP: "Report or end",
    EventKind.COURSE: "What happened",
    EventKind.TOLD_CITY: "Told the city",
    EventKind.CONTAINED: "Kept from spreading",
    EventKind.CONTACTED: "Told those concerned",
    EventKind.RECOVERED: "Recovery, replacement",
    EventKind.CAUSE: "Cause",
    EventKind.PREVENTION: "Prevention",
    EventKind.REPORTABLE: "To be reported to the regulator?",
    EventKind.MALICIOUS: "Malice feared?",
    EventKind.ITEM: "Concerns more",
    EventKind.EVIDENCE: "Evidence sealed",
    EventKind.ACTION: "Corrective action",
}
_CLOCKS_EN: Mapping[ClockName, str] = {
    ClockName.NOW: "At once: the city is told",
    ClockName.DAY_3: "Day 3: first report (aim)",
    ClockName.DAY_5: "Day 5: first report (limit)",
    ClockName.DAY_30: "Day 30: final report",
    ClockName.DAY_60: "Day 60: final report (malice feared)",
}
_CLASSES_EN: Mapping[IncidentClass, str] = {
    IncidentClass.A: "A (grave)",
    IncidentClass.B: "B (serious)",
    IncidentClass.C: "C (minor)",
}

Pair = tuple[str, str]
KIND_WORDS: Mapping[str, Pair] = {kind.value: (KINDS[kind], _KINDS_EN[kind]) for kind in IncidentKind}
EVENT_WORDS: Mapping[str, Pair] = {kind.value: (EVENTS[kind], _EVENTS_EN[kind]) for kind in EventKind}
CLOCK_WORDS: Mapping[str, Pair] = {name.value: (CLOCKS[name], _CLOCKS_EN[name]) for name in ClockName}
CLASS_WORDS: Mapping[str, Pair] = {one.value: (CLASSES[one], _CLASSES_EN[one]) for one in IncidentClass}
STATE_WORDS: Mapping[str, Pair] = {
    IncidentState.NEW: ("未登録", "New"),
    IncidentState.OPEN: ("対応中", "Open"),
    IncidentState.REPORTED: ("速報済", "First report out"),
    IncidentState.FINAL: ("確報済（市の決定待ち）", "Final report out, the city decides"),
    IncidentState.CLOSED: ("終結", "Closed"),
}
REPORT_WORDS: Mapping[str, Pair] = {
    IncidentStep.FIRST_REPORT: ("速報を作成", "Issue the first report"),
    IncidentStep.FOLLOW_UP: ("続報を作成", "Issue a follow-up"),
    IncidentStep.FINAL_REPORT: ("確報を作成", "Issue the final report"),
}
DELIVERY_WORDS: Mapping[str, Pair] = {
    "waiting": ("送信待ち", "Waiting"),
    "failing": ("再送中", "Trying again"),
    "sent": ("到達", "Arrived"),
    "given_up": ("送信断念", "Given up"),
}
WORDS: Mapping[str, Mapping[str, Pair]] = {
    "kind": KIND_WORDS,
    "event": EVENT_WORDS,
    "clock": CLOCK_WORDS,
    "grade": CLASS_WORDS,
    "state": STATE_WORDS,
    "report": REPORT_WORDS,
    "delivery": DELIVERY_WORDS,
}
