"""P17 来歴証明, frozen: everything the custody log says of one card, and how that was proved."""

from __future__ import annotations

from datetime import datetime

from logistics.rules.records import NamedPerson, NamedPlace, Record


class ProvenanceLine(Record, frozen=True):
    """One entry that moved the card, or a scan of it that was refused (`outcome`, and no states).

    `index` is its place in the log and `leaf` its leaf hash, hex; both None where it was not signed yet. `parties`
    are from whom to whom, by name.
    """

    act: str
    occurred_at: datetime
    recorded_at: datetime
    actor: NamedPerson
    supervisor: NamedPerson | None
    site: str
    from_state: str | None
    to_state: str | None
    outcome: str | None
    from_party: str | None
    to_party: str | None
    batch: str | None
    seal: str | None
    slot: str | None
    holder: str | None
    manifest: str | None
    reason: str | None
    index: int | None
    leaf: str | None


class ProvenanceRecord(Record, frozen=True):
    """来歴証明: the card as it was at `issued_at`, its whole history in log order, and the proof.

    Each signed line was proved to be in the tree of `size` entries with this `root` (RFC 9162 inclusion proofs of
    `hashes` hashes in all) before the record was frozen. `note` is that tree's signed checkpoint, `vkey` its key.
    """

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    purpose: str
    card: str
    kind_name: str
    state: str
    lies_at: str
    custodian: str
    lines: tuple[ProvenanceLine, ...]
    unsigned: int
    size: int
    root: str
    note: str
    vkey: str | None
    hashes: int
    last_recorded_at: datetime
