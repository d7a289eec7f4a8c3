"""Query parameters of an auditor's questions, and the filters that several questions share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from litestar.params import QueryParameter

from api.parameters import BatchQuery, ManifestQuery, PlaceQuery, RunQuery, SlotQuery
from api.times import on_calendar
from logistics.rules.codes import CodeType, require
from logistics.rules.errors import InvalidValue
from logistics.rules.outcomes import Outcome
from logistics.work.audit_places import Key
from logistics.work.audit_sources import Filters
from logistics.work.views import Charset

# Ten years: longer than the log is asked about, and still an interval.
MOST_MINUTES = 5_256_000


def _query(prefix: str, what: str) -> QueryParameter:
    return QueryParameter(pattern=rf"^{prefix}[0-9A-Z]{{3,11}}$", description=f"Only of this {what}")


CardQuery = Annotated[str | None, _query("C", "card")]
VaultQuery = Annotated[str | None, _query("V", "vault")]
ActorQuery = Annotated[
    str | None,
    QueryParameter(name="actor", pattern=r"^P[0-9A-Z]{3,11}$", description="Only acts of this person"),
]
SupervisorQuery = Annotated[str | None, _query("P", "supervising city employee")]
CourierQuery = Annotated[str | None, _query("K", "courier: what it released or took over")]
SealQuery = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[0-9A-Z][0-9A-Z-]{3,19}$", description="Only of the container that bore this seal"
    ),
]
DeviceQuery = Annotated[
    str | None, QueryParameter(pattern=r"^[0-9A-Za-z._-]{1,40}$", description="Only from this device")
]
ActQuery = Annotated[
    str | None, QueryParameter(pattern=r"^[a-z_]{1,40}$", description="Only this act, such as dispatch")
]
OutcomeQuery = Annotated[Outcome | None, QueryParameter(description="Only scans with this outcome")]
Minutes = Annotated[int, QueryParameter(ge=1, le=MOST_MINUTES, description="More than so many minutes")]
At = Annotated[datetime | None, QueryParameter(description="The moment, with its offset; otherwise now")]
OccurredFrom = Annotated[datetime | None, QueryParameter(description="Occurred at this moment or later")]
OccurredTo = Annotated[datetime | None, QueryParameter(description="Occurred before this moment")]
RecordedFrom = Annotated[datetime | None, QueryParameter(description="Recorded at this moment or later")]
RecordedTo = Annotated[datetime | None, QueryParameter(description="Recorded before this moment")]
AfterKey = Annotated[
    str | None,
    QueryParameter(pattern=r"^[0-9]{1,15}-([A-Z][0-9A-Z]{3,11})?$", description="`next` of the page before"),
]
AfterScan = Annotated[
    str | None, QueryParameter(pattern=r"^[0-9]{1,15}-u[a-p]{32}$", description="`next` of the page before")
]
FormatQuery = Annotated[
    Literal["json", "csv"] | None, QueryParameter(name="format", description="Otherwise as `Accept` says")
]
CharsetQuery = Annotated[Charset, QueryParameter(description="Of a CSV view")]


def provide_filters(
    card: CardQuery = None,
    batch: BatchQuery = None,
    manifest: ManifestQuery = None,
    run: RunQuery = None,
    seal: SealQuery = None,
    actor_code: ActorQuery = None,
    supervisor: SupervisorQuery = None,
    courier: CourierQuery = None,
    device: DeviceQuery = None,
    place: PlaceQuery = None,
    slot: SlotQuery = None,
    act: ActQuery = None,
    outcome: OutcomeQuery = None,
    occurred_from: OccurredFrom = None,
    occurred_to: OccurredTo = None,
    recorded_from: RecordedFrom = None,
    recorded_to: RecordedTo = None,
) -> Filters:
    """The filters of a combined search. MalformedCode, InvalidValue naming the parameter."""
    for name, code, kind in (
        ("actor", actor_code, CodeType.PERSON),
        ("supervisor", supervisor, CodeType.PERSON),
        ("courier", courier, CodeType.COURIER),
    ):
        if code is not None:
            require(code, kind, name)
    return Filters(
        card=card,
        batch=batch,
        manifest=manifest,
        run=run,
        seal=seal,
        actor=actor_code,
        supervisor=supervisor,
        courier=courier,
        device=device,
        place=place,
        slot=slot,
        act=act,
        outcome=outcome,
        occurred_from=aware(occurred_from, "occurred_from"),
        occurred_to=aware(occurred_to, "occurred_to"),
        recorded_from=aware(recorded_from, "recorded_from"),
        recorded_to=aware(recorded_to, "recorded_to"),
    )


def aware(moment: datetime | None, field: str) -> datetime | None:
    """`moment` itself; InvalidValue for one without an offset, or outside the calendar."""
    if moment is not None:
        if moment.tzinfo is None:
            raise InvalidValue(field, "needs an offset, such as +09:00 (in an address: %2B09:00)")
        on_calendar(moment.date(), field)
    return moment


def key(after: str | None) -> Key | None:
    """Where a page starts whose items are told apart by entry and a code within it."""
    if after is None:
        return None
    entry, _, code = after.partition("-")
    return int(entry), code
