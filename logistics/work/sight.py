"""What a person may see of the things that a request names: a site its own and what is meant for it, oversight all.

`require` is asked for every code in the path of every request, before anything else is read: what is not the
caller's to see is answered as what does not exist. Lists take `permissions.scope` as a filter of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from logistics.rules import permissions
from logistics.rules.errors import NotFound
from logistics.rules.permissions import Actor
from logistics.store.database import driver

_BATCH = """
SELECT FROM batch JOIN run ON run.code = batch.run
WHERE batch.code = $1 AND $2 IN (batch.place, batch.custodian, batch.origin, batch.destination, run.courier)
"""
_CARD = "SELECT FROM card WHERE code = $1 AND $2 IN (place, custodian, destination)"
_DISCREPANCY = """
SELECT FROM discrepancy LEFT JOIN manifest ON manifest.code = discrepancy.manifest
WHERE discrepancy.code = $1 AND $2 IN (discrepancy.place, manifest.origin, manifest.destination)
"""
_DOCUMENT = """
SELECT FROM document
LEFT JOIN card ON card.code = document.subject
LEFT JOIN manifest ON manifest.code = document.subject
WHERE document.number = $1
  AND $2 IN (document.subject, card.place, card.custodian, card.destination, manifest.origin, manifest.destination,
             document.record::json #>> '{place,code}')
"""
_INCIDENT = """
SELECT FROM incident JOIN person ON person.code = incident.opened_by
WHERE incident.code = $1 AND $2 IN (incident.place, person.courier)
"""
_MANIFEST = """
SELECT FROM manifest JOIN run ON run.code = manifest.run
WHERE manifest.code = $1 AND $2 IN (manifest.origin, manifest.destination, run.courier)
"""
_PERSON = "SELECT FROM registration WHERE person = $1 AND $2 IN (place, courier)"
_CASE = "SELECT FROM missing_case WHERE code = $1 AND place = $2"
_COUNT = "SELECT FROM stock_count WHERE code = $1 AND place = $2"
_PICK_LIST = "SELECT FROM pick_list WHERE code = $1 AND place = $2"
_PROPOSAL = "SELECT FROM proposal WHERE code = $1 AND place = $2"
_PLACE = "SELECT FROM place WHERE code = $1 AND $2 IN (code, party)"
_RUN = """
SELECT FROM run
WHERE code = $1
  AND (courier = $2 OR EXISTS (
      SELECT FROM batch
      WHERE batch.run = run.code AND $2 IN (batch.place, batch.custodian, batch.origin, batch.destination)))
"""
_SLOT = "SELECT FROM slot WHERE code = $1 AND place = $2"
_VAULT = "SELECT FROM vault WHERE code = $1 AND place = $2"

# By the name it has in a path: what it is called in a refusal, and the query that finds the thing $1 if it is the
# site's or the courier's $2. A thing without a query is the annex's alone.
THINGS: Mapping[str, tuple[str, str | None]] = {
    "arrival": ("arrival", None),
    "batch": ("batch", _BATCH),
    "box": ("box", None),
    "card": ("card", _CARD),
    "case": ("case", _CASE),
    "count": ("count", _COUNT),
    "discrepancy": ("difference", _DISCREPANCY),
    "document": ("document", _DOCUMENT),
    "incident": ("incident", _INCIDENT),
    "manifest": ("manifest", _MANIFEST),
    "number": ("document", _DOCUMENT),
    "person": ("person", _PERSON),
    "pick_list": ("pick list", _PICK_LIST),
    "place": ("place", _PLACE),
    "proposal": ("proposal", _PROPOSAL),
    "return_batch": ("batch", _BATCH),
    "run": ("run", _RUN),
    "slot": ("slot", _SLOT),
    "vault": ("vault", _VAULT),
}
# Names in paths that are no things of anybody, or whose own module says who may see them.
NOT_THINGS = frozenset(
    {
        "approval",
        "attachment",
        "catalogue",
        "day",
        "device",
        "file_path",
        "hold",
        "job",
        "kind",
        "lang",
        "month",
        "path",
        "position",
        "purpose",
        "subject",
        "succession",
        "token",
    }
)


async def require(session: AsyncSession, actor: Actor, what: str, code: str) -> None:
    """Return if the caller may see the thing with this code. NotFound, and NotAllowed for who sees nothing at all."""
    scope = permissions.scope(actor, "see_people" if what == "person" else "see")
    if scope is None:
        return
    name, query = THINGS[what]
    if query is None or not await (await driver(session)).fetchval(f"SELECT EXISTS ({query})", code, scope):
        raise NotFound(name, code)
