"""The copies beside the bodies, compared with them: typed columns, and the rows of cards, batches, scans and papers.

The body is the evidence; a copy is what questions are answered from. One that says something else misleads.
"""

from __future__ import annotations

import asyncpg

# A body that is no JSON says nothing: every copy of it then differs. Each is taken apart once.
# What the bodies tell, and what the rows say, are sets of equal form: what is in one alone differs.
_DIFFERING = """
WITH said AS MATERIALIZED (
    SELECT leaf.leaf_index, entry.*,
           CASE WHEN pg_input_is_valid(entry.body, 'jsonb') THEN entry.body::jsonb ELSE '{}' END AS said
    FROM leaf
    JOIN entry ON entry.id = leaf.entry
    WHERE leaf.leaf_index >= $1 AND leaf.leaf_index < $2
), bounds AS MATERIALIZED (
    SELECT min(id) AS first, max(id) AS last FROM said
), columns_differ AS (
    SELECT leaf_index
    FROM said
    WHERE (said ->> 'id', said ->> 'act', said ->> 'actor', said ->> 'device', said ->> 'site',
           said ->> 'supervisor', said ->> 'run', said ->> 'manifest', said ->> 'from', said ->> 'to',
           said ->> 'occurred_at', said ->> 'recorded_at')
          IS DISTINCT FROM
          (uuid::text, act, actor, device, site, supervisor, run, manifest, from_party, to_party,
           to_char(occurred_at AT TIME ZONE 'UTC', {moment}), to_char(recorded_at AT TIME ZONE 'UTC', {moment}))
), cards_told AS (
    SELECT leaf_index, code, moved ->> 'step' AS step, moved ->> 'from' AS source, moved ->> 'to' AS target
    FROM said
    CROSS JOIN LATERAL jsonb_array_elements(said -> 'cards') AS moved
    CROSS JOIN LATERAL jsonb_array_elements_text(moved -> 'codes') AS code
), cards_stored AS (
    SELECT said.leaf_index, card.code, moved.step, moved.from_state, moved.to_state
    FROM said
    JOIN entry_card AS moved ON moved.entry = said.id AND moved.entry BETWEEN {slice}
    JOIN card ON card.id = moved.card
), batches_told AS (
    SELECT leaf_index, code, moved ->> 'step' AS step, moved ->> 'from' AS source, moved ->> 'to' AS target
    FROM said
    CROSS JOIN LATERAL jsonb_array_elements(said -> 'batches') AS moved
    CROSS JOIN LATERAL jsonb_array_elements_text(moved -> 'codes') AS code
), batches_stored AS (
    SELECT said.leaf_index, moved.batch, moved.step, moved.from_state, moved.to_state
    FROM said
    JOIN entry_batch AS moved ON moved.entry = said.id AND moved.entry BETWEEN {slice}
), scans_told AS (
    SELECT leaf_index, scan ->> 'id' AS id, scan ->> 'code' AS code, scan ->> 'outcome' AS outcome,
           scan ->> 'at' AS at, scan ->> 'subject' AS subject, scan ->> 'belongs_to' AS belongs_to
    FROM said
    CROSS JOIN LATERAL jsonb_array_elements(said -> 'scans') AS scan
), scans_stored AS (
    SELECT said.leaf_index, scan.id::text, scan.code, scan.outcome,
           to_char(scan.occurred_at AT TIME ZONE 'UTC', {moment}), scan.subject, scan.belongs_to
    FROM said
    JOIN scan ON scan.entry = said.id AND scan.entry BETWEEN {slice}
), papers_told AS (
    SELECT leaf_index, said -> 'facts' ->> 'document' AS number, said -> 'facts' ->> 'copy' AS copy,
           said -> 'facts' ->> 'sha256' AS sha256
    FROM said
    WHERE act = 'print'
), papers_stored AS (
    SELECT said.leaf_index, printed.document, printed.copy_number::text, encode(printed.sha256, 'hex')
    FROM said
    JOIN document_print AS printed ON printed.entry = said.id AND printed.entry BETWEEN {slice}
)
SELECT leaf_index, what
FROM (
    SELECT leaf_index, 'its columns' AS what FROM columns_differ
    UNION ALL
    SELECT leaf_index, 'its rows of cards' FROM {alone:cards}
    UNION ALL
    SELECT leaf_index, 'its rows of batches' FROM {alone:batches}
    UNION ALL
    SELECT leaf_index, 'its rows of scans' FROM {alone:scans}
    UNION ALL
    SELECT leaf_index, 'its row of a paper' FROM {alone:papers}
) AS differing
ORDER BY leaf_index
LIMIT 1
"""


def _query() -> str:
    query = _DIFFERING.replace("{moment}", """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""")
    query = query.replace("{slice}", "(SELECT first FROM bounds) AND (SELECT last FROM bounds)")
    for name in ("cards", "batches", "scans", "papers"):
        told, stored = f"TABLE {name}_told", f"TABLE {name}_stored"
        either = f"(({told} EXCEPT {stored}) UNION ALL ({stored} EXCEPT {told})) AS {name}"
        query = query.replace(f"{{alone:{name}}}", either)
    return query


_FIRST_DIFFERING = _query()


async def first_differing(connection: asyncpg.Connection, first: int, end: int) -> tuple[int, str] | None:
    """The first entry of the leaves `first` to `end` - 1 whose body and copies differ, and which copies; or None.

    A body that PostgreSQL cannot take apart, however deep or of whatever form, differs from whatever stands beside it.
    """
    try:
        async with connection.transaction():
            found = await connection.fetchrow(_FIRST_DIFFERING, first, end)
    except (asyncpg.DataError, asyncpg.ProgramLimitExceededError):
        if end - first == 1:
            return first, "its rows"
        middle = (first + end) // 2
        return await first_differing(connection, first, middle) or await first_differing(
            connection, middle, end
        )
    return None if found is None else (found["leaf_index"], found["what"])
