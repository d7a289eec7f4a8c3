"""Manifests as PDF, beside plain reportlab drawing the same page: every call that ours makes on its canvas, alone."""

from __future__ import annotations

import io
import time
from typing import Any
from unittest.mock import patch

import msgspec
from reportlab.pdfgen.canvas import Canvas

from labels.manifest import render
from logistics.rules.codes import CodeType, random_code
from logistics.rules.records import Imprint, ManifestRecord
from tests.bench.measuring import Row, in_turn
from tests.bench.setting import Stage
from tests.pure import labels_records

Calls = list[tuple[str, tuple[Any, ...], dict[str, Any]]]


class _Recorder:
    """A canvas that remembers what was called on it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.options = options
        self.calls: Calls = []
        self._canvas = Canvas(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._canvas, name)

        def called(*arguments: Any, **options: Any) -> Any:
            self.calls.append((name, arguments, options))
            return method(*arguments, **options)

        return called


async def thirty(stage: Stage) -> list[Row]:
    """A manifest of 30 cards in one container."""
    return [await _manifest(stage, 30, 1)]


async def three_hundred(stage: Stage) -> list[Row]:
    """A manifest of 300 cards in three containers."""
    return [await _manifest(stage, 300, 3, ratio_bound=1.5)]


async def _manifest(stage: Stage, cards: int, batches: int, **bounds: float) -> Row:
    known = labels_records.manifest(cards, batches)
    imprint = labels_records.imprint(known)
    options, calls, content = _recorded(known, imprint)
    assert _drawn(options, calls) == content, "the bare side has to draw the very same page"

    async def ours() -> float:
        record = _with_other_cards(known)
        started = time.perf_counter()
        render(record, imprint)
        return (time.perf_counter() - started) * 1000

    async def bare() -> float:
        started = time.perf_counter()
        _drawn(options, calls)
        return (time.perf_counter() - started) * 1000

    spent, bare_spent = await in_turn(ours, bare, stage.rounds)
    return Row(f"manifest PDF, {cards} cards", "ms", spent, bare_spent, **bounds)  # type: ignore[arg-type]


def _recorded(record: ManifestRecord, imprint: Imprint) -> tuple[dict[str, Any], Calls, bytes]:
    made: list[_Recorder] = []

    def recorder(*arguments: Any, **options: Any) -> _Recorder:
        made.append(_Recorder(*arguments, **options))
        return made[-1]

    with patch("labels.page.Canvas", recorder):
        content = render(record, imprint)
    return made[0].options, made[0].calls, content


def _drawn(options: dict[str, Any], calls: Calls) -> bytes:
    output = io.BytesIO()
    canvas = Canvas(output, **options)
    for name, arguments, given in calls:
        getattr(canvas, name)(*arguments, **given)
    return output.getvalue()


def _with_other_cards(record: ManifestRecord) -> ManifestRecord:
    """The same manifest of cards never printed before, whose barcodes no cache holds."""
    lines = tuple(msgspec.structs.replace(line, card=random_code(CodeType.CARD)) for line in record.lines)
    return msgspec.structs.replace(record, lines=lines)
