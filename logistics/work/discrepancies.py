"""Differences (差異): opened by the service itself, settled by people or by a card that turns up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import AlreadyResolved, InvalidValue, NotFound, StepRefused
from logistics.rules.lifecycle import CARD, CardState, CardStep
from logistics.rules.permissions import Actor, Where
from logistics.rules.records import DifferenceKind
from logistics.store.database import driver
from logistics.work import approvals
from logistics.work.numbering import next_codes

_OPEN_ALREADY = """
SELECT kind, place, card, batch, discrepancy.code
FROM discrepancy
LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
WHERE ended.discrepancy IS NULL
  AND (card = ANY ($1::text[]) OR (card IS NULL AND batch = ANY ($2::text[])))
"""

_INSERT = """
INSERT INTO discrepancy (code, kind, place, card, batch, manifest, box, note, entry, opened_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::bigint[], $10::timestamptz[])
"""

_SETTLE = """
INSERT INTO discrepancy_resolution (discrepancy, how, reason, entry, resolved_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[])
ON CONFLICT DO NOTHING
"""

_SHORT = """
SELECT card, discrepancy.code
FROM discrepancy
LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
WHERE ended.discrepancy IS NULL AND kind = 'short' AND card = ANY ($1::text[])
"""

_PAGE = """
SELECT discrepancy.code, discrepancy.kind, discrepancy.place, discrepancy.card, discrepancy.batch,
       discrepancy.manifest, discrepancy.box, discrepancy.note, discrepancy.opened_at,
       ended.how, ended.reason, ended.resolved_at
FROM discrepancy
LEFT JOIN discrepancy_resolution AS ended ON ended.discrepancy = discrepancy.code
WHERE discrepancy.code > $1
  AND ($2::text IS NULL OR discrepancy.place = $2)
  AND ($3::text IS NULL OR discrepancy.kind = $3)
  AND ($4::boolean IS NULL OR (ended.discrepancy IS NULL) = $4)
  AND ($5::text IS NULL OR discrepancy.code = $5)
  AND ($6::text IS NULL OR discrepancy.manifest = $6)
  AND ($8::text IS NULL OR discrepancy.place = $8
       OR discrepancy.manifest IN (SELECT code FROM manifest WHERE $8 IN (origin, destination)))
ORDER BY discrepancy.code
LIMIT $7
"""

# Differences of another manifest of the same site belong to that one's receipt.
_OF_RECEIPT = """
SELECT discrepancy.code, discrepancy.kind, discrepancy.card, discrepancy.batch, discrepancy.note,
       place.code <> $2 AS elsewhere, place.name AS place_name
FROM discrepancy
JOIN place ON place.code = discrepancy.place
WHERE discrepancy.manifest = $1
   OR (discrepancy.place = $2 AND discrepancy.opened_at >= $3
       AND NOT EXISTS (SELECT FROM manifest
                       WHERE manifest.code = discrepancy.manifest AND manifest.destination = $2))
ORDER BY discrepancy.code
"""

# What a difference ends with, and the step its card takes; None leaves the card where it is.
ENDINGS: Mapping[str, CardStep | None] = {
    "accept": CardStep.ACCEPT,  # inspected: fit, and stays at this site
    "readmit": CardStep.READMIT,  # inspected at the annex: back into the flow
    "find": CardStep.FIND,  # a missing card was found; it is set aside
    "explain": None,  # no card is concerned, or it went its way already
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference to open; the same one that is open already is not opened again."""

    kind: DifferenceKind
    place: str
    card: str | None = None
    batch: str | None = None
    manifest: str | None = None
    box: str | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str | None, str | None]:
        """What makes two differences the same."""
        return self.kind, self.place, self.card, None if self.card else self.batch


async def number(
    session: AsyncSession, differences: Sequence[Difference], now: datetime
) -> tuple[dict[Any, str], list[Difference]]:
    """A number for each difference by its key, and those of them that are new and still to be opened."""
    if not differences:
        return {}, []
    connection = await driver(session)
    open_already = await connection.fetch(
        _OPEN_ALREADY,
        [d.card for d in differences if d.card],
        [d.batch for d in differences if d.batch and not d.card],
    )
    numbers = {
        (row["kind"], row["place"], row["card"], None if row["card"] else row["batch"]): row["code"]
        for row in open_already
    }
    new = list({d.key: d for d in differences if d.key not in numbers}.values())
    if new:
        codes = await next_codes(session, CodeType.DISCREPANCY, len(new), now)
        numbers |= {difference.key: code for difference, code in zip(new, codes, strict=True)}
    return numbers, new


async def open_numbered(
    session: AsyncSession, opened: Sequence[tuple[str, Difference, int]], now: datetime
) -> None:
    """Write differences with their number and the row id of the entry that found them."""
    if not opened:
        return
    await (await driver(session)).execute(
        _INSERT,
        [code for code, _, _ in opened],
        [d.kind for _, d, _ in opened],
        [d.place for _, d, _ in opened],
        [d.card for _, d, _ in opened],
        [d.batch for _, d, _ in opened],
        [d.manifest for _, d, _ in opened],
        [d.box for _, d, _ in opened],
        [d.note for _, d, _ in opened],
        [entry for _, _, entry in opened],
        [now] * len(opened),
    )


async def open_shorts(session: AsyncSession, cards: Collection[str]) -> dict[str, str]:
    """The open difference that says a card is short, by card."""
    if not cards:
        return {}
    rows = await (await driver(session)).fetch(_SHORT, sorted(cards))
    return {row["card"]: row["code"] for row in rows}


async def settle(
    session: AsyncSession, codes: Sequence[str], how: str, reason: str, entries: Sequence[int], now: datetime
) -> None:
    """End differences, each by the entry that ended it; one that has ended stays as it ended."""
    if codes:
        await (await driver(session)).execute(
            _SETTLE, list(codes), [how] * len(codes), [reason] * len(codes), list(entries), [now] * len(codes)
        )


async def page(
    session: AsyncSession,
    *,
    after: str = "",
    limit: int = 100,
    place: str | None = None,
    kind: str | None = None,
    is_open: bool | None = None,
    code: str | None = None,
    manifest: str | None = None,
    scope: str | None = None,
) -> list[dict[str, Any]]:
    """Differences in number order, after the one numbered `after`; a site's and its manifests', where `scope` is one."""
    connection = await driver(session)
    rows = await connection.fetch(_PAGE, after, place, kind, is_open, code, manifest, limit, scope)
    return [dict(row) for row in rows]


async def of_receipt(
    session: AsyncSession, manifest: str, destination: str, since: datetime
) -> list[dict[str, Any]]:
    """The differences of a receipt, in number order: of its manifest, and of strangers found since it arrived.

    `elsewhere` marks what was found at another place, `place_name`.
    """
    rows = await (await driver(session)).fetch(_OF_RECEIPT, manifest, destination, since)
    return [dict(row) for row in rows]


async def resolve(
    session: AsyncSession,
    actor: Actor,
    code: str,
    how: str,
    reason: str,
    now: datetime,
    approval: str | None = None,
) -> dict[str, Any]:
    """End a difference as `how` says, with a reason; its card takes the step that belongs to that ending.

    An ending without a card is a write-off: the city approves it beforehand (contract 13(5)). Raises NotFound for a
    difference of another site, AlreadyResolved, ApprovalNeeded, and StepRefused if the card's state does not allow
    the ending.
    """
    permissions.require(actor, "resolve")
    if how not in ENDINGS:
        raise InvalidValue("how", f"must be one of {', '.join(ENDINGS)}")
    connection = await driver(session)
    # The row itself never changes; the lock makes a second resolver wait and then see that it is settled.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", code)
    found = await page(session, code=code, limit=1)
    if not found or found[0]["place"] != actor.place:
        raise NotFound("difference", code)
    if found[0]["how"]:
        raise AlreadyResolved(code)
    step, card = ENDINGS[how], found[0]["card"]
    await _require_sensible(connection, step, card, found[0]["place"])
    if step is CardStep.READMIT and actor.where is not Where.ANNEX:
        raise InvalidValue("how", "only the annex takes a card back into its flow")
    facts: dict[str, Json] = {"discrepancy": code, "how": how}
    if step is None:
        shown = _shown(found[0], reason)
        facts["approved"] = await approvals.consume(session, actor, "write_off", code, shown, approval, now)
    act = Act(
        "resolve",
        actor,
        site=found[0]["place"],
        occurred_at=now,
        step=step if card else None,
        cards=[card] if card and step else [],
        place=found[0]["place"] if step else None,
        custodian=found[0]["place"] if step else None,
        reason=reason,
        facts=facts,
    )
    (taken,) = await take(session, [act], now)
    if step and card and card not in taken.cards:
        await _refuse(session, step, card)
    await settle(session, [code], how, reason, [taken.entry], now)
    return (await page(session, code=code, limit=1))[0]


async def write_off_shown(
    session: AsyncSession, actor: Actor, code: str, details: Mapping[str, Any]
) -> dict[str, Json]:
    """What the city sees of a difference that is to end without a card. NotFound, AlreadyResolved, InvalidValue."""
    permissions.require(actor, "write_off")
    (reason,) = approvals.details_of(details, "reason")
    found = await page(session, code=code, limit=1)
    if not found or found[0]["place"] != actor.place:
        raise NotFound("difference", code)
    if found[0]["how"]:
        raise AlreadyResolved(code)
    await _require_sensible(await driver(session), None, found[0]["card"], found[0]["place"])
    return _shown(found[0], reason)


def _shown(difference: Mapping[str, Any], reason: str) -> dict[str, Json]:
    names = ("kind", "place", "card", "batch", "manifest", "note")
    return {name: difference[name] for name in names} | {"how": "explain", "reason": reason}


async def _require_sensible(connection: Any, step: CardStep | None, card: str | None, place: str) -> None:
    """InvalidValue for an ending that would leave a card in nobody's care, or in the wrong one's.

    Nothing explains away a card that is missing or set aside; and a card is accepted only where it is destined,
    after it was set up.
    """
    row = await connection.fetchrow("SELECT state, destination, set_up_on FROM card WHERE code = $1", card)
    if card is None or row is None:
        return
    why = None
    if step is None and row["state"] == CardState.MISSING:
        why = "the card is still missing; scan it where it turns up, or say find"
    elif step is None and row["state"] == CardState.HELD:
        why = "the card is still set aside; accept it, readmit it, or leave it until it is returned"
    elif step is CardStep.ACCEPT and row["destination"] != place:
        why = f"this card belongs to {row['destination']}; it stays held here until it is returned"
    elif step is CardStep.ACCEPT and row["set_up_on"] is None:
        why = "this card was never set up (交付前設定); it stays held here until it is returned"
    if why:
        raise InvalidValue("how", why)


async def _refuse(session: AsyncSession, step: CardStep, card: str) -> None:
    state = await (await driver(session)).fetchval("SELECT state FROM card WHERE code = $1", card)
    if state is None:
        raise StepRefused(step, [card], "unknown", ["explain"])
    raise StepRefused(step, [card], state, CARD.steps_from(CardState(state)))
