"""廃棄伺い: what the policy lets go is put before the city, which decides; taken off again, it stays where it lies.

The contractor proposes, a city employee decides on exactly what was shown (`approvals`: two people, two sessions,
the second one's identity proved again). What was decided and on what is written once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.rules import permissions
from logistics.rules.calendar import business_date
from logistics.rules.codes import CodeType
from logistics.rules.errors import CardsRefused, NotFound, ProposalNotReady
from logistics.rules.lifecycle import CardState, CardStep
from logistics.rules.permissions import Actor
from logistics.store.database import driver
from logistics.work import approvals, candidates, disposal_papers
from logistics.work.numbering import next_codes
from logistics.work.scans import Row

# As long as an approval can wait at all.
OPEN_FOR = timedelta(days=14)

_PROPOSE = """
INSERT INTO proposal (code, place, policy, note, cards, proposed_by, proposed_at, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_LINES = """
INSERT INTO proposal_card (proposal, card, position, due_on, rule)
SELECT $1, card.id, line.position, line.due_on, line.rule
FROM unnest($2::text[], $3::int[], $4::date[], $5::text[]) AS line (code, position, due_on, rule)
JOIN card USING (code)
"""

_PAGE = """
SELECT proposal.code, proposal.place, proposal.policy, proposal.note, proposal.cards, proposal.proposed_by,
       proposal.proposed_at, said.approved, said.reason, said.witness_requested, said.photos_requested,
       said.certificate_due_on, said.decided_by, said.decided_at, asked.code AS approval, asked.digest,
       asked.shown, now.proposed, now.approved_cards, now.picked, now.destroyed,
       (SELECT array_agg(certificate ORDER BY certificate) FROM destruction
        JOIN destruction_end ON destruction_end.destruction = destruction.id
        WHERE destruction.proposal = proposal.code AND certificate IS NOT NULL) AS certificates
FROM proposal
LEFT JOIN proposal_decision AS said ON said.proposal = proposal.code
LEFT JOIN LATERAL (
    SELECT code, digest, shown FROM approval
    WHERE approval.place = proposal.place AND approval.act = 'propose' AND approval.subject = proposal.code
    ORDER BY requested_at DESC LIMIT 1
) AS asked ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE card.state = 'proposed') AS proposed,
           count(*) FILTER (WHERE card.state = 'approved') AS approved_cards,
           count(*) FILTER (WHERE card.state = 'picked') AS picked,
           count(*) FILTER (WHERE card.state = 'destroyed') AS destroyed
    FROM proposal_card AS line
    JOIN card ON card.id = line.card
    WHERE line.proposal = proposal.code
      AND NOT EXISTS (SELECT FROM proposal_card AS newer
                      WHERE newer.card = line.card AND newer.proposal > line.proposal)
) AS now ON true
WHERE proposal.code > $1 AND ($2::text IS NULL OR proposal.code = $2) AND ($4::text IS NULL OR proposal.place = $4)
ORDER BY proposal.code
LIMIT $3
"""

# Cards that are on this proposal and on no later one.
_CARDS_OF = """
SELECT card.id, card.code, card.kind, kind.name AS kind_name, card.state, card.slot, line.position, line.due_on,
       line.rule
FROM proposal_card AS line
JOIN card ON card.id = line.card
JOIN kind ON kind.code = card.kind
WHERE line.proposal = $1
  AND NOT EXISTS (SELECT FROM proposal_card AS newer
                  WHERE newer.card = line.card AND newer.proposal > line.proposal)
"""
OF_PROPOSAL = _CARDS_OF + "ORDER BY card.id FOR NO KEY UPDATE OF card"
_ALL_OF = _CARDS_OF + "ORDER BY line.position"
_PAGE_OF = _CARDS_OF + "AND line.position > $2 ORDER BY line.position LIMIT $3"


async def propose(session: AsyncSession, actor: Actor, cards: Sequence[str], note: str, now: datetime) -> Row:
    """Put cards before the city, all or none: each a candidate today, stored at the annex, held by nobody.

    P7 is frozen and the city's approval is asked for. CardsRefused names what stands in the way of each.
    """
    permissions.require(actor, "propose")
    asked = sorted(set(cards))
    today, connection = business_date(now), await driver(session)
    await connection.execute(
        "SELECT id FROM card WHERE code = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE", asked
    )
    found = await candidates.candidates(session, today, limit=len(asked), codes=asked)
    fit = {row["code"]: row for row in found if row["obstacle"] is None and row["place"] == actor.place}
    if refused := [card for card in asked if card not in fit]:
        why = {row["code"]: row["obstacle"] or "elsewhere" for row in found}
        said = [{"card": card, "state": why.get(card, "no candidate")} for card in refused]
        raise CardsRefused(CardStep.PROPOSE, said)
    (code,) = await next_codes(session, CodeType.PROPOSAL, 1, now)
    lines = [fit[card] for card in asked]
    facts: dict[str, Json] = {"proposal": code, "policy": lines[0]["policy"]}
    act = Act("propose", actor, actor.home, now, step=CardStep.PROPOSE, cards=asked, reason=note, facts=facts)
    (taken,) = await take(session, [act], now)
    assert set(taken.cards) == set(asked), "a locked candidate did not move"
    await connection.execute(
        _PROPOSE, code, actor.place, lines[0]["policy"], note, len(asked), actor.code, now, taken.entry
    )
    await connection.execute(
        _LINES,
        code,
        asked,
        list(range(1, len(asked) + 1)),
        [line["due_on"] for line in lines],
        [line["rule"] for line in lines],
    )
    await disposal_papers.freeze_proposal(session, actor, code, lines[0]["policy"], note, lines, now)
    await _ask(session, actor, code, note, now)
    return await one(session, code, today)


async def ask_again(session: AsyncSession, actor: Actor, code: str, now: datetime) -> Row:
    """Ask for the city's approval once more, after the last request expired undecided."""
    permissions.require(actor, "propose")
    proposal = await lock(session, actor, code)
    await require_undecided(session, code)
    await _ask(session, actor, code, proposal["note"], now)
    return await one(session, code, business_date(now))


async def page(
    session: AsyncSession,
    today: date,
    *,
    after: str = "",
    limit: int = 100,
    code: str | None = None,
    place: str | None = None,
) -> list[Row]:
    """Proposals in number order with what was decided, where their cards are, and whether a certificate is overdue."""
    rows = await (await driver(session)).fetch(_PAGE, after, code, limit, place)
    return [{**dict(row), **_standing(row, today)} for row in rows]


async def one(session: AsyncSession, code: str, today: date) -> Row:
    """The proposal with this number; NotFound."""
    found = await page(session, today, code=code, limit=1)
    if not found:
        raise NotFound("proposal", code)
    return found[0]


async def page_of(session: AsyncSession, code: str, after: int, limit: int) -> list[Row]:
    """The cards of a proposal behind the position `after`, as they stand now."""
    return [dict(row) for row in await (await driver(session)).fetch(_PAGE_OF, code, after, limit)]


async def cards_of(session: AsyncSession, code: str) -> list[Row]:
    """The cards of a proposal by position, as they stand now."""
    return [dict(row) for row in await (await driver(session)).fetch(_ALL_OF, code)]


async def lock(session: AsyncSession, actor: Actor | None, code: str) -> Row:
    """The proposal, nobody else deciding or destroying meanwhile; NotFound, also for who is of another place."""
    connection = await driver(session)
    # The row is written once and cannot be locked by the service: its number is.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", code)
    row = await connection.fetchrow("SELECT * FROM proposal WHERE code = $1", code)
    if row is None or (actor is not None and row["place"] != actor.place):
        raise NotFound("proposal", code)
    return dict(row)


async def _ask(session: AsyncSession, actor: Actor, code: str, note: str, now: datetime) -> None:
    shown = await shown_of(session, code, note)
    await approvals.request(session, actor, "propose", code, shown, note, now, OPEN_FOR)


async def shown_of(session: AsyncSession, code: str, note: str) -> dict[str, Json]:
    """What the city is shown, and its approval is bound to: every card with its kind and the ground on which it goes."""
    rows = await cards_of(session, code)
    return {
        "note": note,
        "cards": [
            {
                "card": row["code"],
                "kind": row["kind"],
                "slot": row["slot"],
                "due_on": row["due_on"].isoformat(),
                "rule": row["rule"],
            }
            for row in rows
            if row["state"] == CardState.PROPOSED
        ],
    }


async def require_undecided(session: AsyncSession, code: str) -> None:
    if await (await driver(session)).fetchval(
        "SELECT EXISTS (SELECT FROM proposal_decision WHERE proposal = $1)", code
    ):
        raise ProposalNotReady(code, "it was decided before.")


def _standing(row: Any, today: date) -> Row:
    if row["approved"] is None:
        state = "waiting" if row["proposed"] else "withdrawn"
    elif not row["approved"]:
        state = "refused"
    else:
        state = "approved" if row["approved_cards"] or row["picked"] else "done"
    due = row["certificate_due_on"]
    missing = state == "approved" or (row["destroyed"] and not row["certificates"])
    return {
        "standing": state,
        "sha256": row["digest"].hex() if row["digest"] else None,
        "certificates": row["certificates"] or [],
        "certificate_overdue": bool(due and missing and due < today),
    }
