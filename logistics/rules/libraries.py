"""When the libraries were last looked through, and how long that may last (docs/security.md, "Libraries")."""

from __future__ import annotations

from datetime import date, timedelta

# Whoever makes requirements.lock anew, or finds that nothing in it has to change, says so here.
REVIEWED = date(2026, 11, 26)
EVERY = timedelta(days=90)


def is_review_due(day: date) -> bool:
    """Whether the libraries have to be looked through again."""
    return day > REVIEWED + EVERY
