"""P17 来歴証明: one card's whole history with its proof, frozen from one snapshot for paper (contract appendix 1 art. 12)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.ledger import merkle
from logistics.ledger.proofs import Prover
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.rules.provenance import ProvenanceLine, ProvenanceRecord
from logistics.rules.records import NamedPerson, NamedPlace
from logistics.store.database import driver
from logistics.work import audit, custody, documents, places
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P17"
_PAGE = 500

_HEAD = "SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1"
_LEAVES = "SELECT entry, leaf_index, hash FROM leaf WHERE entry = ANY ($1::bigint[]) AND leaf_index < $2"
_PEOPLE = "SELECT code, name FROM person WHERE code = ANY ($1::text[])"
_PARTIES = "SELECT code, name FROM party UNION SELECT code, name FROM place"
_SEALS = "SELECT batch, number FROM seal WHERE batch = ANY ($1::text[])"


async def read(
    session: AsyncSession, actor: Actor, code: str, purpose: str, vkey: str | None, now: datetime
) -> ProvenanceRecord:
    """The card's history from the session's snapshot, every signed entry of it proved; it has no number yet.

    NotFound; InvalidValue where nothing is signed yet. merkle.Unavailable if rows of the tree are damaged.
    """
    permissions.require(actor, "ask")
    connection = await driver(session)
    head = await connection.fetchrow(_HEAD)
    if head is None:
        raise InvalidValue("card", "the log has not been signed yet; try again in a few seconds")
    card = await custody.card(session, code)
    rows = await _entries(session, code)
    leaves, hashes = await _proved(connection, [row["id"] for row in rows], head)
    names = _Names(
        {row["code"]: row["name"] for row in await connection.fetch(_PARTIES)},
        await _people(connection, rows),
        await _seals(connection, rows),
    )
    lines = tuple(_line(row, names, leaves.get(row["id"])) for row in rows)
    place = await places.place(session, str(actor.place))
    kinds = {kind["code"]: kind["name"] for kind in await places.kinds(session)}
    return ProvenanceRecord(
        number="",
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=NamedPlace(place["code"], place["name"], place["address"]),
        purpose=purpose,
        card=code,
        kind_name=kinds[card["kind"]],
        state=card["state"],
        lies_at=names.parties.get(card["place"], card["place"]),
        custodian=names.parties.get(card["custodian"], card["custodian"]),
        lines=lines,
        unsigned=sum(line.index is None for line in lines),
        size=head["size"],
        root=head["root"].hex(),
        note=head["note"],
        vkey=vkey,
        hashes=hashes,
        last_recorded_at=rows[-1]["recorded_at"],
    )


async def certify(
    session: AsyncSession, actor: Actor, found: ProvenanceRecord, now: datetime
) -> ProvenanceRecord:
    """Give what was read a number and freeze it. That it was asked for is an entry; NotAllowed."""
    asked = {"card": found.card, "purpose": found.purpose}
    await audit.record(session, actor, "provenance", asked, len(found.lines), now)
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    record = msgspec.structs.replace(found, number=number)
    await documents.freeze(session, [Paper(number, CATALOGUE, found.card, record)], now)
    return record


async def require_certificate(session: AsyncSession, number: str) -> None:
    """Return if the paper of this number is a certificate. NotFound."""
    query = "SELECT EXISTS (SELECT FROM document WHERE number = $1 AND catalogue = 'P17')"
    if not await (await driver(session)).fetchval(query, number):
        raise NotFound("document", number)


@dataclass(frozen=True, slots=True)
class _Names:
    parties: dict[str, str]
    people: dict[str, NamedPerson]
    seals: dict[str, str]


async def _entries(session: AsyncSession, code: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while page := await custody.of_card(session, code, rows[-1]["id"] if rows else 0, _PAGE):
        rows += page
    return rows


async def _proved(
    connection: Any, entries: Sequence[int], head: Any
) -> tuple[dict[int, tuple[int, str]], int]:
    """Index and leaf of each signed entry, each proved to be in the signed tree; and how many hashes that took."""
    found = await connection.fetch(_LEAVES, list(entries), head["size"])
    leaves = {row["leaf_index"]: row for row in found}
    prover, hashes = Prover(connection, head["size"]), 0
    for index, proof in await prover.inclusions(sorted(leaves)):
        hashes += len(proof)
        if not merkle.included(leaves[index]["hash"], index, head["size"], head["root"], proof):
            raise merkle.Unavailable(f"entry {index} is not in the tree that was signed")
    return {row["entry"]: (row["leaf_index"], row["hash"].hex()) for row in found}, hashes


async def _people(connection: Any, rows: Sequence[dict[str, Any]]) -> dict[str, NamedPerson]:
    bodies = [json.loads(row["body"]) for row in rows]
    codes = {body.get(name) for body in bodies for name in ("actor", "supervisor", "holder")} - {None}
    found = await connection.fetch(_PEOPLE, sorted(codes))
    return {row["code"]: NamedPerson(row["code"], row["name"]) for row in found}


async def _seals(connection: Any, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    batches = {json.loads(row["body"]).get("batch") for row in rows} - {None}
    return {row["batch"]: row["number"] for row in await connection.fetch(_SEALS, sorted(batches))}


def _line(row: dict[str, Any], names: _Names, leaf: tuple[int, str] | None) -> ProvenanceLine:
    body = json.loads(row["body"])
    holder = names.people.get(body.get("holder", ""))
    return ProvenanceLine(
        act=row["act"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        actor=names.people[body["actor"]],
        supervisor=names.people.get(body.get("supervisor", "")),
        site=names.parties.get(body["site"], body["site"]),
        from_state=row["from_state"],
        to_state=row["to_state"],
        outcome=row["outcome"],
        from_party=names.parties.get(body.get("from", "")),
        to_party=names.parties.get(body.get("to", "")),
        batch=body.get("batch"),
        seal=names.seals.get(body.get("batch", "")),
        slot=body.get("slot"),
        holder=holder.name if holder else None,
        manifest=body.get("manifest"),
        reason=body.get("reason"),
        index=leaf[0] if leaf else None,
        leaf=leaf[1] if leaf else None,
    )
