"""How well the cards were carried and handled: differences to items, held against the contract's threshold.

Appendix 1 articles 15(3) and 16 let the city end the contract at an error rate of 0.5 %; we warn at a fifth of it.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

WARN, ALARM = Fraction(1, 1000), Fraction(5, 1000)


class Grade(StrEnum):
    """What a rate of differences calls for."""

    GOOD = "good"
    WARN = "warn"
    ALARM = "alarm"


GRADE_NAMES = {Grade.GOOD: "良", Grade.WARN: "注意（0.1%以上）", Grade.ALARM: "警報（0.5%以上）"}


def grade(differences: int, handled: int) -> Grade:
    """The grade of so many differences among so many items; differences without items are an alarm."""
    if differences == 0:
        return Grade.GOOD
    rate = Fraction(differences, handled) if handled else ALARM
    return Grade.ALARM if rate >= ALARM else Grade.WARN if rate >= WARN else Grade.GOOD


def percent(differences: int, handled: int) -> str:
    """The rate with three decimals, such as 0.123 %."""
    return f"{differences / handled * 100:.3f} %" if handled else "―"
