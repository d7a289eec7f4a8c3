"""What is made beside the requests, as it crosses HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from api.wire import CountCode, Input, Output, PlaceCode
from api.wire_reports import Month
from logistics.rules.jobs import JobKind


class AskedJob(Input, frozen=True, kw_only=True):
    """What to make: of which month; a list of cards of which place, without a month as of now; the end of which count.

    `reason` is what a leader says who concludes a count. Exports are asked for where exports are.
    """

    kind: Literal[
        "undelivered",
        "undelivered_cards",
        "month_report",
        "management_report",
        "close_month",
        "finish_count",
        "conclude_count",
    ]
    month: Month | None = None
    place: PlaceCode | None = None
    count: CountCode | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


class Job(Output, frozen=True, kw_only=True):
    """`done` of `steps`; in the end a paper's number, or what is wrong. `size`: bytes of an export that can be fetched."""

    id: UUID
    kind: JobKind
    month: str | None
    place: str | None
    count: str | None
    state: Literal["waiting", "running", "done", "failed"]
    done: int
    steps: int
    tries: int
    asked_at: datetime
    ended_at: datetime | None
    document: str | None
    size: int | None
    fault_ja: str | None
    fault_en: str | None
