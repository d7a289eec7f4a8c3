"""The tables of legal steps: card, batch and incident. Everything that moves derives from them.

A rule says what somebody does (`step`), in which states it may be done, the state afterwards (None: it stays)
and why. Guards that need data ("the run has departed") live in the work modules, not here.
"""

from logistics.rules.lifecycle.batch import BATCH, BatchState, BatchStep
from logistics.rules.lifecycle.card import (
    AT_A_DESK,
    AT_REST,
    CARD,
    ENDED,
    IN_BATCH,
    IN_FLIGHT,
    IN_HAND,
    IN_SLOT,
    IN_STOCK,
    SIGHTINGS,
    CardState,
    CardStep,
)
from logistics.rules.lifecycle.incident import INCIDENT, IncidentState, IncidentStep
from logistics.rules.lifecycle.machine import Lifecycle, Rule

__all__ = [
    "AT_A_DESK",
    "AT_REST",
    "BATCH",
    "CARD",
    "ENDED",
    "INCIDENT",
    "IN_BATCH",
    "IN_FLIGHT",
    "IN_HAND",
    "IN_SLOT",
    "IN_STOCK",
    "SIGHTINGS",
    "BatchState",
    "BatchStep",
    "CardState",
    "CardStep",
    "IncidentState",
    "IncidentStep",
    "Lifecycle",
    "Rule",
]
