"""Whoever has to set a list right reads what is wrong with it in Japanese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from logistics.rules import codes, csv_list
from logistics.rules.codes import CodeType
from logistics.rules.csv_list import SEPARATORS
from logistics.rules.csv_words import in_japanese

ROOT = Path(__file__).parents[2] / "logistics"
COLUMNS = {"control_number": ("control_number", "管理番号"), "kind": ("kind", "種別")}


def said() -> Iterator[tuple[str, str]]:
    """Every reason that a call of `fault` is given as text, with 1 for what is filled in."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "fault" and len(node.args) == 3:
                reason = node.args[2]
                if isinstance(reason, ast.Constant):
                    yield path.name, str(reason.value)
                elif isinstance(reason, ast.JoinedStr):
                    parts = [
                        str(part.value) if isinstance(part, ast.Constant) else "1" for part in reason.values
                    ]
                    yield path.name, "".join(parts)


def test_every_fault_of_a_list_is_said_in_japanese() -> None:
    reasons = list(said())

    assert len(reasons) > 20
    assert [reason for reason in reasons if in_japanese(reason[1]) is None] == [], "Add them to csv_words."


@pytest.mark.parametrize("text", ["", "c", "Q123", "C0XK3WYPMV", codes.seal_with_check("B7Q1")])
def test_what_is_wrong_with_a_code_is_said_in_japanese(text: str) -> None:
    reason = csv_list.wrong_code(text, CodeType.CARD)

    assert reason is not None
    assert in_japanese(reason) is not None


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_list_with_another_separator_is_told_which(separator: str) -> None:
    content = f"管理番号{separator}種別\nC1{separator}standard\n".encode()

    lines, faults = csv_list.read(content, COLUMNS)

    assert lines == []
    (fault,) = faults
    assert (fault["line"], fault["column"]) == (1, "-")
    assert SEPARATORS[separator] in str(fault["reason"])
    assert "カンマ" in str(fault["reason_ja"])
    assert not re.search("[A-Za-z]{4}", str(fault["reason_ja"]))
