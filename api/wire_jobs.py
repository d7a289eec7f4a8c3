"""Reports made beside the requests, as they cross HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from api.wire import Input, Output, PlaceCode
from api.wire_reports import Month
from logistics.rules.jobs import JobKind


class AskedJob(Input, frozen=True, kw_only=True):
    """What to make: of which month; a list of cards of which place, without a month as of now."""

    kind: JobKind
    month: Month | None = None
    place: PlaceCode | None = None


class Job(Output, frozen=True, kw_only=True):
    """`done` of `steps`; in the end a paper's number, or what is wrong."""

    id: UUID
    kind: JobKind
    month: str | None
    place: str | None
    state: Literal["waiting", "running", "done", "failed"]
    done: int
    steps: int
    tries: int
    asked_at: datetime
    ended_at: datetime | None
    document: str | None
    fault_ja: str | None
    fault_en: str | None
