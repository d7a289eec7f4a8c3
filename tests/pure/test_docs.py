"""What the README says is what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from logistics.rules import codes
from logistics.rules.lifecycle import BATCH, CARD, INCIDENT, Lifecycle

README = Path(__file__).parents[2] / "README.md"
MAKEFILE = Path(__file__).parents[2] / "Makefile"


@pytest.mark.parametrize(("which", "lifecycle"), [("card", CARD), ("batch", BATCH), ("incident", INCIDENT)])
def test_the_diagrams_in_the_readme_are_the_tables(which: str, lifecycle: Lifecycle[Any, Any]) -> None:
    found = re.search(
        rf"<!-- diagram: logistics diagram {which} -->\n```mermaid\n(.*?)\n```\n<!-- end -->",
        README.read_text(encoding="utf-8"),
        re.S,
    )

    assert found, "the README has lost its marker comments"
    assert found[1] == lifecycle.mermaid(), (
        f"run `logistics diagram {which}` and paste it between the markers"
    )


def test_every_make_target_in_the_readme_exists() -> None:
    said = set(re.findall(r"^make (\w+)", README.read_text(encoding="utf-8"), re.M))
    targets = set(re.findall(r"^(\w+):", MAKEFILE.read_text(encoding="utf-8"), re.M))

    assert said <= targets


def test_whoever_types_a_code_from_the_readme_types_a_sound_one() -> None:
    blocks = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    said = {code for block in blocks for code in re.findall(r"\b(?:P\d{6}[0-9A-Z]|L\d\d[0-9A-Z])\b", block)}

    assert len(said) > 2
    assert {code: codes.fault(code) for code in said if codes.fault(code)} == {}
