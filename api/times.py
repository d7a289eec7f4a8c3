"""What clients say about time, held against the service's clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from api import wire
from logistics.ledger.log import timestamp
from logistics.rules.errors import FutureTime
from logistics.work.scanning import Scan

# Clocks of counter PCs run a little fast; more than this is a wrong clock, and the clerk should know.
SKEW = timedelta(minutes=5)


def read_scans(scans: Sequence[wire.ScanIn], now: datetime) -> list[Scan]:
    """Scans as the domain takes them. FutureTime, naming the field, for one that was made after now."""
    for n, scan in enumerate(scans):
        if scan.occurred_at > now + SKEW:
            raise FutureTime(f"scans[{n}].occurred_at", timestamp(now))
    return [Scan(s.id, s.code, s.occurred_at, s.damaged, s.seal_number, s.seal_intact) for s in scans]
