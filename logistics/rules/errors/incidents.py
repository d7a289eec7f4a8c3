"""Refusals of incidents and of what is attached to things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logistics.rules.errors.refusal import DomainError


@dataclass(eq=False)
class IncidentStepRefused(DomainError):
    """The incident cannot take this step in its state."""

    incident: str
    step: str
    state: str
    possible_steps: Sequence[str]
    en = "Incident {incident} is {state}, so {step} is not possible. Possible now: {possible_steps}."
    ja = "事故 {incident} は今の状態（{state}）では {step} を行えません。行えること：{possible_steps}。"


@dataclass(eq=False)
class IncidentNotReady(DomainError):
    """Something is still missing before the incident can take this step."""

    incident: str
    missing: Sequence[str]
    en = "Incident {incident} still lacks: {missing}. Record these first."
    ja = "事故 {incident} には、まだ記録のない項目があります：{missing}。先に記録してください。"


@dataclass(eq=False)
class FileRefused(DomainError):
    """The file cannot be attached."""

    field: str
    reason: str
    en = "{field}: {reason} Attach a JPEG, PNG, TIFF or WebP picture, or a PDF, of at most 10 MB."
    ja = "このファイルは添付できません。10 MB 以下の JPEG・PNG・TIFF・WebP の画像か PDF を添付してください。"
