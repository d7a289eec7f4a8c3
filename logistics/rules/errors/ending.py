"""Refusals at the end of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from logistics.rules.errors.refusal import DomainError


@dataclass(eq=False)
class SuccessionNotReady(DomainError):
    """The succession cannot take this step now."""

    succession: str
    reason: str
    en = "Succession {succession}: {reason}"
    ja = "引継ぎ {succession} は、いまこの操作を行える状態ではありません。残っている物と棚卸しの進みを確かめてください。"
