"""Answers that go on for ever end when the server is told to stop: a stop waits for requests under way."""

from __future__ import annotations

from collections.abc import Callable

_ends: list[Callable[[], None]] = []


def before_stop(end: Callable[[], None]) -> None:
    """Have `end` called when this process is told to stop."""
    _ends.append(end)


def end_endless() -> None:
    """Call all of them."""
    for end in _ends:
        end()
