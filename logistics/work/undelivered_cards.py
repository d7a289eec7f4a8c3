"""The undelivered cards of a place, one by one: those that P11 counts there up to the same moment."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.gate import take
from logistics.ledger.acts import Act
from logistics.ledger.canonical import Json
from logistics.ledger.log import timestamp
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.permissions import Actor
from logistics.rules.records import NamedPerson
from logistics.rules.report_records import UndeliveredCard, UndeliveredCardsRecord
from logistics.rules.undelivered import BAND_STARTS, BANDS, BESIDE, Band
from logistics.store.database import driver
from logistics.work import documents, moments, places, stock, undelivered
from logistics.work.documents import Paper
from logistics.work.numbering import next_codes

CATALOGUE = "P24"

# $1, $2 and $3, $4: the moment; $5: desk steps; $6: states in stock; $13: from which card on none had been made known.
_TOUCHED = """
touched AS MATERIALIZED (
    SELECT DISTINCT card
    FROM entry_card
    WHERE entry >= $1 AND card < $13
), told AS MATERIALIZED (
    SELECT touched.card, moved.*
    FROM touched
    CROSS JOIN LATERAL (
        SELECT (array_agg(at.to_state ORDER BY at.entry DESC) FILTER (WHERE at.opens))[1] AS opening_state,
               (array_agg(at.to_state ORDER BY at.entry DESC) FILTER (WHERE at.closes))[1] AS closing_state,
               max(at.entry) FILTER (WHERE at.opens AND at.step <> ALL ($5::text[])) AS opening_entry,
               max(at.entry) FILTER (WHERE at.closes AND at.step <> ALL ($5::text[])) AS closing_entry,
               array_agg(at.entry) FILTER (WHERE at.closes AND at.step = 'post_notice') AS notices,
               max(at.entry) FILTER (WHERE at.closes AND at.step = 'post_reminder') AS reminder,
               max(at.entry) FILTER (WHERE at.closes AND at.step = 'return_notice') AS notice_return
        FROM (
            SELECT entry, step, to_state, entry < $1 OR entry = ANY ($2::bigint[]) AS opens,
                   entry < $3 OR entry = ANY ($4::bigint[]) AS closes
            FROM entry_card
            WHERE entry_card.card = touched.card
        ) AS at
    ) AS moved
)
"""

# $7: the place; $8: the day ages are counted on; $9: where the bands begin; $10: kinds that nobody waits for;
# $11: after which card; $12: how many.
_LISTED = f"""
WITH {_TOUCHED}, lying AS (
    SELECT card.code AS card, card.kind, told.closing_state AS state, NULL AS slot,
           (SELECT min((notice.body::jsonb ->> 'day')::date) FROM entry AS notice
            WHERE notice.id = ANY (told.notices)) AS first_notice_on,
           (SELECT (said.body::jsonb ->> 'day')::date FROM entry AS said WHERE said.id = told.reminder) AS reminded_on,
           (SELECT (said.body::jsonb ->> 'day')::date FROM entry AS said
            WHERE said.id = told.notice_return) AS notice_returned_on
    FROM told
    JOIN card ON card.id = told.card
    JOIN entry ON entry.id = told.closing_entry
    WHERE told.closing_state = ANY ($6::text[]) AND entry.site = $7
    UNION ALL
    SELECT card.code, card.kind, card.state, card.slot, card.first_notice_on, card.reminded_on, card.notice_returned_on
    FROM card
    WHERE card.place = $7 AND card.state = ANY ($6::text[]) AND card.id < $13
      AND NOT EXISTS (SELECT FROM touched WHERE touched.card = card.id)
)
SELECT lying.card, lying.kind, kind.name AS kind_name, lying.state, lying.slot, lying.first_notice_on,
       width_bucket($8::date - lying.first_notice_on, $9::int[]) AS band, {stock.STAGE} AS stage
FROM lying
JOIN kind ON kind.code = lying.kind
WHERE lying.kind <> ALL ($10::text[]) AND lying.card > $11
ORDER BY lying.card
LIMIT $12
"""  # noqa: S608 - constants


async def cards(
    session: AsyncSession,
    reader: Actor,
    place: str,
    until: datetime,
    after: str = "",
    limit: int | None = None,
) -> list[UndeliveredCard]:
    """The undelivered cards of a place as they lay at `until`, in order of their codes.

    NotFound for a place that is not the reader's to report on.
    """
    permissions.require_over(reader, "make_report", "place", place, holder=place)
    await places.place(session, place)
    at = await moments.moment(session, until)
    day, unborn = undelivered.last_day(until), await moments.unborn(session, at)
    counted = (place, day, list(BAND_STARTS), sorted(BESIDE), after, limit, unborn)
    rows = await (await driver(session)).fetch(_LISTED, *stock.between(at, at), *counted)
    return [
        UndeliveredCard(
            **{**row, "band": (Band.NOT_YET if row["band"] is None else BANDS[row["band"]]).value}
        )
        for row in rows
    ]


async def freeze(
    session: AsyncSession, actor: Actor, place: str, until: datetime, now: datetime
) -> UndeliveredCardsRecord:
    """Freeze P24 未交付カード一覧 of a place, under a number. NotFound."""
    found = await cards(session, actor, place, until)
    (number,) = await next_codes(session, CodeType.DOCUMENT, 1, now)
    record = UndeliveredCardsRecord(
        number=number,
        issued_at=now,
        issued_by=NamedPerson(actor.code, actor.name),
        place=(await places.named(session, [place]))[place],
        until=until,
        day=undelivered.last_day(until),
        cards=tuple(in_paper_order(found)),
    )
    facts: dict[str, Json] = {
        "catalogue": CATALOGUE,
        "document": number,
        "place": place,
        "until": timestamp(until),
        "cards": len(found),
    }
    await take(session, [Act("make_report", actor, actor.home, now, facts=facts)], now)
    await documents.freeze(session, [Paper(number, CATALOGUE, place, record)], now)
    return record


def in_paper_order(found: list[UndeliveredCard]) -> list[UndeliveredCard]:
    """Kind by kind, the oldest notices first, those without one last."""
    return sorted(found, key=lambda one: (one.kind, one.first_notice_on or date.max, one.card))
