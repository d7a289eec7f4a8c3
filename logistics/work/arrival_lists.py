"""The arrival list: what is announced becomes expected, all of it or nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import NewCard, admit
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.arrival_list import Line, Names, parse
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType, random_code
from logistics.rules.csv_list import fault
from logistics.rules.errors import AlreadyImported, ListInvalid
from logistics.rules.lifecycle import CardStep
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work.numbering import next_codes


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made known: the arrival's code and its boxes by the label the list gives them."""

    arrival: str
    cards: int
    boxes: Mapping[str, str]


async def import_list(session: AsyncSession, actor: Actor, content: bytes, now: datetime) -> Imported:
    """Import an arrival list: every card becomes expected at the annex, in its box. All of it or nothing.

    Raises ListInvalid with every fault of the file at once, AlreadyImported for the same bytes again.
    """
    permissions.require(actor, "import_arrival")
    connection = await driver(session)
    digest = hashlib.sha256(content).digest()
    # Two lists that come at once may name the same card: the second is read when the first is in or refused.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('import_arrival', 0))")
    if before := await connection.fetchval("SELECT code FROM arrival WHERE digest = $1", digest):
        raise AlreadyImported(before)
    names = await _names(connection)
    lines, faults = parse(content, names, business_date(now))
    known = await connection.fetch(
        "SELECT code FROM card WHERE code = ANY ($1::text[])", [line.card for line in lines]
    )
    taken = {row["code"] for row in known}
    faults += [
        fault(line.number, "control_number", "this control number is known already")
        for line in lines
        if line.card in taken
    ]
    if faults:
        raise ListInvalid(sorted(faults, key=lambda one: (one["line"], str(one["column"]))))
    return await _announce(session, actor, lines, digest, now)


async def _names(connection: Any) -> Names:
    kinds = await connection.fetch("SELECT code, name, starts_on, ends_on FROM kind")
    places = await connection.fetch(
        "SELECT code, slug, name, short_name FROM place WHERE kind IN ('counter', 'center')"
    )
    return Names(
        kinds={name: row["code"] for row in kinds for name in (row["code"], row["name"])},
        terms={row["code"]: (row["starts_on"], row["ends_on"]) for row in kinds},
        places={
            name: row["code"]
            for row in places
            for name in (row["code"], row["slug"], row["name"], row["short_name"])
        },
    )


async def _announce(
    session: AsyncSession, actor: Actor, lines: Sequence[Line], digest: bytes, now: datetime
) -> Imported:
    connection = await driver(session)
    (arrival,) = await next_codes(session, CodeType.ARRIVAL, 1, now)
    await connection.execute(
        "INSERT INTO arrival (code, imported_at, imported_by, digest, cards) VALUES ($1, $2, $3, $4, $5)",
        arrival,
        now,
        actor.code,
        digest,
        len(lines),
    )
    counts = Counter(line.box for line in lines)
    codes = {label: random_code(CodeType.BOX) for label in counts}
    await connection.execute(
        "INSERT INTO box (code, arrival, label, cards)"
        " SELECT code, $1, label, cards FROM unnest($2::text[], $3::text[], $4::int[]) AS b (code, label, cards)",
        arrival,
        [codes[label] for label in counts],
        list(counts),
        list(counts.values()),
    )
    acts = []
    for label, code in codes.items():
        inside = [line for line in lines if line.box == label]
        facts = {
            "arrival": arrival,
            "box": code,
            "label": label,
            "list_sha256": digest.hex(),
            "contents": _contents(inside),
        }
        act = Act(
            "expect", actor, str(actor.place), now, place=actor.place, custodian=actor.place, facts=facts
        )
        acts.append((act, [NewCard(line.card, line.kind, line.destination, code) for line in inside]))
    await admit(session, CardStep.EXPECT, acts, now)
    return Imported(arrival, len(lines), codes)


def _contents(lines: Sequence[Line]) -> Json:
    """What each card is and where it is to go, so that the log alone can tell."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        grouped.setdefault((line.kind, line.destination), []).append(line.card)
    return [
        {"kind": kind, "destination": destination, "codes": sorted(codes)}
        for (kind, destination), codes in sorted(grouped.items())
    ]
