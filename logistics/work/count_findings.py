"""What a count comes to: every card of the expectation, and every one beside it, set against what was scanned.

What moved while the count was under way is explained by its own entries. Nothing here changes anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules.counting import SECOND, Finding
from logistics.rules.lifecycle import SIGHTINGS
from logistics.store.database import driver
from logistics.work.scans import Row

# A card is matched if it was scanned where it was expected, or if its slot was counted by number and the number
# agreed. It is explained if it was moved or seen since the count was opened, by anybody but the counters.
_EXPECTED = """
SELECT card.id, card.code, card.kind, card.state, kept.slot AS expected_in, card.slot AS lies_in,
       seen.card IS NOT NULL AS is_seen, seen.slot AS found_in, seen.counter, seen.occurred_at AS seen_at,
       seen.card IS NULL AND EXISTS (
           SELECT FROM entry_card AS moved
           JOIN entry ON entry.id = moved.entry
           WHERE moved.card = kept.card AND moved.entry > $2
             AND (moved.from_state <> moved.to_state OR moved.step = ANY ($3::text[]))
             AND entry.act <> 'conclude_count') AS is_explained,
       kept.slot IS NOT NULL AND kept.slot = ANY ($4::text[]) AS is_tallied
FROM stock_count_card AS kept
JOIN card ON card.id = kept.card
LEFT JOIN LATERAL (
    SELECT * FROM stock_count_sighting AS seen
    WHERE seen.count = $1 AND seen.card = kept.card AND seen.round IN (1, 2)
    ORDER BY seen.round DESC LIMIT 1
) AS seen ON true
WHERE kept.count = $1
ORDER BY kept.slot NULLS LAST, card.code
"""

_BESIDE = """
SELECT DISTINCT ON (card.code) card.code, card.kind, card.state, card.slot AS lies_in, seen.slot AS found_in,
       seen.counter, seen.occurred_at AS seen_at, scan.outcome, place.name AS place_name
FROM stock_count_sighting AS seen
JOIN card ON card.id = seen.card
JOIN place ON place.code = card.place
LEFT JOIN scan ON scan.entry = seen.entry AND scan.card = seen.card AND scan.subject = $1
LEFT JOIN stock_count_card AS kept ON kept.count = seen.count AND kept.card = seen.card
WHERE seen.count = $1 AND kept.card IS NULL
ORDER BY card.code, seen.round DESC
"""

_UNKNOWN = """
SELECT DISTINCT ON (scan.code) scan.code, entry.body::json -> 'facts' ->> 'found_in' AS found_in,
       entry.actor AS counter, scan.occurred_at AS seen_at
FROM scan
JOIN entry ON entry.id = scan.entry
WHERE scan.subject = $1 AND scan.purpose = 'count' AND scan.outcome = 'unknown' AND scan.code LIKE 'C%'
ORDER BY scan.code, scan.entry
"""

# What was scanned in a slot, and in which round last.
_SCANNED = """
SELECT slot, max(round) AS round
FROM stock_count_sighting
WHERE count = $1 AND slot IS NOT NULL
GROUP BY slot
"""
_TALLIES = """
SELECT DISTINCT ON (slot) slot, cards, agrees, round
FROM stock_count_tally
WHERE count = $1
ORDER BY slot, round DESC, entry DESC, occurred_at DESC
"""

# Where a card that is missing was seen before its last place: the slot it was moved from, if it ever was.
_EARLIER_SLOT = """
SELECT missing.code, (
    SELECT entry.body::json ->> 'slot'
    FROM entry_card AS moved
    JOIN entry ON entry.id = moved.entry
    WHERE moved.card = missing.id AND moved.step IN ('put_away', 'move', 'put_back')
      AND entry.body::json ->> 'slot' <> missing.slot
    ORDER BY moved.entry DESC
    LIMIT 1
) AS slot
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS missing (id, code, slot)
"""

NOTES = {
    "not_of_this_place": "この拠点にある記録のないカード",
    "found": "所在不明だったカード",
    "out": "取出し中の記録",
    "with_city": "職員引継中の記録",
    "received": "収受済・未格納の記録",
    "held": "差異調査中（別置き）の記録",
}


class Found(msgspec.Struct, frozen=True):
    """A card that did not simply match; `id` is that of one that was expected. `hint` is where it probably is."""

    card: str
    finding: Finding
    expected_in: str | None = None
    found_in: str | None = None
    hint: str | None = None
    note: str = ""
    state: str | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """A count as it stands: how many matched, and all that did not.

    `disagreeing` slots have a number that differs, of `untouched` ones nothing is known; of `again` the second
    counter has said what lies there.
    """

    expected: int
    matched: int
    found: Sequence[Found]
    disagreeing: Sequence[str]
    untouched: Sequence[str]
    again: Collection[str]

    def of(self, finding: Finding) -> list[Found]:
        """Those of one kind, in the order of their slots."""
        return [one for one in self.found if one.finding is finding]

    @property
    def figures(self) -> dict[str, int]:
        """expected = matched + explained + missing + misplaced; unexpected is what was found beside it."""
        kinds = Counter(one.finding for one in self.found if one.id is not None)
        beside = [one for one in self.found if one.id is None and one.finding is not Finding.EXPLAINED]
        return {
            "expected": self.expected,
            "matched": self.matched,
            "explained": kinds[Finding.EXPLAINED],
            "missing": kinds[Finding.MISSING],
            "misplaced": kinds[Finding.MISPLACED],
            "unexpected": len(beside),
        }

    @property
    def is_clean(self) -> bool:
        """Nothing is left to look into."""
        return not self.disagreeing and all(one.finding is Finding.EXPLAINED for one in self.found)

    @property
    def recount(self) -> tuple[list[str], bool]:
        """The slots that somebody else has to count again, and whether what lies aside is to be."""
        missing = self.of(Finding.MISSING)
        slots = {one.expected_in for one in missing if one.expected_in} | set(self.disagreeing)
        return sorted(slots), any(one.expected_in is None for one in missing)


async def findings(session: AsyncSession, count: Row, *, hints: bool = False) -> Findings:
    """What a count comes to as it stands; with `hints`, where missing cards probably are."""
    connection = await driver(session)
    code = count["code"]
    scanned = {row["slot"]: row["round"] for row in await connection.fetch(_SCANNED, code)}
    tallies = {row["slot"]: row for row in await connection.fetch(_TALLIES, code)}
    # A slot is judged by its scans where there are any: a number says less.
    by_number = [slot for slot in tallies if slot not in scanned]
    agreeing = [slot for slot in by_number if tallies[slot]["agrees"]]
    rows = await connection.fetch(_EXPECTED, code, count["entry"], sorted(SIGHTINGS), agreeing)
    matched, found, waiting = 0, [], set()
    for row in rows:
        one = _of_expected(row)
        if one is None:
            matched += 1
        else:
            found.append(one)
            if (
                one.finding is Finding.MISSING
                and one.expected_in
                and one.expected_in not in scanned | tallies
            ):
                waiting.add(one.expected_in)
    found += [_beside(row) for row in await connection.fetch(_BESIDE, code)]
    found += [
        Found(row["code"], Finding.UNKNOWN, found_in=row["found_in"], note="登録のない管理番号")
        for row in await connection.fetch(_UNKNOWN, code)
    ]
    if hints:
        found = await _hinted(connection, found)
    disagreeing = sorted(slot for slot in by_number if not tallies[slot]["agrees"])
    # Empty is empty; any other number that differs does not say which card it is.
    emptied = {slot for slot, row in tallies.items() if row["round"] == SECOND and row["cards"] == 0}
    again = {slot for slot, round_ in scanned.items() if round_ == SECOND} | emptied
    again |= {slot for slot in agreeing if tallies[slot]["round"] == SECOND}
    return Findings(len(rows), matched, found, disagreeing, sorted(waiting), again)


def _of_expected(row: Row) -> Found | None:
    """What is to be said of a card that was expected; None where there is nothing."""
    if row["is_seen"]:
        if row["found_in"] == row["expected_in"]:
            return None
        # Moved while the count went on, and seen where it went: it is where it should be.
        if row["found_in"] == row["lies_in"]:
            return _found(row, Finding.EXPLAINED, note="棚卸し中に移動")
        return _found(row, Finding.MISPLACED)
    if row["is_explained"]:
        return _found(row, Finding.EXPLAINED, note="棚卸し中に移動・確認")
    if row["is_tallied"]:
        return None
    return _found(row, Finding.MISSING)


def _found(row: Row, finding: Finding, note: str = "") -> Found:
    return Found(
        row["code"],
        finding,
        expected_in=row["expected_in"],
        found_in=row["found_in"],
        note=note,
        state=row["state"],
        id=row["id"],
    )


def _beside(row: Row) -> Found:
    """A card that was seen and not expected: put away meanwhile, or not where the log has it."""
    if row["outcome"] == "counted" and row["found_in"] == row["lies_in"]:
        return Found(row["code"], Finding.EXPLAINED, found_in=row["found_in"], note="棚卸し中に格納・移動")
    if row["outcome"] == "counted" and row["lies_in"] is not None:
        return Found(
            row["code"],
            Finding.MISPLACED,
            expected_in=row["lies_in"],
            found_in=row["found_in"],
            state=row["state"],
        )
    note = NOTES.get(row["outcome"]) or NOTES.get(row["state"]) or "棚にあるはずのないカード"
    return Found(row["code"], Finding.UNEXPECTED, found_in=row["found_in"], note=note, state=row["state"])


async def _hinted(connection: Any, found: Sequence[Found]) -> list[Found]:
    gone = [one for one in found if one.finding is Finding.MISSING and one.expected_in]
    rows = await connection.fetch(
        _EARLIER_SLOT,
        [one.id for one in gone],
        [one.card for one in gone],
        [one.expected_in for one in gone],
    )
    earlier = {row["code"]: row["slot"] for row in rows}
    return [
        msgspec.structs.replace(one, hint=one.found_in or earlier.get(one.card))
        if one.finding in (Finding.MISSING, Finding.MISPLACED)
        else one
        for one in found
    ]
