"""The statements of `incidents`: what an incident is made of, and what its rows come to."""

INSERT = """
INSERT INTO incident (code, kind, place, happened, noticed_at, by_itself, opened_by, opened_at, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
ITEMS = """
INSERT INTO incident_item (incident, code, pin_set, added_by, added_at, entry)
SELECT $1, code, pin_set, $4, $5, $6
FROM unnest($2::text[], $3::boolean[]) AS item (code, pin_set)
"""
EVENT = """
INSERT INTO incident_event (incident, kind, occurred_at, words, whom, decided, document, lifecycle, from_state, step,
                            to_state, recorded_by, recorded_at, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""

# What an incident has come to, from its rows. Told is what arrived somewhere, or what somebody said he told.
PAGE = """
SELECT incident.*, place.name AS place_name, person.name AS opened_by_name,
       COALESCE(stands.to_state, 'open') AS state, course.first_at, course.final_at, course.closed_at,
       LEAST(course.told_at, (SELECT min(sent_at) FROM message JOIN delivery ON delivery.message = message.id
                              WHERE message.about = incident.code)) AS told_at,
       COALESCE(said.malicious, FALSE) AS malicious, said.reportable,
       items.cards, items.pins, COALESCE(items.pin_set, FALSE) AS pin_set, items.pin_unknown,
       actions.open AS open_actions, actions.late AS late_actions,
       (SELECT count(*) FROM incident_evidence WHERE incident = incident.code) AS evidence
FROM incident
JOIN place ON place.code = incident.place
JOIN person ON person.code = incident.opened_by
LEFT JOIN LATERAL (
    SELECT to_state FROM incident_event
    WHERE incident = incident.code AND kind = 'step' ORDER BY id DESC LIMIT 1
) AS stands ON true
LEFT JOIN LATERAL (
    SELECT min(occurred_at) FILTER (WHERE kind = 'told_city') AS told_at,
           min(recorded_at) FILTER (WHERE step = 'first_report') AS first_at,
           max(recorded_at) FILTER (WHERE step = 'final_report') AS final_at,
           max(recorded_at) FILTER (WHERE step = 'close') AS closed_at
    FROM incident_event
    WHERE incident = incident.code
) AS course ON true
LEFT JOIN LATERAL (
    SELECT (SELECT decided FROM incident_event WHERE incident = incident.code AND kind = 'malicious'
            ORDER BY id DESC LIMIT 1) AS malicious,
           (SELECT decided FROM incident_event WHERE incident = incident.code AND kind = 'reportable'
            ORDER BY id DESC LIMIT 1) AS reportable
) AS said ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE code LIKE 'C%') AS cards, count(*) FILTER (WHERE pin_set) AS pins,
           bool_or(pin_set) AS pin_set, count(*) FILTER (WHERE code LIKE 'C%' AND pin_set IS NULL) AS pin_unknown
    FROM (SELECT DISTINCT ON (code) code, pin_set FROM incident_item
          WHERE incident = incident.code ORDER BY code, id DESC) AS item
) AS items ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS open, count(*) FILTER (WHERE due_on < $6::date) AS late
    FROM corrective_action AS action
    WHERE action.incident = incident.code
      AND NOT EXISTS (SELECT FROM corrective_action_end AS ended
                      WHERE ended.incident = action.incident AND ended.number = action.number)
) AS actions ON true
WHERE incident.code > $1
  AND ($2::text IS NULL OR incident.code = $2)
  AND ($3::text IS NULL OR incident.place = $3 OR person.courier = $3)
  AND ($4::boolean IS NULL OR (COALESCE(stands.to_state, 'open') <> 'closed') = $4)
  AND ($7::text IS NULL OR EXISTS (SELECT FROM incident_item AS item
                                   WHERE item.incident = incident.code AND item.code = $7))
ORDER BY incident.code
LIMIT $5
"""
ITEMS_OF = """
SELECT DISTINCT ON (item.code) item.code, item.pin_set, item.added_at, card.state AS card_state, kind.name AS kind_name
FROM incident_item AS item
LEFT JOIN card ON card.code = item.code
LEFT JOIN kind ON kind.code = card.kind
WHERE item.incident = $1
ORDER BY item.code, item.id DESC
"""
OPEN_FOR = """
SELECT DISTINCT item.code
FROM incident_item AS item
JOIN incident ON incident.code = item.incident AND incident.by_itself
WHERE item.code = ANY ($1::text[])
  AND NOT EXISTS (SELECT FROM incident_event AS event
                  WHERE event.incident = item.incident AND event.step = 'close')
"""

# A difference or a case is about a card or a batch, whose entries belong to it.
THROUGH = """
SELECT card AS code FROM discrepancy WHERE code = $1 AND card IS NOT NULL
UNION SELECT batch FROM discrepancy WHERE code = $1 AND batch IS NOT NULL
UNION SELECT card FROM missing_case WHERE code = $1
"""
