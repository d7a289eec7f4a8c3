"""What the city supplies and lends (appendix 1 article 14). Which things these are, no table of the contract says."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files
from typing import Any


def items() -> Iterator[dict[str, Any]]:
    """Its lines as rows of the database, in order."""
    text = files("seed").joinpath("supplies.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(text.splitlines()):
        yield {
            "code": line["code"],
            "name": line["name"],
            "unit": line["unit"],
            "lent": line["lent"] == "true",
        }
