"""Path and query parameters that many handlers share, with their form, limits and words."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request
from litestar.exceptions import ClientException
from litestar.params import PathParameter, QueryParameter

from logistics.rules.codes import CodeType, require

MOST_ITEMS = 500
# The type of code behind each name that a path or a query gives one.
CODES = {
    "approval": CodeType.APPROVAL,
    "arrival": CodeType.ARRIVAL,
    "batch": CodeType.BATCH,
    "box": CodeType.BOX,
    "card": CodeType.CARD,
    "case": CodeType.CASE,
    "count": CodeType.COUNT,
    "destination": CodeType.PLACE,
    "device": CodeType.DEVICE,
    "origin": CodeType.PLACE,
    "discrepancy": CodeType.DISCREPANCY,
    "hold": CodeType.HOLD,
    "incident": CodeType.INCIDENT,
    "document": CodeType.DOCUMENT,
    "manifest": CodeType.MANIFEST,
    "person": CodeType.PERSON,
    "pick_list": CodeType.PICK_LIST,
    "place": CodeType.PLACE,
    "proposal": CodeType.PROPOSAL,
    "return_batch": CodeType.BATCH,
    "run": CodeType.RUN,
    "slot": CodeType.SLOT,
    "succession": CodeType.SUCCESSION,
    "vault": CodeType.VAULT,
}


async def check_request(request: Request[Any, Any, Any]) -> None:
    """Before any handler of the API: a body that it reads is JSON (415), its codes are sound."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if request.route_handler.parsed_data_field is not None and media_type != "application/json":
        raise ClientException("Send JSON: Content-Type: application/json", status_code=415)
    await check_codes(request)


async def check_codes(request: Request[Any, Any, Any]) -> None:
    """Before any handler: every code in path and query has its form and its check character. MalformedCode.

    A coroutine, because Litestar sends a plain function to a thread and back, for every request.
    """
    for name, value in (*request.path_params.items(), *request.query_params.items()):
        if kind := CODES.get(name):
            require(str(value), kind, name)


def _path(prefix: str, what: str, example: str) -> PathParameter:
    return PathParameter(
        pattern=rf"^{prefix}[0-9A-Z]{{3,11}}$",
        description=f"Code of {what}, such as {example}",
    )


def _query(prefix: str, what: str) -> QueryParameter:
    return QueryParameter(pattern=rf"^{prefix}[0-9A-Z]{{3,11}}$", description=f"Only of this {what}")


CardPath = Annotated[str, _path("C", "a card", "C0XK3WYPMU")]
BatchPath = Annotated[str, _path("B", "a batch", "B7Q2M4ZK97")]
BoxPath = Annotated[str, _path("X", "a small box", "X7Q2M4ZK9V")]
ArrivalPath = Annotated[str, _path("N", "an arrival", "N08000001Z")]
RunPath = Annotated[str, _path("R", "a run", "R7Q2M4ZK9R")]
ManifestPath = Annotated[str, _path("M", "a manifest", "M08000001V")]
PlacePath = Annotated[str, _path("L", "a place", "L01F")]
VaultPath = Annotated[str, _path("V", "a vault", "V011G")]
SlotPath = Annotated[str, _path("S", "a slot", "S011A001B")]
ApprovalPath = Annotated[str, _path("H", "an approval", "H7Q2M4ZK90")]
PersonPath = Annotated[str, _path("P", "a member of staff", "P0001027")]
PickListPath = Annotated[str, _path("Y", "a pick list", "Y08000001T")]
DocumentPath = Annotated[str, _path("D", "a paper", "D08000001E")]
DevicePath = Annotated[str, _path("E", "a device", "E7Q2M4ZK9Y")]
DiscrepancyPath = Annotated[str, _path("G", "a difference", "G08000001W")]

CountPath = Annotated[str, _path("Q", "a count", "Q080000010")]
IncidentPath = Annotated[str, _path("I", "an incident", "I08000001R")]
CasePath = Annotated[str, _path("U", "a case of a missing card", "U08000001Z")]

PlaceQuery = Annotated[str | None, _query("L", "place")]
BatchQuery = Annotated[str | None, _query("B", "batch")]
SlotQuery = Annotated[str | None, _query("S", "slot")]
CardQuery = Annotated[str | None, _query("C", "card")]
VaultQuery = Annotated[str | None, _query("V", "vault")]
RunQuery = Annotated[str | None, _query("R", "run")]
ManifestQuery = Annotated[str | None, _query("M", "manifest")]

Limit = Annotated[int, QueryParameter(ge=1, le=MOST_ITEMS, description="At most so many items")]
After = Annotated[
    str,
    QueryParameter(pattern=r"^[0-9A-Z]{0,12}$", description="`next` of the page before; empty for the first"),
]
AfterEntry = Annotated[
    int, QueryParameter(ge=0, le=2**53, description="`next` of the page before; 0 for the first")
]
