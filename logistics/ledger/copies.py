"""The copies beside the bodies, compared with them: typed columns, and the rows of cards, batches, scans and papers.

The body is the evidence; a copy is what questions are answered from. One that says something else misleads.
"""

from __future__ import annotations

import asyncpg

# A body that is no JSON says nothing: every copy of it then differs.
_SAID = """
WITH said AS MATERIALIZED (
    SELECT leaf.leaf_index, entry.*,
           CASE WHEN pg_input_is_valid(entry.body, 'jsonb') THEN entry.body::jsonb ELSE '{}' END AS said
    FROM leaf
    JOIN entry ON entry.id = leaf.entry
    WHERE leaf.leaf_index >= $1 AND leaf.leaf_index < $2
)
"""

_COLUMNS = (
    _SAID
    + """
SELECT leaf_index
FROM said
WHERE (said ->> 'id', said ->> 'act', said ->> 'actor', said ->> 'device', said ->> 'site', said ->> 'supervisor',
       said ->> 'run', said ->> 'manifest', said ->> 'from', said ->> 'to',
       said ->> 'occurred_at', said ->> 'recorded_at')
      IS DISTINCT FROM
      (uuid::text, act, actor, device, site, supervisor, run, manifest, from_party, to_party,
       to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
ORDER BY leaf_index
LIMIT 1
"""
)

# What the bodies tell, and what the rows say, as sets of equal form: what is in one alone differs.
_MOVES = """,
told AS (
    SELECT leaf_index, code, moved ->> 'step' AS step, moved ->> 'from' AS from_state, moved ->> 'to' AS to_state
    FROM said
    CROSS JOIN LATERAL jsonb_array_elements(said -> '{key}') AS moved
    CROSS JOIN LATERAL jsonb_array_elements_text(moved -> 'codes') AS code
), stored AS (
    SELECT said.leaf_index, {code} AS code, moved.step, moved.from_state, moved.to_state
    FROM said
    JOIN {table} AS moved ON moved.entry = said.id AND moved.entry BETWEEN (SELECT min(id) FROM said) AND (SELECT max(id) FROM said)
    {join}
)
"""
_SCANS = """,
told AS (
    SELECT leaf_index, scan ->> 'id' AS id, scan ->> 'code' AS code, scan ->> 'outcome' AS outcome,
           scan ->> 'at' AS at, scan ->> 'subject' AS subject, scan ->> 'belongs_to' AS belongs_to
    FROM said
    CROSS JOIN LATERAL jsonb_array_elements(said -> 'scans') AS scan
), stored AS (
    SELECT said.leaf_index, scan.id::text, scan.code, scan.outcome,
           to_char(scan.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           scan.subject, scan.belongs_to
    FROM said
    JOIN scan ON scan.entry = said.id AND scan.entry BETWEEN (SELECT min(id) FROM said) AND (SELECT max(id) FROM said)
)
"""
_PAPERS = """,
told AS (
    SELECT leaf_index, said -> 'facts' ->> 'document' AS number, said -> 'facts' ->> 'copy' AS copy,
           said -> 'facts' ->> 'sha256' AS sha256
    FROM said
    WHERE act = 'print'
), stored AS (
    SELECT said.leaf_index, printed.document, printed.copy_number::text, encode(printed.sha256, 'hex')
    FROM said
    JOIN document_print AS printed ON printed.entry = said.id
     AND printed.entry BETWEEN (SELECT min(id) FROM said) AND (SELECT max(id) FROM said)
)
"""
_ALONE = """
SELECT leaf_index
FROM ((TABLE told EXCEPT TABLE stored) UNION ALL (TABLE stored EXCEPT TABLE told)) AS alone
ORDER BY leaf_index
LIMIT 1
"""

_COMPARED = {
    "its columns": _COLUMNS,
    "its rows of cards": _SAID
    + _MOVES.format(
        key="cards", code="card.code", table="entry_card", join="JOIN card ON card.id = moved.card"
    )
    + _ALONE,
    "its rows of batches": _SAID
    + _MOVES.format(key="batches", code="moved.batch", table="entry_batch", join="")
    + _ALONE,
    "its rows of scans": _SAID + _SCANS + _ALONE,
    "its row of a paper": _SAID + _PAPERS + _ALONE,
}


async def first_differing(connection: asyncpg.Connection, first: int, end: int) -> tuple[int, str] | None:
    """The first entry of the leaves `first` to `end` - 1 whose body and copies differ, and which copies; or None.

    A body that PostgreSQL cannot take apart, however deep or of whatever form, differs from whatever stands beside it.
    """
    try:
        async with connection.transaction():
            found = [
                (index, what)
                for what, query in _COMPARED.items()
                if (index := await connection.fetchval(query, first, end)) is not None
            ]
    except (asyncpg.DataError, asyncpg.ProgramLimitExceededError):
        if end - first == 1:
            return first, "its rows"
        middle = (first + end) // 2
        return await first_differing(connection, first, middle) or await first_differing(
            connection, middle, end
        )
    return min(found, default=None)
