"""The checklist of a search for a missing card, from what earlier losses were found, or not found, in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from typing import Any


def items() -> Iterator[dict[str, Any]]:
    """Its lines as rows of the database, in order."""
    text = files("seed").joinpath("search_items.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(text.splitlines()):
        yield {
            "code": line["code"],
            "position": int(line["position"]),
            "ja": line["ja"],
            "en": line["en"],
            "starts_on": date.fromisoformat(line["starts"]),
            "ends_on": date.fromisoformat(line["ends"]) if line["ends"] else None,
        }
