"""`logistics report`: each report in its forms, and what is said where something is missing."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from logistics.__main__ import main
from seed.load import place_code
from tests.sql.test_ask import Asked, asked  # noqa: F401 - the fixture


def test_every_report_comes_by_command(asked: Asked, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "report"

    def made(*arguments: str) -> bytes:
        assert main(["report", *arguments, "--out", str(out)]) == 0
        return out.read_bytes()

    place = ("--place", place_code(1))
    undelivered = json.loads(made("undelivered", "--month", "2026-04"))
    cards = json.loads(made("undelivered-cards", *place))
    lines = made("undelivered-cards", *place, "--format", "csv").decode("utf-8-sig").splitlines()
    made("undelivered-cards", *place, "--format", "xlsx")
    sheet = openpyxl.load_workbook(out.rename(out.with_suffix(".xlsx"))).active
    management = json.loads(made("management", "--month", "2026-04"))
    forecast = json.loads(made("forecast"))

    assert undelivered["month"] == "2026-04-01"
    assert len(lines) - 2 == len(cards)
    assert sheet.title == "未交付カード一覧"
    assert len(management["measures"]) > 10
    assert len(forecast["sites"]) == 13
    for wrong in (["undelivered"], ["undelivered-cards"], ["forecast", "--format", "pdf"]):
        with pytest.raises(SystemExit):
            main(["report", *wrong])
