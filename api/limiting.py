"""How much one person may ask of the service: far more than any work needs, and less than a script that runs wild.

Each has a bucket (GCRA): so many requests at once, and so many a second that come back. It is looked at before the
database is, in this process's memory alone. Where several processes answer, each lets a person have its part of the
whole, so that all of them together give no more than is set, however the connections fall to them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cache

# Requests a second that one person may make, of all processes together, and for how many seconds they may be saved up.
PER_SECOND, SAVED_SECONDS = 200, 10
# Whatever the part of a process is, work must never meet it: a scanner gives ten a second, a page some twenty at once.
LEAST_PER_SECOND = 25
# What takes its time counts as so many: papers, files, exports, reports.
COSTLY = 20
_COSTLY = re.compile(
    r"\.(?:pdf|xlsx|csv)$|/(?:exports|jobs|certificates|labels/\w+)$|^/api/v1/(?:audit|reports)/"
)
# More than there are people; beyond it whoever has a full bucket is forgotten, who loses nothing by it.
_MOST_KNOWN = 10_000


@dataclass(slots=True)
class Limits:
    """Everybody's buckets in this process. `per_second` is its part of the whole."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    # When a bucket is full again, by whose it is; and whose a token is, once it is known.
    _full_at: dict[Hashable, float] = field(default_factory=dict, init=False)
    _persons: dict[bytes, str] = field(default_factory=dict, init=False)

    @classmethod
    def shared(cls, per_second: int, processes: int) -> Limits:
        """The part of one of so many processes."""
        return cls(max(per_second / processes, LEAST_PER_SECOND))

    def wait(self, token: bytes, cost: int) -> float:
        """Take `cost` out of the bucket of whoever shows this token; or the seconds after which it will be there."""
        key, now = self._persons.get(token, token), self.clock()
        full_at = max(self._full_at.get(key, now), now) + cost / self.per_second
        if (late := full_at - now - SAVED_SECONDS) > 0:
            return late
        if key not in self._full_at and len(self._full_at) >= _MOST_KNOWN:
            self._forget(now)
        self._full_at[key] = full_at
        return 0.0

    def known(self, token: bytes, person: str) -> None:
        """The token is this person's: all that he shows take from one bucket."""
        if self._persons.get(token) == person:
            return
        if len(self._persons) >= _MOST_KNOWN:
            self._persons.clear()
        self._persons[token] = person
        if (taken := self._full_at.pop(token, None)) is not None:
            self._full_at[person] = max(taken, self._full_at.get(person, taken))

    def _forget(self, now: float) -> None:
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        if len(self._full_at) >= _MOST_KNOWN:
            self._full_at.clear()


@cache
def cost_of(template: str) -> int:
    """What a request of this route counts as."""
    return COSTLY if _COSTLY.search(template) else 1
