"""EPCIS: every act has a row, and what is made of it is strictly EPCIS 2.0 with CBV 2.0 words.

The published schema lets much pass (any text where a URI may stand), so what it leaves open is checked here.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import pytest

from logistics.rules.codes import seal_with_check
from logistics.rules.lifecycle import BatchStep, CardStep
from logistics.rules.outcomes import Purpose
from logistics.rules.words import ACTS
from logistics.work.epcis import CONTEXT, PREFIX, document, events, uri
from logistics.work.epcis_rows import NOT_EVENTS, ROWS

SOURCES = Path(__file__).parents[2] / "logistics"
BASE = "https://custody.example"
NOW = datetime(2026, 4, 1, tzinfo=UTC)

# CBV 2.0, chapter 7; the enumerations of the JSON schema that GS1 publishes with EPCIS 2.0.1.
BIZ_STEPS = {
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "sampling",
    "sensor_reporting",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
}
DISPOSITIONS = {
    "active",
    "available",
    "completeness_inferred",
    "completeness_verified",
    "conformant",
    "container_closed",
    "container_open",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "mismatch_class",
    "mismatch_instance",
    "mismatch_quantity",
    "needs_replacement",
    "no_pedigree_match",
    "non_conformant",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unavailable",
    "unknown",
}
TRANSACTIONS = {
    "bol",
    "cert",
    "desadv",
    "inv",
    "pedigree",
    "po",
    "poc",
    "prodorder",
    "recadv",
    "rma",
    "testprd",
    "testres",
    "upevt",
}
FIELDS = {
    "type",
    "eventID",
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
}
OBJECTS = {"ObjectEvent": {"epcList"}, "AggregationEvent": {"parentID", "childEPCs"}}
# EPCIS 2.0 §7.4: what an event of one kind may say and another may not.
ALONE = {"ObjectEvent": {"persistentDisposition"}, "AggregationEvent": set[str]()}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")

CARDS = ["C0XK3WYPMU", seal_with_check("C7Q2M4ZK9")]


def body(act: str, **changed: Any) -> dict[str, Any]:
    """An entry's body as the gate writes it, with all that an act may say."""
    said = {
        "v": 1,
        "id": "01960000-0000-7000-8000-000000000001",
        "act": act,
        "actor": "P0001026",
        "supervisor": "P000191A",
        "site": "L01F",
        "place": "L01F",
        "from": "K01H",
        "to": "L01F",
        "run": "R7Q2M4ZK9S",
        "manifest": "M080000013",
        "batch": "B7Q2M4ZK9S",
        "slot": "S011A0014" if act in ("put_away", "move") else None,
        "occurred_at": "2026-04-01T00:12:30.000000Z",
        "recorded_at": "2026-04-01T00:12:31.000000Z",
        "cards": [{"step": act, "from": "x", "to": "y", "codes": CARDS}],
        "batches": [{"step": act, "from": "x", "to": "y", "codes": ["B7Q2M4ZK9S"]}],
        "facts": {"box": "X7Q2M4ZK9S", "discrepancy": "G080000013", "transfer_slip": "T080000013"},
        "scans": [{"id": "1", "code": CARDS[0], "outcome": "unknown", "at": "2026-04-01T00:12:30.000000Z"}],
    } | changed
    return {key: value for key, value in said.items() if value is not None}


def written_acts() -> set[str]:
    """The names of acts in the code: of both lifecycles, of scans that moved nothing, and given to `Act` outright."""
    found = {step.value for step in (*CardStep, *BatchStep)} | {f"scan_{purpose}" for purpose in Purpose}
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Act":
                name = node.args[0] if node.args else None
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    found.add(name.value)
    return found


def is_uri(text: object) -> bool:
    """RFC 3986, as far as ours go: https with a host and a path, or a UUID's URN; only characters of a URI."""
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", text):
        return False
    parts = urlsplit(text)
    if parts.scheme == "urn":
        return text == f"urn:uuid:{UUID(text[9:])}"
    return parts.scheme == "https" and bool(parts.netloc) and len(parts.path) > 1


def faults(event: dict[str, Any]) -> Iterator[str]:
    """What a strict reader of EPCIS would complain of."""
    kind = event["type"]
    plain = {name for name in event if ":" not in name}
    if unknown := plain - FIELDS - OBJECTS[kind] - ALONE[kind]:
        yield f"fields {unknown}"
    if lacking := {"eventID", "eventTime", "action", "readPoint"} | OBJECTS[kind] - plain:
        yield from (f"lacks {name}" for name in lacking if name not in event)
    if not all(TIME.fullmatch(event[name]) for name in ("eventTime", "recordTime")):
        yield "time"
    if event["eventTimeZoneOffset"] != "+09:00" or not event["eventID"].startswith("urn:uuid:"):
        yield "offset or id"
    if event["action"] not in ("ADD", "OBSERVE", "DELETE") or event["bizStep"] not in BIZ_STEPS:
        yield f"action or bizStep {event['bizStep']}"
    persistent = event.get("persistentDisposition", {"set": []})
    if not {event.get("disposition", "active"), *persistent["set"]} <= DISPOSITIONS or set(persistent) != {
        "set"
    }:
        yield "disposition"
    uris = [
        event["eventID"],
        event["readPoint"]["id"],
        *event.get("epcList", ()),
        *event.get("childEPCs", ()),
    ]
    uris += [event[name] for name in ("parentID",) if name in event]
    uris += [event["bizLocation"]["id"]] if "bizLocation" in event else []
    uris += [party["source"] for party in event.get("sourceList", ())]
    uris += [party["destination"] for party in event.get("destinationList", ())]
    uris += [paper["bizTransaction"] for paper in event.get("bizTransactionList", ())]
    yield from (f"uri {text}" for text in uris if not is_uri(text))
    types = {paper["type"] for paper in event.get("bizTransactionList", ())}
    if not types <= TRANSACTIONS or (kind == "ObjectEvent" and not event["epcList"]):
        yield "transactions or nothing in epcList"
    if kind == "AggregationEvent" and event["action"] != "DELETE" and not event["childEPCs"]:
        yield "an aggregation of nothing"
    if any(
        len(set(listed)) != len(listed) for listed in (event.get("epcList", []), event.get("childEPCs", []))
    ):
        yield "something twice"
    if foreign := {name for name in event if ":" in name and not name.startswith(f"{PREFIX}:")}:
        yield f"prefix of {foreign}"


def test_every_act_that_is_written_is_an_event_or_says_why_not() -> None:
    acts = written_acts()

    assert {"dispatch", "open_box", "ask", "scan_receive", "print_labels"} <= acts
    assert acts - set(ROWS) - set(NOT_EVENTS) == set(), "Add a row to epcis_rows."
    assert set(ROWS) & set(NOT_EVENTS) == set()
    assert acts - set(ACTS) == set(), "Add a word to words."


@pytest.mark.parametrize("act", sorted(ROWS))
def test_every_row_makes_strict_epcis(act: str) -> None:
    made = [event for said in (body(act), body(act, cards=[])) for event in events(said, BASE)]

    assert made
    assert [fault for event in made for fault in faults(event)] == []


@pytest.mark.parametrize(("act", "reason"), NOT_EVENTS.items())
def test_what_is_no_event_makes_none(act: str, reason: str) -> None:
    assert events(body(act), BASE) == []
    assert len(reason) > 10


def test_an_act_without_a_row_is_refused() -> None:
    with pytest.raises(KeyError):
        events(body("teleport"), BASE)


def test_a_card_is_received_from_the_courier_by_the_site() -> None:
    (event,) = events(body("receive", batches=[], scans=[], slot=None), BASE)

    assert event == {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:01960000-0000-7000-8000-000000000001",
        "eventTime": "2026-04-01T00:12:30.000000Z",
        "recordTime": "2026-04-01T00:12:31.000000Z",
        "eventTimeZoneOffset": "+09:00",
        "action": "OBSERVE",
        "epcList": [f"{BASE}/cards/{card}" for card in CARDS],
        "bizStep": "receiving",
        "disposition": "in_progress",
        "readPoint": {"id": f"{BASE}/places/L01F"},
        "bizLocation": {"id": f"{BASE}/places/L01F"},
        "bizTransactionList": [
            {"type": "desadv", "bizTransaction": f"{BASE}/documents/M080000013"},
            {"type": "bol", "bizTransaction": f"{BASE}/documents/T080000013"},
        ],
        "sourceList": [{"type": "possessing_party", "source": uri("K01H", BASE)}],
        "destinationList": [{"type": "possessing_party", "destination": f"{BASE}/places/L01F"}],
        "custody:act": "receive",
        "custody:entry": "urn:uuid:01960000-0000-7000-8000-000000000001",
        "custody:actor": uri("P0001026", BASE),
        "custody:supervisor": uri("P000191A", BASE),
        "custody:run": uri("R7Q2M4ZK9S", BASE),
    }


def test_a_receipt_with_differences_is_not_complete_and_its_events_have_ids_of_their_own() -> None:
    unpacked, missed = events(body("close_receipt", facts={"differences": ["G080000013"]}), BASE)

    assert unpacked["disposition"] == "mismatch_quantity"
    assert (unpacked["type"], unpacked["childEPCs"]) == ("AggregationEvent", [])
    assert (missed["disposition"], missed["epcList"]) == ("unknown", [uri(card, BASE) for card in CARDS])
    assert unpacked["eventID"] != missed["eventID"]


def test_a_document_declares_its_context_and_dates() -> None:
    made = msgspec.json.decode("".join(document([body("receive"), body("ask"), body("seal")], NOW, BASE)))

    events_of = made.pop("epcisBody")["eventList"]
    assert made == {
        "@context": [CONTEXT, {PREFIX: f"{BASE}/terms/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-04-01T00:00:00.000000Z",
    }
    assert [event["custody:act"] for event in events_of] == ["receive", "seal"]


def test_an_empty_log_is_a_document_without_events() -> None:
    assert msgspec.json.decode("".join(document([], NOW)))["epcisBody"] == {"eventList": []}


def test_a_document_is_written_as_it_is_read() -> None:
    read = 0

    def bodies() -> Iterator[dict[str, Any]]:
        nonlocal read
        for _ in range(1_000_000):
            read += 1
            yield body("seal")

    chunks = list(itertools.islice(document(bodies(), NOW), 11))

    assert len(chunks) == 11
    assert read == 10
