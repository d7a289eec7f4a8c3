"""Refusals of disposal."""

from __future__ import annotations

from dataclasses import dataclass

from logistics.rules.errors.refusal import DomainError


@dataclass(eq=False)
class ProposalNotReady(DomainError):
    """The proposal cannot take this step now."""

    proposal: str
    reason: str
    en = "Proposal {proposal}: {reason}"
    ja = "廃棄伺い {proposal} は、いまこの操作を行える状態ではありません。承認・抜取り・廃棄の進みを確かめてください。"
