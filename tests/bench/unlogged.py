"""The service without its custody log: only to measure what the log costs. `python -m tests.bench.unlogged serve`.

A scan is judged, its card moved and the scan kept as ever, with its commit; no entry is written and nothing hashed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from logistics import gate, worker, workers
from logistics.ledger import log
from logistics.ledger.acts import Act
from logistics.ledger.log import NewEntry

# Every scan has to name an entry: one of the past, of each connection's own, so that none waits for another's lock on it.
_SCANS = """
WITH given AS (
    SELECT *, 1 + pg_backend_pid() % 97 AS old
    FROM json_to_recordset($1::json) AS entry (uuid uuid, scans json)
), scans AS (
    INSERT INTO scan (id, entry, purpose, subject, code, card, manifest, outcome, accepted, belongs_to, reason,
                      discrepancy, content, occurred_at)
    SELECT scanned.id, given.old, scanned.purpose, scanned.subject, scanned.code, scanned.card,
           scanned.manifest, scanned.outcome, scanned.accepted, scanned.belongs_to, scanned.reason,
           scanned.discrepancy, decode(scanned.content, 'base64'), scanned.occurred_at
    FROM given
    CROSS JOIN json_to_recordset(given.scans)
               AS scanned (id uuid, purpose text, subject text, code text, card bigint, manifest text,
                           outcome text, accepted boolean, belongs_to text, reason text, discrepancy text,
                           content text, occurred_at timestamptz)
)
SELECT uuid, old::bigint AS id FROM given
"""


def _no_entry(
    act: Act, _cards: Sequence[Any], _batches: Sequence[Any], now: datetime, _asked: int | None
) -> NewEntry:
    nobody: dict[str, Any] = dict.fromkeys(
        ("device", "supervisor", "run", "manifest", "from_party", "to_party")
    )
    return NewEntry(
        uuid=act.id, act=act.name, actor="", site="", occurred_at=now, recorded_at=now, body="", hash=b"",
        cards=(), batches=(), scans=act.scans, **nobody,
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        from logistics.__main__ import main

        workers.WORKER = __spec__.name
        raise SystemExit(main(sys.argv[1:]))
    log._appending = lambda *_: _SCANS  # type: ignore[assignment]
    gate.entry_of = _no_entry  # type: ignore[attr-defined, assignment]
    raise SystemExit(worker.main(int(sys.argv[1])))
