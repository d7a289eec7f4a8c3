"""How far a task of scanning is: done, expected, and what is still missing. Asked after every few scans, so it is cheap.

Each question is about one thing (a manifest, a box, a batch, a run, a slot) that lies at the asker's place or is meant
for it; anything else is NotFound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import driver

# More would fill no screen.
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Awaited:
    """A thing that was not scanned yet, with where to look for it."""

    code: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """`expected` is None where nobody can say; `left` counts what is missing, of which `missing` lists the first.

    `facts` are figures by name, to be put into words by whoever shows them.
    """

    subject: str | None
    done: int
    expected: int | None
    left: int
    missing: Sequence[Awaited]
    facts: Mapping[str, Any] = field(default_factory=dict)


_OPEN_MANIFESTS = """
SELECT code
FROM manifest
WHERE destination = $1 AND closed_at IS NULL AND ($2::text IS NULL OR code = $2)
ORDER BY code
"""

_LINES = """
SELECT card.code, line.batch, scan.outcome
FROM manifest_card AS line
JOIN card ON card.id = line.card
LEFT JOIN scan ON scan.manifest = line.manifest AND scan.card = line.card
              AND scan.accepted AND scan.purpose = 'receive'
              AND NOT EXISTS (SELECT FROM scan_undone WHERE scan_undone.scan = scan.id)
WHERE line.manifest = ANY ($1::text[])
ORDER BY line.manifest, line.position
"""

_BATCHES = """
SELECT code, state FROM batch WHERE manifest = ANY ($1::text[]) ORDER BY code
"""


async def receiving(session: AsyncSession, actor: Actor, manifest: str | None) -> Progress:
    """The receipt of a manifest, or of everything on its way to the actor's site."""
    connection = await driver(session)
    codes = [row["code"] for row in await connection.fetch(_OPEN_MANIFESTS, actor.place, manifest)]
    if manifest and not codes:
        raise NotFound("manifest", manifest)
    lines = await connection.fetch(_LINES, codes)
    batches = await connection.fetch(_BATCHES, codes)
    missing = [Awaited(row["code"], row["batch"]) for row in lines if row["outcome"] is None]
    coming = [row["code"] for row in batches if row["state"] in ("dispatched", "in_transit")]
    facts = {
        "manifests": codes,
        "batches": len(batches),
        "batches_here": len(batches) - len(coming),
        "batches_coming": coming,
        "damaged": sum(row["outcome"] == "damaged" for row in lines),
    }
    return _progress(manifest, len(lines) - len(missing), len(lines), missing, facts)


async def checking_in(session: AsyncSession, actor: Actor, box: str | None) -> Progress:
    """The cards of a small box: those of its list that were not scanned out of it yet."""
    connection = await driver(session)
    row = await connection.fetchrow(
        "SELECT label, cards, opened_at, closed_at, arrival FROM box WHERE code = $1", box
    )
    if row is None:
        raise NotFound("box", str(box))
    waiting = await connection.fetch(
        "SELECT code FROM card WHERE box = $1 AND state = 'expected' ORDER BY code", box
    )
    facts = {
        "label": row["label"],
        "arrival": row["arrival"],
        "is_open": row["opened_at"] is not None and row["closed_at"] is None,
    }
    missing = [Awaited(card["code"]) for card in waiting]
    return _progress(box, row["cards"] - len(missing), row["cards"], missing, facts)


_READY = """
SELECT code
FROM card
WHERE place = $1 AND state = 'ready' AND destination = $2
ORDER BY code
"""


async def packing(session: AsyncSession, actor: Actor, batch: str | None) -> Progress:
    """A batch being packed: what is in it, and what is ready for its site and in no batch."""
    row, inside = await _batch(session, actor, batch)
    ready = await (await driver(session)).fetch(_READY, actor.place, row["destination"])
    facts = {"destination": row["destination"], "state": row["state"], "day": row["day"]}
    missing = [Awaited(card["code"]) for card in ready]
    return _progress(batch, inside, inside + len(missing), missing, facts)


async def unpacking(session: AsyncSession, actor: Actor, batch: str | None) -> Progress:
    """A batch out of which cards are taken: what is still in it."""
    row, inside = await _batch(session, actor, batch)
    facts = {"destination": row["destination"], "state": row["state"], "day": row["day"]}
    return _progress(batch, inside, None, [], facts)


async def loading(session: AsyncSession, actor: Actor, run: str | None) -> Progress:
    """The batches of a run, and those that are not loaded yet."""
    connection = await driver(session)
    row = await connection.fetchrow("SELECT day, departed_at FROM run WHERE code = $1", run)
    if row is None:
        raise NotFound("run", str(run))
    batches = await connection.fetch(
        "SELECT batch.code, batch.state, place.short_name FROM batch JOIN place ON place.code = batch.destination"
        " WHERE batch.run = $1 AND batch.state <> 'cancelled' ORDER BY place.number, batch.code",
        run,
    )
    missing = [Awaited(b["code"], b["short_name"]) for b in batches if b["state"] in ("open", "sealed")]
    facts = {
        "day": row["day"],
        "has_left": row["departed_at"] is not None,
        "unsealed": sum(b["state"] == "open" for b in batches),
    }
    return _progress(run, len(batches) - len(missing), len(batches), missing, facts)


async def putting_away(session: AsyncSession, actor: Actor, slot: str | None) -> Progress:
    """The cards at the actor's place that lie in no slot yet; with a slot, how full that is."""
    connection = await driver(session)
    facts: dict[str, Any] = {}
    if slot:
        row = await connection.fetchrow(
            "SELECT slot.capacity, slot.occupied, vault.name FROM slot JOIN vault ON vault.code = slot.vault"
            " WHERE slot.code = $1 AND slot.place = $2",
            slot,
            actor.place,
        )
        if row is None:
            raise NotFound("slot", slot)
        facts = {"vault": row["name"], "occupied": row["occupied"], "capacity": row["capacity"]}
    waiting = await connection.fetch(
        "SELECT code FROM card WHERE place = $1 AND state = 'received' ORDER BY code", actor.place
    )
    missing = [Awaited(card["code"]) for card in waiting]
    return _progress(slot, facts.get("occupied", 0), None, missing, facts)


async def _batch(session: AsyncSession, actor: Actor, code: str | None) -> tuple[Any, int]:
    connection = await driver(session)
    row = await connection.fetchrow(
        "SELECT batch.destination, batch.state, run.day, (SELECT count(*) FROM card WHERE card.batch = batch.code)"
        " AS cards FROM batch JOIN run ON run.code = batch.run WHERE batch.code = $1 AND batch.place = $2",
        code,
        actor.place,
    )
    if row is None:
        raise NotFound("batch", str(code))
    return row, row["cards"]


def _progress(
    subject: str | None,
    done: int,
    expected: int | None,
    missing: Sequence[Awaited],
    facts: Mapping[str, Any],
) -> Progress:
    return Progress(subject, done, expected, len(missing), missing[:MOST_LISTED], facts)
