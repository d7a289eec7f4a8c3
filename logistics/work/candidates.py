"""Who would be a candidate for disposal on a day, and who is to be reminded: the policy held against the clocks.

Nothing changes here. The rules are pure (`rules.retention`); this reads the clocks of many cards at once, in pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.lifecycle import AT_REST, CardState
from logistics.rules.retention import Clock, due
from logistics.store.database import driver
from logistics.work import policies

_CHUNK = 2_000

_CARDS = """
SELECT card.id, card.code, card.kind, kind.name AS kind_name, card.state, card.place, place.kind AS place_kind,
       card.slot, card.first_notice_on, card.notice_returned_on, card.reminded_on,
       (arrived.at AT TIME ZONE 'Asia/Tokyo')::date AS arrived_on, told.clocks, held.until AS held_until
FROM card
JOIN kind ON kind.code = card.kind
JOIN place ON place.code = card.place
LEFT JOIN LATERAL (
    SELECT min(entry.occurred_at) AS at
    FROM entry_card AS moved
    JOIN entry ON entry.id = moved.entry
    WHERE moved.card = card.id AND moved.step IN ('check_in', 'collect')
) AS arrived ON true
LEFT JOIN LATERAL (
    SELECT json_object_agg(last.clock, last.day)::text AS clocks
    FROM (SELECT DISTINCT ON (clock) clock, day FROM retention_clock
          WHERE retention_clock.card = card.id ORDER BY clock, id DESC) AS last
) AS told ON true
LEFT JOIN LATERAL (
    SELECT max(hold.until) AS until
    FROM retention_hold AS hold
    LEFT JOIN retention_release AS ended ON ended.hold = hold.code
    WHERE hold.card = card.id AND ended.hold IS NULL AND hold.until >= $4
) AS held ON true
WHERE card.code > $1
  AND ($2::text IS NULL OR card.place = $2)
  AND ($3::text IS NULL OR card.kind = $3)
  AND card.state = ANY ($5::text[])
  AND ($7::text[] IS NULL OR card.code = ANY ($7))
ORDER BY card.code
LIMIT $6
"""


async def candidates(
    session: AsyncSession,
    on: date,
    *,
    after: str = "",
    limit: int = 100,
    place: str | None = None,
    kind: str | None = None,
    codes: list[str] | None = None,
) -> list[dict[str, Any]]:
    """Cards that the policy lets go on a day, in code order, each with the rule and what still stands in its way.

    `obstacle` is None where it can be proposed as it is: stored at the annex, on no proposal, held by nobody.
    """
    policy = await policies.in_force(session, on)
    found: list[dict[str, Any]] = []
    async for row in _rows(session, on, after, place, kind, codes):
        said = policy.of(row["kind"])
        day = due(said.rule, clocks(row))
        if day is None or day > on:
            continue
        found.append(
            {
                **row,
                "due_on": day,
                "preset": said.preset,
                "rule": said.text,
                "policy": policy.reference,
                "obstacle": _obstacle(row),
            }
        )
        if len(found) == limit:
            break
    return found


async def reminders(
    session: AsyncSession, on: date, *, after: str = "", limit: int = 100, place: str | None = None
) -> list[dict[str, Any]]:
    """Cards whose holders are to be reminded by a day (再通知): notified, never reminded, the time being over."""
    policy = await policies.in_force(session, on)
    found: list[dict[str, Any]] = []
    async for row in _rows(session, on, after, place, None, None):
        if row["first_notice_on"] is None or row["reminded_on"] is not None:
            continue
        day = due(policy.remind_after, clocks(row))
        if day is not None and day <= on:
            found.append({**row, "remind_from": day})
        if len(found) == limit:
            break
    return found


async def of_card(session: AsyncSession, code: str, on: date) -> dict[str, Any] | None:
    """What counts for one card on a day: clocks, rule, the day from which it may be proposed. None if it is gone."""
    policy = await policies.in_force(session, on)
    async for row in _rows(session, on, "", None, None, [code]):
        said = policy.of(row["kind"])
        return {
            **row,
            "clocks": {clock.value: day for clock, day in clocks(row).items()},
            "due_on": due(said.rule, clocks(row)),
            "preset": said.preset,
            "rule": said.text,
            "policy": policy.reference,
            "obstacle": _obstacle(row),
        }
    return None


def clocks(row: dict[str, Any]) -> dict[Clock, date]:
    """The clocks of a card, those that run."""
    told = msgspec.json.decode(row["clocks"], type=dict[str, date]) if row["clocks"] else {}
    own = {clock.value: row[clock.value] for clock in _OWN if row[clock.value]}
    return {Clock(name): day for name, day in (told | own).items()}


_OWN = (Clock.ARRIVED_ON, Clock.FIRST_NOTICE_ON, Clock.NOTICE_RETURNED_ON, Clock.REMINDED_ON)


def _obstacle(row: dict[str, Any]) -> str | None:
    if row["held_until"]:
        return "on_hold"
    if row["state"] in (CardState.PROPOSED, CardState.APPROVED, CardState.PICKED):
        return "proposed"
    if row["place_kind"] != "annex":
        return "not_at_annex"
    return None if row["state"] == CardState.STORED else "not_stored"


async def _rows(
    session: AsyncSession,
    on: date,
    after: str,
    place: str | None,
    kind: str | None,
    codes: list[str] | None,
) -> AsyncIterator[dict[str, Any]]:
    """The cards that lie somewhere in our hands, with their clocks, in code order and in chunks."""
    connection = await driver(session)
    while True:
        rows = await connection.fetch(_CARDS, after, place, kind, on, sorted(AT_REST), _CHUNK, codes)
        for row in rows:
            yield dict(row)
        if len(rows) < _CHUNK:
            return
        after = rows[-1]["code"]
