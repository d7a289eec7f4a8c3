"""Where an auditor's search starts: the entries that one filter names, read from that filter's own index.

A search walks the most telling of its filters in log order and tests the others on what it meets. Each walk is
cut after `EXAMINED` entries, so that no combination of filters can make a page slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

# Entries looked at for one page, whether they fit or not.
EXAMINED = 2_000
# Longer than a transaction can last: among the entries of so long a time, ids and times may disagree.
SLACK = timedelta(minutes=2)
# Clocks of clients may run ahead by so much (api/times.py).
AHEAD = timedelta(minutes=5)
# What is recorded later than this after it occurred is late, and has an index of its own.
LATE = "recorded_at - occurred_at > INTERVAL '1 minute'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to search the log by; None leaves it open. Periods include their start and exclude their end."""

    card: str | None = None
    seal: str | None = None
    batch: str | None = None
    manifest: str | None = None
    slot: str | None = None
    run: str | None = None
    outcome: str | None = None
    late_minutes: int | None = None
    supervisor: str | None = None
    device: str | None = None
    actor: str | None = None
    courier: str | None = None
    act: str | None = None
    place: str | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None

    def given(self) -> Iterator[tuple[str, Any]]:
        """The filters that are set, with their values, most telling first."""
        for field in fields(self):
            if (value := getattr(self, field.name)) is not None:
                yield field.name, value


# Those that people give by name; how late is asked by a question of its own.
FILTERS = tuple(field.name for field in fields(Filters) if field.name != "late_minutes")


class Binds:
    """The values of a statement that is put together; `add` gives each its placeholder."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def add(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


# A branch is the column of the entry's id, and where it is read. Every one is an index in that order.
_NAMED: dict[str, tuple[tuple[str, str], ...]] = {
    "card": (
        ("entry", "entry_card WHERE card = (SELECT id FROM card WHERE code = {value})"),
        ("entry", "scan WHERE code = {value} AND NOT accepted"),
    ),
    "seal": (("entry", "entry_batch WHERE batch = (SELECT batch FROM seal WHERE number = {value})"),),
    "batch": (
        ("entry", "entry_batch WHERE batch = {value}"),
        ("entry", "scan WHERE subject = {value}"),
        ("entry", "scan WHERE code = {value} AND NOT accepted"),
    ),
    "manifest": (
        ("id", "entry WHERE manifest = {value}"),
        ("entry", "scan WHERE manifest = {value} AND accepted AND purpose = 'receive'"),
    ),
    "slot": (("entry", "scan WHERE subject = {value}"),),
    "run": (
        ("id", "entry WHERE run = {value}"),
        ("id", "entry WHERE manifest IN (SELECT code FROM manifest WHERE run = {value})"),
    ),
}
_BROAD: dict[str, tuple[tuple[str, str], ...]] = {
    "outcome": (("entry", "scan WHERE outcome = {value}"),),
    "late_minutes": (("id", f"entry WHERE {LATE}"),),
    "supervisor": (("id", "entry WHERE supervisor = {value}"),),
    "device": (("id", "entry WHERE device = {value}"),),
    "actor": (("id", "entry WHERE actor = {value}"),),
    "courier": (("id", "entry WHERE from_party = {value}"), ("id", "entry WHERE to_party = {value}")),
    "act": (("id", "entry WHERE act = {value}"),),
    "place": (("id", "entry WHERE site = {value}"),),
}
_ALL = (("id", "entry WHERE true"),)

_TESTS = {
    "outcome": "EXISTS (SELECT FROM scan WHERE scan.outcome = {value} AND scan.entry = entry.id)",
    "late_minutes": "entry.recorded_at - entry.occurred_at > make_interval(mins => {value}::int)",
    "supervisor": "entry.supervisor = {value}",
    "device": "entry.device = {value}",
    "actor": "entry.actor = {value}",
    "courier": "(entry.from_party = {value} OR entry.to_party = {value})",
    "act": "entry.act = {value}",
    "place": "entry.site = {value}",
    "occurred_from": "entry.occurred_at >= {value}",
    "occurred_to": "entry.occurred_at < {value}",
    "recorded_from": "entry.recorded_at >= {value}",
    "recorded_to": "entry.recorded_at < {value}",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Ids between which a period lies: above `low`, up to `high`; late entries of it may lie beyond."""

    low: int
    high: int | None
    late_beyond: bool


def walk(filters: Filters, span: Span, after: int, most: int = EXAMINED) -> tuple[str, list[Any]]:
    """The statement for a page's candidates: `id` of at most `most` entries in log order, and its values.

    `fits` says which of them every other filter lets pass.
    """
    binds = Binds()
    given = list(filters.given())
    first = next((name for name, _ in given if name in _NAMED or name in _BROAD), None)
    low = binds.add(max(after, span.low))
    if first in _NAMED:
        sources = [_read(column, place, most, low, None) for column, place in _NAMED[first]]
    else:
        high = binds.add(span.high) if span.high is not None else None
        sources = [_read(column, place, most, low, high) for column, place in _BROAD.get(first or "", _ALL)]
        if high and span.late_beyond:
            sources.append(_read("id", f"entry WHERE {LATE}", most, f"GREATEST({low}, {high})", None))
    tests = []
    for name, value in given:
        bound = binds.add(value)
        if name == first:
            sources = [source.replace("{value}", bound) for source in sources]
        tests += _test(name, bound, again=name == first)
    statement = (
        f"SELECT id, {' AND '.join(tests) or 'true'} AS fits FROM entry WHERE id IN"  # noqa: S608 - constants
        f" (SELECT id FROM ({' UNION '.join(sources)}) AS named ORDER BY id LIMIT {most}) ORDER BY id"
    )
    return statement, binds.values


def _read(column: str, where: str, most: int, low: str, high: str | None) -> str:
    """One branch, in log order; what goes beyond the cut is never read."""
    upto = f" AND {column} <= {high}" if high else ""
    return (
        f"(SELECT DISTINCT {column} AS id FROM {where} AND {column} > {low}{upto}"  # noqa: S608 - constants
        f" ORDER BY {column} LIMIT {most})"
    )


def _test(name: str, bound: str, *, again: bool) -> list[str]:
    """How an entry is tested for a filter; what the walk started from needs no test if it names few entries."""
    if name in _TESTS:
        return [_TESTS[name].format(value=bound)]
    if again:
        return []
    named = " UNION ".join(f"SELECT {column} FROM {where}" for column, where in _NAMED[name])  # noqa: S608
    return [f"entry.id IN ({named.format(value=bound)})"]
