"""The way of an incident: reported at once, told to the city on paper, closed by the city's decision."""

from __future__ import annotations

from enum import StrEnum

from logistics.rules.lifecycle.machine import Lifecycle, Rule


class IncidentState(StrEnum):
    """How far an incident has come; the comment is what the screen says."""

    NEW = "new"
    OPEN = "open"  # 対応中
    REPORTED = "reported"  # 速報済
    FINAL = "final"  # 確報済
    CLOSED = "closed"  # 終結


class IncidentStep(StrEnum):
    """What moves an incident on."""

    OPEN = "open"
    FIRST_REPORT = "first_report"
    FOLLOW_UP = "follow_up"
    FINAL_REPORT = "final_report"
    SEND_BACK = "send_back"
    CLOSE = "close"


_I, _S = IncidentState, IncidentStep

INCIDENT: Lifecycle[IncidentState, IncidentStep] = Lifecycle(
    "incident",
    _I.NEW,
    (
        Rule(_S.OPEN, frozenset({_I.NEW}), _I.OPEN, "reported by somebody, or found by the service itself"),
        Rule(_S.FIRST_REPORT, frozenset({_I.OPEN}), _I.REPORTED, "the first report (速報) was issued"),
        Rule(_S.FOLLOW_UP, frozenset({_I.REPORTED}), None, "a further report (続報) was issued"),
        Rule(_S.FINAL_REPORT, frozenset({_I.REPORTED}), _I.FINAL, "the final report (確報) was issued"),
        Rule(_S.SEND_BACK, frozenset({_I.FINAL}), _I.REPORTED, "the city wants to know more"),
        Rule(_S.CLOSE, frozenset({_I.FINAL}), _I.CLOSED, "the city has decided that it is over"),
    ),
)
