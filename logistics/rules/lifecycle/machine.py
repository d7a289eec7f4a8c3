"""What a table of legal steps is, and what can be asked of one. It knows no card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Rule(Generic[S, T]):
    """`step` is legal in `sources` and leads to `target`, or leaves the state as it is where that is None."""

    step: T
    sources: frozenset[S]
    target: S | None
    why: str


@dataclass(frozen=True)
class Lifecycle(Generic[S, T]):
    """A table of rules; refuses at import to be ambiguous or to hold a state that cannot be reached."""

    name: str
    start: S
    rules: tuple[Rule[S, T], ...]

    def __post_init__(self) -> None:
        seen: set[tuple[T, S]] = set()
        for rule in self.rules:
            for source in rule.sources:
                if (rule.step, source) in seen:
                    raise ValueError(f"{self.name}: two rules for {rule.step} from {source}")
                seen.add((rule.step, source))
        if unused := set(type(self.rules[0].step)) - {rule.step for rule in self.rules}:
            raise ValueError(f"{self.name}: no rule for {sorted(unused)}")
        if lost := set(type(self.start)) - self._reachable():
            raise ValueError(f"{self.name}: no way to {sorted(lost)}")

    def _reachable(self) -> set[S]:
        reached = {self.start}
        while more := {to for source, _, to in self.edges() if source in reached} - reached:
            reached |= more
        return reached

    @cached_property
    def _targets(self) -> dict[tuple[S, T], S]:
        return {(source, step): to for source, step, to in self.edges()}

    def target(self, step: T, state: S) -> S | None:
        """The state after `step` in `state`; None where it is not allowed."""
        return self._targets.get((state, step))

    def sources(self, step: T) -> frozenset[S]:
        """The states in which `step` is allowed."""
        return frozenset(source for source, known in self._targets if known == step)

    def steps_from(self, state: S) -> tuple[T, ...]:
        """What may be done in `state`, in table order: the buttons on a page."""
        return tuple(rule.step for rule in self.rules if state in rule.sources)

    def edges(self) -> Iterator[tuple[S, T, S]]:
        """(from, step, to) in table order, sources by name: the rows of `legal_step`."""
        for rule in self.rules:
            for source in sorted(rule.sources):
                yield source, rule.step, source if rule.target is None else rule.target

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram; steps that stay are left out."""
        lines = ["stateDiagram-v2"]
        for source, step, to in self.edges():
            if source != to:
                lines.append(f"    {'[*]' if source == self.start else source} --> {to}: {step}")
        return "\n".join(lines)
