"""Taking a scan back: a new entry that names the one it corrects. Nothing is erased.

Only the last thing that happened to a card can be taken back, by its own place, while what it was scanned for is open:
its receipt, its box, its batch. Whatever came after has to be set right by what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.rules import permissions
from logistics.rules.errors import InvalidValue, NotFound, UndoRefused
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.outcomes import Purpose
from logistics.rules.permissions import Actor, Where
from logistics.store.database import driver
from logistics.work import people
from logistics.work.scans import Row

# What a scan did, what takes it back, and the act whose right is needed for both.
UNDOING: Mapping[Purpose, tuple[CardStep, CardStep, str]] = {
    Purpose.CHECK_IN: (CardStep.CHECK_IN, CardStep.UNDO_CHECK_IN, "check_in"),
    Purpose.PACK: (CardStep.PACK, CardStep.UNPACK, "pack"),
    Purpose.RECEIVE: (CardStep.RECEIVE, CardStep.UNDO_RECEIVE, "receive"),
    Purpose.PUT_AWAY: (CardStep.PUT_AWAY, CardStep.UNDO_PUT_AWAY, "put_away"),
}

_SCAN = """
SELECT scan.id, scan.purpose, scan.subject, scan.manifest, scan.card, scan.entry, entry.site, entry.uuid AS entry_uuid,
       card.code
FROM scan
JOIN entry ON entry.id = scan.entry
JOIN card ON card.id = scan.card
WHERE scan.id = $1 AND scan.accepted
"""

# What must still be open, locked before the card as everywhere.
_OPEN = {
    Purpose.CHECK_IN: "SELECT closed_at IS NULL FROM box WHERE code = $1 FOR NO KEY UPDATE",
    Purpose.PACK: "SELECT state = 'open' FROM batch WHERE code = $1 FOR NO KEY UPDATE",
    Purpose.RECEIVE: "SELECT closed_at IS NULL FROM manifest WHERE code = $1 FOR NO KEY UPDATE",
}

_LAST = "SELECT entry, step, from_state FROM entry_card WHERE card = $1 ORDER BY entry DESC LIMIT 1"

_BATCH = """
SELECT batch.code
FROM manifest_card AS line
JOIN batch ON batch.code = line.batch
WHERE line.manifest = $1 AND line.card = $2 AND batch.state = 'delivered' AND batch.place = $3
FOR NO KEY UPDATE OF batch
"""


async def undo(
    session: AsyncSession, actor: Actor, scan: UUID, supervisor: str | None, now: datetime
) -> dict[str, Any]:
    """Take back an accepted scan; the card is as it was before. A scan that was taken back already stays so.

    NotFound for a scan of another place, UndoRefused where something else happened since, or what it was scanned
    for is closed; SupervisorNeeded at a site.
    """
    permissions.require(actor, "undo")
    connection = await driver(session)
    found = await connection.fetchrow(_SCAN, scan)
    if found is None or found["site"] != actor.place or found["purpose"] not in UNDOING:
        raise NotFound("scan", str(scan))
    purpose = Purpose(found["purpose"])
    done, undoing, right = UNDOING[purpose]
    # A return batch is packed by its site, under a right of its own.
    is_return = purpose is Purpose.PACK and actor.where is Where.SITE
    permissions.require(actor, "pack_return" if is_return else right)
    boss = await _supervisor(session, actor, purpose, supervisor)
    await _require_open(session, purpose, found)
    state = await connection.fetchval("SELECT state FROM card WHERE id = $1 FOR NO KEY UPDATE", found["card"])
    answer = {"scan": scan, "card": found["code"], "state": state, "repeated": True}
    if await connection.fetchval("SELECT EXISTS (SELECT FROM scan_undone WHERE scan = $1)", scan):
        return answer
    last = await connection.fetchrow(_LAST, found["card"])
    if last["entry"] != found["entry"] or last["step"] != done:
        raise UndoRefused(found["code"], "something else happened to the card since")
    act = Act(
        undoing.value,
        actor,
        str(actor.place),
        now,
        step=undoing,
        cards=[found["code"]],
        batch=await _batch(session, purpose, found),
        manifest=found["manifest"],
        supervisor=boss,
        facts={"undoes": str(found["entry_uuid"]), "scan": str(scan)},
    )
    if purpose is Purpose.PUT_AWAY and last["from_state"] != CardState.RECEIVED:
        raise UndoRefused(
            found["code"], "it was put away as it came out of its set-up; scan it where it is to lie"
        )
    (taken,) = await take(session, [act], now)
    assert found["code"] in taken.cards, "a locked card that is as its last entry left it did not move"
    await connection.execute("INSERT INTO scan_undone (scan, entry) VALUES ($1, $2)", scan, taken.entry)
    return {
        **answer,
        "state": last["from_state"] if purpose is not Purpose.RECEIVE else "delivered",
        "repeated": False,
    }


async def _require_open(session: AsyncSession, purpose: Purpose, scan: Row) -> None:
    if purpose not in _OPEN:
        return
    subject = scan["manifest"] if purpose is Purpose.RECEIVE else scan["subject"]
    if not await (await driver(session)).fetchval(_OPEN[purpose], subject):
        raise UndoRefused(scan["code"], "what it was scanned for is closed")


async def _batch(session: AsyncSession, purpose: Purpose, scan: Row) -> str | None:
    """The batch in which a card lies again once its receipt is taken back."""
    if purpose is not Purpose.RECEIVE:
        return None
    found: str | None = await (await driver(session)).fetchval(
        _BATCH, scan["manifest"], scan["card"], scan["site"]
    )
    if found is None:
        raise UndoRefused(scan["code"], "its batch was not scanned here")
    return found


async def _supervisor(
    session: AsyncSession, actor: Actor, purpose: Purpose, supervisor: str | None
) -> str | None:
    if supervisor is None and (actor.where is Where.ANNEX or purpose is Purpose.PACK):
        return None
    known = await people.actors(session, [supervisor] if supervisor else [])
    boss = people.require_supervisor(known, supervisor or "", "supervisor")
    if boss.place != actor.place:
        raise InvalidValue("supervisor", "works at another place")
    return boss.code
