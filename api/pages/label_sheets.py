"""Labels from pages: for bags, for sleeves with numbers that are known or new, and the sheet that sets a printer right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import anyio.to_thread
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

import labels.batch_label
import labels.sheets
import labels.sleeve_label
from api import auth
from api.answers import file
from api.pages import faults, forms
from api.pages.html import page
from labels.sheets import LAYOUTS, Placement, SheetLayout
from logistics.rules import permissions
from logistics.rules.codes import CodeType
from logistics.rules.errors import InvalidValue
from logistics.rules.permissions import Actor, may
from logistics.work import documents, labelling

MOST = 500
BATCH_SHEETS = ("batches-8", "batches-2", "batches-10")
SLEEVE_SHEETS = ("sleeves-24", "sleeves-44")


@get("/labels")
async def labels_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    batch: Annotated[str, QueryParameter(max_length=12, description="A bag whose label is wanted")] = "",
) -> Response[str]:
    """Forms for labels; the bag whose page led here is filled in."""
    permissions.require(reader, "seal")
    return page(
        "labels.html",
        request=request,
        reader=reader,
        batch=batch,
        sheets={name: (layout.columns * layout.rows) for name, layout in LAYOUTS.items()},
        batch_sheets=BATCH_SHEETS,
        sleeve_sheets=SLEEVE_SHEETS,
        may_number=may(reader, "import_arrival"),
    )


@post("/labels/batches", status_code=200)
async def batch_labels(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """Labels of bags."""
    permissions.require(actor, "seal")
    codes = forms.codes(request, "batches", CodeType.BATCH, most=100)
    wanted = await labelling.batch_labels(session, codes, permissions.scope(actor))
    content = await _drawn(request, labels.batch_label.render, wanted, BATCH_SHEETS)
    await documents.print_labels(session, actor, "batches", codes, content, now)
    return file(content, "batch-labels.pdf")


@post("/labels/sleeves", status_code=200)
async def sleeve_labels(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """Labels of sleeves: of the numbers that were typed, or of so many new ones."""
    permissions.require(actor, "seal")
    if forms.optional(request, "cards"):
        codes = forms.codes(request, "cards", CodeType.CARD, most=MOST)
    else:
        count = forms.number(request, "new", most=MOST)
        if count == 0:
            raise InvalidValue("new", "must be one or more")
        codes = await labelling.control_numbers(session, actor, count)
    wanted = await labelling.sleeve_labels(session, codes, permissions.scope(actor))
    content = await _drawn(request, labels.sleeve_label.render, wanted, SLEEVE_SHEETS)
    await documents.print_labels(session, actor, "sleeves", codes, content, now)
    return file(content, "sleeve-labels.pdf")


@post("/labels/calibration", status_code=200)
async def calibration(request: Request[Any, Any, Any], reader: NamedDependency[Actor]) -> Response[bytes]:
    """The sheet that shows how far a printer is off."""
    permissions.require(reader, "seal")
    layout, placement = _sheet(request, tuple(LAYOUTS))
    return file(labels.sheets.calibration(layout, placement), "calibration.pdf")


async def _drawn(
    request: Request[Any, Any, Any],
    render: Callable[[Sequence[Any], SheetLayout, Placement], bytes],
    wanted: Sequence[Any],
    sheets: Sequence[str],
) -> bytes:
    layout, placement = _sheet(request, sheets)
    return await anyio.to_thread.run_sync(render, wanted, layout, placement)


def _sheet(request: Request[Any, Any, Any], sheets: Sequence[str]) -> tuple[SheetLayout, Placement]:
    """The stock that was chosen, and where printing begins on it. InvalidValue."""
    name = forms.text(request, "sheet", most=20)
    if name not in sheets:
        raise InvalidValue("sheet", f"must be one of {', '.join(sheets)}")
    skip = forms.number(request, "skip", most=100) if forms.optional(request, "skip") else 0
    if skip >= LAYOUTS[name].per_sheet:
        raise InvalidValue("skip", f"this sheet has {LAYOUTS[name].per_sheet} labels")
    return LAYOUTS[name], Placement(skip, _offset(request, "dx_mm"), _offset(request, "dy_mm"))


def _offset(request: Request[Any, Any, Any], name: str) -> float:
    """Millimetres, from -10 to 10. InvalidValue."""
    said = forms.optional(request, name) or "0"
    try:
        offset = float(said)
    except ValueError:
        raise InvalidValue(name, "is no number of millimetres") from None
    if not abs(offset) <= labels.sheets.MOST_OFFSET_MM:
        raise InvalidValue(
            name, f"must be from -{labels.sheets.MOST_OFFSET_MM} to {labels.sheets.MOST_OFFSET_MM}"
        )
    return offset


router = Router(
    "/",
    route_handlers=[labels_page, batch_labels, sleeve_labels, calibration],
    guards=[auth.signed_in],
    before_request=forms.read,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
