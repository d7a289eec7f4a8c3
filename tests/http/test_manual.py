"""The API's own document, the manual drawn from it, and a page for each type of problem."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
from litestar import Litestar
from openapi_spec_validator import OpenAPIV31SpecValidator
from structlog.testing import capture_logs

from api import manual, problems
from api.app import create_app
from api.pages.openapi import METHODS, Document
from api.statuses import STATUS
from logistics.rules.codes import fault
from logistics.rules.errors import DomainError
from logistics.rules.lifecycle import BatchState, BatchStep, CardState, CardStep
from logistics.rules.outcomes import JAPANESE
from logistics.rules.words import BATCH_STATES, BATCH_STEPS, CARD_STATES, CARD_STEPS
from logistics.store.database import Database
from seed.load import person_code
from tests.http.test_board import assert_closed
from tests.sessions import headers_of

# Clients are generated from these names: one that changes breaks them.
OPERATION_IDS = [
    "attachFile",
    "changePassword",
    "getAttachment",
    "listAttachments",
    "addCorrectiveAction",
    "addIncidentItems",
    "closeIncident",
    "endCorrectiveAction",
    "freezeEvidence",
    "getContacts",
    "getIncident",
    "issueIncidentReport",
    "listContactVersions",
    "listIncidents",
    "makeDifferenceReport",
    "reportIncident",
    "sendBackIncident",
    "setContacts",
    "takeEvidence",
    "writeIncidentCourse",
    "listSupplies",
    "listSupplyItems",
    "addSupplyItem",
    "listSupplyMoves",
    "loseSupplies",
    "makeSupplyStatement",
    "moveSupplies",
    "receiveSupplies",
    "returnSupplies",
    "useSupplies",
    "acknowledgeSuccession",
    "concludeSuccession",
    "endSpentPapers",
    "getSuccession",
    "giveUpSuccession",
    "handOn",
    "listSuccessionCards",
    "listSuccessions",
    "openSuccession",
    "getPerformance",
    "getManagementReport",
    "makeManagementReport",
    "askForReport",
    "getForecast",
    "getJob",
    "getJobArchive",
    "getJobFile",
    "listJobs",
    "makeMonthReport",
    "reviewAccess",
    "listMadeReports",
    "getHistory",
    "importSummary",
    "closeMonth",
    "getUndeliveredReport",
    "listClosedMonths",
    "makeUndeliveredList",
    "makeProvisionalReport",
    "printUndeliveredReport",
    "askAgain",
    "beginDestruction",
    "collect",
    "decideProposal",
    "destroyCards",
    "finishDestruction",
    "getProposal",
    "listDisposalStock",
    "listProposalCards",
    "listProposals",
    "pickForDisposal",
    "printDisposalCertificate",
    "printProposal",
    "propose",
    "withdrawFromProposal",
    "witnessDestruction",
    "getCardRetention",
    "holdDisposal",
    "listCandidates",
    "listHolds",
    "listPresets",
    "listReminders",
    "listRetention",
    "recordReminder",
    "recordReturnedNotice",
    "releaseDisposal",
    "setRetention",
    "tellClock",
    "listUndeliveredCards",
    "listUnneeded",
    "openReturn",
    "packReturns",
    "printReturnSlip",
    "recallBatch",
    "signIn",
    "signOut",
    "getSession",
    "lockSession",
    "unlockSession",
    "stepUp",
    "listDevices",
    "addDevice",
    "revokeDevice",
    "enrolDevice",
    "issueEnrolment",
    "unlockPerson",
    "disablePerson",
    "enablePerson",
    "beginEnrolment",
    "finishEnrolment",
    "listTokens",
    "addToken",
    "revokeToken",
    "askForExport",
    "askForPasskey",
    "signInWithPasskey",
    "askForPasskeyAgain",
    "renewWithPasskey",
    "listMessages",
    "listPasskeys",
    "beginPasskey",
    "addCourier",
    "addPasskey",
    "addPlace",
    "addVault",
    "enterManually",
    "revokePasskey",
    "makeControlNumbers",
    "listPlaces",
    "listKinds",
    "listCouriers",
    "listPeople",
    "listVaults",
    "listSlots",
    "getDay",
    "listLifecycles",
    "importArrival",
    "listArrivals",
    "listBoxes",
    "openBox",
    "scanBox",
    "closeBox",
    "recordSetUp",
    "recordNotice",
    "openBatch",
    "listBatches",
    "getBatch",
    "packCards",
    "undoScan",
    "unpackCards",
    "sealBatch",
    "unsealBatch",
    "cancelBatch",
    "planRun",
    "listRuns",
    "getRun",
    "loadBatches",
    "dispatchRun",
    "takeOverRun",
    "listManifests",
    "getManifest",
    "getReceipt",
    "closeReceipt",
    "recordScans",
    "putAway",
    "placeCards",
    "carryCards",
    "countSlot",
    "getVaultMap",
    "giveKey",
    "returnKey",
    "startRearranging",
    "endRearranging",
    "openVault",
    "closeVault",
    "enterRoom",
    "leaveRoom",
    "importAccesses",
    "listAccesses",
    "makeAccessRegister",
    "listAlarms",
    "listAlarmLimits",
    "setAlarmLimit",
    "printPaper",
    "takeOut",
    "putBack",
    "issueCards",
    "undoIssue",
    "allowHand",
    "listHands",
    "handToCity",
    "takeFromCity",
    "listCityHandOvers",
    "takeDeposit",
    "makePickList",
    "listPickLists",
    "getPickList",
    "addPicks",
    "importBookings",
    "makePickListPaper",
    "registerNotices",
    "listCards",
    "getCard",
    "getCardCustody",
    "getBatchCustody",
    "getRunCustody",
    "getPlaceCustody",
    "listDiscrepancies",
    "resolveDiscrepancy",
    "printManifest",
    "printTransferSlip",
    "printReceipt",
    "verifyDocument",
    "certifyCard",
    "closeDay",
    "printCertificate",
    "printClosingSheet",
    "listExpiring",
    "getRegistration",
    "registerPerson",
    "recordPledge",
    "recordTraining",
    "listConsents",
    "registerConsent",
    "listPremises",
    "registerPremises",
    "handInRoster",
    "getRoster",
    "checkRosters",
    "makeRegisterPaper",
    "printRegisterPaper",
    "exportStaffRegister",
    "requestApproval",
    "listApprovals",
    "getApproval",
    "approve",
    "refuseApproval",
    "listDocuments",
    "printBatchLabels",
    "printSleeveLabels",
    "printCalibration",
    "isAlive",
    "isReady",
    "askEntries",
    "askLate",
    "askHolder",
    "askBalance",
    "askContents",
    "askGaps",
    "askRefused",
    "exportEntries",
    "listDayCloses",
    "getSiteDay",
    "closeSiteDay",
    "printDayReport",
    "openCount",
    "listCounts",
    "getCount",
    "countScans",
    "tallySlots",
    "finishCount",
    "concludeCount",
    "cancelCount",
    "listFindings",
    "listDueSightings",
    "printCountSheet",
    "printCountReport",
    "reportMissing",
    "listCases",
    "getCase",
    "markSearch",
    "endCaseFound",
    "endCaseLost",
    "noteDifference",
]


@pytest.fixture(scope="module")
def app() -> Litestar:
    """An application whose database is never asked."""
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    return create_app(nowhere, lambda: datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def document(app: Litestar) -> dict[str, Any]:
    return app.openapi_schema.to_schema()


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def _schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema in a part of the document that gives examples."""
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield node
        for inner in node.values():
            yield from _schemas(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _schemas(inner)


def _domain_errors(base: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for kind in base.__subclasses__():
        if not kind.__module__.startswith("tests."):
            yield kind
        yield from _domain_errors(kind)


async def test_the_document_is_served_and_is_openapi_3_1(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    answer = await client.get("/schema/openapi.json")

    assert answer.status_code == 200
    assert answer.json() == document
    assert document["openapi"].startswith("3.1")
    assert [str(fault) for fault in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_operation_ids_are_the_known_ones_and_unique(document: dict[str, Any]) -> None:
    found = [operation["operationId"] for _, operation in _operations(document)]

    assert sorted(found) == sorted(set(found))
    assert sorted(found) == sorted(OPERATION_IDS), "list new operations in OPERATION_IDS; never rename one"


def test_every_operation_says_what_it_is_and_how_it_refuses(document: dict[str, Any]) -> None:
    for name, operation in _operations(document):
        assert operation.get("summary"), name
        assert operation.get("tags"), name
        if operation.get("security"):
            refusals = {status for status in operation["responses"] if status.startswith("4")}
            assert [*operation["responses"]] == sorted(operation["responses"]), name
            assert {"400", "401"} <= refusals, name
            for status in refusals:
                assert list(operation["responses"][status]["content"]) == [problems.MEDIA_TYPE], name


# Lists that come whole: a register or a shelf bounds them, not the work that goes through. All others are paged by key.
WHOLE_LISTS = {
    "checkRosters",  # two weeks of the sites
    "listAlarmLimits",  # kinds of alarm and places
    "listAlarms",  # one for a place, a kind and a holder; its cards are cut at a hundred
    "listAttachments",  # of one thing
    "listConsents",
    "listCouriers",
    "listDayCloses",  # of one day: a place each
    "listExpiring",  # people of the register
    "listHands",  # what people hold at one moment
    "listKinds",
    "listLifecycles",
    "listPasskeys",  # of one person
    "listPlaces",
    "listPremises",
    "listPresets",
    "listSupplies",
    "listSupplyItems",
    "listVaults",
}


def test_every_list_that_grows_with_the_work_is_paged_by_key(document: dict[str, Any]) -> None:
    whole, unpaged = set(), set()
    for name, operation in _operations(document):
        if not name.startswith("GET "):
            continue
        answer = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
        schema = answer.get("schema", {})
        fields = schema and _fields(document, schema)
        is_keyed = "limit" in parameters and parameters & {"after", "before"}
        if schema.get("type") == "array" and not is_keyed:
            whole.add(operation["operationId"])
        elif {"items", "next"} <= set(fields) and not is_keyed:
            unpaged.add(name)

    assert whole == WHOLE_LISTS
    assert unpaged == set()


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return set(document["components"]["schemas"].get(name, schema).get("properties", ()))


def test_only_health_and_the_door_itself_need_nobody_signed_in(document: dict[str, Any]) -> None:
    public = {
        operation["operationId"] for _, operation in _operations(document) if not operation.get("security")
    }

    assert public == {
        "isAlive",
        "isReady",
        "signIn",
        "enrolDevice",
        "beginEnrolment",
        "finishEnrolment",
        "askForPasskey",
        "signInWithPasskey",
    }


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    examples = list(_schemas(document))

    assert examples
    for schema in examples:
        whole = {"components": document["components"], **schema}
        for example in schema["examples"]:
            jsonschema.validate(example, whole, jsonschema.Draft202012Validator)


def test_every_body_in_the_manual_fits_its_schema(document: dict[str, Any]) -> None:
    reader = Document(document)

    for name, operation in _operations(document):
        content = operation.get("requestBody", {}).get("content", {})
        if schema := content.get("application/json", {}).get("schema"):
            whole = {"components": document["components"], **schema}
            sample = reader.sample(schema)
            assert isinstance(sample, dict), name
            jsonschema.validate(sample, whole, jsonschema.Draft202012Validator)


def test_bodies_are_closed_and_lists_keep_their_limits(document: dict[str, Any]) -> None:
    mark = document["components"]["schemas"]["Mark"]

    assert mark["additionalProperties"] is False
    assert mark["description"] == "Cards to which something was done on a day."
    assert mark["properties"]["cards"]["items"]["pattern"] == "^C[0-9A-Z]{3,11}$"


async def test_the_manual_shows_every_operation_schema_and_word(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    answer = await client.get("/docs")
    page = answer.text

    assert answer.status_code == 200
    assert_closed(answer)
    for name, operation in _operations(document):
        assert f'<article id="{operation["operationId"]}">' in page, name
    for schema in document["components"]["schemas"]:
        assert f'<article id="schema-{schema}">' in page
    words: list[str] = [*CARD_STATES.values(), *CARD_STEPS.values(), *BATCH_STATES.values()]
    for word in [*words, *BATCH_STEPS.values(), *JAPANESE.values()]:
        assert f">{word}</dd>" in page
    for word in (*CardState, *CardStep, *BatchState, *BatchStep):
        assert f"<code>{word}</code>" in page
    assert page.count("Authorization: Bearer $TOKEN") == sum(
        bool(o.get("security")) for _, o in _operations(document)
    )


async def test_every_link_within_the_manual_leads_somewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    anchors = re.findall(r' id="([^"]+)"', page)

    assert sorted(anchors) == sorted(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)
    for kind in set(re.findall(r'href="(/problems/[^"]+)"', page)):
        assert (await client.get(kind)).status_code == 200


def test_every_domain_error_has_a_row_and_says_both_sentences() -> None:
    for error in _domain_errors():
        assert error in STATUS, f"{error.__name__} needs a row in api.statuses"
        assert error.en
        assert error.ja
        assert not error.ja.isascii()
        assert (error.__doc__ or "").endswith("."), error.__name__
    assert len({problems.slug(error) for error in STATUS}) == len(STATUS)


async def test_every_type_of_problem_leads_to_its_page(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/problems")).text

    for error in _domain_errors():
        address = problems.BASE + problems.slug(error)
        answer = await client.get(address)
        assert answer.status_code == 200, address
        assert_closed(answer)
        assert (error.__doc__ or "").split("\n", 1)[0] in answer.text
        assert f'href="{address}"' in listed


async def test_a_type_of_problem_that_is_none_is_a_page_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/problems/no-such-problem")

    assert answer.status_code == 404
    assert_closed(answer)


async def test_a_refusal_names_a_type_that_resolves(client: httpx.AsyncClient) -> None:
    refusal = (await client.get("/api/v1/places")).json()

    assert (await client.get(refusal["type"])).status_code == 200


def test_every_tag_has_its_place_and_its_japanese_word(document: dict[str, Any]) -> None:
    tags = {tag for _, operation in _operations(document) for tag in operation["tags"]}

    assert tags <= set(manual.TAGS)
    assert set(manual.WORDS) == set(manual.TAGS)


async def test_a_page_that_cannot_be_made_is_a_sentence_without_a_trace(client: httpx.AsyncClient) -> None:
    with capture_logs() as logged:
        answer = await client.get("/", headers=headers_of(person_code(0, 2)) | {"Accept": "text/html"})

    assert [line["event"] for line in logged] == ["busy"], "its database is not there"
    assert answer.status_code >= 500
    assert_closed(answer)
    assert "何も変更していません" in answer.text
    assert "asyncpg" not in answer.text


def test_every_code_in_an_example_would_be_accepted(document: dict[str, Any]) -> None:
    codes = set(re.findall(r"\b[BCEGKLMNPRSVX][0-9][0-9A-Z]{2,10}\b", json.dumps(document)))

    assert len(codes) > 8
    assert {code: fault(code) for code in codes if fault(code)} == {}


def test_the_manual_says_what_an_arrival_list_looks_like(document: dict[str, Any]) -> None:
    body = document["paths"]["/api/v1/arrivals"]["post"]["requestBody"]

    assert list(body["content"]) == ["text/csv"]
