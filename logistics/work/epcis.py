"""Custody entries as EPCIS 2.0 events (JSON-LD): a pure mapping from decoded bodies, one row for every act.

Identifiers are private https URIs, which EPCIS allows; no GS1 company prefix is needed. A view like any other:
the evidence is the body as hashed, whose id every event carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from logistics.ledger.log import timestamp
from logistics.rules.codes import CodeType, type_of
from logistics.work.epcis_rows import NOT_EVENTS, ROWS, Objects, Row

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
# The prefix of our own fields, declared in every document's context.
PREFIX = "custody"
OFFSET = "+09:00"
BASE = "https://custody.invalid"

# What ends a document.
END = "]}}\n"

Event = dict[str, Any]
Body = Mapping[str, Any]

_FOLDERS = {
    CodeType.CARD: "cards",
    CodeType.BATCH: "batches",
    CodeType.BOX: "boxes",
    CodeType.RUN: "runs",
    CodeType.PLACE: "places",
    CodeType.VAULT: "vaults",
    CodeType.SLOT: "slots",
    CodeType.COURIER: "parties",
    CodeType.PERSON: "people",
}
_MISMATCHES = frozenset({"unexpected", "not_in_transit", "unknown", "wrong_box", "wrong_site", "wrong_run"})


def events(body: Body, base: str = BASE) -> list[Event]:
    """What an entry is to EPCIS: no, one or several events. KeyError for an act that has no row."""
    act = body["act"]
    if act in NOT_EVENTS:
        return []
    drafts = [draft for row in ROWS[act] if (draft := _draft(row, body, base))]
    return [_completed(draft, body, n, base) for n, draft in enumerate(drafts)]


def document(bodies: Iterable[Body], created_at: datetime, base: str = BASE) -> Iterator[str]:
    """An EPCIS document as chunks of JSON text, one event at a time: memory does not grow with its length."""
    yield begin(created_at, base)
    comma = ""
    for body in bodies:
        for event in events(body, base):
            yield comma + text(event)
            comma = ",\n"
    yield END


def begin(created_at: datetime, base: str = BASE) -> str:
    """A document up to its first event; events follow with a comma between two, and END."""
    head = {
        "@context": [CONTEXT, {PREFIX: f"{base}/terms/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": timestamp(created_at),
    }
    return text(head)[:-1] + ',"epcisBody":{"eventList":['


def uri(code: str, base: str = BASE) -> str:
    """The https URI of anything that has a code of ours; papers and what else is numbered are documents."""
    kind = type_of(code)
    return f"{base}/{_FOLDERS.get(kind, 'documents') if kind else 'documents'}/{code}"


def text(value: Mapping[str, Any]) -> str:
    """An event, or what else has the form of JSON, as text."""
    return msgspec.json.encode(value).decode()


def _draft(row: Row, body: Body, base: str) -> Event | None:
    """The event's kind and objects; None where the entry has none of the row's objects."""
    codes = _codes(row, body)
    if not codes:
        return None
    event: Event = {"type": row.type, "action": row.action, "bizStep": row.step}
    disposition = _disposition(row, body)
    if disposition:
        event["disposition"] = disposition
    if row.type == "AggregationEvent":
        event["parentID"] = uri(body["batch"] if row.objects is Objects.CARDS else codes[0], base)
        event["childEPCs"] = [uri(code, base) for code in codes] if row.objects is Objects.CARDS else []
    else:
        event["epcList"] = [uri(code, base) for code in codes]
    if row.persistent:
        found = "mismatch_quantity" if _facts(body).get("differences") else row.persistent
        # An aggregation has no lasting disposition of its own: EPCIS knows that field for objects only.
        if row.type == "AggregationEvent":
            event["disposition"] = found
        else:
            event["persistentDisposition"] = {"set": [found]}
    return event


def _codes(row: Row, body: Body) -> list[str]:
    match row.objects:
        case Objects.CARDS:
            return _moved(body, "cards")
        case Objects.BATCHES:
            return _moved(body, "batches")
        case Objects.BOTH:
            return _moved(body, "batches") + _moved(body, "cards")
        case Objects.BOX:
            return [box] if (box := _facts(body).get("box")) else []
        case Objects.DIFFERENCE:
            return [] if _moved(body, "cards") else [_facts(body)["discrepancy"]]
        case Objects.SCANNED:
            return sorted({scan["code"] for scan in body.get("scans", ()) if "code" in scan})


def _moved(body: Body, what: str) -> list[str]:
    return [code for moves in body.get(what, ()) for code in moves["codes"]]


def _facts(body: Body) -> Mapping[str, Any]:
    facts: Mapping[str, Any] = body.get("facts", {})
    return facts


def _disposition(row: Row, body: Body) -> str | None:
    differences: Sequence[Any] = _facts(body).get("differences", ())
    if row.damaged and any(isinstance(d, Mapping) and d.get("kind") == "damaged" for d in differences):
        return "damaged"
    if row.objects is Objects.SCANNED:
        outcomes = {scan["outcome"] for scan in body.get("scans", ())}
        return "mismatch_instance" if outcomes & _MISMATCHES else row.disposition
    return row.disposition


def _completed(draft: Event, body: Body, n: int, base: str) -> Event:
    """With what every event says: when, where, between whom, on which papers, and our own fields."""
    entry = UUID(body["id"])
    where = body.get("slot") or body.get("place")
    said: Event = {
        "eventID": f"urn:uuid:{uuid5(entry, str(n)) if n else entry}",
        "eventTime": body["occurred_at"],
        "recordTime": body["recorded_at"],
        "eventTimeZoneOffset": OFFSET,
        **draft,
        "readPoint": {"id": uri(body["site"], base)},
    }
    if where:
        said["bizLocation"] = {"id": uri(where, base)}
    if papers := _papers(body, base):
        said["bizTransactionList"] = papers
    if (came := body.get("from")) and (went := body.get("to")) and came != went:
        said["sourceList"] = [{"type": "possessing_party", "source": uri(came, base)}]
        said["destinationList"] = [{"type": "possessing_party", "destination": uri(went, base)}]
    return said | _ours(body, base)


def _papers(body: Body, base: str) -> list[dict[str, str]]:
    facts = _facts(body)
    named = (
        ("desadv", body.get("manifest")),
        ("bol", facts.get("transfer_slip")),
        ("recadv", facts.get("receipt")),
    )
    return [{"type": kind, "bizTransaction": uri(code, base)} for kind, code in named if code]


def _ours(body: Body, base: str) -> Event:
    """Fields of our own vocabulary: which entry it is, who acted and who supervised."""
    entry = {
        "act": body["act"],
        "entry": f"urn:uuid:{body['id']}",
        "actor": uri(body["actor"], base),
        "supervisor": uri(body["supervisor"], base) if body.get("supervisor") else None,
        "run": uri(body["run"], base) if body.get("run") else None,
        "seal": _facts(body).get("seal_number"),
    }
    return {f"{PREFIX}:{name}": value for name, value in entry.items() if value is not None}
